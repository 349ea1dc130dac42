//! What a window holds, and what is computed of it.
//!
//! Contract: a reduction or aggregation takes each element as it comes and keeps one value; with an evictor, which
//! must see the elements, all are kept and go through it when the window is computed.
//! Flink: `WindowOperatorBuilder` with `InternalWindowFunction` and its kinds, `ReduceApplyWindowFunction`,
//! `AggregateApplyWindowFunction`, `JoinedStreams`, `CoGroupedStreams`.

use super::trigger::window_value;
use crate::graph::operator_spec::{AggregationKind, Field};
use crate::graph::windowing::WindowFunction;
use crate::operator::aggregate::{aggregate, aggregate_any};
use crate::operator::context::OperatorContext;
use crate::operator::full_window::Sorting;
use crate::operator::function::{FunctionSlot, Method, UserError};
use crate::operator::tag_input::untag;
use crate::record::Value;
use crate::state::namespace::{Namespace, Window};
use crate::state::{StateId, StateKind, StateValue};

/// How elements become one value, if they do.
#[derive(Clone)]
enum Folding {
    /// All are kept.
    List,
    Reduce(FunctionSlot),
    Rolling {
        kind: AggregationKind,
        field: Field,
    },
    Aggregate(FunctionSlot),
}

/// What is done with the contents.
#[derive(Clone)]
enum Computation {
    PassThrough,
    Apply(FunctionSlot),
    Process(FunctionSlot),
    Join(FunctionSlot),
    CoGroup(FunctionSlot),
    MapPartition(FunctionSlot),
    Sort(Sorting),
}

/// See the module.
#[derive(Clone)]
pub(super) struct Contents {
    folding: Folding,
    computation: Computation,
}

impl Contents {
    pub fn open(function: &WindowFunction, context: &mut OperatorContext) -> Result<Self, UserError> {
        let mut open = |id| {
            let mut slot = FunctionSlot::new(id);
            slot.initialize_state(context)?;
            slot.open(context)?;
            Ok::<_, UserError>(slot)
        };
        let (folding, process) = match function {
            WindowFunction::Rolling { kind, field } => {
                (Folding::Rolling { kind: *kind, field: field.clone() }, None)
            }
            WindowFunction::Reduce { reduce, process } => (Folding::Reduce(open(*reduce)?), *process),
            WindowFunction::Aggregate { aggregate, process } => {
                (Folding::Aggregate(open(*aggregate)?), *process)
            }
            _ => (Folding::List, None),
        };
        let computation = match function {
            WindowFunction::Apply(id) => Computation::Apply(open(*id)?),
            WindowFunction::Process(id) => Computation::Process(open(*id)?),
            WindowFunction::Join(id) => Computation::Join(open(*id)?),
            WindowFunction::CoGroup(id) => Computation::CoGroup(open(*id)?),
            WindowFunction::MapPartition(id) => Computation::MapPartition(open(*id)?),
            WindowFunction::Sort(order) => {
                Computation::Sort(Sorting::new(order, context.functions().clone().as_ref())?)
            }
            _ => process.map_or(Ok(Computation::PassThrough), |id| open(id).map(Computation::Process))?,
        };
        Ok(Self { folding, computation })
    }

    /// Of which kind the state is that holds the contents.
    pub const fn state_kind(&self) -> StateKind {
        match self.folding {
            Folding::List => StateKind::List,
            Folding::Reduce(_) | Folding::Rolling { .. } => StateKind::Reducing,
            Folding::Aggregate(_) => StateKind::Aggregating,
        }
    }

    /// Whether one value is kept, and is what the window gives.
    pub const fn go_out_as_they_are(&self) -> bool {
        matches!(self.folding, Folding::Reduce(_) | Folding::Rolling { .. })
            && matches!(self.computation, Computation::PassThrough)
    }

    /// Whether a kept record is changed in place where a later one comes. Flink: `ComparableAggregator`.
    pub const fn changes_records(&self) -> bool {
        matches!(self.folding, Folding::Rolling { kind: AggregationKind::Min | AggregationKind::Max, .. })
    }

