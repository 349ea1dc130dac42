//! `sum`, `min`, `max`, `minBy` and `maxBy` on a keyed stream: running values, one for each record, or, in batch,
//! the last one of each key.
//!
//! `sum`, `min` and `max` keep the key's first record and replace the one field; `minBy` and `maxBy` keep
//! whole records. Long sums wrap around as Java's do. A JavaScript number without a fraction is a Long, so
//! a column of doubles may hold some: a Long meets a Double as a double, where Flink would not cast.
//! Flink: `StreamGroupedReduceOperator` and `BatchGroupedReduceOperator` with `SumAggregator` or `ComparableAggregator`, `FieldAccessor`.

use std::cmp::Ordering;
use std::rc::Rc;

use super::Operator;
use super::context::OperatorContext;
use super::function::UserError;
use super::reduce::{STATE_NAME, await_end_of_key, collect_result};
use crate::graph::job_graph::JobType;
use crate::graph::operator_spec::{AggregationKind, Field};
use crate::graph::windowing::TimeDomain;
use crate::record::{Value, compare};
use crate::state::{StateId, StateKind};
use crate::time::timers::Timer;

/// See the module.
#[derive(Clone)]
pub(super) struct Aggregate {
    kind: AggregationKind,
    field: Field,
    job_type: JobType,
    state: StateId,
}

impl Aggregate {
    pub fn new(kind: AggregationKind, field: Field, job_type: JobType) -> Self {
        Self { kind, field, job_type, state: StateId(0) }
    }
}

impl Operator for Aggregate {
    fn open(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        self.state = context.get_state(&STATE_NAME.into(), StateKind::Value)?;
        Ok(())
    }

    #[inline]
    fn on_record(
        &mut self,
        _input: u8,
        value: Value,
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        let result = context.state.change(self.state, |kept| match (&mut *kept, &value) {
            // The most frequent case by far, without the search for the field.
            (Value::Long(total), Value::Long(new)) if self.kind == AggregationKind::Sum => {
                *total = total.wrapping_add(*new);
                Ok(Value::Long(*total))
            }
            (Value::Null, _) => {
                field_of(&value, &self.field)?;
                *kept = value.clone();
                Ok(value)
            }
            _ => {
                aggregate(self.kind, &self.field, kept, &value)?;
                Ok::<_, UserError>(kept.clone())
            }
        })??;
        match self.job_type {
            JobType::Streaming => context.collect(result),
            JobType::Batch => await_end_of_key(context)?,
        }
        Ok(())
    }

    fn on_timer(
        &mut self,
        _domain: TimeDomain,
        _timer: &Timer,
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        collect_result(self.state, context)
    }

    fn clone_box(&self) -> Box<dyn Operator> {
        Box::new(self.clone())
    }
}

/// Takes a record into what is kept. Where nothing else shares the kept record, it changes in place: most often it is the
/// sum of a tuple's Longs.
#[inline(always)]
pub(super) fn aggregate(
    kind: AggregationKind,
    field: &Field,
    kept: &mut Value,
    value: &Value,
) -> Result<(), UserError> {
    if let (AggregationKind::Sum, Field::Position(position), Value::Tuple(old), Value::Tuple(new)) =
        (kind, field, &mut *kept, value)
        && let Some(Value::Long(new)) = new.get(*position as usize)
        && let Some(old) = Rc::get_mut(old)
        && let Some(Value::Long(old)) = old.get_mut(*position as usize)
    {
        *old = old.wrapping_add(*new);
        return Ok(());
    }
    aggregate_any(kind, field, kept, value)
}

/// The same in any case: where it is called for few records.
pub(super) fn aggregate_any(
    kind: AggregationKind,
    field: &Field,
    kept: &mut Value,
    value: &Value,
) -> Result<(), UserError> {
    let (old, new) = (field_of(kept, field)?, field_of(value, field)?);
    match kind {
        AggregationKind::Sum => {
            let total = sum(old, new)?;
            *field_mut(kept, field) = total;
        }
        AggregationKind::Min | AggregationKind::Max => {
            if order(new, old)? == wanted(kind) {
                *field_mut(kept, field) = new.clone();
            }
        }
        AggregationKind::MinBy { first } | AggregationKind::MaxBy { first } => {
            let order = order(new, old)?;
            if order == wanted(kind) || (order == Ordering::Equal && !first) {
                *kept = value.clone();
            }
        }
    }
    Ok(())
}

