//! Asks the outside about each record, and emits the answers in the order of the records or as they come.
//!
//! Contract: at most `capacity` elements wait; while so many do, the task takes no other, and what an operator before
//! this one still emits for the element at hand stands behind the queue, not asked about. A watermark stays behind
//! the records that came before it and before those that came after. An answer that does not come in time is the
//! business of `timeout`, or fails the job. A function says before it returns what will be answered and when, or that
//! nothing will: whatever it said later could not be repeated when a run goes back. What waits when the input ends is
//! waited for, and asked no more. One element leaves a mail, so that what else the task is told comes between two.
//! Flink: `AsyncWaitOperator`, `OrderedStreamElementQueue`, `UnorderedStreamElementQueue`.

use std::collections::VecDeque;
use std::rc::Rc;

use super::Operator;
use super::context::OperatorContext;
use super::function::{FunctionSlot, Method, Thrown, UserError};
use crate::graph::operator_spec::{AsyncOutputMode, AsyncRetryStrategy, AsyncWaitSpec};
use crate::record::Value;
use crate::state::handle::OperatorStateMode;
use crate::time::processing_time::Callback;

/// What a call brings.
type Answer = Result<Rc<[Value]>, UserError>;

/// A record that was asked about. Flink: `StreamRecordQueueEntry` with its `RetryableResultHandlerDelegator`.
#[derive(Clone)]
struct Asked {
    value: Value,
    timestamp: Option<i64>,
    /// When it was asked about first.
    since: i64,
    /// Calls so far.
    attempts: u32,
    /// What is to come, and when.
    pending: Option<(i64, Answer)>,
    /// Whether it is to be asked again.
    awaits_retry: bool,
    /// The results, once they are known.
    results: Option<Rc<[Value]>>,
    /// How many were complete before it, once its mail has come.
    completed: Option<u64>,
}

/// An element that waits. Flink: `StreamElementQueueEntry`.
#[derive(Clone)]
enum Element {
    Record(Asked),
    Watermark(i64),
}

/// A retry strategy with its predicates.
#[derive(Clone)]
struct Retry {
    strategy: AsyncRetryStrategy,
    if_result: Option<FunctionSlot>,
    if_exception: Option<FunctionSlot>,
}

/// See the module.
#[derive(Clone)]
pub(super) struct AsyncWait {
    spec: AsyncWaitSpec,
    function: FunctionSlot,
    retry: Option<Retry>,
    /// By number, lowest first.
    queue: VecDeque<(u64, Element)>,
    /// What found the queue full.
    behind: VecDeque<Element>,
    next_id: u64,
    completed: u64,
    /// Nothing is asked again.
    has_ended: bool,
}

impl AsyncWait {
    pub fn new(spec: AsyncWaitSpec) -> Self {
        Self {
            function: FunctionSlot::new(spec.function),
            spec,
            retry: None,
            queue: VecDeque::new(),
            behind: VecDeque::new(),
            next_id: 0,
            completed: 0,
            has_ended: false,
        }
    }

    fn asked(&mut self, id: u64) -> Option<&mut Asked> {
        let place = self.queue.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        match &mut self.queue[place].1 {
            Element::Record(asked) if asked.results.is_none() => Some(asked),
            _ => None,
        }
    }

    /// Takes what now has room, and says what still waits.
    fn go_on(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        while self.queue.len() < self.spec.capacity as usize
            && let Some(mut element) = self.behind.pop_front()
        {
            let id = self.next_id;
            self.next_id += 1;
            let is_record = if let Element::Record(asked) = &mut element {
                asked.since = context.now;
                true
            } else {
                false
            };
            self.queue.push_back((id, element));
            if is_record {
                if self.spec.timeout_ms > 0 {
                    let until = context.now + self.spec.timeout_ms;
                    context.clock.register_timer(until, Callback::Timeout(id), context.now);
                }
                self.ask(id, Method::Apply, context)?;
            } else {
                self.output_completed(context);
            }
        }
        context.elements_waiting = (self.queue.len() + self.behind.len()) as u32;
        context.is_full = self.queue.len() >= self.spec.capacity as usize;
        Ok(())
    }

    /// Emits one element that may leave; if another may, that is a further mail.
    fn output_completed(&mut self, context: &mut OperatorContext) {
        let Some(place) = self.next_to_leave() else { return };
        match self.queue.remove(place) {
            Some((_, Element::Watermark(watermark))) => context.emit_watermark(watermark),
            Some((_, Element::Record(Asked { timestamp, results: Some(results), .. }))) => {
                context.timestamp = timestamp;
                results.iter().for_each(|result| context.collect(result.clone()));
            }
            _ => unreachable!("what leaves is answered"),
        }
        if self.next_to_leave().is_some() {
            context.mails.push(Callback::Output);
        }
    }

