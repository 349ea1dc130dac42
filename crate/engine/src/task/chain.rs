//! The operators of one task, joined by direct calls.
//!
//! Contract: what an operator emits for one element is handed on, in order, before the next element comes:
//! to the next operators of the chain depth first, to the record writers at the chain's ends. A record with
//! a side output's tag takes only the ways out with that tag. An error stops the element where it is.
//! Flink: `OperatorChain`, `ChainingOutput`, `BroadcastingOutputCollector`, `RecordWriterOutput`.

mod build;
mod checkpoint;
mod clock;
mod progress;

use std::rc::Rc;

use super::descriptor::{InputRequirement, TaskDescriptor};
use super::environment::TaskEnvironment;
use super::outputs::Outputs;
use super::record_writer::RecordWriter;
use crate::base::choice::Choices;
use crate::base::ids::{OperatorId, TaskId};
use crate::graph::job_graph as graph;
use crate::graph::job_graph::OutputTarget;
use crate::graph::operator_spec::OperatorSpec;
use crate::operator::Operator;
use crate::operator::context::{Emission, OperatorContext, SideRecord};
use crate::operator::function::{UserError, UserFunctions};
use crate::operator::key::KeyExtractor;
use crate::operator::timers;
use crate::record::{Value, WatermarkStatus};
use crate::state::keyed::KeyedState;
use crate::time::assignment::Assignments;
use crate::time::clock::processing_time;
use crate::time::combined_watermark::CombinedWatermark;
use crate::time::event_log::TimeLog;
use crate::time::latency::LatencyStats;
use crate::time::processing_time::ProcessingTimeService;
use crate::time::timers::InternalTimerService;
use crate::time::valve::ValveOutput;

/// An operator of the chain with what belongs to it in this subtask.
#[derive(Clone)]
pub struct ChainedOperator {
    descriptor: graph::ChainedOperator,
    operator: Option<Box<dyn Operator>>,
    keys: Vec<Option<KeyExtractor>>,
    context: OperatorContext,
    /// Of both inputs, where there are two.
    combined: Option<CombinedWatermark>,
    /// What each way out was told last, in the order of the descriptor's outputs.
    outputs: Vec<OutputStatus>,
    records_in: u64,
    records_out: u64,
    latency: LatencyStats,
}

/// What a way out was told last. Flink: `announcedStatus` and the watermark gauge of `ChainingOutput` and
/// `RecordWriterOutput`.
#[derive(Clone, Copy)]
struct OutputStatus {
    watermark: i64,
    status: WatermarkStatus,
}

impl ChainedOperator {
    /// Takes what it emitted for an element if that is one record of the main output and nothing else, and tells where
    /// it goes if there is one way out for it.
    #[inline(always)]
    fn take_only_record(&mut self) -> Option<(OutputTarget, Value, Option<i64>)> {
        let [output] = &self.descriptor.outputs[..] else { return None };
        let [Emission::Record { .. }] = self.context.emitted[..] else { return None };
        if output.tag.is_some() || !self.context.effects.is_empty() {
            return None;
        }
        let Some(Emission::Record { value, timestamp }) = self.context.emitted.pop() else { return None };
        self.records_out += 1;
        Some((output.target, value, timestamp))
    }

    /// Id in Flink's form.
    pub const fn id(&self) -> OperatorId {
        self.descriptor.id
    }

    /// Name.
    pub const fn name(&self) -> &Rc<str> {
        &self.descriptor.name
    }

    /// What it does.
    pub const fn spec(&self) -> &OperatorSpec {
        &self.descriptor.operator
    }

    /// Its keyed state.
    pub const fn state(&self) -> &KeyedState {
        &self.context.state
    }

    /// Its timers.
    pub const fn timers(&self) -> &InternalTimerService {
        &self.context.timers
    }

    /// What it has asked the clock for.
    pub const fn clock(&self) -> &ProcessingTimeService {
        &self.context.clock
    }

    /// How long latency markers took to it.
    pub const fn latency(&self) -> &LatencyStats {
        &self.latency
    }

    /// What happened to event time in it.
    pub const fn time_log(&self) -> &TimeLog {
        &self.context.time_log
    }

