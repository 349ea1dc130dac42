//! When a window is computed.
//!
//! Contract: what a trigger remembers it keeps in state of the key and the window, which stands in the context's
//! namespace while it is called. Flink: `Trigger` and its kinds, `WindowOperator.Context`.

use std::rc::Rc;

use super::is_same_record;
use crate::graph::windowing::{TimeDomain, Trigger};
use crate::operator::context::OperatorContext;
use crate::operator::function::{FunctionSlot, Method, UserError, UserFunctions};
use crate::record::Value;
use crate::state::namespace::{Namespace, Window};
use crate::state::{StateId, StateKind, StateValue};

/// What a trigger answers. Flink: `TriggerResult`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TriggerResult {
    pub fires: bool,
    pub purges: bool,
}

impl TriggerResult {
    pub const CONTINUE: Self = Self { fires: false, purges: false };
    const FIRE: Self = Self { fires: true, purges: false };
    const PURGE: Self = Self { fires: false, purges: true };
    const FIRE_AND_PURGE: Self = Self { fires: true, purges: true };

    const fn fire_if(fires: bool) -> Self {
        Self { fires, purges: false }
    }
}

/// A trigger with the instances of its functions.
#[derive(Clone)]
pub(super) enum RunningTrigger {
    EventTime,
    ProcessingTime,
    Never,
    EndOfStream,
    Count(i64),
    /// Every so often on a clock, and at the end of the window in event time.
    Continuous {
        domain: TimeDomain,
        interval: i64,
    },
    Delta {
        threshold: f64,
        delta: FunctionSlot,
    },
    Purging(Rc<RunningTrigger>),
    ProcessingTimeout {
        nested: Rc<RunningTrigger>,
        timeout: i64,
        resets: bool,
        clears: bool,
    },
    Custom(FunctionSlot),
}

impl RunningTrigger {
    pub fn open(trigger: &Trigger, context: &mut OperatorContext) -> Result<Self, UserError> {
        let functions: Rc<dyn UserFunctions> = Rc::clone(context.functions());
        let opened = |id| FunctionSlot::instantiated(id, functions.as_ref());
        Ok(match trigger {
            Trigger::EventTime => Self::EventTime,
            Trigger::ProcessingTime => Self::ProcessingTime,
            Trigger::Never => Self::Never,
            Trigger::EndOfStream => Self::EndOfStream,
            Trigger::Count(count) => Self::Count(*count),
            Trigger::ContinuousEventTime(interval) => {
                Self::Continuous { domain: TimeDomain::EventTime, interval: *interval }
            }
            Trigger::ContinuousProcessingTime(interval) => {
                Self::Continuous { domain: TimeDomain::ProcessingTime, interval: *interval }
            }
            Trigger::Delta { threshold, delta } => {
                Self::Delta { threshold: *threshold, delta: opened(*delta)? }
            }
            Trigger::Purging(nested) => Self::Purging(Rc::new(Self::open(nested, context)?)),
            Trigger::ProcessingTimeout { nested, timeout, resets, clears } => {
                let nested = Rc::new(Self::open(nested, context)?);
                Self::ProcessingTimeout { nested, timeout: *timeout, resets: *resets, clears: *clears }
            }
            Trigger::Custom { trigger, .. } => {
                let mut slot = FunctionSlot::new(*trigger);
                slot.open(context)?;
                Self::Custom(slot)
            }
        })
    }