/// How a new value compares with the kept one if it takes its place.
const fn wanted(kind: AggregationKind) -> Ordering {
    match kind {
        AggregationKind::Min | AggregationKind::MinBy { .. } => Ordering::Less,
        AggregationKind::Sum | AggregationKind::Max | AggregationKind::MaxBy { .. } => Ordering::Greater,
    }
}

#[inline]
fn sum(a: &Value, b: &Value) -> Result<Value, UserError> {
    match (a, b) {
        (Value::Long(a), Value::Long(b)) => Ok(Value::Long(a.wrapping_add(*b))),
        _ => match (as_double(a), as_double(b)) {
            (Some(a), Some(b)) => Ok(Value::Double(a + b)),
            _ => Err(no_sum(a, b)),
        },
    }
}

#[inline]
fn order(a: &Value, b: &Value) -> Result<Ordering, UserError> {
    match (a, b) {
        (Value::Long(a), Value::Long(b)) => Ok(a.cmp(b)),
        (Value::String(_), Value::String(_)) | (Value::Bool(_), Value::Bool(_)) => Ok(a.cmp(b)),
        _ => match (as_double(a), as_double(b)) {
            (Some(a), Some(b)) => Ok(compare::doubles(a, b)),
            _ => Err(no_order(a, b)),
        },
    }
}

fn as_double(value: &Value) -> Option<f64> {
    match value {
        Value::Long(long) => Some(*long as f64),
        Value::Double(double) => Some(*double),
        _ => None,
    }
}

/// Where a field stands in a tuple: by position, or by Flink's names `f0`, `f1`, ...
fn position(field: &Field) -> Option<usize> {
    match field {
        Field::Position(position) => Some(*position as usize),
        Field::Name(name) => name.strip_prefix('f')?.parse().ok(),
    }
}

/// The field of a record.
#[inline]
pub(super) fn field_of<'a>(value: &'a Value, field: &Field) -> Result<&'a Value, UserError> {
    let found = match (value, field) {
        (Value::Tuple(fields), field) => position(field).and_then(|position| fields.get(position)),
        (Value::Row(fields), Field::Name(name)) => {
            fields.iter().find(|(field, _)| field == name).map(|(_, value)| value)
        }
        (Value::Row(_), Field::Position(_)) => None,
        (value, Field::Position(0)) => Some(value),
        _ => None,
    };
    found.ok_or_else(|| no_field(value, field))
}

/// The field of a record in which [`field_of`] found it. A record that is shared is copied first.
#[inline]
fn field_mut<'a>(value: &'a mut Value, field: &Field) -> &'a mut Value {
    match (value, field) {
        (Value::Tuple(fields), field) => {
            let position = position(field).expect("the field was found");
            &mut Rc::make_mut(fields)[position]
        }
        (Value::Row(fields), Field::Name(name)) => {
            let position = fields.iter().position(|(field, _)| field == name).expect("the field was found");
            &mut Rc::make_mut(fields)[position].1
        }
        (value, _) => value,
    }
}

#[cold]
fn no_field(value: &Value, field: &Field) -> UserError {
    let field = match field {
        Field::Position(position) => position.to_string(),
        Field::Name(name) => format!("\"{name}\""),
    };
    let kind = value.type_name();
    UserError::new(format!("The aggregation is over field {field}, and {value} ({kind}) has no such field."))
}

#[cold]
fn no_sum(a: &Value, b: &Value) -> UserError {
    UserError::new(format!(
        "DataStream cannot be summed: {a} ({}) and {b} ({}) are not both numbers.",
        a.type_name(),
        b.type_name()
    ))
}

#[cold]
fn no_order(a: &Value, b: &Value) -> UserError {
    UserError::new(format!("{a} ({}) and {b} ({}) cannot be compared.", a.type_name(), b.type_name()))
}

#[cfg(test)]
mod tests;
