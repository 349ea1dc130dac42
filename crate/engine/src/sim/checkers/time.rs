//! Event time goes forwards: watermarks rise, timers fire in time and in order, windows fire for a reason and leave
//! nothing behind, and what a subtask keeps is of its own keys.

use super::Fault;
use crate::base::ids::ExecutionAttemptId;
use crate::base::ordered::SortedMap;
use crate::base::sort::sort_few_by_key;
use crate::graph::operator_spec::OperatorSpec;
use crate::graph::windowing::{SessionGap, TimeDomain, Trigger, WindowAssigner, WindowSpec};
use crate::record::{Value, WatermarkStatus};
use crate::sim::world::World;
use crate::state::key_groups::assign_to_key_group;
use crate::state::namespace::{Namespace, TimeWindow, Window};
use crate::task::chain::ChainedOperator;
use crate::task::stream_task::StreamTask;
use crate::time::clock::processing_time;
use crate::time::event_log::{TimeEvent, TimeFact, TimerChange};

/// What an operator keeps is looked at in every tick, or, if it is more than this, in one of so many.
const ENTRIES_MAX: usize = 128;
const TICKS_BETWEEN: u64 = 64;

/// What is kept of a window, and goes with it: contents, and what triggers note for themselves.
const KEPT_BY_WINDOWS: [&str; 4] = ["window-contents", "fire-time", "last-element", "timeout"];
/// Name of the state that holds the merging windows of a key.
const MERGING_SET: &str = "merging-window-set";

/// What was seen of each operator, by attempt and place in the chain.
#[derive(Clone, Default)]
pub(super) struct Times {
    tick: u64,
    operators: SortedMap<(ExecutionAttemptId, u32), Seen>,
}

/// What was seen of an operator.
#[derive(Clone)]
struct Seen {
    told: Vec<(i64, WatermarkStatus)>,
    /// Entries of its log, and records that it was not told of.
    logged: u64,
    left_out: u64,
    is_told_all: bool,
    /// `None` where the log did not keep the last one.
    watermark: Option<i64>,
    /// Windows that have fired, and that nothing has been added to since.
    fired: Vec<(Value, Window)>,
    /// By clock: no timer of a function is set for a time before this one.
    timers: [i64; 2],
}

impl Default for Seen {
    fn default() -> Self {
        Self {
            told: Vec::new(),
            logged: 0,
            left_out: 0,
            is_told_all: true,
            watermark: Some(i64::MIN),
            fired: Vec::new(),
            timers: [i64::MIN; 2],
        }
    }
}

impl Times {
    /// Looks at all operators.
    pub fn check(&mut self, world: &World) -> Result<(), Fault> {
        if world.tick() < self.tick {
            self.operators.clear();
        }
        self.tick = world.tick();
        for task in world.executors().iter().flat_map(|executor| executor.tasks()) {
            let Some(chain) = task.chain().filter(|_| !task.state().is_terminal()) else { continue };
            for (place, chained) in (0..).zip(chain.operators()) {
                let seen = self.operators.entry((task.descriptor().execution(), place)).or_default();
                seen.look(chained)
                    .and_then(|()| check_kept(task, chained, world.tick()))
                    .map_err(|fault| format!("{} of {}: {fault}", chained.name(), task.descriptor().name))?;
            }
        }
        Ok(())
    }
}

impl Seen {
    fn look(&mut self, chained: &ChainedOperator) -> Result<(), Fault> {
        for ((watermark, status), &(before, was)) in chained.told().zip(&self.told) {
            // An output that was idle all the time cannot be told from one that was active in between.
            if watermark < before {
                return Err(format!(
                    "the watermark fell from {before} ({was:?}) to {watermark} ({status:?})"
                ));
            }
        }
        self.told.clear();
        self.told.extend(chained.told());
        let log = chained.time_log();
        if log.len() < self.logged {
            // Another course of the run.
            *self = Self::default();
        }
        let new = (log.len() - self.logged) as usize;
        self.logged = log.len();
        if log.last(new).count() < new {
            self.watermark = None;
            self.fired.clear();
            self.timers = [i64::MIN; 2];
        }
        // Any window may have got one of those that are left out.
        self.is_told_all = log.left_out() == self.left_out;
        self.left_out = log.left_out();
        if !self.is_told_all {
            self.fired.clear();
        }
        if chained.state().keeps_one_key() {
            // In batch, the end of time comes for each key.
            return Ok(());
        }
        log.last(new).try_for_each(|event| self.follow(event, chained.spec()))
    }