    /// An element was added to the window.
    pub fn on_element(
        &self,
        value: &Value,
        timestamp: i64,
        window: Window,
        context: &mut OperatorContext,
    ) -> Result<TriggerResult, UserError> {
        let end = window.max_timestamp();
        match self {
            Self::EventTime => {
                if end <= context.watermark {
                    return Ok(TriggerResult::FIRE);
                }
                register(TimeDomain::EventTime, end, context)?;
            }
            Self::ProcessingTime => register(TimeDomain::ProcessingTime, end, context)?,
            Self::Never => {}
            Self::EndOfStream => register(TimeDomain::EventTime, end, context)?,
            Self::Count(max) => return count(*max, context),
            Self::Continuous { domain, interval } => {
                let mut time = context.now;
                if *domain == TimeDomain::EventTime {
                    if end <= context.watermark {
                        return Ok(TriggerResult::FIRE);
                    }
                    register(TimeDomain::EventTime, end, context)?;
                    time = timestamp;
                }
                let state = fire_time(context)?;
                if context.state.value(state)?.is_null() {
                    let Some(into_interval) = time.checked_rem(*interval) else {
                        return Err(UserError::new("ArithmeticException: / by zero"));
                    };
                    fire_next(*domain, time - into_interval, *interval, end, state, context)?;
                }
            }
            Self::Delta { threshold, delta } => {
                return on_delta(*threshold, delta, value, context);
            }
            Self::Purging(nested) => {
                return Ok(purging(nested.on_element(value, timestamp, window, context)?));
            }
            Self::ProcessingTimeout { nested, timeout, resets, .. } => {
                let result = nested.on_element(value, timestamp, window, context)?;
                if result.fires {
                    self.clear(window, context)?;
                    return Ok(result);
                }
                let state = partitioned(TIMEOUT, StateKind::Value, context)?;
                if *resets {
                    clear_timer(TimeDomain::ProcessingTime, state, context)?;
                }
                if context.state.value(state)?.is_null() {
                    let time = context.now + *timeout;
                    context.state.update(state, Value::Long(time))?;
                    register(TimeDomain::ProcessingTime, time, context)?;
                }
                return Ok(result);
            }
            Self::Custom(trigger) => {
                let arguments = [value.clone(), Value::Long(timestamp), window_value(window)];
                return answered(trigger, Method::OnElement, &arguments, context);
            }
        }
        Ok(TriggerResult::CONTINUE)
    }

    /// An element was added to a window that holds others: what a trigger says that sets the same timers for each.
    pub fn on_further_element(&self, window: Window, context: &OperatorContext) -> Option<TriggerResult> {
        match self {
            Self::EventTime => Some(TriggerResult::fire_if(window.max_timestamp() <= context.watermark)),
            Self::Purging(nested) => nested.on_further_element(window, context).map(purging),
            _ => None,
        }
    }

    /// Whether it fires at the end of the window in event time and knows no other time.
    pub const fn is_event_time(&self) -> bool {
        matches!(self, Self::EventTime)
    }

    /// Whether it keeps an element of the window.
    pub fn keeps_records(&self) -> bool {
        match self {
            Self::Delta { .. } => true,
            Self::Purging(nested) | Self::ProcessingTimeout { nested, .. } => nested.keeps_records(),
            _ => false,
        }
    }

    /// An element has changed: it is changed where it is kept here too.
    pub fn change_record(
        &self,
        before: &Value,
        after: &Value,
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        if self.keeps_records() {
            let state = partitioned(LAST_ELEMENT, StateKind::Value, context)?;
            if is_same_record(before, &context.state.value(state)?) {
                context.state.update(state, after.clone())?;
            }
        }
        Ok(())
    }

    /// A timer of the window fires.
    pub fn on_time(
        &self,
        domain: TimeDomain,
        time: i64,
        window: Window,
        context: &mut OperatorContext,
    ) -> Result<TriggerResult, UserError> {
        match self {
            Self::EventTime | Self::EndOfStream => {
                Ok(TriggerResult::fire_if(domain == TimeDomain::EventTime && time == window.max_timestamp()))
            }
            Self::ProcessingTime => Ok(TriggerResult::fire_if(domain == TimeDomain::ProcessingTime)),
            Self::Never | Self::Count(_) | Self::Delta { .. } => Ok(TriggerResult::CONTINUE),
            Self::Continuous { domain: own, .. } if *own != domain => Ok(TriggerResult::CONTINUE),
            Self::Continuous { interval, .. } => on_continuous(domain, *interval, time, window, context),
            Self::Purging(nested) => Ok(purging(nested.on_time(domain, time, window, context)?)),
            Self::ProcessingTimeout { nested, clears, .. } => {
                let result = nested.on_time(domain, time, window, context)?;
                if *clears {
                    self.clear(window, context)?;
                }
                Ok(if result.purges { TriggerResult::FIRE_AND_PURGE } else { TriggerResult::FIRE })
            }
            Self::Custom(trigger) => {
                let method = match domain {
                    TimeDomain::EventTime => Method::OnEventTime,
                    TimeDomain::ProcessingTime => Method::OnProcessingTime,
                };
                answered(trigger, method, &[Value::Long(time), window_value(window)], context)
            }
        }
    }

