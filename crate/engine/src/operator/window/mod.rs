//! Windows: elements of a key, put together until a trigger has them computed.
//!
//! Contract: for each window of an element, in order: merge, drop what is late, add to the contents, ask the
//! trigger, compute, purge, see to it that the window is cleaned up. What is late for all of its windows goes to
//! the late side output, or is counted. Flink: `WindowOperator`, `EvictingWindowOperator`.

mod assigner;
mod contents;
mod evictor;
mod merging;
mod trigger;

use std::rc::Rc;

use super::Operator;
use super::context::OperatorContext;
use super::function::UserError;
use crate::graph::windowing::{TimeDomain, WindowAssigner, WindowSpec};
use crate::record::Value;
use crate::record::element::NO_TIMESTAMP;
use crate::state::namespace::{Namespace, TimeWindow, Window};
use crate::state::{StateId, StateKind, StateValue};
use crate::time::event_log::{Fate, TimeFact};
use crate::time::timers::Timer;
use assigner::{Assigner, tumbling_window};
use contents::Contents;
use evictor::{RunningEvictor, TimestampedValue};
use merging::{Merge, MergingWindowSet};
use trigger::{RunningTrigger, TriggerResult};

/// The names of the states that the operator keeps, as in Flink's snapshots.
const CONTENTS: &str = "window-contents";
const MERGING_SET: &str = "merging-window-set";

/// See the module.
#[derive(Clone)]
pub(super) struct WindowOperator {
    spec: Rc<WindowSpec>,
    running: Option<Rc<Running>>,
    /// Those of the element at hand: empty between elements, and kept for its memory.
    windows: Vec<Window>,
    /// The window of an element before, where all are tumbling ones.
    latest: TimeWindow,
}

/// What is there from `open` on, and does not change then.
struct Running {
    spec: Rc<WindowSpec>,
    assigner: Assigner,
    /// Whether windows end in event time; those of no time do not.
    is_event_time: bool,
    trigger: RunningTrigger,
    evictor: Option<RunningEvictor>,
    contents: Contents,
    state: StateId,
    /// Where windows merge: the windows of each key.
    merging_set: Option<StateId>,
    /// Offset and size, where each element is of one window that is computed at its end in event time: as most are.
    tumbling: Option<(i64, i64)>,
}

impl WindowOperator {
    pub fn new(spec: Rc<WindowSpec>) -> Self {
        Self { spec, running: None, windows: Vec::new(), latest: TimeWindow { start: 0, end: 0 } }
    }

    fn running(&self) -> Rc<Running> {
        Rc::clone(self.running.as_ref().expect("open() comes before the first element"))
    }
}

impl Operator for WindowOperator {
    fn snapshot_state(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        self.running().contents.snapshot_state(context)
    }

    fn open(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        let spec = Rc::clone(&self.spec);
        let is_merging = spec.assigner.is_merging();
        context.has_window_state = !is_merging;
        let contents = Contents::open(&spec.function, context)?;
        let evictor = match &spec.evictor {
            Some(evictor) => Some(RunningEvictor::open(evictor, context)?),
            None => None,
        };
        let kind = if evictor.is_some() { StateKind::List } else { contents.state_kind() };
        let state = context.get_partitioned_state(self.timer_namespace(), CONTENTS, kind)?;
        let merging_set = if is_merging {
            Some(context.get_partitioned_state(Namespace::Void, MERGING_SET, StateKind::List)?)
        } else {
            None
        };
        let assigner = Assigner::new(&spec.assigner, context.functions().clone().as_ref())?;
        let trigger = RunningTrigger::open(&spec.trigger, context)?;
        let is_simple = trigger.is_event_time() && evictor.is_none();
        self.running = Some(Rc::new(Running {
            tumbling: assigner.tumbling().filter(|_| is_simple),
            assigner,
            is_event_time: spec.assigner.domain() == Some(TimeDomain::EventTime),
            trigger,
            evictor,
            contents,
            state,
            merging_set,
            spec,
        }));
        Ok(())
    }