    /// The place of the element that leaves next: the first one, or, where order does not matter, the first that was
    /// answered of those before a watermark.
    fn next_to_leave(&self) -> Option<usize> {
        if let Element::Watermark(_) = self.queue.front()?.1 {
            return Some(0);
        }
        let candidates = match self.spec.mode {
            AsyncOutputMode::Ordered => 1,
            AsyncOutputMode::Unordered => self.queue.len(),
        };
        let answered = self.queue.iter().take(candidates).enumerate().map_while(|(place, (_, element))| {
            let Element::Record(asked) = element else { return None };
            Some((asked.completed, place))
        });
        let first = answered.filter_map(|(order, place)| Some((order?, place))).min();
        first.map(|(_, place)| place)
    }

    /// Calls the function for a record that waits, and takes what it says.
    fn ask(&mut self, id: u64, method: Method, context: &mut OperatorContext) -> Result<(), UserError> {
        let Some(asked) = self.asked(id) else { return Ok(()) };
        asked.attempts += u32::from(method == Method::Apply);
        let value = asked.value.clone();
        let said = self.function.call(method, &[value], context)?;
        let Value::Tuple(said) = said else { return Ok(()) };
        let answer = match said.first() {
            Some(Value::Tuple(results)) => Ok(Rc::clone(results)),
            _ => Err(self.failure(&said)),
        };
        let delay = said.get(1).and_then(whole).unwrap_or(0).max(0);
        let at = context.now.saturating_add(delay);
        let retries = self.retries();
        let Some(asked) =
            self.asked(id).filter(|asked| asked.pending.as_ref().is_none_or(|(other, _)| at < *other))
        else {
            return Ok(());
        };
        if delay == 0 && !retries {
            return self.settle(id, answer, context);
        }
        asked.pending = Some((at, answer));
        context.clock.cancel(Callback::Answer(id));
        if delay == 0 {
            context.mails.push(Callback::Answer(id));
        } else {
            context.clock.schedule_after(delay, Callback::Answer(id), context.now);
        }
        Ok(())
    }

    /// Whether an answer may be one to ask again for.
    const fn retries(&self) -> bool {
        self.retry.is_some() && !self.has_ended
    }

    /// What the function's error said: its message, then line and column where they are known.
    fn failure(&self, said: &[Value]) -> UserError {
        let message = said.get(2).map_or_else(String::new, ToString::to_string);
        let place = |n: usize| said.get(n).and_then(whole).map(|place| place as u32);
        let at = place(3).zip(place(4));
        Thrown { at, ..Thrown::clone(&self.function.error(message)) }.into()
    }

    /// The mail of an answer: the record is asked about again, or its results are known. Flink: `processRetry`.
    fn on_answer(&mut self, id: u64, answer: Answer, context: &mut OperatorContext) -> Result<(), UserError> {
        if !self.retries() {
            self.settle(id, answer, context)?;
            // It is the mail of the results as well.
            context.mails.pop();
            self.complete(id, context);
            return Ok(());
        }
        let timeout_ms = self.spec.timeout_ms;
        let Some(asked) = self.asked(id).filter(|asked| !asked.awaits_retry) else { return Ok(()) };
        let (attempts, is_timeout) = (asked.attempts, context.now - asked.since > timeout_ms);
        if let Some(retry) = self.retry.clone()
            && retry.wants(&answer, context)?
            && !is_timeout
            && attempts <= retry.strategy.max_attempts
        {
            let until = context.now + retry.strategy.backoff_ms(attempts);
            context.clock.register_timer(until, Callback::Retry(id), context.now);
            self.asked(id).expect("it waits").awaits_retry = true;
            return Ok(());
        }
        self.settle(id, answer, context)
    }

    /// The results are known, or the job fails. Flink: `ResultHandler#complete`.
    fn settle(&mut self, id: u64, answer: Answer, context: &mut OperatorContext) -> Result<(), UserError> {
        let Some(asked) = self.asked(id) else { return Ok(()) };
        match answer {
            Ok(results) => asked.results = Some(results),
            Err(error) => {
                let timestamp = asked.timestamp.map_or("(undef)".into(), |time| time.to_string());
                let message = format!(
                    "Could not complete the stream element: Record @ {timestamp} : {}. {}",
                    asked.value, error.message
                );
                return Err(Thrown { message, ..Thrown::clone(&error) }.into());
            }
        }
        context.mails.push(Callback::Results(id));
        Ok(())
    }

    /// The mail of the results: the record may leave. Flink: `processResults`.
    fn complete(&mut self, id: u64, context: &mut OperatorContext) {
        for callback in [Callback::Timeout(id), Callback::Answer(id), Callback::Retry(id)] {
            context.clock.cancel(callback);
        }
        if let Ok(place) = self.queue.binary_search_by_key(&id, |(id, _)| *id)
            && let Element::Record(asked) = &mut self.queue[place].1
        {
            asked.completed = Some(self.completed);
            self.completed += 1;
        }
        self.output_completed(context);
    }

    /// The time has come for a record to be asked about again.
    fn ask_again(&mut self, id: u64, context: &mut OperatorContext) -> Result<(), UserError> {
        let Some(asked) = self.asked(id) else { return Ok(()) };
        asked.awaits_retry = false;
        self.ask(id, Method::Apply, context)
    }
}

