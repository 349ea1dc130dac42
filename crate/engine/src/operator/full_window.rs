//! All records of a subtask as one window, which ends when the input ends.
//!
//! Contract: nothing comes out before the end; what comes out has no timestamp. The window of a key is one of
//! `WindowOperator` instead. Flink: `MapPartitionOperator`, `PartitionReduceOperator`, `PartitionAggregateOperator`,
//! `SortPartitionOperator`; Flink runs `mapPartition` in a thread of its own while records come, here it gets all of
//! them at once.

use super::Operator;
use super::aggregate::field_of;
use super::context::OperatorContext;
use super::function::{FunctionSlot, Method, UserError, UserFunctions};
use crate::base::append_log::AppendLog;
use crate::base::sort;
use crate::graph::operator_spec::{Field, FullWindowSpec};
use crate::graph::windowing::{SortKey, SortOrder};
use crate::record::Value;
use crate::state::handle::OperatorStateMode;

/// An order with the instance of its key selector, if it has one.
#[derive(Clone)]
pub(super) struct Sorting {
    by: SortBy,
    is_descending: bool,
}

#[derive(Clone)]
enum SortBy {
    Field(Field),
    Function(FunctionSlot),
}

impl Sorting {
    pub fn new(order: &SortOrder, functions: &dyn UserFunctions) -> Result<Self, UserError> {
        let by = match &order.by {
            SortKey::Field(field) => SortBy::Field(field.clone()),
            SortKey::Function(id) => SortBy::Function(FunctionSlot::instantiated(*id, functions)?),
        };
        Ok(Self { by, is_descending: order.is_descending })
    }

    /// The records in order.
    pub fn sort(&self, values: Vec<Value>, context: &mut OperatorContext) -> Result<Vec<Value>, UserError> {
        let mut keyed = Vec::with_capacity(values.len());
        for value in values {
            let key = match &self.by {
                SortBy::Field(field) => field_of(&value, field)?.clone(),
                SortBy::Function(function) => {
                    function.call(Method::Apply, std::slice::from_ref(&value), context)?
                }
            };
            keyed.push((key, value));
        }
        sort::sort_by(
            &mut keyed,
            |(first, _), (second, _)| {
                if self.is_descending { second.cmp(first) } else { first.cmp(second) }
            },
        );
        Ok(keyed.into_iter().map(|(_, value)| value).collect())
    }
}

/// What is done when the input ends.
#[derive(Clone)]
enum Running {
    Map(FunctionSlot),
    Reduce(FunctionSlot),
    Aggregate(FunctionSlot),
    Sort(Sorting),
}

/// See the module.
#[derive(Clone)]
pub(super) struct FullWindow {
    spec: FullWindowSpec,
    running: Option<Running>,
    /// All records, or the one value that they have become.
    records: AppendLog<Value>,
    folded: Value,
    /// Its results are out, and with a checkpoint that is complete.
    has_ended: bool,
}

/// The name of the state that tells whether the results are out.
const ENDED_STATE_NAME: &str = "full-window-ended";
/// The name of the state that holds the records, or what they have become.
const STATE_NAME: &str = "full-window";

impl FullWindow {
    pub fn new(spec: FullWindowSpec) -> Self {
        Self { spec, running: None, records: AppendLog::new(), folded: Value::Null, has_ended: false }
    }

    fn running(&self) -> Running {
        self.running.clone().expect("open() comes before the first element")
    }
}

impl Operator for FullWindow {
    fn snapshot_state(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        let records: Vec<Value> = match self.folded {
            Value::Null => self.records.iter_from(0).cloned().collect(),
            _ => vec![self.folded.clone()],
        };
        context.operator_state.set(STATE_NAME, OperatorStateMode::SplitDistribute, records)?;
        let ended: Vec<Value> = self.has_ended.then_some(Value::Bool(true)).into_iter().collect();
        context.operator_state.set(ENDED_STATE_NAME, OperatorStateMode::SplitDistribute, ended)?;
        Ok(())
    }

    fn open(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        let mut opened = |id| {
            let mut slot = FunctionSlot::new(id);
            slot.open(context)?;
            Ok::<_, UserError>(slot)
        };
        let running = match &self.spec {
            FullWindowSpec::Map(id) => Running::Map(opened(*id)?),
            FullWindowSpec::Reduce(id) => Running::Reduce(opened(*id)?),
            FullWindowSpec::Aggregate(id) => Running::Aggregate(opened(*id)?),
            FullWindowSpec::Sort(order) => {
                Running::Sort(Sorting::new(order, context.functions().clone().as_ref())?)
            }
        };
        for value in context.operator_state.restored(STATE_NAME).iter() {
            match &running {
                Running::Aggregate(function) if !self.folded.is_null() => {
                    let both = [self.folded.clone(), value.clone()];
                    self.folded = function.call(Method::Merge, &both, context)?;
                }
                Running::Reduce(function) if !self.folded.is_null() => {
                    let both = [self.folded.clone(), value.clone()];
                    self.folded = function.call(Method::Apply, &both, context)?;
                }
                Running::Reduce(_) | Running::Aggregate(_) => self.folded = value.clone(),
                Running::Map(_) | Running::Sort(_) => self.records.push(value.clone()),
            }
        }
        self.has_ended = context.operator_state.restored(ENDED_STATE_NAME).iter().next().is_some();
        if let (Running::Aggregate(function), Value::Null) = (&running, &self.folded) {
            self.folded = function.call(Method::CreateAccumulator, &[], context)?;
        }
        self.running = Some(running);
        Ok(())
    }