    fn on_record(
        &mut self,
        _input: u8,
        value: Value,
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        let Self { running, windows, latest, .. } = self;
        let running = running.as_ref().expect("open() comes before the first element");
        let result = running.on_record(value, windows, latest, context);
        windows.clear();
        result
    }

    fn timer_namespace(&self) -> Namespace {
        Namespace::Window(match self.spec.assigner {
            WindowAssigner::Global => Window::Global,
            _ => Window::Time(TimeWindow { start: 0, end: 0 }),
        })
    }

    fn on_timer(
        &mut self,
        domain: TimeDomain,
        timer: &Timer,
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        let Namespace::Window(window) = timer.namespace else { unreachable!("each timer is of a window") };
        self.running().on_timer(domain, timer.timestamp, window, context)
    }

    fn close(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        match &self.running {
            Some(running) => running.contents.close(context),
            None => Ok(()),
        }
    }

    fn clone_box(&self) -> Box<dyn Operator> {
        Box::new(self.clone())
    }
}

impl Running {
    fn on_record(
        &self,
        value: Value,
        windows: &mut Vec<Window>,
        latest: &mut TimeWindow,
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        let timestamp = context.timestamp.unwrap_or(NO_TIMESTAMP);
        let is_told = context.time_log.take_record(context.now);
        if !is_told && let Some(window) = self.open_window(timestamp, latest, context.watermark) {
            return self.add_in_time(value, timestamp, window, context);
        }
        let element = TimestampedValue { value, timestamp: context.timestamp };
        self.assigner.assign(&element.value, timestamp, windows, context)?;
        // The end of the first of its windows that takes it.
        let mut first_end = None;
        let mut note = |window: Window| {
            let end = window.max_timestamp();
            first_end = Some(first_end.map_or(end, |first: i64| first.min(end)));
        };
        match self.merging_set {
            None => {
                for &window in &*windows {
                    if !self.is_late(window, context) {
                        note(window);
                        self.add(&element, window, window, is_told, context)?;
                    }
                }
            }
            Some(merging_set) => {
                let mut set = MergingWindowSet::load(merging_set, context)?;
                for &window in &*windows {
                    let (actual, merges) = set.add(window, &self.assigner, context)?;
                    for merge in &merges {
                        self.merge(merge, context)?;
                    }
                    if self.is_late(actual, context) {
                        set.retire(actual);
                        continue;
                    }
                    note(actual);
                    let state_window = set.state_window(actual).expect("a window that was just added");
                    self.add(&element, actual, state_window, is_told, context)?;
                }
                set.persist(merging_set, context)?;
            }
        }
        context.timestamp = element.timestamp;
        let fate = match first_end {
            Some(end) if self.is_event_time && end <= context.watermark => Fate::Allowed,
            Some(_) => Fate::OnTime,
            None if self.is_element_late(timestamp, context) => {
                if let Some(tag) = &self.spec.late_tag {
                    context.output(Rc::clone(tag), element.value);
                    Fate::ToSide
                } else {
                    context.late_records_dropped += 1;
                    Fate::Dropped
                }
            }
            None => Fate::Dropped,
        };
        if is_told {
            let key = context.current_key();
            context.log_time(TimeFact::Record { key, timestamp: element.timestamp, fate });
        }
        Ok(())
    }

    /// The window of an element, if it is a tumbling one that is not over.
    #[inline(always)]
    fn open_window(&self, timestamp: i64, latest: &mut TimeWindow, watermark: i64) -> Option<Window> {
        let (offset, size) = self.tumbling?;
        if timestamp == NO_TIMESTAMP {
            return None;
        }
        // Mostly that of the element before: to work one out is a division.
        if timestamp < latest.start || latest.end <= timestamp {
            *latest = tumbling_window(timestamp, offset, size);
        }
        if latest.max_timestamp() > watermark { Some(Window::Time(*latest)) } else { None }
    }

