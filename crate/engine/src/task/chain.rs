//! The operators of one task, joined by direct calls.
//!
//! Contract: what an operator emits for one element is handed on, in order, before the next element comes:
//! to the next operators of the chain depth first, to the record writers at the chain's ends. A record with
//! a side output's tag takes only the ways out with that tag. An error stops the element where it is.
//! Flink: `OperatorChain`, `ChainingOutput`, `BroadcastingOutputCollector`, `RecordWriterOutput`.

use std::rc::Rc;

use super::descriptor::TaskDescriptor;
use super::environment::TaskEnvironment;
use super::record_writer::RecordWriter;
use crate::base::ids::{OperatorId, TaskId};
use crate::graph::job_graph as graph;
use crate::graph::job_graph::OutputTarget;
use crate::operator::Operator;
use crate::operator::context::{Emission, OperatorContext, SubtaskInfo};
use crate::operator::function::{UserError, UserFunctions};
use crate::operator::key::KeyExtractor;
use crate::record::Value;
use crate::state::keyed::KeyedState;
use crate::time::clock::processing_time;

/// An operator of the chain with what belongs to it in this subtask.
#[derive(Clone)]
pub struct ChainedOperator {
    descriptor: graph::ChainedOperator,
    operator: Option<Box<dyn Operator>>,
    keys: Vec<Option<KeyExtractor>>,
    context: OperatorContext,
    records_in: u64,
    records_out: u64,
}

impl ChainedOperator {
    /// Id in Flink's form.
    pub const fn id(&self) -> OperatorId {
        self.descriptor.id
    }

    /// Name.
    pub const fn name(&self) -> &Rc<str> {
        &self.descriptor.name
    }