impl Retry {
    fn open(strategy: &AsyncRetryStrategy, context: &OperatorContext) -> Result<Self, UserError> {
        let opened = |id| FunctionSlot::instantiated(id, context.functions().as_ref());
        Ok(Self {
            strategy: *strategy,
            if_result: strategy.if_result.map(opened).transpose()?,
            if_exception: strategy.if_exception.map(opened).transpose()?,
        })
    }

    /// Whether an answer is one to ask again for.
    fn wants(&self, answer: &Answer, context: &mut OperatorContext) -> Result<bool, UserError> {
        let (predicate, argument) = match answer {
            Ok(results) => (&self.if_result, Value::Tuple(Rc::clone(results))),
            Err(error) => (&self.if_exception, error.message.as_str().into()),
        };
        let Some(predicate) = predicate else { return Ok(false) };
        Ok(predicate.call(Method::Apply, &[argument], context)? == Value::Bool(true))
    }
}

fn whole(value: &Value) -> Option<i64> {
    if let Value::Long(long) = value { Some(*long) } else { None }
}

/// The name of the state that holds what waits, as in Flink's snapshots.
const STATE_NAME: &str = "_async_wait_operator_state_";

impl Element {
    const fn record(value: Value, timestamp: Option<i64>) -> Self {
        Self::Record(Asked {
            value,
            timestamp,
            since: 0,
            attempts: 0,
            pending: None,
            awaits_retry: false,
            results: None,
            completed: None,
        })
    }

    /// A watermark is a tuple of one; a record one of two, with its time.
    fn to_value(&self) -> Value {
        match self {
            Self::Watermark(watermark) => Value::tuple([Value::Long(*watermark)]),
            Self::Record(Asked { value, timestamp, .. }) => {
                Value::tuple([value.clone(), timestamp.map_or(Value::Null, Value::Long)])
            }
        }
    }

    fn from_value(value: &Value) -> Option<Self> {
        let Value::Tuple(parts) = value else { return None };
        match &**parts {
            [Value::Long(watermark)] => Some(Self::Watermark(*watermark)),
            [value, timestamp] => Some(Self::record(value.clone(), whole(timestamp))),
            _ => None,
        }
    }
}

impl Operator for AsyncWait {
    fn initialize_state(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        self.function.initialize_state(context)
    }

    /// What waits is asked about again: its records come first, as if they came anew.
    fn snapshot_state(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        self.function.snapshot_state(context)?;
        let elements = self.queue.iter().map(|(_, element)| element).chain(&self.behind);
        let waiting = elements.map(Element::to_value).collect();
        context.operator_state.set(STATE_NAME, OperatorStateMode::SplitDistribute, waiting)?;
        Ok(())
    }

    fn open(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        self.retry = self.spec.retry.as_ref().map(|retry| Retry::open(retry, context)).transpose()?;
        self.function.open(context)?;
        let restored = context.operator_state.restored(STATE_NAME);
        self.behind.extend(restored.iter().filter_map(Element::from_value));
        self.go_on(context)
    }

    fn on_record(
        &mut self,
        _input: u8,
        value: Value,
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        self.behind.push_back(Element::record(value, context.timestamp));
        self.go_on(context)
    }

    fn on_watermark(&mut self, watermark: i64, context: &mut OperatorContext) -> Result<(), UserError> {
        self.behind.push_back(Element::Watermark(watermark));
        self.go_on(context)
    }

    fn on_clock(&mut self, callback: Callback, context: &mut OperatorContext) -> Result<(), UserError> {
        match callback {
            Callback::Answer(id) => {
                if let Some((_, answer)) = self.asked(id).and_then(|asked| asked.pending.take()) {
                    self.on_answer(id, answer, context)?;
                }
            }
            Callback::Results(id) => self.complete(id, context),
            Callback::Output => self.output_completed(context),
            Callback::Retry(id) => self.ask_again(id, context)?,
            Callback::Timeout(id) => {
                if let Some(asked) = self.asked(id) {
                    asked.awaits_retry = false;
                    context.clock.cancel(Callback::Retry(id));
                    self.ask(id, Method::Timeout, context)?;
                }
            }
            _ => {}
        }
        self.go_on(context)
    }

    fn end_input(&mut self, _input: u8, context: &mut OperatorContext) -> Result<(), UserError> {
        self.has_ended = true;
        let waits = |element: &Element| matches!(element, Element::Record(asked) if asked.awaits_retry);
        let ids: Vec<u64> =
            self.queue.iter().filter(|(_, element)| waits(element)).map(|(id, _)| *id).collect();
        for id in ids {
            context.clock.cancel(Callback::Retry(id));
            self.ask_again(id, context)?;
        }
        self.go_on(context)
    }

    fn close(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        self.function.close(context)
    }

    fn clone_box(&self) -> Box<dyn Operator> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests;