    /// Adds an element to what the state holds. Answers whether it held something before, where that is known.
    pub fn add(
        &self,
        state: StateId,
        value: &Value,
        context: &mut OperatorContext,
    ) -> Result<bool, UserError> {
        match &self.folding {
            Folding::List => {
                context.state.list_add(state, value.clone())?;
                Ok(false)
            }
            Folding::Rolling { kind, field } => {
                // In its place: one search, and no copy of a record that nothing else shares.
                context.state.change(state, |kept| {
                    if kept.is_null() {
                        *kept = value.clone();
                        return Ok(false);
                    }
                    aggregate(*kind, field, kept, value)?;
                    Ok(true)
                })?
            }
            Folding::Reduce(_) | Folding::Aggregate(_) => {
                let before = context.state.value(state)?;
                let held_something = !before.is_null();
                let after = self.fold(before, value.clone(), context)?;
                context.state.update(state, after)?;
                Ok(held_something)
            }
        }
    }

    /// What the state holds, as the computation gets it; `None` where there is nothing.
    pub fn get(
        &self,
        state: StateId,
        context: &mut OperatorContext,
    ) -> Result<Option<Vec<Value>>, UserError> {
        if let Folding::List = self.folding {
            let list = context.state.list(state)?;
            return Ok((!list.is_empty()).then(|| list.to_vec()));
        }
        let folded = context.state.value(state)?;
        if folded.is_null() {
            return Ok(None);
        }
        let result = self.result(folded, context)?;
        Ok((!result.is_null()).then(|| vec![result]))
    }

    /// What the computation gets of elements that an evictor has let through.
    pub fn fold_all(
        &self,
        values: Vec<Value>,
        context: &mut OperatorContext,
    ) -> Result<Vec<Value>, UserError> {
        if let Folding::List = self.folding {
            return Ok(values);
        }
        let mut folded = match &self.folding {
            Folding::Aggregate(function) => function.call(Method::CreateAccumulator, &[], context)?,
            _ => Value::Null,
        };
        for value in values {
            folded = self.fold(folded, value, context)?;
        }
        Ok(vec![self.result(folded, context)?])
    }

    /// Moves what other windows hold to the one that they have merged into. Flink:
    /// `InternalMergingState#mergeNamespaces`.
    pub fn merge(
        &self,
        state: StateId,
        target: Window,
        sources: &[Window],
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        let mut merged = None;
        for &source in sources {
            let taken = context.state.take(state, Namespace::Window(source))?;
            merged = self.join(merged, taken, context)?;
        }
        let Some(merged) = merged else { return Ok(()) };
        let own = context.state.take(state, Namespace::Window(target))?;
        context.state.set_namespace(state, Namespace::Window(target));
        match self.join(own, Some(merged), context)? {
            Some(StateValue::List(values)) => context.state.list_update(state, values.to_vec())?,
            Some(StateValue::One(value)) => context.state.update(state, value)?,
            Some(StateValue::Map(_)) | None => {}
        }
        Ok(())
    }

    /// Computes the window. What comes out has the time of the window's last ms.
    pub fn compute(
        &self,
        window: Window,
        contents: Vec<Value>,
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        match &self.computation {
            Computation::PassThrough => contents.into_iter().for_each(|value| context.collect(value)),
            Computation::Apply(function) | Computation::Process(function) => {
                let arguments = [context.current_key(), window_value(window), Value::Tuple(contents.into())];
                function.call(Method::Apply, &arguments, context)?;
            }
            Computation::Join(function) => {
                let [left, right] = sides(&contents);
                for first in &left {
                    for second in &right {
                        let joined =
                            function.call(Method::Apply, &[first.clone(), second.clone()], context)?;
                        if !joined.is_null() {
                            context.collect(joined);
                        }
                    }
                }
            }
            Computation::CoGroup(function) => {
                let [left, right] = sides(&contents).map(|side| Value::Tuple(side.into()));
                function.call(Method::Apply, &[left, right], context)?;
            }
            Computation::MapPartition(function) => {
                function.call(Method::Apply, &[Value::Tuple(contents.into())], context)?;
            }
            Computation::Sort(sorting) => {
                for value in sorting.sort(contents, context)? {
                    context.collect(value);
                }
            }
        }
        Ok(())
    }