    /// Adds an element of which nobody is told to its only window: that is not over, so its trigger does not fire.
    fn add_in_time(
        &self,
        value: Value,
        timestamp: i64,
        window: Window,
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        context.namespace = Namespace::Window(window);
        context.state.set_namespace_in_place(self.state, Namespace::Window(window));
        if !self.contents.add(self.state, &value, context)? {
            self.trigger.on_element(&value, timestamp, window, context)?;
            if self.spec.allowed_lateness_ms > 0 {
                self.register_cleanup(window, context)?;
            }
        }
        context.reuse(value);
        Ok(())
    }

    /// Adds an element to a window, whose contents are kept for `state_window`.
    fn add(
        &self,
        element: &TimestampedValue,
        window: Window,
        state_window: Window,
        is_told: bool,
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        context.namespace = Namespace::Window(window);
        context.state.set_namespace(self.state, Namespace::Window(state_window));
        let mut held_something = false;
        if self.evictor.is_some() {
            context.state.list_add(self.state, element.to_value())?;
        } else {
            held_something = if self.changes_shared_records() {
                let before = context.state.value(self.state)?;
                let held_something = self.contents.add(self.state, &element.value, context)?;
                let after = context.state.value(self.state)?;
                self.change_shared(&before, &after, window, state_window, context)?;
                held_something
            } else {
                self.contents.add(self.state, &element.value, context)?
            };
        }
        if is_told {
            let key = context.current_key();
            context.log_time(TimeFact::Added { key, window });
        }
        if held_something
            && self.merging_set.is_none()
            && let Some(result) = self.trigger.on_further_element(window, context)
        {
            // The timers of the window, that of its clean-up too, were set with the element before.
            return self.follow(result, window, state_window, context);
        }
        let timestamp = element.timestamp.unwrap_or(NO_TIMESTAMP);
        let result = self.trigger.on_element(&element.value, timestamp, window, context)?;
        self.follow(result, window, state_window, context)?;
        self.register_cleanup(window, context)
    }

    /// Whether a record changes that a window keeps, and may be kept by another window or by the trigger as well.
    fn changes_shared_records(&self) -> bool {
        self.contents.changes_records()
            && (self.evictor.is_some() || self.assigner.overlap().is_some() || self.trigger.keeps_records())
    }

    /// A record has changed that this window keeps. Where windows that overlap it keep the very same, or the trigger does,
    /// they see that, as with Flink's state on the heap; state on files has a record of its own for each, and so have
    /// here the windows of an evictor.
    fn change_shared(
        &self,
        before: &Value,
        after: &Value,
        window: Window,
        state_window: Window,
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        if is_same_record(before, after) || before.is_null() {
            return Ok(());
        }
        let (size, slide) = self.assigner.overlap().unwrap_or((1, 1));
        let reach = (size - 1) / slide;
        for step in -reach..=reach {
            let other = match window {
                Window::Time(own) if step != 0 => {
                    let start = own.start + step * slide;
                    Window::Time(TimeWindow { start, end: start + size })
                }
                _ => window,
            };
            context.namespace = Namespace::Window(other);
            context.state.set_namespace(self.state, context.namespace);
            if self.evictor.is_none() && is_same_record(before, &context.state.value(self.state)?) {
                context.state.update(self.state, after.clone())?;
            }
            self.trigger.change_record(before, after, context)?;
        }
        context.namespace = Namespace::Window(window);
        context.state.set_namespace(self.state, Namespace::Window(state_window));
        Ok(())
    }

