//! Tasks and the job go only from states to those that may follow.

use super::Fault;
use crate::base::ids::TaskId;
use crate::cluster::fencing::Leader;
use crate::cluster::job_status::JobStatus;
use crate::sim::world::World;
use crate::task::state::ExecutionState;

/// The states at the start of a tick.
#[derive(Clone)]
pub(super) struct States {
    tick: u64,
    /// Whose they are.
    job_master: (Leader, bool),
    job: JobStatus,
    /// As the JobMaster knows them, and as their TaskManagers do once they are there, each with its attempt.
    tasks: Vec<(Attempt, Option<Attempt>)>,
}

/// The number of an attempt, and its state.
type Attempt = (u32, ExecutionState);

impl States {
    /// Those of a world.
    pub fn of(world: &World) -> Self {
        let tasks = (0..).zip(world.job_master().executions()).map(|(id, execution)| {
            let task = world.task(TaskId(id));
            let own = (execution.attempt, execution.state);
            (own, task.map(|(task, _)| (task.descriptor().attempt, task.state())))
        });
        Self {
            tick: world.tick(),
            job_master: (world.leader(), world.has_job_master()),
            job: world.job_status(),
            tasks: tasks.collect(),
        }
    }

    /// When.
    pub const fn tick(&self) -> u64 {
        self.tick
    }

    /// Whether they may follow those of an earlier tick.
    pub fn check_after(&self, before: &Self, world: &World) -> Result<(), Fault> {
        // Another JobMaster begins with the job anew.
        let is_same = before.job_master == self.job_master;
        if is_same && !may_lead_to(&JOB_STATUSES, before.job, self.job, JobStatus::may_become) {
            return Err(format!("the job went from {} to {}", before.job, self.job));
        }
        for (id, (was, is)) in before.tasks.iter().zip(&self.tasks).enumerate() {
            let may = |was: Attempt, is: Attempt| match is.0.checked_sub(was.0) {
                Some(0) => may_lead_to(&EXECUTION_STATES, was.1, is.1, ExecutionState::may_become),
                // Another attempt begins at the beginning, and none comes back.
                later => later.is_some(),
            };
            let name = || &world.plan().executions[id].name;
            if !may(was.0, is.0) {
                return Err(format!("{} went from {:?} to {:?} at the JobMaster", name(), was.0, is.0));
            }
            if let (Some(was), Some(is)) = (was.1, is.1)
                && !may(was, is)
            {
                return Err(format!("{} went from {was:?} to {is:?}", name()));
            }
        }
        Ok(())
    }
}

const JOB_STATUSES: [JobStatus; 10] = [
    JobStatus::Initializing,
    JobStatus::Created,
    JobStatus::Running,
    JobStatus::Failing,
    JobStatus::Failed,
    JobStatus::Cancelling,
    JobStatus::Canceled,
    JobStatus::Finished,
    JobStatus::Restarting,
    JobStatus::Suspended,
];

const EXECUTION_STATES: [ExecutionState; 9] = [
    ExecutionState::Created,
    ExecutionState::Scheduled,
    ExecutionState::Deploying,
    ExecutionState::Initializing,
    ExecutionState::Running,
    ExecutionState::Finished,
    ExecutionState::Canceling,
    ExecutionState::Canceled,
    ExecutionState::Failed,
];

/// Whether steps that are allowed lead from one state to another; none is needed to stay.
fn may_lead_to<S: Copy + PartialEq>(all: &[S], from: S, to: S, may_become: impl Fn(S, S) -> bool) -> bool {
    if from == to {
        return true;
    }
    let mut reached = vec![from];
    let mut place = 0;
    while let Some(&state) = reached.get(place) {
        if state == to {
            return true;
        }
        let next = all.iter().filter(|&&next| may_become(state, next) && !reached.contains(&next));
        let next: Vec<S> = next.copied().collect();
        reached.extend(next);
        place += 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::graph::api::StreamExecutionEnvironment;
    use crate::graph::compiled::compile;
    use crate::operator::native::NativeFunctions;
    use crate::scenario::Scenario;
    use crate::sim::world::Fixed;

    #[test]
    fn a_job_and_its_tasks_do_not_turn_back() {
        let env = StreamExecutionEnvironment::get_execution_environment();
        env.from_sequence(1, 2).expect("a sequence").print(None);
        let job = compile(&env.job().expect("a job")).expect("it compiles");
        let fixed = Fixed::of(&job, Rc::new(NativeFunctions::default()), Scenario::small(1));
        let mut world = World::new(fixed.expect("it can run"));
        let mut seen = vec![States::of(&world)];
        while world.next_event_at().is_some() {
            world.finish_tick();
            seen.push(States::of(&world));
        }
        for (place, later) in seen.iter().enumerate() {
            seen[..place].iter().for_each(|before| later.check_after(before, &world).expect("it is so"));
        }
        let back = |before: &States, after: &States| after.check_after(before, &world).expect_err("back");
        let (first, last) = (&seen[0], &seen[seen.len() - 1]);
        assert_eq!(back(last, first), "the job went from FINISHED to INITIALIZING");
        let late = States { job: last.job, ..first.clone() };
        assert!(back(last, &late).ends_with("went from (0, Finished) to (0, Created) at the JobMaster"));
        let task = (0, ExecutionState::Running);
        let again = last.tasks.iter().map(|&(own, _)| (own, Some(task))).collect();
        let again = States { tasks: again, ..last.clone() };
        assert!(back(last, &again).ends_with("went from (0, Finished) to (0, Running)"));
    }

    #[test]
    fn steps_add_up_and_do_not_turn_back() {
        use ExecutionState::{Canceled, Finished, Initializing, Running, Scheduled};
        let may = |from, to| may_lead_to(&EXECUTION_STATES, from, to, ExecutionState::may_become);
        assert!(may(Running, Running) && may(Scheduled, Finished) && may(Initializing, Canceled));
        assert!(!may(Running, Initializing) && !may(Finished, Canceled));
    }
}
