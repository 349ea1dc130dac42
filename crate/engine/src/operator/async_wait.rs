//! Asks the outside about each record, and emits the answers in the order of the records or as they come.
//!
//! Contract: at most `capacity` records wait; while so many do, the task takes no other. A watermark stays behind
//! the records that came before it and before those that came after. An answer that does not come in time is the
//! business of `timeout`, or fails the job. A function answers before it returns, or never: whatever it asked later
//! could not be repeated when a run goes back. Flink: `AsyncWaitOperator`, `OrderedStreamElementQueue`,
//! `UnorderedStreamElementQueue`.

use std::collections::VecDeque;
use std::rc::Rc;

use super::Operator;
use super::context::OperatorContext;
use super::function::{FunctionSlot, Method, UserError};
use crate::graph::operator_spec::{AsyncOutputMode, AsyncWaitSpec};
use crate::record::Value;
use crate::state::handle::OperatorStateMode;
use crate::time::processing_time::Callback;

/// An element that waits. Flink: `StreamElementQueueEntry`.
#[derive(Clone)]
enum Entry {
    Record { id: u64, value: Value, timestamp: Option<i64>, results: Option<Rc<[Value]>> },
    Watermark(i64),
}

impl Entry {
    /// A watermark is a tuple of one; a record one of two, with its time.
    fn to_value(&self) -> Value {
        match self {
            Self::Watermark(watermark) => Value::tuple([Value::Long(*watermark)]),
            Self::Record { value, timestamp, .. } => {
                Value::tuple([value.clone(), timestamp.map_or(Value::Null, Value::Long)])
            }
        }
    }
}

/// See the module.
#[derive(Clone)]
pub(super) struct AsyncWait {
    spec: AsyncWaitSpec,
    function: FunctionSlot,
    queue: VecDeque<Entry>,
    next_id: u64,
}

impl AsyncWait {
    pub fn new(spec: AsyncWaitSpec) -> Self {
        Self { function: FunctionSlot::new(spec.function), spec, queue: VecDeque::new(), next_id: 0 }
    }

    /// Emits what may leave, and says what still waits.
    fn emit(&mut self, context: &mut OperatorContext) {
        let mut at = 0;
        while let Some(entry) = self.queue.get(at) {
            match entry {
                Entry::Watermark(watermark) if at == 0 => context.emit_watermark(*watermark),
                Entry::Record { timestamp, results: Some(results), .. } => {
                    context.timestamp = *timestamp;
                    results.iter().for_each(|result| context.collect(result.clone()));
                }
                // Answers of later records may leave before, but not those from behind a watermark.
                Entry::Record { .. } if self.spec.mode == AsyncOutputMode::Unordered => {
                    at += 1;
                    continue;
                }
                Entry::Record { .. } | Entry::Watermark(_) => break,
            }
            self.queue.remove(at);
        }
        context.elements_waiting = self.queue.len() as u32;
        context.is_full = context.elements_waiting >= self.spec.capacity;
    }

    /// What a call of the function has brought: a list of results, or nothing yet.
    fn complete(&mut self, id: u64, answer: Value, context: &mut OperatorContext) {
        let Value::Tuple(answer) = answer else { return };
        let Some(Value::Tuple(answered)) = answer.first() else { return };
        for entry in &mut self.queue {
            if let Entry::Record { id: found, results, .. } = entry
                && *found == id
            {
                *results = Some(Rc::clone(answered));
                context.clock.cancel(Callback::Timeout(id));
            }
        }
    }
}

/// The name of the state that holds what waits, as in Flink's snapshots.
const STATE_NAME: &str = "_async_wait_operator_state_";

impl Operator for AsyncWait {
    fn initialize_state(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        self.function.initialize_state(context)
    }

    /// What waits is asked about again: its records come first, as if they came anew.
    fn snapshot_state(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        self.function.snapshot_state(context)?;
        let waiting = self.queue.iter().map(Entry::to_value).collect();
        context.operator_state.set(STATE_NAME, OperatorStateMode::SplitDistribute, waiting)?;
        Ok(())
    }