    /// Windows have merged into this one.
    pub fn on_merge(
        &self,
        window: Window,
        merged: &[Window],
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        let end = window.max_timestamp();
        match self {
            Self::EventTime if end > context.watermark => register(TimeDomain::EventTime, end, context),
            Self::ProcessingTime if end > context.now => register(TimeDomain::ProcessingTime, end, context),
            Self::EventTime
            | Self::ProcessingTime
            | Self::Never
            | Self::EndOfStream
            | Self::Delta { .. }
            | Self::ProcessingTimeout { .. } => Ok(()),
            Self::Count(_) => {
                let state = partitioned(COUNT, StateKind::Reducing, context)?;
                merge_longs(state, merged, context, i64::wrapping_add)
            }
            Self::Continuous { domain, .. } => {
                let state = fire_time(context)?;
                merge_longs(state, merged, context, i64::min)?;
                match context.state.value(state)? {
                    Value::Long(time) => register(*domain, time, context),
                    _ => Ok(()),
                }
            }
            Self::Purging(nested) => nested.on_merge(window, merged, context),
            Self::Custom(trigger) => {
                let merged = merged.iter().map(|&window| window_value(window)).collect();
                let arguments = [window_value(window), Value::Tuple(merged)];
                trigger.call(Method::OnMerge, &arguments, context).map(drop)
            }
        }
    }

    /// The window is over, or has merged into another: forgets what was kept for it.
    pub fn clear(&self, window: Window, context: &mut OperatorContext) -> Result<(), UserError> {
        match self {
            Self::EventTime => delete(TimeDomain::EventTime, window.max_timestamp(), context),
            Self::ProcessingTime => delete(TimeDomain::ProcessingTime, window.max_timestamp(), context),
            Self::Never | Self::EndOfStream => Ok(()),
            Self::Count(_) | Self::Delta { .. } => {
                let (name, kind) = match self {
                    Self::Count(_) => (COUNT, StateKind::Reducing),
                    _ => (LAST_ELEMENT, StateKind::Value),
                };
                let state = partitioned(name, kind, context)?;
                Ok(context.state.clear(state)?)
            }
            Self::Continuous { domain, .. } => {
                let state = fire_time(context)?;
                clear_timer(*domain, state, context)
            }
            Self::Purging(nested) => nested.clear(window, context),
            Self::ProcessingTimeout { nested, .. } => {
                let state = partitioned(TIMEOUT, StateKind::Value, context)?;
                clear_timer(TimeDomain::ProcessingTime, state, context)?;
                nested.clear(window, context)
            }
            Self::Custom(trigger) => {
                trigger.call(Method::ClearTrigger, &[window_value(window)], context).map(drop)
            }
        }
    }
}

/// The names of the states that triggers keep, as in Flink's snapshots.
const COUNT: &str = "count";
const FIRE_TIME: &str = "fire-time";
const LAST_ELEMENT: &str = "last-element";
const TIMEOUT: &str = "timeout";

/// A window as functions of the job get it: its start and end; null for the one of all elements.
pub(super) fn window_value(window: Window) -> Value {
    match window {
        Window::Global => Value::Null,
        Window::Time(window) => Value::tuple([Value::Long(window.start), Value::Long(window.end)]),
    }
}

fn partitioned(name: &str, kind: StateKind, context: &mut OperatorContext) -> Result<StateId, UserError> {
    context.get_partitioned_state(context.namespace, name, kind)
}

fn fire_time(context: &mut OperatorContext) -> Result<StateId, UserError> {
    partitioned(FIRE_TIME, StateKind::Reducing, context)
}

fn register(domain: TimeDomain, time: i64, context: &mut OperatorContext) -> Result<(), UserError> {
    context.register_timer(domain, context.namespace, time)
}

fn delete(domain: TimeDomain, time: i64, context: &mut OperatorContext) -> Result<(), UserError> {
    context.delete_timer(domain, context.namespace, time)
}

fn purging(result: TriggerResult) -> TriggerResult {
    if result.fires { TriggerResult::FIRE_AND_PURGE } else { result }
}

