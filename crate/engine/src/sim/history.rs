//! Forwards and backwards: the world, keyframes of its past, and replay between them.
//!
//! Contract: a moment is (tick, turns run in it), and reaching it gives the same world whichever way one
//! comes. Keyframes stand close together near the present and ever further apart in the past, so that a
//! step back replays little and a long run keeps few. Commands belong to the run: they are applied again at
//! their ticks on replay; a command given in the past ends the future that was.

use std::rc::Rc;

#[cfg(debug_assertions)]
use super::checkers::Checkers;
use super::command::Command;
use super::cursor::Actor;
use super::runner::Runner;
use super::world::{Fixed, World};
use crate::base::ids::TaskId;
use crate::base::memory::make_room;
use crate::base::ordered::{SortedMap, map_of};

/// Ticks between two keyframes near the present.
const KEYFRAME_TICKS: u64 = 32;
/// The same of a world that weighs more than this: after each, what changes is copied, which would take a good part of
/// the run's time.
const HEAVY: usize = 1 << 12;
const KEYFRAME_TICKS_HEAVY: u64 = 4 * KEYFRAME_TICKS;
/// Keyframes kept at most; beyond, the older half keeps every second one.
const KEYFRAMES_MAX: usize = 512;
/// As many are kept in any case, whatever they weigh.
const KEYFRAMES_MIN: usize = 16;
/// What all keyframes may weigh together, as if each weighed what the newest does and shared nothing with it.
const KEYFRAMES_WEIGHT_MAX: usize = 1 << 19;

/// How far a step goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepUnit {
    Turn,
    Tick,
    /// To the end of the next (or back to the end of the last) turn that took a record; of this task, if one
    /// is given.
    Record(Option<TaskId>),
}

/// See the module.
pub struct Sim {
    runner: Runner,
    past: Keyframes,
    watch: Option<Watch>,
    #[cfg(debug_assertions)]
    checkers: Checkers,
}

/// Sees the world at the start of each tick.
type Watch = Box<dyn FnMut(&World)>;

struct Keyframes {
    by_tick: SortedMap<u64, Rc<World>>,
    furthest_tick: u64,
    /// Ticks to the next one.
    spacing: u64,
}

impl Sim {
    /// A run at its beginning.
    pub fn new(fixed: Fixed) -> Self {
        let world = World::new(fixed);
        let by_tick = map_of([(0, Rc::new(world.clone()))]);
        Self {
            runner: Runner { world, commands: Vec::new() },
            past: Keyframes { by_tick, furthest_tick: 0, spacing: KEYFRAME_TICKS },
            watch: None,
            #[cfg(debug_assertions)]
            checkers: Checkers::default(),
        }
    }

    /// Another run that is the same up to here. Nobody watches it, and its past is here.
    #[must_use]
    pub fn fork(&self) -> Self {
        let world = Rc::new(self.world().clone());
        let (furthest_tick, spacing) = (world.tick(), self.past.spacing);
        Self {
            past: Keyframes { furthest_tick, by_tick: map_of([(furthest_tick, world)]), spacing },
            runner: self.runner.clone(),
            watch: None,
            #[cfg(debug_assertions)]
            checkers: self.checkers.clone(),
        }
    }

    /// The world as it stands.
    pub const fn world(&self) -> &World {
        &self.runner.world
    }

    /// From now on calls `watch` at the start of each tick that the run comes by, also when it is run again
    /// from a keyframe. What it sees depends on the world alone.
    pub fn watch(&mut self, watch: impl FnMut(&World) + 'static) {
        self.watch = Some(Box::new(watch));
    }

    /// The furthest tick that was reached.
    pub const fn furthest_tick(&self) -> u64 {
        self.past.furthest_tick
    }

    /// The commands of the run, with the ticks at which they are applied.
    pub fn commands(&self) -> &[(u64, Command)] {
        &self.runner.commands
    }

    /// Whether nothing can happen any more.
    pub fn is_over(&self) -> bool {
        self.world().turn_number() == 0 && self.runner.next_event_at().is_none()
    }

    /// Gives a command for the start of the next tick, and answers which one that is. What was known of the
    /// future is forgotten.
    pub fn command(&mut self, command: Command) -> u64 {
        let tick = self.world().tick();
        let at = if self.world().turn_number() == 0 { tick } else { tick + 1 };
        self.runner.commands.retain(|&(tick, _)| tick <= at);
        self.runner.commands.push((at, command));
        self.past.by_tick.retain(|&tick, _| tick <= at);
        self.past.furthest_tick = tick;
        at
    }