    fn follow(&mut self, event: &TimeEvent, spec: &OperatorSpec) -> Result<(), Fault> {
        match &event.fact {
            TimeFact::Watermark(watermark) => {
                if self.watermark.is_some_and(|before| *watermark <= before) {
                    return Err(format!("the watermark {watermark} follows {:?}", self.watermark));
                }
                self.watermark = Some(*watermark);
            }
            TimeFact::Added { key, window } | TimeFact::Cleared { key, window } => self.forget(key, *window),
            TimeFact::Merged { key, window, into } => {
                self.forget(key, *window);
                self.forget(key, *into);
            }
            TimeFact::Fired { key, window } => {
                if let OperatorSpec::Window(spec) = spec {
                    return self.on_fired(key, *window, event.at, spec);
                }
            }
            TimeFact::Timer { domain, timestamp, what, .. } => {
                return self.on_timer(*domain, *timestamp, *what, event.at);
            }
            TimeFact::Record { .. } | TimeFact::Opened { .. } => {}
        }
        Ok(())
    }

    /// A timer of a function fires when its clock has come to it, after all that are set for earlier times.
    fn on_timer(
        &mut self,
        domain: TimeDomain,
        timestamp: i64,
        what: TimerChange,
        at: i64,
    ) -> Result<(), Fault> {
        let (reached, first) = match domain {
            TimeDomain::EventTime => (self.watermark.unwrap_or(i64::MAX), &mut self.timers[0]),
            // The first ms after it.
            TimeDomain::ProcessingTime => (at - 1, &mut self.timers[1]),
        };
        match what {
            TimerChange::Deleted => {}
            TimerChange::Set => *first = timestamp.min(*first),
            TimerChange::Fired if timestamp > reached => {
                return Err(format!("the timer of {timestamp} fires at {reached}"));
            }
            TimerChange::Fired if timestamp < *first => {
                return Err(format!("the timer of {timestamp} fires after that of {first}"));
            }
            TimerChange::Fired => *first = timestamp,
        }
        Ok(())
    }

    /// A window that fires at its end has come to it, and fires again only for another record.
    fn on_fired(&mut self, key: &Value, window: Window, at: i64, spec: &WindowSpec) -> Result<(), Fault> {
        let trigger = match &spec.trigger {
            Trigger::Purging(nested) => nested,
            trigger => trigger,
        };
        let time = match trigger {
            Trigger::EventTime => self.watermark.unwrap_or(i64::MAX),
            // The first ms after its last.
            Trigger::ProcessingTime => at - 1,
            _ => return Ok(()),
        };
        if time < window.max_timestamp() {
            return Err(format!("{window} of key {key} fires at {time}"));
        }
        let fired = (key.clone(), window);
        if self.fired.contains(&fired) {
            return Err(format!("{window} of key {key} fires again, and nothing was added to it"));
        }
        if self.is_told_all {
            self.fired.push(fired);
        }
        Ok(())
    }

    fn forget(&mut self, key: &Value, window: Window) {
        self.fired.retain(|(other, fired)| (other, *fired) != (key, window));
    }
}

/// State and timers are of keys of the subtask, and of windows that are not over.
fn check_kept(task: &StreamTask, chained: &ChainedOperator, tick: u64) -> Result<(), Fault> {
    let (state, timers) = (chained.state(), chained.timers());
    let Some(range) = state.range() else { return Ok(()) };
    let state = &*state.on_heap();
    if state.entry_count() > ENTRIES_MAX && !tick.is_multiple_of(TICKS_BETWEEN) {
        return Ok(());
    }
    let group_of = |key: &Value| assign_to_key_group(key, task.descriptor().max_parallelism);
    let over = Over::of(task, chained, tick);
    for (name, group, key, namespace) in state.places() {
        if group != group_of(key) || !range.contains(group) {
            return Err(format!("{name} of key {key} is in key group {group}, and the range is {range}"));
        }
        if KEPT_BY_WINDOWS.contains(&name) && is_over(chained, namespace, over) {
            return Err(format!("{namespace:?} of key {key} is over at {over:?}, and has {name}"));
        }
    }
    check_sessions(chained, over)?;
    if let Some(missed) = timers.next(TimeDomain::ProcessingTime).filter(|&next| next <= over.clock) {
        return Err(format!("the clock did not call for the timers of {missed}, and is at {over:?}"));
    }
    for domain in [TimeDomain::EventTime, TimeDomain::ProcessingTime] {
        if timers.next(domain) != timers.timers(domain).map(|timer| timer.timestamp).min() {
            return Err(format!("the next timer of {domain:?} is not the first"));
        }
        for timer in timers.timers(domain) {
            if !range.contains(group_of(&timer.key)) {
                return Err(format!("{timer:?} is of a key that is not of {range}"));
            }
            if domain == TimeDomain::EventTime
                && !has_own_trigger(chained)
                && is_over(chained, timer.namespace, over)
            {
                return Err(format!("{timer:?} is of a window that is over at {over:?}"));
            }
        }
    }
    Ok(())
}