fn count(max: i64, context: &mut OperatorContext) -> Result<TriggerResult, UserError> {
    let state = partitioned(COUNT, StateKind::Reducing, context)?;
    let count = match context.state.value(state)? {
        Value::Long(count) => count + 1,
        _ => 1,
    };
    if count >= max {
        context.state.clear(state)?;
        return Ok(TriggerResult::FIRE);
    }
    context.state.update(state, Value::Long(count))?;
    Ok(TriggerResult::CONTINUE)
}

fn on_continuous(
    domain: TimeDomain,
    interval: i64,
    time: i64,
    window: Window,
    context: &mut OperatorContext,
) -> Result<TriggerResult, UserError> {
    let end = window.max_timestamp();
    if time == end {
        return Ok(TriggerResult::FIRE);
    }
    let state = fire_time(context)?;
    if context.state.value(state)? != Value::Long(time) {
        return Ok(TriggerResult::CONTINUE);
    }
    context.state.clear(state)?;
    fire_next(domain, time, interval, end, state, context)?;
    Ok(TriggerResult::FIRE)
}

/// The next time after `time`, but not after the window's end. Flink: `registerNextFireTimestamp`.
fn fire_next(
    domain: TimeDomain,
    time: i64,
    interval: i64,
    end: i64,
    state: StateId,
    context: &mut OperatorContext,
) -> Result<(), UserError> {
    let next = time.wrapping_add(interval).min(end);
    context.state.update(state, Value::Long(next))?;
    register(domain, next, context)
}

fn on_delta(
    threshold: f64,
    delta: &FunctionSlot,
    value: &Value,
    context: &mut OperatorContext,
) -> Result<TriggerResult, UserError> {
    let state = partitioned(LAST_ELEMENT, StateKind::Value, context)?;
    let last = context.state.value(state)?;
    let fires = !last.is_null() && call_delta(delta, &last, value, context)? > threshold;
    if fires || last.is_null() {
        context.state.update(state, value.clone())?;
    }
    Ok(TriggerResult::fire_if(fires))
}

/// How far two elements are apart. Flink: `DeltaFunction`.
pub(super) fn call_delta(
    delta: &FunctionSlot,
    old: &Value,
    new: &Value,
    context: &mut OperatorContext,
) -> Result<f64, UserError> {
    match delta.call(Method::Apply, &[old.clone(), new.clone()], context)? {
        Value::Long(delta) => Ok(delta as f64),
        Value::Double(delta) => Ok(delta),
        other => Err(delta.error(format!("The delta function answered {other}; it must answer a number."))),
    }
}

fn clear_timer(domain: TimeDomain, state: StateId, context: &mut OperatorContext) -> Result<(), UserError> {
    if let Value::Long(time) = context.state.value(state)? {
        delete(domain, time, context)?;
        context.state.clear(state)?;
    }
    Ok(())
}

/// Moves what is kept for the merged windows to the window in the context. Flink: `mergePartitionedState`.
fn merge_longs(
    state: StateId,
    merged: &[Window],
    context: &mut OperatorContext,
    join: fn(i64, i64) -> i64,
) -> Result<(), UserError> {
    let mut total = None;
    for &window in merged {
        if let Some(StateValue::One(Value::Long(long))) =
            context.state.take(state, Namespace::Window(window))?
        {
            total = Some(total.map_or(long, |total| join(total, long)));
        }
    }
    let Some(total) = total else { return Ok(()) };
    let joined = match context.state.value(state)? {
        Value::Long(own) => join(own, total),
        _ => total,
    };
    Ok(context.state.update(state, Value::Long(joined))?)
}

/// What a trigger of the job's own says.
fn answered(
    trigger: &FunctionSlot,
    method: Method,
    arguments: &[Value],
    context: &mut OperatorContext,
) -> Result<TriggerResult, UserError> {
    let answer = trigger.call(method, arguments, context)?;
    if let Value::String(name) = &answer {
        match &**name {
            "CONTINUE" => return Ok(TriggerResult::CONTINUE),
            "FIRE" => return Ok(TriggerResult::FIRE),
            "PURGE" => return Ok(TriggerResult::PURGE),
            "FIRE_AND_PURGE" => return Ok(TriggerResult::FIRE_AND_PURGE),
            _ => {}
        }
    }
    Err(trigger.error(format!(
        "The trigger answered {answer}; it must answer TriggerResult.CONTINUE, FIRE, PURGE or FIRE_AND_PURGE."
    )))
}