    /// Gives a command for the start of a tick that is still to come, as a run that is repeated gets it.
    pub fn command_at(&mut self, at: u64, command: Command) {
        assert!(at >= self.past.furthest_tick, "tick {at} was run already");
        self.runner.commands.push((at, command));
    }

    /// Goes back to the start of a tick, as if nothing had been commanded from then on.
    pub fn rewind(&mut self, tick: u64) {
        self.seek(tick, 0);
        self.runner.commands.retain(|&(at, _)| at < tick);
        self.past.by_tick.retain(|&at, _| at <= tick);
        self.past.furthest_tick = tick;
    }

    /// The keyframes before a tick, the latest first.
    pub(super) fn keyframes_before(&self, tick: u64) -> impl Iterator<Item = &World> {
        self.past.by_tick.range(..tick).rev().map(|(_, keyframe)| &**keyframe)
    }

    /// Runs so many ticks, fewer if nothing can happen any more. Ticks in which nothing happens are jumped
    /// over and count.
    pub fn advance(&mut self, ticks: u64) {
        self.run_to(self.world().tick() + ticks);
    }

    /// Runs until nothing can happen any more, or for `ticks_max` ticks. Answers whether it ended.
    pub fn run_to_end(&mut self, ticks_max: u64) -> bool {
        self.advance(ticks_max);
        self.is_over()
    }

    /// One step forwards. Answers whether anything could be done.
    pub fn step(&mut self, unit: StepUnit) -> bool {
        if self.is_over() {
            return false;
        }
        match unit {
            StepUnit::Turn => self.step_until(|_| true),
            StepUnit::Tick => {
                self.advance(1);
                true
            }
            StepUnit::Record(task) => self.step_until(|actor| takes_record(actor, task)),
        }
    }

    /// One step backwards: what the last turn, tick or record did is taken back. Answers whether there was
    /// anything to take back.
    pub fn step_back(&mut self, unit: StepUnit) -> bool {
        let now = self.moment();
        let (tick, turn) = match unit {
            _ if now == (0, 0) => return false,
            StepUnit::Tick if now.1 > 0 => (now.0, 0),
            StepUnit::Tick => (now.0 - 1, 0),
            StepUnit::Turn if now.1 > 0 => (now.0, now.1 - 1),
            StepUnit::Turn => self.before_last(|_| true),
            StepUnit::Record(task) => self.before_last(|actor| takes_record(actor, task)),
        };
        self.seek(tick, turn);
        true
    }

    /// Goes to a moment, back or ahead; past the end it stops there.
    pub fn seek(&mut self, tick: u64, turn: u32) {
        let (&nearest, keyframe) = self.past.by_tick.range(..=tick).next_back().expect("tick 0 is kept");
        if (tick, turn) < self.moment() || nearest > self.world().tick() + KEYFRAME_TICKS {
            self.runner.world = World::clone(keyframe);
            #[cfg(debug_assertions)]
            {
                self.checkers = Checkers::default();
            }
        }
        self.run_to(tick);
        // A tick in which nothing happens has no turns: the run jumps over it, and makes no choice in it.
        let has_turns = self.world().turn_number() > 0 || self.runner.next_event_at() == Some(tick);
        while has_turns
            && self.world().tick() == tick
            && self.world().turn_number() < turn
            && self.runner.turn().is_some()
        {}
    }

    /// The world at the start of the tick at hand; between two ticks, of the last one.
    pub fn world_before_tick(&self) -> World {
        let (tick, turn) = self.moment();
        let start = if turn > 0 { tick } else { tick.saturating_sub(1) };
        let (_, keyframe) = self.past.by_tick.range(..=start).next_back().expect("tick 0 is kept");
        let mut replay = Runner { world: World::clone(keyframe), commands: self.runner.commands.clone() };
        replay.run_to(start, |_| ());
        replay.world
    }

    /// Tick, and turns run in it.
    fn moment(&self) -> (u64, u32) {
        (self.world().tick(), self.world().turn_number())
    }

    fn run_to(&mut self, tick: u64) {
        let (runner, mut at_tick) = self.driven();
        runner.run_to(tick, &mut at_tick);
    }

    /// The run, and what is done at the start of each tick that it comes by.
    fn driven(&mut self) -> (&mut Runner, impl FnMut(&World)) {
        let at_tick = |world: &World| {
            self.past.note(world);
            #[cfg(debug_assertions)]
            self.checkers.check(world);
            if let Some(watch) = &mut self.watch {
                watch(world);
            }
        };
        (&mut self.runner, at_tick)
    }

