//! When a job goes on with other resources. Flink: `DefaultStateTransitionManager`.
//!
//! Contract: after a change nothing happens for a while (cooldown); then changes that suffice are let settle
//! (stabilizing), unless all that is desired is there; then the next trigger counts, which is a checkpoint, and at the
//! latest some time after the change. Who calls says when it is and what there is; it is told when to go on.

/// How long what takes.
#[derive(Clone, Copy, Debug)]
pub struct TransitionTimes {
    pub cooldown: u64,
    pub stabilization: u64,
    pub max_trigger_delay: u64,
}

/// What there is.
#[derive(Clone, Copy, Debug)]
pub struct Resources {
    /// It would change something, and is enough to run.
    pub is_sufficient: bool,
    /// It would, and is all that the job asks for.
    pub is_desired: bool,
}

/// Where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Cooldown { until: u64, changed_at: Option<u64> },
    Idling,
    Stabilizing { until: u64, evaluate_at: Option<u64> },
    Stabilized { trigger_at: u64 },
    Transitioning,
}

/// See the module.
#[derive(Clone, Copy, Debug)]
pub struct StateTransitionManager {
    times: TransitionTimes,
    phase: Phase,
}

impl StateTransitionManager {
    /// One that begins with its cooldown.
    pub const fn new(times: TransitionTimes, now: u64) -> Self {
        Self { times, phase: Phase::Cooldown { until: now + times.cooldown, changed_at: None } }
    }

    /// Where it is.
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// Resources came, went, or are asked for differently.
    pub fn on_change(&mut self, now: u64, has: Resources) {
        match &mut self.phase {
            Phase::Cooldown { changed_at, .. } if has.is_sufficient => {
                changed_at.get_or_insert(now);
            }
            Phase::Idling if has.is_sufficient => self.stabilize(now),
            Phase::Stabilizing { evaluate_at, .. } => {
                evaluate_at.get_or_insert(now + self.times.max_trigger_delay);
            }
            _ => {}
        }
    }

    /// A moment at which little is lost. Answers whether to go on.
    pub fn on_trigger(&mut self, has: Resources) -> bool {
        let goes_on = match self.phase {
            Phase::Stabilizing { .. } => has.is_desired,
            Phase::Stabilized { .. } => has.is_sufficient,
            _ => false,
        };
        if goes_on {
            self.phase = Phase::Transitioning;
        } else if matches!(self.phase, Phase::Stabilized { .. }) {
            self.phase = Phase::Idling;
        }
        goes_on
    }

    /// When something is due.
    pub fn next_timer(&self) -> Option<u64> {
        match self.phase {
            Phase::Cooldown { until, .. } => Some(until),
            Phase::Stabilizing { until, evaluate_at, .. } => evaluate_at.into_iter().chain([until]).min(),
            Phase::Stabilized { trigger_at } => Some(trigger_at),
            Phase::Idling | Phase::Transitioning => None,
        }
    }

    /// Does what is due. Answers whether to go on.
    pub fn run_timers(&mut self, now: u64, has: Resources) -> bool {
        while self.next_timer().is_some_and(|at| at <= now) {
            match &mut self.phase {
                Phase::Cooldown { changed_at: None, .. } => self.phase = Phase::Idling,
                Phase::Cooldown { changed_at: Some(at), .. } => {
                    let at = *at;
                    self.stabilize(at);
                }
                Phase::Stabilizing { until, evaluate_at } => {
                    if evaluate_at.take_if(|at| *at <= now && *at <= *until).is_some() {
                        if self.on_trigger(has) {
                            return true;
                        }
                    } else {
                        let changed_at = *until - self.times.stabilization;
                        self.phase =
                            Phase::Stabilized { trigger_at: changed_at + self.times.max_trigger_delay };
                    }
                }
                Phase::Stabilized { .. } => return self.on_trigger(has),
                Phase::Idling | Phase::Transitioning => {}
            }
        }
        false
    }

    const fn stabilize(&mut self, changed_at: u64) {
        self.phase = Phase::Stabilizing {
            until: changed_at + self.times.stabilization,
            evaluate_at: Some(changed_at + self.times.max_trigger_delay),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMES: TransitionTimes =
        TransitionTimes { cooldown: 30, stabilization: 60, max_trigger_delay: 100 };
    const NOTHING: Resources = Resources { is_sufficient: false, is_desired: false };
    const SOME: Resources = Resources { is_sufficient: true, is_desired: false };
    const ALL: Resources = Resources { is_sufficient: true, is_desired: true };

    #[test]
    fn a_change_waits_for_cooldown_stabilization_and_a_trigger() {
        let mut manager = StateTransitionManager::new(TIMES, 0);
        manager.on_change(10, SOME);
        assert!(!manager.on_trigger(ALL), "it cools down");
        assert!(!manager.run_timers(30, SOME));
        assert_eq!(manager.next_timer(), Some(70), "it settles from the change on");
        assert!(!manager.on_trigger(SOME) && !manager.run_timers(70, SOME));
        assert_eq!(manager.phase(), Phase::Stabilized { trigger_at: 110 });
        assert!(manager.on_trigger(SOME));
    }

    #[test]
    fn all_that_is_desired_does_not_wait_until_it_settles() {
        let mut manager = StateTransitionManager::new(TIMES, 0);
        manager.run_timers(30, NOTHING);
        manager.on_change(40, NOTHING);
        assert_eq!(manager.phase(), Phase::Idling);
        manager.on_change(50, SOME);
        manager.on_change(60, ALL);
        assert!(manager.on_trigger(ALL));
        assert_eq!((manager.phase(), manager.next_timer()), (Phase::Transitioning, None));
    }

    #[test]
    fn without_a_trigger_it_goes_on_after_the_longest_delay() {
        let mut manager = StateTransitionManager::new(TIMES, 0);
        manager.run_timers(30, NOTHING);
        manager.on_change(40, SOME);
        assert!(!manager.run_timers(139, SOME));
        assert!(manager.run_timers(140, SOME));
        let mut manager = StateTransitionManager::new(TIMES, 0);
        manager.run_timers(30, NOTHING);
        manager.on_change(40, SOME);
        assert!(!manager.run_timers(200, NOTHING));
        assert_eq!(manager.phase(), Phase::Idling, "what came is gone again");
    }
}