/// Sessions: those of a key are apart, none is over, and all contents are of one that is there. What a job's own assigner
/// merges is its affair.
fn check_sessions(chained: &ChainedOperator, over: Over) -> Result<(), Fault> {
    let OperatorSpec::Window(spec) = chained.spec() else { return Ok(()) };
    if !matches!(spec.assigner, WindowAssigner::Session { .. }) {
        return Ok(());
    }
    let state = chained.state();
    let mut kept = Vec::new();
    for (key, windows) in state.lists_of(MERGING_SET) {
        let mut windows: Vec<[TimeWindow; 2]> = windows.iter().filter_map(window_and_state_window).collect();
        sort_few_by_key(&mut windows, |[window, _]| *window);
        for [window, state_window] in &windows {
            if is_past_cleanup(spec, Window::Time(*window), over) {
                return Err(format!("{window:?} of key {key} is over at {over:?}, and is there"));
            }
            kept.push((key, Namespace::Window(Window::Time(*state_window))));
        }
        if let Some(pair) = windows.windows(2).find(|pair| pair[0][0].end >= pair[1][0].start) {
            return Err(format!("{:?} and {:?} of key {key} are not one", pair[0][0], pair[1][0]));
        }
    }
    // Where each record has its own gap, Flink may lose the contents of a window that has grown.
    if !matches!(spec.assigner, WindowAssigner::Session { gap: SessionGap::Fixed(_), .. }) {
        return Ok(());
    }
    let mut contents = state.places().filter(|&(name, ..)| name == "window-contents");
    match contents.find(|&(_, _, key, namespace)| !kept.contains(&(key, namespace))) {
        None => Ok(()),
        Some((_, _, key, namespace)) => {
            Err(format!("there are contents of {namespace:?} of key {key}, which is no window"))
        }
    }
}

/// An entry of the set of merging windows.
fn window_and_state_window(entry: &Value) -> Option<[TimeWindow; 2]> {
    let bounds = |value: &Value| match value {
        Value::Tuple(bounds) => match **bounds {
            [Value::Long(start), Value::Long(end)] => Some(TimeWindow { start, end }),
            _ => None,
        },
        _ => None,
    };
    match entry {
        Value::Tuple(pair) => match &**pair {
            [window, state_window] => Some([bounds(window)?, bounds(state_window)?]),
            _ => None,
        },
        _ => None,
    }
}

/// Whether the window's timers are set by the job.
fn has_own_trigger(chained: &ChainedOperator) -> bool {
    let OperatorSpec::Window(spec) = chained.spec() else { return false };
    let mut trigger = &spec.trigger;
    while let Trigger::Purging(nested) | Trigger::ProcessingTimeout { nested, .. } = trigger {
        trigger = nested;
    }
    matches!(trigger, Trigger::Custom { .. })
}

/// What is over by the two clocks.
#[derive(Clone, Copy, Debug)]
struct Over {
    watermark: i64,
    /// The last ms whose timers were called; none are where the task is late, or at its end.
    clock: i64,
}

impl Over {
    /// What is over at the start of a tick. A callback comes a ms after its timer's, in the tick that is over now. One
    /// that was not taken then, because the task waited for a buffer, makes the next ones late too.
    fn of(task: &StreamTask, chained: &ChainedOperator, tick: u64) -> Self {
        let (now, clock) = (processing_time(tick), chained.clock());
        let is_late = task.is_blocked()
            || !task.mailbox().is_empty()
            || clock.is_quiesced()
            || chained.state().keeps_one_key()
            || clock.next().is_some_and(|next| next <= now);
        Self { watermark: chained.watermarks().0, clock: if is_late { i64::MIN } else { now - 2 } }
    }
}