    fn step_until(&mut self, mut is_goal: impl FnMut(Actor) -> bool) -> bool {
        let (runner, mut at_tick) = self.driven();
        while let Some(actor) = runner.step_turn(&mut at_tick) {
            if is_goal(actor) {
                return true;
            }
        }
        false
    }

    /// The moment before the last turn that fits; the beginning if none does. Replays from keyframe to
    /// keyframe, the latest first.
    fn before_last(&self, fits: impl Fn(Actor) -> bool) -> (u64, u32) {
        let mut until = self.moment();
        for keyframe in self.past.by_tick.range(..=until.0).rev().map(|(_, keyframe)| keyframe) {
            let world = World::clone(keyframe);
            let mut replay = Runner { world, commands: self.runner.commands.clone() };
            let mut found = None;
            while let Some(actor) = replay.step_turn(|_| ()) {
                let moment = (replay.world.tick(), replay.world.turn_number());
                if moment > until {
                    break;
                }
                if fits(actor) {
                    found = Some((moment.0, moment.1 - 1));
                }
            }
            if let Some(moment) = found {
                return moment;
            }
            until = (keyframe.tick(), 0);
        }
        (0, 0)
    }
}

impl Keyframes {
    /// At the start of a tick: remembers how far the run came, and keeps a keyframe now and then.
    fn note(&mut self, world: &World) {
        let tick = world.tick();
        self.furthest_tick = self.furthest_tick.max(tick);
        let last = self.by_tick.last_key_value().map_or(0, |(&tick, _)| tick);
        if tick >= last + self.spacing {
            let weight = world.weight();
            self.spacing = if weight > HEAVY { KEYFRAME_TICKS_HEAVY } else { KEYFRAME_TICKS };
            self.keep(world, KEYFRAMES_WEIGHT_MAX / weight.max(1));
        }
    }

    /// Keeps a keyframe, and no more of them than can be afforded.
    fn keep(&mut self, world: &World, affordable: usize) {
        self.by_tick.insert(world.tick(), Rc::new(world.clone()));
        while self.by_tick.len() > affordable.clamp(KEYFRAMES_MIN, KEYFRAMES_MAX) {
            self.thin();
        }
        // What changes from now on is copied.
        make_room();
    }

    /// The older half keeps every second one.
    fn thin(&mut self) {
        let older: Vec<u64> = self.by_tick.keys().copied().take(self.by_tick.len() / 2).collect();
        for tick in older.into_iter().skip(1).step_by(2) {
            self.by_tick.remove(&tick);
        }
    }
}

fn takes_record(actor: Actor, of: Option<TaskId>) -> bool {
    match actor {
        Actor::Task { task, took_record, .. } => took_record && of.is_none_or(|of| of == task),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::api::StreamExecutionEnvironment;
    use crate::graph::compiled::compile;
    use crate::graph::error::ApiError;
    use crate::operator::native::NativeFunctions;
    use crate::scenario::Scenario;

    #[test]
    fn of_a_heavy_world_fewer_keyframes_are_kept() -> Result<(), ApiError> {
        let env = StreamExecutionEnvironment::get_execution_environment();
        env.from_sequence(1, 2)?.print(None);
        let fixed =
            Fixed::of(&compile(&env.job()?)?, Rc::new(NativeFunctions::default()), Scenario::small(1));
        let mut world = World::new(fixed.expect("the job can run"));
        for (affordable, kept_max) in [(0, KEYFRAMES_MIN), (100, 100), (usize::MAX, KEYFRAMES_MAX)] {
            let mut past = Keyframes { by_tick: SortedMap::new(), furthest_tick: 0, spacing: KEYFRAME_TICKS };
            for n in 0..2000 {
                world.tick = n * KEYFRAME_TICKS;
                past.keep(&world, affordable);
            }
            let ticks: Vec<u64> = past.by_tick.keys().copied().collect();
            assert!((kept_max / 2..=kept_max).contains(&ticks.len()), "{} of {kept_max}", ticks.len());
            assert_eq!(ticks[0], 0);
            // Near the present they stand as close as ever.
            let newest = &ticks[ticks.len() - kept_max / 4..];
            assert!(newest.windows(2).all(|pair| pair[1] - pair[0] == KEYFRAME_TICKS), "{newest:?}");
        }
        Ok(())
    }
}
