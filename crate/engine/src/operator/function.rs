//! User functions: the one place where code of the job is called.
//!
//! An instance belongs to one subtask and is immutable after `open`: what it remembers it keeps in
//! Flink state. So a snapshot of the world shares instances, and replay gives the same results.

use std::fmt;
use std::ops::Deref;
use std::rc::Rc;

use super::context::OperatorContext;
use crate::base::ids::FunctionId;
use crate::record::Value;
use crate::state::StateError;

/// Which method of a user function is called. A function given as a plain function has `Apply` only. A binding
/// may call them by their numbers, from 0.
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
    /// `onTimer(timestamp, ctx, out)`: the timestamp, and whether it is of event time.
    OnTimer,
    /// `onEvent(event, timestamp, output)` of a watermark generator: what its fields hold, the event, the
    /// timestamp. It answers what its fields hold then.
    OnEvent,
    /// `onPeriodicEmit(output)`: what its fields hold. It answers as `OnEvent` does.
    OnPeriodicEmit,
    /// `clear(ctx)` of a window function: the window. Its main method is `Apply`: key, window, elements. A window is
    /// its start and end; null is the one of all elements.
    ClearWindow,
    /// `createAccumulator()`, `add(value, accumulator)`, `getResult(accumulator)`, `merge(a, b)`. `Merge` of a window
    /// assigner: its windows. It answers a list for each result: whether it is made of a set, and its and their bounds.
    CreateAccumulator,
    Add,
    GetResult,
    Merge,
    /// Of a trigger: element, timestamp, window.
    OnElement,
    /// Of a trigger: time, window.
    OnEventTime,
    OnProcessingTime,
    /// `clear(window, ctx)` of a trigger.
    ClearTrigger,
    /// Of a trigger: the new window, those that have merged into it.
    OnMerge,
    /// Of an evictor: pairs of element and timestamp, the window. It answers the places of those that stay.
    EvictBefore,
    EvictAfter,
    /// Of an async function whose answer did not come in time: the record. It answers as `Apply` does: a tuple that
    /// holds the tuple of results, or null for none yet.
    Timeout,
    /// `initializeState(context)` and `snapshotState(context)` of a function that keeps operator state. Flink:
    /// `CheckpointedFunction`.
    InitializeState,
    SnapshotState,
    /// `notifyCheckpointComplete(checkpointId)` and `notifyCheckpointAborted(checkpointId)`. Flink: `CheckpointListener`.
    CheckpointComplete,
    CheckpointAborted,
    /// Of a sink's writer, each with what its fields hold: a record, whether the input has ended, the checkpoint. It
    /// answers what its fields hold then; `PrepareCommit` (and `SnapshotState`, `Open`) with a list beside.
    Write,
    Flush,
    PrepareCommit,
    /// Of a committer: committables, how often they were tried. It answers those to try again.
    Commit,
    /// Of a hook of the master, each with what its fields hold: `TriggerHook` with the checkpoint and its timestamp
    /// answers its fields, how long it takes, version, state and an error; `RestoreHook` with the checkpoint and version
    /// and state, and `ResetHook`, answer the fields. Its `Open` answers fields and identifier.
    TriggerHook,
    RestoreHook,
    ResetHook,
}

/// What a user function threw, or what an operator found wrong with its record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thrown {
    /// The message as the function gave it, as in `TypeError: t is undefined`.
    pub message: String,
    /// The function.
    pub function: Option<FunctionId>,
    /// Line and column in the job, both from 1, where they are known.
    pub at: Option<(u32, u32)>,
}

/// The same where something may fail, a word of memory: each call on a record's way answers one or its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserError(Box<Thrown>);

impl UserError {
    /// An error that no function threw.
    #[cold]
    pub fn new(message: impl Into<String>) -> Self {
        Thrown { message: message.into(), function: None, at: None }.into()
    }

    /// The same, thrown by `function`, if it does not say by which one yet.
    #[cold]
    #[must_use]
    pub fn of(mut self, function: FunctionId) -> Self {
        self.0.function.get_or_insert(function);
        self
    }

    /// The message alone.
    pub fn into_message(self) -> String {
        self.0.message
    }
}

impl From<Thrown> for UserError {
    #[cold]
    fn from(thrown: Thrown) -> Self {
        Self(Box::new(thrown))
    }
}