/// Whether it is a window whose clean-up time has come. Windows that merge keep their contents under another one.
fn is_over(chained: &ChainedOperator, namespace: Namespace, over: Over) -> bool {
    let (OperatorSpec::Window(spec), Namespace::Window(window)) = (chained.spec(), namespace) else {
        return false;
    };
    !spec.assigner.is_merging() && is_past_cleanup(spec, window, over)
}

/// Whether a window's clean-up time has come.
fn is_past_cleanup(spec: &WindowSpec, window: Window, over: Over) -> bool {
    match spec.assigner.domain() {
        Some(TimeDomain::EventTime) => {
            let cleanup = window.max_timestamp().saturating_add(spec.allowed_lateness_ms);
            cleanup < i64::MAX && cleanup <= over.watermark
        }
        Some(TimeDomain::ProcessingTime) => window.max_timestamp() <= over.clock,
        None => false,
    }
}

#[cfg(test)]
mod broken;

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::graph::operator_spec::{AggregationKind, Field};
    use crate::graph::windowing::WindowFunction;

    /// Feeds `w12` (a watermark), `+` (a record for the window from 0 to 10), `!` (the window fires), and of timers
    /// `s7` and `f7` (set and fired) and `c7` (fired, of the clock, which is at 8); answers what is wrong.
    fn check(steps: &str) -> Option<Fault> {
        let spec = OperatorSpec::Window(Rc::new(WindowSpec {
            assigner: WindowAssigner::tumbling(TimeDomain::EventTime, 10, 0).unwrap(),
            trigger: Trigger::Purging(Trigger::EventTime.into()),
            evictor: None,
            allowed_lateness_ms: 5,
            late_tag: None,
            function: WindowFunction::Rolling { kind: AggregationKind::Sum, field: Field::Position(0) },
        }));
        let timer = |domain, timestamp: &str, what| TimeFact::Timer {
            key: Value::Long(1),
            domain,
            timestamp: timestamp.parse().unwrap(),
            what,
        };
        let (key, window) = (Value::Long(1), Window::Time(TimeWindow { start: 0, end: 10 }));
        let mut seen = Seen::default();
        let mut events = steps.split_whitespace().map(|step| match step {
            "+" => TimeFact::Added { key: key.clone(), window },
            "!" => TimeFact::Fired { key: key.clone(), window },
            step => match step.split_at(1) {
                ("s", time) => timer(TimeDomain::EventTime, time, TimerChange::Set),
                ("f", time) => timer(TimeDomain::EventTime, time, TimerChange::Fired),
                ("c", time) => timer(TimeDomain::ProcessingTime, time, TimerChange::Fired),
                (_, watermark) => TimeFact::Watermark(watermark.parse().unwrap()),
            },
        });
        events.find_map(|fact| seen.follow(&TimeEvent { at: 8, fact }, &spec).err())
    }

    #[test]
    fn timers_fire_in_order_and_never_early() {
        assert_eq!(check("s7 s5 w7 f5 s6 f6 f7 s3 w8 f3 c6 c7"), None);
        assert_eq!(check("s7 s8 w7 f7 f8").unwrap(), "the timer of 8 fires at 7");
        assert_eq!(check("s7 s8 w8 f8 f7").unwrap(), "the timer of 7 fires after that of 8");
        assert_eq!(check("s7 f7").unwrap(), format!("the timer of 7 fires at {}", i64::MIN));
        assert_eq!(check("c8").unwrap(), "the timer of 8 fires at 7");
        assert_eq!(check("c7 c6").unwrap(), "the timer of 6 fires after that of 7");
    }

    #[test]
    fn windows_fire_at_their_end_and_for_a_reason() {
        assert_eq!(check("+ w8 + w9 ! + ! w12"), None);
        assert_eq!(check("+ w8 ! w9").unwrap(), "TimeWindow{start=0, end=10} of key 1 fires at 8");
        assert!(check("+ w9 ! !").unwrap().ends_with("fires again, and nothing was added to it"));
        assert_eq!(check("w8 w8").unwrap(), "the watermark 8 follows Some(8)");
    }
}
