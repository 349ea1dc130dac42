//! User functions that are Rust closures: for native tests, benchmarks and the Rust twin of the job API.

use std::rc::Rc;

use super::context::OperatorContext;
use super::function::{Method, UserError, UserFunction, UserFunctions};
use crate::base::ids::FunctionId;
use crate::record::Value;

/// Closures by function id. All subtasks share an instance: closures remember nothing.
///
/// ```
/// use weir_engine::operator::native::NativeFunctions;
/// use weir_engine::record::Value;
///
/// let mut functions = NativeFunctions::default();
/// let length = functions.map(|word| Value::Long(word.to_string().len() as i64));
/// let sum = functions.reduce(|a, b| match (a, b) {
///     (Value::Long(a), Value::Long(b)) => Value::Long(a + b),
///     _ => Value::Null,
/// });
/// assert_ne!(length, sum);
/// ```
#[derive(Clone, Default)]
pub struct NativeFunctions {
    functions: Vec<Rc<dyn UserFunction>>,
    hooks: Vec<(FunctionId, Rc<dyn UserFunction>)>,
}

impl NativeFunctions {
    /// Any user function.
    pub fn add(&mut self, function: Rc<dyn UserFunction>) -> FunctionId {
        self.functions.push(function);
        FunctionId(self.functions.len() as u32 - 1)
    }

    /// Gives a function a hook of the master.
    pub fn add_master_hook(&mut self, of: FunctionId, hook: Rc<dyn UserFunction>) {
        self.hooks.push((of, hook));
    }

    /// A function of one value: map, key selector, generator.
    pub fn map(&mut self, map: impl Fn(&Value) -> Value + 'static) -> FunctionId {
        self.add(Rc::new(Closure(move |_, args: &[Value], _: &mut OperatorContext| Ok(map(&args[0])))))
    }

    /// `filter`.
    pub fn filter(&mut self, keep: impl Fn(&Value) -> bool + 'static) -> FunctionId {
        self.map(move |value| Value::Bool(keep(value)))
    }

    /// A function of two values: reduce, partitioner.
    pub fn reduce(&mut self, reduce: impl Fn(&Value, &Value) -> Value + 'static) -> FunctionId {
        self.add(Rc::new(Closure(move |_, args: &[Value], _: &mut OperatorContext| {
            Ok(reduce(&args[0], &args[1]))
        })))
    }

    /// A function of several methods that answers.
    pub fn add_with_method(
        &mut self,
        call: impl Fn(Method, &[Value], &mut OperatorContext) -> Result<Value, UserError> + 'static,
    ) -> FunctionId {
        self.add(Rc::new(Closure(call)))
    }

    /// A function of any arguments that may emit, as a window's.
    pub fn apply(
        &mut self,
        apply: impl Fn(&[Value], &mut OperatorContext) -> Result<Value, UserError> + 'static,
    ) -> FunctionId {
        self.add(Rc::new(Closure(move |_, args: &[Value], context: &mut OperatorContext| {
            apply(args, context)
        })))
    }

    /// A function that keeps operator state: it is called with every method, with null where there is no value. Flink:
    /// `CheckpointedFunction`.
    pub fn checkpointed(
        &mut self,
        call: impl Fn(Method, &Value, &mut OperatorContext) -> Result<(), UserError> + 'static,
    ) -> FunctionId {
        self.add(Rc::new(Checkpointed(move |method, value: &Value, context: &mut OperatorContext| {
            call(method, value, context)
        })))
    }

    /// A function that emits through the context: flatMap, process, and the co-functions by `Method`.
    /// It is called with `Open` and `Close` too, then with null for its value.
    pub fn process(
        &mut self,
        process: impl Fn(Method, &Value, &mut OperatorContext) -> Result<(), UserError> + 'static,
    ) -> FunctionId {
        self.add(Rc::new(Process(move |method, value: &Value, context: &mut OperatorContext| {
            process(method, value, context)
        })))
    }
}

impl UserFunctions for NativeFunctions {
    fn instantiate(&self, id: FunctionId) -> Result<Rc<dyn UserFunction>, UserError> {
        match self.functions.get(id.index()) {
            Some(function) => Ok(Rc::clone(function)),
            None => Err(UserError::new(format!("The job has no function {id}.")).of(id)),
        }
    }

    fn master_hook(&self, id: FunctionId) -> Result<Option<Rc<dyn UserFunction>>, UserError> {
        Ok(self.hooks.iter().find(|(of, _)| *of == id).map(|(_, hook)| Rc::clone(hook)))
    }
}

struct Closure<F>(F);

impl<F> UserFunction for Closure<F>
where
    F: Fn(Method, &[Value], &mut OperatorContext) -> Result<Value, UserError>,
{
    #[inline]
    fn call(
        &self,
        method: Method,
        args: &[Value],
        context: &mut OperatorContext,
    ) -> Result<Value, UserError> {
        match method {
            Method::Open
            | Method::Close
            | Method::InitializeState
            | Method::SnapshotState
            | Method::CheckpointComplete
            | Method::CheckpointAborted => Ok(Value::Null),
            _ => (self.0)(method, args, context),
        }
    }
}

struct Checkpointed<F>(F);

impl<F> UserFunction for Checkpointed<F>
where
    F: Fn(Method, &Value, &mut OperatorContext) -> Result<(), UserError>,
{
    fn call(
        &self,
        method: Method,
        args: &[Value],
        context: &mut OperatorContext,
    ) -> Result<Value, UserError> {
        (self.0)(method, args.first().unwrap_or(&Value::Null), context).map(|()| Value::Null)
    }
}

struct Process<F>(F);

impl<F> UserFunction for Process<F>
where
    F: Fn(Method, &Value, &mut OperatorContext) -> Result<(), UserError>,
{
    fn call(
        &self,
        method: Method,
        args: &[Value],
        context: &mut OperatorContext,
    ) -> Result<Value, UserError> {
        if let Method::InitializeState
        | Method::SnapshotState
        | Method::CheckpointComplete
        | Method::CheckpointAborted = method
        {
            return Ok(Value::Null);
        }
        (self.0)(method, args.first().unwrap_or(&Value::Null), context).map(|()| Value::Null)
    }
}