    fn open(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        self.function.open(context)?;
        for element in context.operator_state.restored(STATE_NAME).iter() {
            let Value::Tuple(parts) = element else { continue };
            match &**parts {
                [Value::Long(watermark)] => self.on_watermark(*watermark, context)?,
                [value, timestamp] => {
                    context.timestamp = match timestamp {
                        Value::Long(timestamp) => Some(*timestamp),
                        _ => None,
                    };
                    self.on_record(0, value.clone(), context)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn on_record(
        &mut self,
        _input: u8,
        value: Value,
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        let id = self.next_id;
        self.next_id += 1;
        let timestamp = context.timestamp;
        self.queue.push_back(Entry::Record { id, value: value.clone(), timestamp, results: None });
        if self.spec.timeout_ms > 0 {
            let until = context.now + self.spec.timeout_ms;
            context.clock.register_timer(until, Callback::Timeout(id), context.now);
        }
        let answer = self.function.call(Method::Apply, &[value], context)?;
        self.complete(id, answer, context);
        self.emit(context);
        Ok(())
    }

    fn on_watermark(&mut self, watermark: i64, context: &mut OperatorContext) -> Result<(), UserError> {
        self.queue.push_back(Entry::Watermark(watermark));
        self.emit(context);
        Ok(())
    }

    fn on_clock(&mut self, callback: Callback, context: &mut OperatorContext) -> Result<(), UserError> {
        let Callback::Timeout(id) = callback else { return Ok(()) };
        self.function.snapshot_state(context)?;
        let waiting = self.queue.iter().find_map(|entry| match entry {
            Entry::Record { id: found, value, results: None, .. } if *found == id => Some(value.clone()),
            _ => None,
        });
        if let Some(value) = waiting {
            let answer = self.function.call(Method::Timeout, &[value], context)?;
            self.complete(id, answer, context);
            self.emit(context);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::operator_spec::OperatorSpec;
    use crate::operator::harness::Harness;
    use crate::operator::native::NativeFunctions;

    /// Answers tens at once with twice the number, others never; a timeout answers with the number negated.
    fn open(mode: AsyncOutputMode, capacity: u32) -> Harness {
        let mut functions = NativeFunctions::default();
        let function = functions.add_with_method(|method, arguments, _| {
            let Value::Long(n) = arguments[0] else { panic!("a number") };
            let results = |n: i64| Value::tuple([Value::tuple([Value::Long(n)])]);
            Ok(match method {
                Method::Timeout => results(-n),
                _ if n % 10 == 0 => results(2 * n),
                _ => Value::Null,
            })
        });
        let spec = AsyncWaitSpec { function, mode, timeout_ms: 100, capacity };
        Harness::with_functions(&OperatorSpec::AsyncWait(spec), functions)
    }

    #[test]
    fn answers_leave_in_the_order_of_their_records() {
        let mut harness = open(AsyncOutputMode::Ordered, 10);
        harness.send(10);
        harness.send(3);
        harness.send(20);
        harness.watermark(5);
        assert_eq!(harness.outputs(), ["20"]);
        assert_eq!(harness.context.elements_waiting, 3);
        harness.clock(101);
        assert_eq!(harness.outputs(), ["-3", "40", "W5"]);
        assert_eq!(harness.context.elements_waiting, 0);
    }

    #[test]
    fn or_as_they_come_but_not_past_a_watermark() {
        let mut harness = open(AsyncOutputMode::Unordered, 10);
        harness.send(3);
        harness.send(20);
        harness.watermark(5);
        harness.send(30);
        assert_eq!(harness.outputs(), ["40"]);
        harness.clock(101);
        assert_eq!(harness.outputs(), ["-3", "W5", "60"]);
    }

    #[test]
    fn no_more_wait_than_the_capacity() {
        let mut harness = open(AsyncOutputMode::Ordered, 2);
        harness.send(1);
        assert!(!harness.context.is_full);
        harness.send(2);
        assert!(harness.context.is_full);
        harness.clock(101);
        assert!(!harness.context.is_full);
    }
}