    /// The window is over.
    pub fn clear(&self, window: Window, context: &mut OperatorContext) -> Result<(), UserError> {
        match &self.computation {
            Computation::Process(function) => {
                function.call(Method::ClearWindow, &[window_value(window)], context).map(drop)
            }
            _ => Ok(()),
        }
    }

    /// A checkpoint is taken: functions say what they keep.
    pub fn snapshot_state(&self, context: &mut OperatorContext) -> Result<(), UserError> {
        self.each_function(context, FunctionSlot::snapshot_state)
    }

    pub fn close(&self, context: &mut OperatorContext) -> Result<(), UserError> {
        self.each_function(context, FunctionSlot::close)
    }

    fn each_function(
        &self,
        context: &mut OperatorContext,
        call: fn(&FunctionSlot, &mut OperatorContext) -> Result<(), UserError>,
    ) -> Result<(), UserError> {
        if let Folding::Reduce(function) | Folding::Aggregate(function) = &self.folding {
            call(function, context)?;
        }
        match &self.computation {
            Computation::PassThrough | Computation::Sort(_) => Ok(()),
            Computation::Apply(function)
            | Computation::Process(function)
            | Computation::Join(function)
            | Computation::MapPartition(function)
            | Computation::CoGroup(function) => call(function, context),
        }
    }

    /// What was kept with one more element.
    fn fold(&self, kept: Value, value: Value, context: &mut OperatorContext) -> Result<Value, UserError> {
        match &self.folding {
            Folding::List => unreachable!("a list is not folded"),
            Folding::Aggregate(function) => {
                let accumulator = if kept.is_null() {
                    function.call(Method::CreateAccumulator, &[], context)?
                } else {
                    kept
                };
                let added = function.call(Method::Add, &[value, accumulator], context)?;
                check_accumulator(function, "add(value, accumulator)", added)
            }
            _ if kept.is_null() => Ok(value),
            Folding::Reduce(function) => function.call(Method::Apply, &[kept, value], context),
            Folding::Rolling { kind, field } => {
                let mut kept = kept;
                aggregate_any(*kind, field, &mut kept, &value)?;
                Ok(kept)
            }
        }
    }

    fn result(&self, folded: Value, context: &mut OperatorContext) -> Result<Value, UserError> {
        match &self.folding {
            Folding::Aggregate(function) => function.call(Method::GetResult, &[folded], context),
            _ => Ok(folded),
        }
    }

    /// What two windows hold, as one.
    fn join(
        &self,
        first: Option<StateValue>,
        second: Option<StateValue>,
        context: &mut OperatorContext,
    ) -> Result<Option<StateValue>, UserError> {
        Ok(match (first, second) {
            (Some(StateValue::List(first)), Some(StateValue::List(second))) => {
                let both = first.iter().chain(second.iter()).cloned().collect::<Vec<_>>();
                Some(StateValue::List(both.into()))
            }
            (Some(StateValue::One(first)), Some(StateValue::One(second))) => {
                let joined = match &self.folding {
                    Folding::Aggregate(function) => {
                        let merged = function.call(Method::Merge, &[first, second], context)?;
                        check_accumulator(function, "merge(a, b)", merged)?
                    }
                    _ => self.fold(first, second, context)?,
                };
                Some(StateValue::One(joined))
            }
            (first, second) => first.or(second),
        })
    }
}

fn check_accumulator(function: &FunctionSlot, method: &str, value: Value) -> Result<Value, UserError> {
    if value.is_null() {
        return Err(function.error(format!(
            "{method} of the aggregate function answered nothing; it must answer the accumulator."
        )));
    }
    Ok(value)
}

/// The records of the first and of the second stream, out of those that were tagged.
fn sides(contents: &[Value]) -> [Vec<Value>; 2] {
    let mut sides = [Vec::new(), Vec::new()];
    for tagged in contents {
        let (side, value) = untag(tagged);
        sides[side].push(value.clone());
    }
    sides
}