    /// The times that it gave to records.
    pub const fn assignments(&self) -> &Assignments {
        &self.context.assignments
    }

    /// `numLateRecordsDropped`.
    pub const fn late_records_dropped(&self) -> u64 {
        self.context.late_records_dropped
    }

    /// `numFiredTimers`.
    pub const fn timers_fired(&self) -> u64 {
        self.context.timers_fired
    }

    /// Of two inputs, the watermark of each.
    pub fn input_watermarks(&self) -> Option<[i64; 2]> {
        self.combined.as_ref().map(CombinedWatermark::inputs)
    }

    /// `currentInputWatermark`, `currentOutputWatermark`.
    pub fn watermarks(&self) -> (i64, i64) {
        let output = self.outputs.iter().map(|output| output.watermark).max();
        (self.context.watermark, output.unwrap_or(i64::MIN))
    }

    /// Watermark and status that each way out was told last.
    pub fn told(&self) -> impl Iterator<Item = (i64, WatermarkStatus)> {
        self.outputs.iter().map(|output| (output.watermark, output.status))
    }

    /// `numRecordsIn`, `numRecordsOut`.
    pub const fn counters(&self) -> (u64, u64) {
        (self.records_in, self.records_out)
    }
}

/// An error and the operator of the chain that it comes from.
#[derive(Clone, Debug)]
pub struct ChainError {
    /// Place in the chain.
    pub operator: u32,
    pub error: UserError,
}

/// See the module.
#[derive(Clone)]
#[expect(clippy::struct_excessive_bools, reason = "two are of what it is made of, two of how far it is")]
pub struct OperatorChain {
    task: TaskId,
    operators: Vec<ChainedOperator>,
    outputs: Outputs,
    /// Whether the records of the head come key after key, and what is there of a key goes with it.
    is_sorted: bool,
    /// Whether it has an operator that may be full at times.
    may_be_full: bool,
    /// The operator that worked last.
    last_operator: u32,
    /// How many operators have finished, and whether the input of the next one has ended.
    finished: u32,
    is_next_ended: bool,
    /// Its data was through when the checkpoint was taken that it is restored from: no operator does anything any more.
    /// Flink: `FinishedOperatorChain`.
    is_finished_on_restore: bool,
}

impl OperatorChain {
    /// The chain of a task, not opened yet. The head of a source task is no operator here: its reader calls
    /// [`Self::emit_from_source`].
    pub fn new(
        descriptor: &TaskDescriptor,
        functions: &Rc<dyn UserFunctions>,
        writers: Vec<RecordWriter>,
    ) -> Result<Self, ChainError> {
        let operators = (0..)
            .zip(descriptor.chain.iter())
            .map(|(place, operator)| {
                build::build_operator(operator, descriptor, functions)
                    .map_err(|error| ChainError { operator: place, error })
            })
            .collect::<Result<Vec<_>, _>>()?;
        // A streaming job whose window waits for the end sorts too, and keeps the timers of all keys until then.
        let is_sorted = descriptor.job_type == graph::JobType::Batch
            && descriptor.input_requirements.contains(&InputRequirement::Sorted);
        let may_be_full =
            operators.iter().any(|chained| matches!(chained.spec(), OperatorSpec::AsyncWait(_)));
        let outputs = Outputs::new(writers);
        Ok(Self {
            task: descriptor.task,
            operators,
            outputs,
            is_sorted,
            may_be_full,
            last_operator: 0,
            finished: 0,
            is_next_ended: false,
            is_finished_on_restore: descriptor.is_finished_on_restore(),
        })
    }

    /// Whether its data was through when the checkpoint was taken that it is restored from.
    pub const fn is_finished_on_restore(&self) -> bool {
        self.is_finished_on_restore
    }

    /// Draws what is random of its operators.
    pub fn draw(&mut self, choices: &mut Choices) {
        self.operators.iter_mut().for_each(|chained| build::draw_stagger(chained, choices));
    }

    /// Its operators, head first.
    pub fn operators(&self) -> &[ChainedOperator] {
        &self.operators
    }

