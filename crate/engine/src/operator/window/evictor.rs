//! What leaves a window before or after it is computed.
//!
//! Flink: `CountEvictor`, `TimeEvictor`, `DeltaEvictor`, and `Evictor` for the job's own.

use super::trigger::{call_delta, window_value};
use crate::graph::windowing::Evictor;
use crate::operator::context::OperatorContext;
use crate::operator::function::{FunctionSlot, Method, UserError};
use crate::record::Value;
use crate::state::namespace::Window;

/// An element of a window with its time, if it has one. Flink: `TimestampedValue`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TimestampedValue {
    pub value: Value,
    pub timestamp: Option<i64>,
}

impl TimestampedValue {
    /// As it is kept in state.
    pub fn to_value(&self) -> Value {
        Value::tuple([self.value.clone(), self.timestamp.map_or(Value::Null, Value::Long)])
    }

    pub fn from_value(value: &Value) -> Self {
        let Value::Tuple(fields) = value else { unreachable!("the state holds what was put there") };
        let timestamp = if let Value::Long(timestamp) = fields[1] { Some(timestamp) } else { None };
        Self { value: fields[0].clone(), timestamp }
    }
}

/// An evictor with the instance of its function.
#[derive(Clone)]
pub(super) struct RunningEvictor {
    evictor: Evictor,
    function: Option<FunctionSlot>,
}

impl RunningEvictor {
    pub fn open(evictor: &Evictor, context: &mut OperatorContext) -> Result<Self, UserError> {
        let function = match evictor {
            Evictor::Delta { delta: id, .. } | Evictor::Custom(id) => {
                let mut slot = FunctionSlot::new(*id);
                slot.open(context)?;
                Some(slot)
            }
            _ => None,
        };
        Ok(Self { evictor: evictor.clone(), function })
    }

    /// Takes elements out; `after` the window was computed, or before.
    pub fn evict(
        &self,
        elements: &mut Vec<TimestampedValue>,
        after: bool,
        window: Window,
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        match self.evictor {
            Evictor::Count { max, after: moment } if moment == after => {
                let surplus = elements.len() as i64 - max;
                // One below nought leaves nothing.
                elements.drain(..surplus.clamp(0, elements.len() as i64) as usize);
            }
            Evictor::Time { window_size, after: moment } if moment == after => {
                evict_by_time(window_size, elements);
            }
            Evictor::Delta { threshold, after: moment, .. } if moment == after => {
                self.evict_by_delta(threshold, elements, context)?;
            }
            Evictor::Custom(_) => self.evict_by_function(elements, after, window, context)?,
            _ => {}
        }
        Ok(())
    }

    fn function(&self) -> &FunctionSlot {
        self.function.as_ref().expect("the evictor has a function")
    }

    fn evict_by_delta(
        &self,
        threshold: f64,
        elements: &mut Vec<TimestampedValue>,
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        let Some(last) = elements.last().cloned() else { return Ok(()) };
        let mut kept = Vec::with_capacity(elements.len());
        for element in elements.drain(..) {
            if call_delta(self.function(), &element.value, &last.value, context)? < threshold {
                kept.push(element);
            }
        }
        *elements = kept;
        Ok(())
    }

    /// The job's own evictor answers the places of those that stay.
    fn evict_by_function(
        &self,
        elements: &mut Vec<TimestampedValue>,
        after: bool,
        window: Window,
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        let values = elements.iter().map(TimestampedValue::to_value).collect();
        let method = if after { Method::EvictAfter } else { Method::EvictBefore };
        let arguments = [Value::Tuple(values), window_value(window)];
        let Value::Tuple(kept) = self.function().call(method, &arguments, context)? else { return Ok(()) };
        let kept = kept.iter().filter_map(|place| match place {
            Value::Long(place) => elements.get(*place as usize).cloned(),
            _ => None,
        });
        *elements = kept.collect();
        Ok(())
    }
}

/// Without times nothing leaves.
fn evict_by_time(window_size: i64, elements: &mut Vec<TimestampedValue>) {
    if elements.first().is_none_or(|first| first.timestamp.is_none()) {
        return;
    }
    let time = |element: &TimestampedValue| element.timestamp.unwrap_or(i64::MIN);
    let newest = elements.iter().map(time).max().unwrap_or(i64::MIN);
    let cutoff = newest.wrapping_sub(window_size);
    elements.retain(|element| time(element) > cutoff);
}
