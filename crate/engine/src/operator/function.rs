//! User functions: the one place where code of the job is called.
//!
//! An instance belongs to one subtask and is immutable after `open`: what it remembers it keeps in
//! Flink state. So a snapshot of the world shares instances, and replay gives the same results.

use std::rc::Rc;

use super::context::OperatorContext;
use crate::base::ids::FunctionId;
use crate::record::Value;

/// Which method of a user function is called. A function given as a plain function has `Apply` only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The one method of a one-method interface: map, filter, reduce, getKey, partition, generator, ...
    /// `flatMap(value)` emits through the context.
    Apply,
    Open,
    Close,
    /// `processElement(value, ctx, out)` of a (keyed) process function.
    ProcessElement,
    /// `map1`/`flatMap1`/`processElement1` of a co-function, by the operator that it runs in.
    First,
    /// `map2`/`flatMap2`/`processElement2`.
    Second,
}

/// What a user function threw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserError {
    /// The message as the function gave it, as in `TypeError: t is undefined`.
    pub message: String,
    /// The function.
    pub function: Option<FunctionId>,
    /// Line and column in the job, both from 1, where they are known.
    pub at: Option<(u32, u32)>,
}

/// An instance of a user function, for one subtask.
pub trait UserFunction {
    /// Calls a method. Emitted records, state and timers go through the context; the answer is the
    /// method's own (`Null` for none).
    fn call(&self, method: Method, args: &[Value], context: &mut OperatorContext)
    -> Result<Value, UserError>;
}

/// The functions of a job, by id. The page gives JavaScript functions, native tests Rust closures.
pub trait UserFunctions {
    /// A new instance for a subtask; `open` is not called yet.
    fn instantiate(&self, id: FunctionId) -> Result<Rc<dyn UserFunction>, UserError>;
}