    /// Its keyed state.
    pub const fn state(&self) -> &KeyedState {
        &self.context.state
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
pub struct OperatorChain {
    task: TaskId,
    operators: Vec<ChainedOperator>,
    writers: Vec<RecordWriter>,
    /// The operator that worked last.
    last_operator: u32,
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
                build_operator(operator, descriptor, functions)
                    .map_err(|error| ChainError { operator: place, error })
            })
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self { task: descriptor.task, operators, writers, last_operator: 0 })
    }

    /// Its operators, head first.
    pub fn operators(&self) -> &[ChainedOperator] {
        &self.operators
    }

    /// The writers at its ends, one for each result partition.
    pub fn writers(&self) -> &[RecordWriter] {
        &self.writers
    }

    /// The same, to run their flushers.
    pub fn writers_mut(&mut self) -> &mut [RecordWriter] {
        &mut self.writers
    }

    /// The operator that worked last.
    pub const fn last_operator(&self) -> u32 {
        self.last_operator
    }

    /// The context of the chain's head: what a source's reader calls its functions with.
    pub fn head_context(&mut self) -> &mut OperatorContext {
        &mut self.operators[0].context
    }

    /// Opens the operators, tail first.
    pub fn open(&mut self, env: &mut TaskEnvironment<'_>) -> Result<(), ChainError> {
        self.each_backwards(env, Operator::open)
    }

    /// Closes the operators, tail first.
    pub fn close(&mut self, env: &mut TaskEnvironment<'_>) -> Result<(), ChainError> {
        self.each_backwards(env, Operator::close)
    }

    /// A record for the head.
    pub fn process(
        &mut self,
        input: u8,
        value: Value,
        timestamp: Option<i64>,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<(), ChainError> {
        self.call(0, input, value, timestamp, env)
    }

    /// A record that the source at the head read.
    pub fn emit_from_source(
        &mut self,
        value: Value,
        timestamp: Option<i64>,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<(), ChainError> {
        self.last_operator = 0;
        self.operators[0].records_out += 1;
        self.hand_on(0, Emission { tag: None, value, timestamp }, env)
    }

    /// No further record comes on an input of the head. Flink: `BoundedMultiInput#endInput`.
    pub fn end_input(&mut self, input: u8, env: &mut TaskEnvironment<'_>) -> Result<(), ChainError> {
        self.run(0, env, |operator, context| operator.end_input(input, context))
    }

    /// The head has ended all its inputs: so have the others, head to tail. Flink: `finishOperators`.
    pub fn end_chained_inputs(&mut self, env: &mut TaskEnvironment<'_>) -> Result<(), ChainError> {
        for place in 1..self.operators.len() as u32 {
            self.run(place, env, |operator, context| operator.end_input(0, context))?;
        }
        Ok(())
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
        let chained = &mut self.operators[place as usize];
        chained.context.now = processing_time(env.now);
        let result = match &mut chained.operator {
            Some(operator) => step(operator.as_mut(), &mut chained.context),
            None => Ok(()),
        };
        self.hand_on_all(place, env)?;
        result.map_err(|error| ChainError { operator: place, error })
    }

    fn call(
        &mut self,
        place: u32,
        input: u8,
        value: Value,
        timestamp: Option<i64>,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<(), ChainError> {
        self.last_operator = place;
        let chained = &mut self.operators[place as usize];
        chained.records_in += 1;
        let ChainedOperator { operator, keys, context, .. } = chained;
        context.now = processing_time(env.now);
        context.timestamp = timestamp;
        let result = set_key(keys, input, &value, context).and_then(|()| {
            let operator = operator.as_mut().expect("only the head of a source task is no operator");
            operator.on_record(input, value, context)
        });
        self.hand_on_all(place, env)?;
        result.map_err(|error| ChainError { operator: place, error })
    }

    fn hand_on_all(&mut self, place: u32, env: &mut TaskEnvironment<'_>) -> Result<(), ChainError> {
        let chained = &mut self.operators[place as usize];
        let task = self.task;
        env.effects.extend(chained.context.effects.drain(..).map(|effect| (task, effect)));
        if chained.context.emitted.is_empty() {
            return Ok(());
        }
        let mut emitted = std::mem::take(&mut chained.context.emitted);
        chained.records_out += emitted.len() as u64;
        let mut result = Ok(());
        for emission in emitted.drain(..) {
            result = self.hand_on(place, emission, env);
            if result.is_err() {
                break;
            }
        }
        // The vector goes back, so that its memory serves the next element.
        self.operators[place as usize].context.emitted = emitted;
        result
    }

    fn hand_on(
        &mut self,
        place: u32,
        mut emission: Emission,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<(), ChainError> {
        let ways = self.operators[place as usize].descriptor.outputs.len();
        for way in 0..ways {
            let output = &self.operators[place as usize].descriptor.outputs[way];
            if output.tag != emission.tag {
                continue;
            }
            match output.target {
                OutputTarget::Chained { operator, input } => {
                    // The last way out gets the value itself: most operators have one, and need no copy.
                    let value = if way + 1 == ways {
                        std::mem::take(&mut emission.value)
                    } else {
                        emission.value.clone()
                    };
                    self.call(operator, input, value, emission.timestamp, env)?;
                }
                OutputTarget::Partition(writer) => self.writers[writer as usize]
                    .emit(&emission.value, emission.timestamp, env)
                    .map_err(|error| ChainError { operator: place, error })?,
            }
        }
        Ok(())
    }
}

fn build_operator(
    descriptor: &graph::ChainedOperator,
    task: &TaskDescriptor,
    functions: &Rc<dyn UserFunctions>,
) -> Result<ChainedOperator, UserError> {
    let keys = descriptor
        .keys
        .iter()
        .map(|key| key.as_ref().map(|key| KeyExtractor::new(key, functions.as_ref())).transpose())
        .collect::<Result<Vec<_>, _>>()?;
    let context = OperatorContext {
        subtask: Some(Rc::new(SubtaskInfo {
            operator_name: Rc::clone(&descriptor.name),
            subtask_idx: task.subtask_idx,
            parallelism: task.parallelism,
            max_parallelism: task.max_parallelism,
            attempt: task.attempt,
        })),
        functions: Some(Rc::clone(functions)),
        state: keyed_state(descriptor, task),
        ..OperatorContext::default()
    };
    let operator = crate::operator::build(&descriptor.operator);
    let descriptor = descriptor.clone();
    Ok(ChainedOperator { descriptor, operator, keys, context, records_in: 0, records_out: 0 })
}

fn keyed_state(descriptor: &graph::ChainedOperator, task: &TaskDescriptor) -> KeyedState {
    if descriptor.keys.iter().all(Option::is_none) {
        return KeyedState::default();
    }
    KeyedState::for_subtask(task.max_parallelism, task.parallelism, task.subtask_idx)
}

fn set_key(
    keys: &[Option<KeyExtractor>],
    input: u8,
    value: &Value,
    context: &mut OperatorContext,
) -> Result<(), UserError> {
    if let Some(Some(key)) = keys.get(usize::from(input)) {
        let key = key.extract(value, context)?;
        context.set_current_key(key)?;
    }
    Ok(())
}