    fn on_record(
        &mut self,
        _input: u8,
        value: Value,
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        match self.running() {
            Running::Map(_) | Running::Sort(_) => self.records.push(value),
            Running::Reduce(_) if self.folded.is_null() => self.folded = value,
            Running::Reduce(function) => {
                let both = [std::mem::take(&mut self.folded), value];
                self.folded = function.call(Method::Apply, &both, context)?;
            }
            Running::Aggregate(function) => {
                let both = [value, std::mem::take(&mut self.folded)];
                self.folded = function.call(Method::Add, &both, context)?;
            }
        }
        Ok(())
    }

    fn end_input(&mut self, _input: u8, context: &mut OperatorContext) -> Result<(), UserError> {
        // A task that is restored between its end and its last checkpoint ends a second time.
        if std::mem::replace(&mut self.has_ended, true) {
            return Ok(());
        }
        context.timestamp = None;
        let records = std::mem::take(&mut self.records);
        let records: Vec<Value> = records.iter_from(0).cloned().collect();
        let folded = std::mem::take(&mut self.folded);
        match self.running() {
            Running::Map(function) => {
                function.call(Method::Apply, &[Value::Tuple(records.into())], context)?;
            }
            Running::Sort(sorting) => {
                for value in sorting.sort(records, context)? {
                    context.collect(value);
                }
            }
            Running::Reduce(_) if folded.is_null() => {}
            Running::Reduce(_) => context.collect(folded),
            Running::Aggregate(function) => {
                let result = function.call(Method::GetResult, &[folded], context)?;
                context.collect(result);
            }
        }
        Ok(())
    }

    fn close(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        match &self.running {
            Some(Running::Map(function) | Running::Reduce(function) | Running::Aggregate(function)) => {
                function.close(context)
            }
            _ => Ok(()),
        }
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

    fn long(value: &Value) -> i64 {
        if let Value::Long(long) = value { *long } else { panic!("{value} is no number") }
    }

    /// Function 0: all records as a tuple; 1: the sum; 2: sum and count of numbers as an aggregate; 3: the last digit.
    fn open(spec: FullWindowSpec) -> Harness {
        let mut functions = NativeFunctions::default();
        functions.apply(|arguments, context| {
            context.collect(arguments[0].clone());
            Ok(Value::Null)
        });
        functions.reduce(|first, second| Value::Long(long(first) + long(second)));
        functions.add_with_method(|method, arguments, _| {
            let parts = |value: &Value| match value {
                Value::Tuple(parts) => (long(&parts[0]), long(&parts[1])),
                other => panic!("{other}"),
            };
            let pair = |sum: i64, count: i64| Value::tuple([Value::Long(sum), Value::Long(count)]);
            Ok(match method {
                Method::CreateAccumulator => pair(0, 0),
                Method::Add => {
                    let (sum, count) = parts(&arguments[1]);
                    pair(sum + long(&arguments[0]), count + 1)
                }
                Method::GetResult => arguments[0].clone(),
                _ => panic!("{method:?}"),
            })
        });
        functions.map(|value| Value::Long(long(value) % 10));
        Harness::with_functions(&OperatorSpec::FullWindow(spec), functions)
    }

    fn outputs(spec: FullWindowSpec, numbers: &[i64]) -> Vec<String> {
        let mut harness = open(spec);
        for (time, &n) in (0..).zip(numbers) {
            harness.send_at(time, n);
            harness.watermark(time);
        }
        let early = harness.outputs().into_iter().filter(|text| !text.starts_with('W'));
        assert_eq!(early.count(), 0, "nothing comes before the end");
        let mut restored = harness.snapshot();
        harness.end_input(0);
        restored.end_input(0);
        assert_eq!(harness.context.emitted, restored.context.emitted);
        assert!(harness.context.emitted.iter().all(|emission| {
            matches!(emission, crate::operator::context::Emission::Record { timestamp: None, .. })
        }));
        harness.outputs()
    }

    #[test]
    fn all_records_of_a_subtask_at_its_end() {
        use crate::base::ids::FunctionId;
        let by = |by, is_descending| FullWindowSpec::Sort(SortOrder { by, is_descending });
        let itself = SortKey::Field(Field::Position(0));
        let last_digit = SortKey::Function(FunctionId(3));
        assert_eq!(outputs(FullWindowSpec::Map(FunctionId(0)), &[3, 1, 2]), ["(3,1,2)"]);
        assert_eq!(outputs(FullWindowSpec::Map(FunctionId(0)), &[]), ["()"]);
        assert_eq!(outputs(FullWindowSpec::Reduce(FunctionId(1)), &[3, 1, 2]), ["6"]);
        assert_eq!(outputs(FullWindowSpec::Reduce(FunctionId(1)), &[]), [""; 0]);
        assert_eq!(outputs(FullWindowSpec::Aggregate(FunctionId(2)), &[3, 1, 2]), ["(6,3)"]);
        assert_eq!(outputs(FullWindowSpec::Aggregate(FunctionId(2)), &[]), ["(0,0)"]);
        assert_eq!(outputs(by(itself.clone(), false), &[3, -1, 2]), ["-1", "2", "3"]);
        assert_eq!(outputs(by(itself, true), &[3, -1, 2]), ["3", "2", "-1"]);
        assert_eq!(outputs(by(last_digit, false), &[21, 12, 11, 2]), ["21", "11", "12", "2"]);
    }
}