    fn on_timer(
        &self,
        domain: TimeDomain,
        time: i64,
        window: Window,
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        context.namespace = Namespace::Window(window);
        if self.is_all_over(domain, time, window) {
            return self.emit_and_forget(window, context);
        }
        let mut set = match self.merging_set {
            Some(merging_set) => Some(MergingWindowSet::load(merging_set, context)?),
            None => None,
        };
        let state_window = match &set {
            Some(set) => set.state_window(window),
            None => Some(window),
        };
        // A trigger that left a timer behind when its window merged into another.
        let Some(state_window) = state_window else { return Ok(()) };
        context.state.set_namespace(self.state, Namespace::Window(state_window));
        let result = self.trigger.on_time(domain, time, window, context)?;
        self.follow(result, window, state_window, context)?;
        let is_own_clock = self.is_event_time == (domain == TimeDomain::EventTime);
        if is_own_clock && time == self.cleanup_time(window) {
            context.state.set_namespace(self.state, Namespace::Window(state_window));
            context.state.clear(self.state)?;
            self.trigger.clear(window, context)?;
            self.contents.clear(window, context)?;
            let key = context.current_key();
            context.log_time(TimeFact::Cleared { key, window });
            if let Some(set) = &mut set {
                set.retire(window);
            }
        }
        match (&set, self.merging_set) {
            (Some(set), Some(merging_set)) => set.persist(merging_set, context),
            _ => Ok(()),
        }
    }

    /// Whether a timer is the only one of its window, and what the window holds goes out as it is.
    fn is_all_over(&self, domain: TimeDomain, time: i64, window: Window) -> bool {
        self.is_event_time
            && domain == TimeDomain::EventTime
            && time == window.max_timestamp()
            && time == self.cleanup_time(window)
            && self.merging_set.is_none()
            && self.evictor.is_none()
            && self.trigger.is_event_time()
            && self.contents.go_out_as_they_are()
    }

    /// Computes such a window and forgets it, in one: its contents are looked for once, and no timer is left to delete.
    fn emit_and_forget(&self, window: Window, context: &mut OperatorContext) -> Result<(), UserError> {
        if let Some(StateValue::One(value)) = context.state.take(self.state, context.namespace)? {
            Self::begin_computation(window, context);
            context.collect(value);
        }
        let key = context.current_key();
        context.log_time(TimeFact::Cleared { key, window });
        Ok(())
    }

    /// Does what the trigger says.
    fn follow(
        &self,
        result: TriggerResult,
        window: Window,
        state_window: Window,
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        if result == TriggerResult::CONTINUE {
            return Ok(());
        }
        // A trigger of the job's own may have used a state of the same name for its window.
        context.state.set_namespace(self.state, Namespace::Window(state_window));
        if result.fires {
            self.fire(window, state_window, context)?;
        }
        if result.purges {
            context.state.set_namespace(self.state, Namespace::Window(state_window));
            context.state.clear(self.state)?;
        }
        Ok(())
    }

    fn fire(
        &self,
        window: Window,
        state_window: Window,
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        let Some(evictor) = &self.evictor else {
            let contents = self.contents.get(self.state, context)?;
            return match contents {
                Some(contents) => self.compute(window, contents, context),
                None => Ok(()),
            };
        };
        let list = context.state.list(self.state)?;
        if list.is_empty() {
            return Ok(());
        }
        let mut elements: Vec<TimestampedValue> = list.iter().map(TimestampedValue::from_value).collect();
        drop(list);
        evictor.evict(&mut elements, false, window, context)?;
        let values = elements.iter().map(|element| element.value.clone()).collect();
        let contents = self.contents.fold_all(values, context)?;
        if self.changes_shared_records()
            && let (Some(first), [after]) = (elements.first_mut(), &*contents)
        {
            let before = std::mem::replace(&mut first.value, after.clone());
            self.change_shared(&before, after, window, state_window, context)?;
        }
        self.compute(window, contents, context)?;
        evictor.evict(&mut elements, true, window, context)?;
        let kept = elements.iter().map(TimestampedValue::to_value).collect();
        Ok(context.state.list_update(self.state, kept)?)
    }

    fn compute(
        &self,
        window: Window,
        contents: Vec<Value>,
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        Self::begin_computation(window, context);
        self.contents.compute(window, contents, context)
    }

