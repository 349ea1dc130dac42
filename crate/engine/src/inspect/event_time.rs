//! Event time against processing time: what the event-time view draws of one operator in one subtask.
//!
//! Contract: entries are columns of numbers, oldest first, the newest ones if there are too many; keys are numbered
//! in the order in which they first occur in them.

use std::rc::Rc;

use crate::base::ids::TaskId;
use crate::graph::operator_spec::OperatorSpec;
use crate::graph::windowing::TimeDomain;
use crate::record::Value;
use crate::sim::world::World;
use crate::state::namespace::Window;
use crate::task::chain::ChainedOperator;
use crate::time::clock::{EPOCH_MS, tick_at};
use crate::time::event_log::{Fate, TimeEvent, TimeFact, TimerChange};

/// An operator of a subtask to which time happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimedOperator {
    pub task: TaskId,
    /// Its place in the chain.
    pub place: u32,
    pub task_name: Rc<str>,
    pub name: Rc<str>,
    /// Entries of its log, those that are forgotten too.
    pub entries: u64,
    /// What there is to see beside the watermark.
    pub shows: Shows,
}

/// What an operator does with event time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    Watermarks,
    Windows,
    /// Of a join: the times of those that a record waits for.
    Intervals,
    Timers,
}

impl Shows {
    /// Its name in the protocol.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Watermarks => "watermarks",
            Self::Windows => "windows",
            Self::Intervals => "intervals",
            Self::Timers => "timers",
        }
    }
}

/// The log of an operator.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TimeColumns {
    /// What is not here: entries that came before the first one, and records of which too many came at once.
    pub skipped: u64,
    /// See [`Kind`].
    pub kinds: Vec<u8>,
    pub ticks: Vec<f64>,
    /// Number of the key; 0 where there is none.
    pub keys: Vec<u32>,
    /// Watermark, timestamp, time or tick of a timer, or start of the window; not a number where there is no time.
    pub times: Vec<f64>,
    /// End of the window; infinite for the global one.
    pub ends: Vec<f64>,
    /// Of a record: its place in [`Fate::ALL`].
    pub fates: Vec<u8>,
    /// Start and end of the greater window, for each entry that tells of a merge, in their order.
    pub into: Vec<f64>,
    pub key_texts: Vec<String>,
    /// `numLateRecordsDropped`.
    pub late_records_dropped: u64,
}

/// What an entry says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Watermark = 0,
    Record = 1,
    Added = 2,
    Merged = 3,
    Fired = 4,
    Cleared = 5,
    Opened = 6,
    TimerSet = 7,
    TimerFired = 8,
    TimerDeleted = 9,
    /// The same of processing time: `times` has the tick for which it is.
    ClockTimerSet = 10,
    ClockTimerFired = 11,
    ClockTimerDeleted = 12,
}

/// The operators that keep such a log and have entries, task by task.
pub fn operators(world: &World) -> Vec<TimedOperator> {
    let executions = &world.plan().executions;
    let mut found = Vec::new();
    for (id, execution) in (0..).map(TaskId).zip(executions) {
        let chain = world.task(id).and_then(|(task, _)| task.chain());
        for (place, operator) in (0..).zip(chain.map_or(&[][..], |chain| chain.operators())) {
            let log = operator.time_log();
            if !log.is_empty() {
                found.push(TimedOperator {
                    task: id,
                    place,
                    task_name: Rc::clone(&execution.name),
                    name: Rc::clone(operator.name()),
                    entries: log.len(),
                    shows: shows(operator),
                });
            }
        }
    }
    found
}

/// The newest entries of an operator, at most `limit`.
pub fn columns(world: &World, task: TaskId, place: u32, limit: usize) -> Option<TimeColumns> {
    let (task, _) = world.task(task)?;
    let operator: &ChainedOperator = task.chain()?.operators().get(place as usize)?;
    let mut columns =
        TimeColumns { late_records_dropped: operator.late_records_dropped(), ..TimeColumns::default() };
    let mut keys: Vec<&Value> = Vec::new();
    for event in operator.time_log().last(limit) {
        columns.push(event, &mut keys);
    }
    let log = operator.time_log();
    columns.skipped = log.len() - columns.kinds.len() as u64 + log.left_out();
    columns.key_texts = keys.iter().map(ToString::to_string).collect();
    Some(columns)
}

fn shows(operator: &ChainedOperator) -> Shows {
    match operator.spec() {
        OperatorSpec::IntervalJoin(_) => Shows::Intervals,
        OperatorSpec::Window(_) => Shows::Windows,
        _ if operator.time_log().records() > 0 => Shows::Timers,
        _ => Shows::Watermarks,
    }
}

impl TimeColumns {
    fn push<'a>(&mut self, event: &'a TimeEvent, keys: &mut Vec<&'a Value>) {
        let none = f64::NAN;
        let (kind, key, (time, end)) = match &event.fact {
            TimeFact::Watermark(watermark) => (Kind::Watermark, None, (number(*watermark), none)),
            TimeFact::Record { key, timestamp, .. } => {
                (Kind::Record, Some(key), (timestamp.map_or(none, number), none))
            }
            TimeFact::Added { key, window } => (Kind::Added, Some(key), span(*window)),
            TimeFact::Merged { key, window, into } => {
                let (start, end) = span(*into);
                self.into.extend([start, end]);
                (Kind::Merged, Some(key), span(*window))
            }
            TimeFact::Fired { key, window } => (Kind::Fired, Some(key), span(*window)),
            TimeFact::Cleared { key, window } => (Kind::Cleared, Some(key), span(*window)),
            TimeFact::Opened { key, window } => (Kind::Opened, Some(key), span(*window)),
            TimeFact::Timer { key, domain, timestamp, what } => {
                let is_event_time = *domain == TimeDomain::EventTime;
                let kind = match (what, is_event_time) {
                    (TimerChange::Set, true) => Kind::TimerSet,
                    (TimerChange::Fired, true) => Kind::TimerFired,
                    (TimerChange::Deleted, true) => Kind::TimerDeleted,
                    (TimerChange::Set, false) => Kind::ClockTimerSet,
                    (TimerChange::Fired, false) => Kind::ClockTimerFired,
                    (TimerChange::Deleted, false) => Kind::ClockTimerDeleted,
                };
                let time = timestamp.saturating_sub(if is_event_time { 0 } else { EPOCH_MS });
                (kind, Some(key), (number(time), none))
            }
        };
        let fate = match event.fact {
            TimeFact::Record { fate, .. } => Fate::ALL.iter().position(|&known| known == fate),
            _ => None,
        };
        let key = key.map_or(0, |key| {
            keys.iter().position(|known| *known == key).unwrap_or_else(|| {
                keys.push(key);
                keys.len() - 1
            })
        });
        self.kinds.push(kind as u8);
        self.ticks.push(tick_at(event.at) as f64);
        self.keys.push(key as u32);
        self.times.push(time);
        self.ends.push(end);
        self.fates.push(fate.unwrap_or_default() as u8);
    }
}

/// A time as a number of JavaScript; the ends of time are infinite.
fn number(time: i64) -> f64 {
    match time {
        i64::MIN => f64::NEG_INFINITY,
        i64::MAX => f64::INFINITY,
        time => time as f64,
    }
}

fn span(window: Window) -> (f64, f64) {
    match window {
        Window::Global => (f64::NEG_INFINITY, f64::INFINITY),
        Window::Time(window) => (number(window.start), number(window.end)),
    }
}
