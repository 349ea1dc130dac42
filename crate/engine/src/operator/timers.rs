//! Fires the timers of an operator.
//!
//! Contract: while they fire, the watermark is the one that they fire for, so that a timer which is registered
//! meanwhile for a time up to it fires in the same go; but none is taken at the end of a key in batch. Flink:
//! `InternalTimerServiceImpl#advanceWatermark`, `#onProcessingTime`, `BatchExecutionInternalTimeService`.

use super::Operator;
use super::context::OperatorContext;
use super::function::UserError;
use crate::base::limits::TIMERS_PER_TURN_MAX;
use crate::graph::windowing::TimeDomain;
use crate::time::event_log::TimeFact;

/// The watermark has come to `watermark`: fires all event-time timers up to it.
pub fn advance_watermark(
    operator: &mut dyn Operator,
    watermark: i64,
    context: &mut OperatorContext,
) -> Result<(), UserError> {
    begin_watermark(watermark, context);
    fire(operator, TimeDomain::EventTime, watermark, context)
}

/// The watermark has come to `watermark`; [`fire_next`] then fires the timers up to it, one by one.
pub fn begin_watermark(watermark: i64, context: &mut OperatorContext) {
    context.watermark = watermark;
    if context.state.range().is_some() {
        context.log_time(TimeFact::Watermark(watermark));
    }
}

/// The clock calls back for `timestamp`: fires all processing-time timers up to it, and asks for the next call.
pub fn on_processing_time(
    operator: &mut dyn Operator,
    timestamp: i64,
    context: &mut OperatorContext,
) -> Result<(), UserError> {
    debug_assert!(timestamp < context.now, "timers of {timestamp} fire early, at {}", context.now);
    fire(operator, TimeDomain::ProcessingTime, timestamp, context)?;
    context.timers.schedule_next(&mut context.clock, context.now);
    Ok(())
}

/// In batch, the last record of the key at hand was processed: the end of time comes for it, and all its timers
/// fire. Flink: `BatchExecutionInternalTimeService#setCurrentKey`.
pub fn end_key(operator: &mut dyn Operator, context: &mut OperatorContext) -> Result<(), UserError> {
    context.watermark = i64::MAX;
    fire(operator, TimeDomain::EventTime, i64::MAX, context)?;
    fire(operator, TimeDomain::ProcessingTime, i64::MAX, context)?;
    context.watermark = i64::MIN;
    Ok(())
}

fn fire(
    operator: &mut dyn Operator,
    domain: TimeDomain,
    until: i64,
    context: &mut OperatorContext,
) -> Result<(), UserError> {
    for fired in 0.. {
        if !fire_next(operator, domain, until, fired, context)? {
            break;
        }
    }
    Ok(())
}

/// Fires the next timer up to `until`, after `fired` others. Answers whether there was one.
pub fn fire_next(
    operator: &mut dyn Operator,
    domain: TimeDomain,
    until: i64,
    fired: u32,
    context: &mut OperatorContext,
) -> Result<bool, UserError> {
    let Some(timer) = context.timers.poll(domain, until) else { return Ok(false) };
    let next = context.timers.next(domain);
    debug_assert!(timer.timestamp <= until && next.is_none_or(|next| timer.timestamp <= next), "{timer:?}");
    context.timers_fired += 1;
    if fired == TIMERS_PER_TURN_MAX {
        return Err(UserError::new(format!(
            "More than {TIMERS_PER_TURN_MAX} timers fired at once, up to {until}. Where onTimer \
             always registers another, there is no end: let it stop at some time."
        )));
    }
    context.set_current_key(timer.key.clone())?;
    operator.on_timer(domain, &timer, context)?;
    Ok(true)
}