impl Deref for UserError {
    type Target = Thrown;

    fn deref(&self) -> &Thrown {
        &self.0
    }
}

impl fmt::Display for UserError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for UserError {}

impl From<StateError> for UserError {
    fn from(error: StateError) -> Self {
        Self::new(error.to_string())
    }
}

/// An instance of a user function, for one subtask.
pub trait UserFunction {
    /// Calls a method. Emitted records, state and timers go through the context; the answer is the
    /// method's own (`Null` for none). `Open` and `Close` of a function that has none do nothing.
    fn call(&self, method: Method, args: &[Value], context: &mut OperatorContext)
    -> Result<Value, UserError>;
}

/// The functions of a job, by id. The page gives JavaScript functions, native tests Rust closures.
pub trait UserFunctions {
    /// A new instance for a subtask; `open` is not called yet.
    fn instantiate(&self, id: FunctionId) -> Result<Rc<dyn UserFunction>, UserError>;

    /// The hook of the master that a function brings, if it does. Flink: `WithMasterCheckpointHook`.
    fn master_hook(&self, _id: FunctionId) -> Result<Option<Rc<dyn UserFunction>>, UserError> {
        Ok(None)
    }

    /// The type that was declared for the keys of a key selector; null where none was.
    fn key_type(&self, _id: FunctionId) -> Value {
        Value::Null
    }
}

/// A user function in its place in an operator, reader or partitioner: its id and, from `open` on, its
/// instance. Flink: `AbstractUdfStreamOperator`.
#[derive(Clone)]
pub struct FunctionSlot {
    id: FunctionId,
    instance: Option<Rc<dyn UserFunction>>,
}

impl FunctionSlot {
    /// A slot without an instance yet.
    pub const fn new(id: FunctionId) -> Self {
        Self { id, instance: None }
    }

    /// A slot with its instance, for functions that have no `open`.
    pub fn instantiated(id: FunctionId, functions: &dyn UserFunctions) -> Result<Self, UserError> {
        let instance = functions.instantiate(id).map_err(|error| error.of(id))?;
        Ok(Self { id, instance: Some(instance) })
    }

    /// Makes the instance and calls its `initializeState`.
    pub fn initialize_state(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        self.make(context)?;
        self.call(Method::InitializeState, &[], context).map(drop)
    }

    /// Calls its `snapshotState`.
    pub fn snapshot_state(&self, context: &mut OperatorContext) -> Result<(), UserError> {
        self.call(Method::SnapshotState, &[], context).map(drop)
    }

    /// Tells it that a checkpoint is complete, or will never be.
    pub fn notify(
        &self,
        method: Method,
        checkpoint: u64,
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        self.call(method, &[Value::Long(checkpoint as i64)], context).map(drop)
    }

    /// Makes the instance, if there is none yet, and calls its `open`.
    pub fn open(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        self.make(context)?;
        self.call(Method::Open, &[], context).map(drop)
    }

    /// Makes the instance, if there is none yet.
    pub(super) fn make(&mut self, context: &OperatorContext) -> Result<(), UserError> {
        if self.instance.is_none() {
            let functions = Rc::clone(context.functions.as_ref().expect("a context with functions"));
            *self = Self::instantiated(self.id, functions.as_ref())?;
        }
        Ok(())
    }

    /// Calls `close`, if there is an instance.
    pub fn close(&self, context: &mut OperatorContext) -> Result<(), UserError> {
        if self.instance.is_some() { self.call(Method::Close, &[], context).map(drop) } else { Ok(()) }
    }

    /// An error that this function is at fault for.
    #[cold]
    pub fn error(&self, message: impl Into<String>) -> UserError {
        UserError::new(message).of(self.id)
    }

    /// Calls a method; an error names the function.
    pub fn call(
        &self,
        method: Method,
        args: &[Value],
        context: &mut OperatorContext,
    ) -> Result<Value, UserError> {
        self.call_in_place(method, args, context)
    }

    /// The same where it is called for each record.
    #[inline(always)]
    pub fn call_in_place(
        &self,
        method: Method,
        args: &[Value],
        context: &mut OperatorContext,
    ) -> Result<Value, UserError> {
        let instance = self.instance.as_ref().expect("open() comes before the first element");
        match instance.call(method, args, context) {
            Err(error) => Err(error.of(self.id)),
            answer => answer,
        }
    }
}
