//! Records that bear another time than the job gives them: by command, and which record a command would have to name.
//!
//! Contract: a record in the log of an operator is traced to where it was given its time by trying: the run is
//! repeated with each record that bore the time, another one instead, and the one that changes the record in the
//! log is it. So whatever lies between (keys, functions, exchanges) needs no record of its own.

use std::rc::Rc;

use super::command::{Command, SetTimestamp};
use super::history::Sim;
use super::runner::Runner;
use super::world::World;
use crate::base::ids::TaskId;
use crate::base::own::own_seldom;
use crate::base::sort;
use crate::task::chain::{ChainedOperator, OperatorChain};
use crate::time::clock::tick_at;
use crate::time::event_log::{TimeFact, TimeLog};

/// Records that are tried at most.
const TRIES_MAX: usize = 64;
/// Keyframes that are searched at most.
const KEYFRAMES_SEARCHED_MAX: usize = 96;

/// Where a record was given its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The tick in which that was.
    pub tick: u64,
    /// The command that leaves its time as it is.
    pub as_it_is: SetTimestamp,
}

/// A record in the log of an operator.
#[derive(Clone, Copy)]
struct Logged {
    task: TaskId,
    place: u32,
    /// Among the log's records.
    number: u64,
    at: i64,
    timestamp: i64,
}

impl World {
    /// A record is to bear another time; of a task that is deployed later, too.
    pub(super) fn set_timestamp(&mut self, command: SetTimestamp) {
        own_seldom(&mut self.timestamps).push(command);
        self.edit_timestamps(command.task, &[command]);
    }

    /// A task was deployed: tells it which of its records are to bear another time.
    pub(super) fn restore_timestamps(&mut self, task: TaskId) {
        if self.hears_timestamps {
            self.listen_to(task);
        }
        if self.timestamps.iter().any(|set| set.task == task) {
            let timestamps = Rc::clone(&self.timestamps);
            self.edit_timestamps(task, &timestamps);
        }
    }

    fn edit_timestamps(&mut self, task: TaskId, commands: &[SetTimestamp]) {
        let commands = commands.iter().filter(|set| set.task == task);
        self.with_chain(task, |chain| {
            for set in commands {
                chain.context_mut(set.operator).assignments.edit(set.record, set.timestamp);
            }
        });
    }

    fn listen(&mut self) {
        self.hears_timestamps = true;
        (0..self.plan().executions.len() as u32).for_each(|task| self.listen_to(TaskId(task)));
    }

    fn listen_to(&mut self, task: TaskId) {
        self.with_chain(task, |chain| {
            for operator in 0..chain.operators().len() as u32 {
                chain.context_mut(operator).assignments.listen();
            }
        });
    }

    /// All that was given a time since somebody listened, where it bears `timestamp`: the last one first.
    fn heard(&self, timestamp: i64) -> Vec<Origin> {
        let mut heard = Vec::new();
        for task in (0..self.plan().executions.len() as u32).map(TaskId) {
            let chain = self.task(task).and_then(|(task, _)| task.chain());
            for (operator, chained) in (0..).zip(chain.map_or(&[][..], OperatorChain::operators)) {
                let fits = chained.assignments().heard().iter().filter(|one| one.timestamp == timestamp);
                heard.extend(fits.map(|one| Origin {
                    tick: tick_at(one.at),
                    as_it_is: SetTimestamp { task, operator, record: one.record, timestamp },
                }));
            }
        }
        sort::sort_by(&mut heard, |a: &Origin, b| b.tick.cmp(&a.tick));
        heard
    }

    fn with_chain(&mut self, task: TaskId, change: impl FnOnce(&mut OperatorChain)) {
        if let Some(place) = self.place_of(task) {
            self.with_task(place, |task, _| task.chain_mut().map(change));
        }
    }

    fn log_of(&self, task: TaskId, place: u32) -> Option<&TimeLog> {
        let operators = self.task(task)?.0.chain()?.operators();
        operators.get(place as usize).map(ChainedOperator::time_log)
    }
}

impl Logged {
    fn in_log(world: &World, task: TaskId, place: u32, entry: u64) -> Option<Self> {
        let log = world.log_of(task, place)?;
        let event = log.since(entry).next()?;
        let TimeFact::Record { timestamp: Some(timestamp), .. } = event.fact else { return None };
        let not_before = log.since(entry).filter(|event| event.is_record()).count() as u64;
        Some(Self { task, place, number: log.records() - not_before, at: event.at, timestamp })
    }

    /// Its time in another course of the run.
    fn timestamp_in(&self, world: &World) -> Option<i64> {
        match world.log_of(self.task, self.place)?.record(self.number)?.fact {
            TimeFact::Record { timestamp, .. } => timestamp,
            _ => None,
        }
    }
}

impl Sim {
    /// The record that stands as entry number `entry` in the log of an operator: where it was given its time.
    /// `None` where that is no record with a time, or none that is found.
    pub fn origin_of(&self, task: TaskId, place: u32, entry: u64) -> Option<Origin> {
        let logged = Logged::in_log(self.world(), task, place, entry)?;
        let end = tick_at(logged.at) + 1;
        let (mut until, mut tries) = (end, 0);
        for keyframe in self.keyframes_before(end).take(KEYFRAMES_SEARCHED_MAX) {
            let mut world = World::clone(keyframe);
            world.listen();
            let heard = self.replay(world, &[], until).heard(logged.timestamp);
            for origin in heard.iter().take(TRIES_MAX - tries) {
                tries += 1;
                let other = logged.timestamp.checked_add(1).unwrap_or(logged.timestamp - 1);
                let another = Command::SetTimestamp(SetTimestamp { timestamp: other, ..origin.as_it_is });
                let world = self.replay(World::clone(keyframe), &[(origin.tick, another)], end);
                if logged.timestamp_in(&world) == Some(other) {
                    return Some(*origin);
                }
            }
            if tries == TRIES_MAX {
                return None;
            }
            until = keyframe.tick();
        }
        None
    }

    /// What becomes of a world until tick `until`, with these commands besides the run's.
    fn replay(&self, world: World, more: &[(u64, Command)], until: u64) -> World {
        let mut commands = self.commands().to_vec();
        commands.extend_from_slice(more);
        let mut runner = Runner { world, commands };
        runner.run_to(until, |_| ());
        runner.world
    }
}
