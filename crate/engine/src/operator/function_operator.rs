//! The operators that hand each record to a user function and keep nothing themselves.
//!
//! Flink: `StreamMap`, `StreamFlatMap`, `StreamFilter`, `ProcessOperator`, `KeyedProcessOperator`,
//! `CoStreamMap`, `CoStreamFlatMap`, `CoProcessOperator`, `KeyedCoProcessOperator`.

use super::Operator;
use super::context::{Emission, OperatorContext, TimerLog};
use super::function::{FunctionSlot, Method, UserError};
use crate::base::ids::FunctionId;
use crate::graph::windowing::TimeDomain;
use crate::record::Value;
use crate::time::event_log::{Fate, TimerChange};
use crate::time::timers::Timer;

/// What is done with a record and with the function's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Handing {
    /// Emits the answer.
    Map,
    /// The function emits.
    FlatMap,
    /// Emits the record if the answer is true.
    Filter,
    /// The function emits and knows its context.
    Process,
    /// Emits the answer of the method of that input.
    CoMap,
    /// The method of that input emits: co-flatMap and co-process.
    CoProcess,
}

/// See the module.
#[derive(Clone)]
pub(super) struct FunctionOperator {
    function: FunctionSlot,
    handing: Handing,
}

impl FunctionOperator {
    pub const fn new(function: FunctionId, handing: Handing) -> Self {
        Self { function: FunctionSlot::new(function), handing }
    }

    pub fn boxed(function: FunctionId, handing: Handing) -> Box<dyn Operator> {
        Box::new(Self::new(function, handing))
    }
}

impl Operator for FunctionOperator {
    fn initialize_state(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        self.function.initialize_state(context)
    }

    fn snapshot_state(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        self.function.snapshot_state(context)
    }

    fn notify_checkpoint_complete(
        &mut self,
        checkpoint: u64,
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        self.function.notify(Method::CheckpointComplete, checkpoint, context)
    }

    fn notify_checkpoint_aborted(
        &mut self,
        checkpoint: u64,
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        self.function.notify(Method::CheckpointAborted, checkpoint, context)
    }

    fn open(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        if context.state.range().is_some() {
            context.timer_log = TimerLog::Waiting;
        }
        self.function.open(context)
    }

    #[inline]
    fn on_record(&mut self, input: u8, value: Value, context: &mut OperatorContext) -> Result<(), UserError> {
        let method = match self.handing {
            Handing::Map | Handing::FlatMap | Handing::Filter => Method::Apply,
            Handing::Process => Method::ProcessElement,
            Handing::CoMap | Handing::CoProcess if input == 0 => Method::First,
            Handing::CoMap | Handing::CoProcess => Method::Second,
        };
        let answer = self.function.call_in_place(method, std::slice::from_ref(&value), context)?;
        if context.timer_log == TimerLog::On {
            let is_late = context.timestamp.is_some_and(|timestamp| timestamp <= context.watermark);
            context.log_record(if is_late { Fate::Allowed } else { Fate::OnTime });
        }
        match self.handing {
            Handing::Map | Handing::CoMap => context.collect(answer),
            Handing::Filter if is_true(&answer) => {
                context.collect(value);
                return Ok(());
            }
            Handing::Filter | Handing::FlatMap | Handing::Process | Handing::CoProcess => {}
        }
        value.discard();
        Ok(())
    }

    fn on_timer(
        &mut self,
        domain: TimeDomain,
        timer: &Timer,
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        let is_event_time = domain == TimeDomain::EventTime;
        context.log_timer(domain, timer, TimerChange::Fired);
        context.timestamp = Some(timer.timestamp);
        let arguments = [Value::Long(timer.timestamp), Value::Bool(is_event_time)];
        let first = context.emitted.len();
        self.function.call(Method::OnTimer, &arguments, context)?;
        if !is_event_time {
            // The main output has no event time then, though the context tells the timer's.
            for emission in &mut context.emitted[first..] {
                if let Emission::Record { timestamp, .. } = emission {
                    *timestamp = None;
                }
            }
        }
        Ok(())
    }

    fn close(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        self.function.close(context)
    }

    fn clone_box(&self) -> Box<dyn Operator> {
        Box::new(self.clone())
    }
}

/// Whether JavaScript takes a value for true: a job's filter may answer `line.length`, as its `if` may.
fn is_true(answer: &Value) -> bool {
    match answer {
        Value::Null => false,
        Value::Bool(bool) => *bool,
        Value::Long(long) => *long != 0,
        Value::Double(double) => !double.is_nan() && *double != 0.0,
        Value::String(string) => !string.is_empty(),
        Value::Tuple(_) | Value::Row(_) => true,
    }
}

#[cfg(test)]
mod tests;