    fn begin_computation(window: Window, context: &mut OperatorContext) {
        let key = context.current_key();
        context.log_time(TimeFact::Fired { key, window });
        context.timestamp = Some(window.max_timestamp());
    }

    /// Windows have become one: its trigger takes over from theirs, and their contents are moved.
    fn merge(&self, merge: &Merge, context: &mut OperatorContext) -> Result<(), UserError> {
        let end = merge.result.max_timestamp();
        let (until, now, a_kind, clock) = if self.is_event_time {
            let until = end.wrapping_add(self.spec.allowed_lateness_ms);
            (until, context.watermark, "an event-time", "watermark")
        } else {
            (end, context.now, "a processing-time", "processing time")
        };
        if until <= now {
            return Err(UserError::new(format!(
                "The end timestamp of {a_kind} window cannot become earlier than the current {clock} by merging. \
                 Current {clock}: {now} window: {}",
                merge.result
            )));
        }
        context.namespace = Namespace::Window(merge.result);
        self.trigger.on_merge(merge.result, &merge.merged, context)?;
        for &window in &merge.merged {
            context.namespace = Namespace::Window(window);
            self.trigger.clear(window, context)?;
            self.delete_cleanup(window, context)?;
            let key = context.current_key();
            context.log_time(TimeFact::Merged { key, window, into: merge.result });
        }
        let sources = &merge.merged_state_windows;
        if self.evictor.is_some() {
            return merge_lists(self.state, merge.state_window, sources, context);
        }
        self.contents.merge(self.state, merge.state_window, sources, context)
    }

    fn is_late(&self, window: Window, context: &OperatorContext) -> bool {
        self.is_event_time && self.cleanup_time(window) <= context.watermark
    }

    fn is_element_late(&self, timestamp: i64, context: &OperatorContext) -> bool {
        let until = timestamp.wrapping_add(self.spec.allowed_lateness_ms);
        self.is_event_time && until <= context.watermark
    }

    /// When the window is forgotten; the greatest Long: never.
    fn cleanup_time(&self, window: Window) -> i64 {
        let end = window.max_timestamp();
        if self.is_event_time { end.saturating_add(self.spec.allowed_lateness_ms) } else { end }
    }

    fn cleanup_domain(&self) -> TimeDomain {
        if self.is_event_time { TimeDomain::EventTime } else { TimeDomain::ProcessingTime }
    }

    fn register_cleanup(&self, window: Window, context: &mut OperatorContext) -> Result<(), UserError> {
        match self.cleanup_time(window) {
            i64::MAX => Ok(()),
            time => context.register_timer(self.cleanup_domain(), Namespace::Window(window), time),
        }
    }

    fn delete_cleanup(&self, window: Window, context: &mut OperatorContext) -> Result<(), UserError> {
        match self.cleanup_time(window) {
            i64::MAX => Ok(()),
            time => context.delete_timer(self.cleanup_domain(), Namespace::Window(window), time),
        }
    }
}

/// Whether both are one object.
pub(super) fn is_same_record(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Tuple(one), Value::Tuple(other)) => Rc::ptr_eq(one, other),
        (Value::Row(one), Value::Row(other)) => Rc::ptr_eq(one, other),
        _ => false,
    }
}

/// Moves what other windows hold behind what the target holds, for an evictor.
fn merge_lists(
    state: StateId,
    target: Window,
    sources: &[Window],
    context: &mut OperatorContext,
) -> Result<(), UserError> {
    let mut merged = Vec::new();
    for &source in sources {
        context.state.set_namespace(state, Namespace::Window(source));
        merged.extend(context.state.list(state)?.iter().cloned());
        context.state.clear(state)?;
    }
    context.state.set_namespace(state, Namespace::Window(target));
    Ok(context.state.list_add_all(state, merged)?)
}

#[cfg(test)]
mod tests;