    /// Its ends.
    pub const fn outputs(&self) -> &Outputs {
        &self.outputs
    }

    /// The same, to write on and to flush.
    pub const fn outputs_mut(&mut self) -> &mut Outputs {
        &mut self.outputs
    }

    /// The writers at its ends, one for each result partition.
    pub fn writers(&self) -> &[RecordWriter] {
        self.outputs.writers()
    }

    /// The operator that worked last.
    pub const fn last_operator(&self) -> u32 {
        self.last_operator
    }

    /// An operator, where it is asked for by each record: a slice is indexed in place, and to index a vector is a call where
    /// code is made small.
    #[inline(always)]
    fn chained(&mut self, place: u32) -> &mut ChainedOperator {
        &mut self.operators.as_mut_slice()[place as usize]
    }

    /// The context of an operator: the head's is what a source's reader calls its functions with.
    #[inline(always)]
    pub fn context_mut(&mut self, place: u32) -> &mut OperatorContext {
        &mut self.chained(place).context
    }

    /// Closes the operators, tail first.
    pub fn close(&mut self, env: &mut TaskEnvironment<'_>) -> Result<(), ChainError> {
        self.each_backwards(env, Operator::close)
    }

    /// A record for the head.
    #[inline(always)]
    pub fn process(
        &mut self,
        input: u8,
        value: Value,
        timestamp: Option<i64>,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<(), ChainError> {
        if self.is_sorted {
            self.end_key_before(input, &value, env)?;
        }
        self.call(0, input, value, timestamp, env)
    }

    /// The last record of the head's key at hand was processed.
    fn end_key(&mut self, env: &mut TaskEnvironment<'_>) -> Result<(), ChainError> {
        if self.operators[0].context.state.current_key().is_none() {
            return Ok(());
        }
        #[expect(clippy::redundant_closure, reason = "the function itself is for one lifetime only")]
        self.run(0, env, |operator, context| timers::end_key(operator, context))?;
        self.operators[0].context.state.clear_current_key();
        Ok(())
    }

    /// A record that the source at the head read.
    pub fn emit_from_source(
        &mut self,
        value: Value,
        timestamp: Option<i64>,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<(), ChainError> {
        self.last_operator = 0;
        let head = self.chained(0);
        let only = match &head.descriptor.outputs[..] {
            [output] if output.tag.is_none() => output.target,
            _ => return self.hand_on(0, None, value, timestamp, env),
        };
        head.records_out += 1;
        match only {
            OutputTarget::Chained { operator, input } => self.call(operator, input, value, timestamp, env),
            OutputTarget::Partition(writer) => self.emit(writer, 0, &value, timestamp, env),
        }
    }

    /// Hands on what the source at the head, or its watermark generator, left in the head's context.
    pub fn emit_from_head(&mut self, env: &mut TaskEnvironment<'_>) -> Result<(), ChainError> {
        self.last_operator = 0;
        self.hand_on_all(0, env)
    }

    /// What came of a watermark or a status on a channel of an input of the head.
    pub fn process_time(
        &mut self,
        input: u8,
        output: ValveOutput,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<(), ChainError> {
        if let Some(watermark) = output.watermark {
            self.watermark(0, input, watermark, env)?;
        }
        output.status.map_or(Ok(()), |status| self.status(0, input, status, env))
    }

    /// Whether an operator has as many elements waiting for answers as it may, and takes no more.
    #[inline(always)]
    pub fn is_full(&self) -> bool {
        self.may_be_full && self.operators.iter().any(|chained| chained.context.is_full)
    }

    /// Whether the operator that is to finish next waits for answers.
    pub fn finish_waits(&self) -> bool {
        self.operators.get(self.finished as usize).is_some_and(|next| next.context.elements_waiting > 0)
    }

    /// No further record comes on an input of the head. Flink: `BoundedMultiInput#endInput`.
    pub fn end_input(&mut self, input: u8, env: &mut TaskEnvironment<'_>) -> Result<(), ChainError> {
        self.run(0, env, |operator, context| operator.end_input(input, context))
    }

    /// The head has ended all its inputs: so have the others, head to tail, and each finishes before the next
    /// one's input ends. Answers whether all have: where one waits for answers, it is called again when they have
    /// come. Flink: `finishOperators`, `StreamOperatorWrapper#finish`.
    pub fn finish_operators(&mut self, env: &mut TaskEnvironment<'_>) -> Result<bool, ChainError> {
        while self.finished < self.operators.len() as u32 {
            let place = self.finished;
            if !std::mem::replace(&mut self.is_next_ended, true) && place > 0 {
                self.run(place, env, |operator, context| operator.end_input(0, context))?;
            }
            if self.finish_waits() {
                return Ok(false);
            }
            self.operators[place as usize].context.clock.quiesce();
            self.run(place, env, Operator::finish)?;
            self.finished += 1;
            self.is_next_ended = false;
        }
        Ok(true)
    }

    /// No timer of the clock fires any more, and nothing else changes.
    pub fn quiesce(&mut self) {
        for operator in &mut self.operators {
            operator.context.clock.quiesce();
        }
    }

    fn each_backwards(
        &mut self,
        env: &mut TaskEnvironment<'_>,
        mut step: impl FnMut(&mut (dyn Operator + 'static), &mut OperatorContext) -> Result<(), UserError>,
    ) -> Result<(), ChainError> {
        for place in (0..self.operators.len() as u32).rev() {
            self.run(place, env, &mut step)?;
        }
        Ok(())
    }

    /// Runs a step of one operator, then hands on what it emitted, also when it failed.
    fn run(
        &mut self,
        place: u32,
        env: &mut TaskEnvironment<'_>,
        step: impl FnOnce(&mut (dyn Operator + 'static), &mut OperatorContext) -> Result<(), UserError>,
    ) -> Result<(), ChainError> {
        let is_finished = self.is_finished_on_restore;
        self.step(place, env, |operator, context| match operator {
            Some(operator) if !is_finished => step(operator, context),
            _ => Ok(()),
        })
    }

    /// The same, also where the head is a source, which has no operator.
    fn step<R>(
        &mut self,
        place: u32,
        env: &mut TaskEnvironment<'_>,
        step: impl FnOnce(Option<&mut (dyn Operator + 'static)>, &mut OperatorContext) -> Result<R, UserError>,
    ) -> Result<R, ChainError> {
        let chained = &mut self.operators[place as usize];
        chained.context.now = processing_time(env.now);
        let result = step(chained.operator.as_deref_mut(), &mut chained.context);
        self.hand_on_all(place, env)?;
        result.map_err(|error| ChainError { operator: place, error })
    }

    /// A record for an operator, and what comes of it: from operator to operator in a loop as long as each makes one
    /// record of one and has one way out, as most do.
    fn call(
        &mut self,
        mut place: u32,
        mut input: u8,
        mut value: Value,
        mut timestamp: Option<i64>,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<(), ChainError> {
        loop {
            self.last_operator = place;
            let chained = self.chained(place);
            chained.records_in += 1;
            let ChainedOperator { operator, keys, context, .. } = chained;
            context.now = processing_time(env.now);
            context.timestamp = timestamp;
            let result = match set_key(keys, input, &value, context) {
                Ok(()) => {
                    let operator = operator.as_mut().expect("only the head of a source task is no operator");
                    operator.on_record(input, value, context)
                }
                Err(error) => {
                    drop(value);
                    Err(error)
                }
            };
            if context.emitted.is_empty() && context.effects.is_empty() {
                let Err(error) = result else { return Ok(()) };
                return Err(ChainError { operator: place, error });
            }
            let Some((target, record, at)) = chained.take_only_record() else {
                self.hand_on_all(place, env)?;
                return result.map_err(|error| ChainError { operator: place, error });
            };
            match (target, result) {
                (OutputTarget::Chained { operator, input: next }, Ok(())) => {
                    (place, input, value, timestamp) = (operator, next, record, at);
                }
                (OutputTarget::Partition(writer), Ok(())) => {
                    return self.emit(writer, place, &record, at, env);
                }
                (target, Err(error)) => {
                    self.hand_to(target, place, record, at, env)?;
                    return Err(ChainError { operator: place, error });
                }
            }
        }
    }

    /// Ends the key at hand if the record to come is of another one.
    fn end_key_before(
        &mut self,
        input: u8,
        value: &Value,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<(), ChainError> {
        let ChainedOperator { keys, context, .. } = &mut self.operators[0];
        let Some(Some(selector)) = keys.get(usize::from(input)) else { return Ok(()) };
        let key = selector.extract(value, context).map_err(|error| ChainError { operator: 0, error })?;
        if context.state.current_key().is_some_and(|current| *current != key) {
            self.end_key(env)?;
        }
        Ok(())
    }

    fn hand_on_all(&mut self, place: u32, env: &mut TaskEnvironment<'_>) -> Result<(), ChainError> {
        let task = self.task;
        let chained = self.chained(place);
        // Most elements have none, and to find that out by draining them costs a part of a record's whole way.
        if !chained.context.effects.is_empty() {
            env.effects.extend(chained.context.effects.drain(..).map(|effect| (task, effect)));
        }
        if chained.context.emitted.len() <= 1 {
            return match chained.context.emitted.pop() {
                Some(emission) => self.hand_on_emission(place, emission, env),
                None => Ok(()),
            };
        }
        let mut emitted = std::mem::take(&mut chained.context.emitted);
        let result = emitted.drain(..).try_for_each(|emission| self.hand_on_emission(place, emission, env));
        // The vector goes back, so that its memory serves the next element.
        self.chained(place).context.emitted = emitted;
        result
    }

    #[inline]
    fn hand_on_emission(
        &mut self,
        place: u32,
        emission: Emission,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<(), ChainError> {
        match emission {
            Emission::Record { value, timestamp } => self.hand_on(place, None, value, timestamp, env),
            Emission::Side(side) => {
                let SideRecord { tag, value, timestamp } = *side;
                self.hand_on(place, Some(&tag), value, timestamp, env)
            }
            Emission::Watermark(watermark) => self.hand_on_watermark(place, watermark, env),
            Emission::Status(status) => self.hand_on_status(place, status, env),
        }
    }

    fn hand_on(
        &mut self,
        place: u32,
        tag: Option<&str>,
        value: Value,
        timestamp: Option<i64>,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<(), ChainError> {
        let chained = self.chained(place);
        chained.records_out += 1;
        let ways = chained.descriptor.outputs.len();
        // The last way out gets the value itself: most operators have one, and need no copy.
        for way in 1..ways {
            self.hand_on_way(place, way - 1, tag, value.clone(), timestamp, env)?;
        }
        if ways == 0 { Ok(()) } else { self.hand_on_way(place, ways - 1, tag, value, timestamp, env) }
    }

    #[inline]
    fn hand_on_way(
        &mut self,
        place: u32,
        way: usize,
        tag: Option<&str>,
        value: Value,
        timestamp: Option<i64>,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<(), ChainError> {
        let output = &self.operators[place as usize].descriptor.outputs[way];
        if output.tag.as_deref() != tag {
            return Ok(());
        }
        self.hand_to(output.target, place, value, timestamp, env)
    }

    #[inline]
    fn hand_to(
        &mut self,
        target: OutputTarget,
        place: u32,
        value: Value,
        timestamp: Option<i64>,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<(), ChainError> {
        match target {
            OutputTarget::Chained { operator, input } => self.call(operator, input, value, timestamp, env),
            OutputTarget::Partition(writer) => self.emit(writer, place, &value, timestamp, env),
        }
    }

    #[inline(never)]
    fn emit(
        &mut self,
        writer: u32,
        place: u32,
        value: &Value,
        timestamp: Option<i64>,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<(), ChainError> {
        let emitted = self.outputs.emit(writer, value, timestamp, env);
        emitted.map_err(|error| ChainError { operator: place, error })
    }
}

#[inline(always)]
fn set_key(
    keys: &[Option<KeyExtractor>],
    input: u8,
    value: &Value,
    context: &mut OperatorContext,
) -> Result<(), UserError> {
    if let Some(Some(key)) = keys.get(usize::from(input)) {
        let key = key.extract_in_place(value, context)?;
        context.set_current_key(key)?;
    }
    Ok(())
}
