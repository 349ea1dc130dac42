//! The operators: one element in, what it makes of it out. They never see a channel, a buffer or a clock.

mod committer;
pub mod context;
pub mod function;
pub mod key;
pub mod native;
pub mod source;

mod aggregate;
mod async_wait;
mod broadcast;
mod full_window;
mod function_operator;
#[cfg(test)]
mod harness;
mod interval_join;
mod reduce;
mod sink;
pub mod snapshot;
mod table_sink;
mod tag_input;
pub mod timers;
mod user_sink;
pub mod watermarks;
mod window;

use std::rc::Rc;

use crate::graph::job_graph::JobType;
use crate::graph::operator_spec::{OperatorSpec, SinkSpec};
use crate::graph::windowing::TimeDomain;
use crate::record::{Value, WatermarkStatus};
use crate::state::namespace::Namespace;
use crate::time::processing_time::Callback;
use crate::time::timers::Timer;
use aggregate::Aggregate;
use async_wait::AsyncWait;
use broadcast::Broadcast;
pub use committer::COMMITTER_STATE;
use committer::Committer;
use context::OperatorContext;
use full_window::FullWindow;
use function::UserError;
use function_operator::{FunctionOperator, Handing};
use interval_join::IntervalJoin;
use reduce::Reduce;
use sink::Sink;
use table_sink::TableWriter;
use tag_input::TagInput;
use user_sink::UserWriter;
use watermarks::TimestampsAndWatermarks;
use window::WindowOperator;

/// A running operator of one subtask. Flink: `StreamOperator`.
///
/// What it emits goes into the context (`OperatorContext::collect`, `output`); the chain takes it from
/// there. Cloned for snapshots of the world: whatever an operator holds must be cheap to clone.
pub trait Operator {
    /// Before `open`: what was restored stands in the context's states; what of it belongs elsewhere is taken from
    /// there. Flink: `initializeState`.
    fn initialize_state(&mut self, _context: &mut OperatorContext) -> Result<(), UserError> {
        Ok(())
    }

    /// A checkpoint is taken: what is kept elsewhere is put into the context's states. Flink: `snapshotState`.
    fn snapshot_state(&mut self, _context: &mut OperatorContext) -> Result<(), UserError> {
        Ok(())
    }

    /// The barrier of a checkpoint is about to be sent on. Flink: `prepareSnapshotPreBarrier`.
    fn prepare_snapshot_pre_barrier(
        &mut self,
        _checkpoint: u64,
        _context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        Ok(())
    }

    /// A checkpoint that this operator is part of is complete. Flink: `CheckpointListener`.
    fn notify_checkpoint_complete(
        &mut self,
        _checkpoint_id: u64,
        _context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        Ok(())
    }

    /// One was given up.
    fn notify_checkpoint_aborted(
        &mut self,
        _checkpoint_id: u64,
        _context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        Ok(())
    }

    /// Before the first element: makes instances of user functions and calls their `open`.
    fn open(&mut self, context: &mut OperatorContext) -> Result<(), UserError>;

    /// One record of input `input` (0 for the only or first one, 1 for the second). The context holds
    /// the record's timestamp and, for keyed operators, its key.
    fn on_record(&mut self, input: u8, value: Value, context: &mut OperatorContext) -> Result<(), UserError>;

    /// A watermark came, that of both inputs together where there are two; the timers up to it have fired.
    fn on_watermark(&mut self, watermark: i64, context: &mut OperatorContext) -> Result<(), UserError> {
        context.emit_watermark(watermark);
        Ok(())
    }

    /// The input is idle or active again; of two inputs, both together.
    fn on_status(&mut self, status: WatermarkStatus, context: &mut OperatorContext) -> Result<(), UserError> {
        context.emit_status(status);
        Ok(())
    }

    /// One of those that its timers are for, which are all of one type. Flink: `getInternalTimerService`.
    fn timer_namespace(&self) -> Namespace {
        Namespace::Void
    }

    /// A timer fires; its key is the current one. Flink: `Triggerable`.
    fn on_timer(
        &mut self,
        _domain: TimeDomain,
        _timer: &Timer,
        _context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        Ok(())
    }

    /// The clock calls back, for something else than timers. Flink: `ProcessingTimeCallback`.
    fn on_clock(&mut self, _callback: Callback, _context: &mut OperatorContext) -> Result<(), UserError> {
        Ok(())
    }

    /// No further record comes on `input`. Flink: `BoundedOneInput::endInput`.
    fn end_input(&mut self, _input: u8, _context: &mut OperatorContext) -> Result<(), UserError> {
        Ok(())
    }

    /// All inputs have ended, and the clock does not call back any more. Flink: `StreamOperator#finish`.
    fn finish(&mut self, _context: &mut OperatorContext) -> Result<(), UserError> {
        Ok(())
    }

    /// After the last element; also when the task is cancelled.
    fn close(&mut self, _context: &mut OperatorContext) -> Result<(), UserError> {
        Ok(())
    }

    /// A copy for a snapshot of the world.
    fn clone_box(&self) -> Box<dyn Operator>;
}

impl Clone for Box<dyn Operator> {
    fn clone(&self) -> Self {
        self.as_ref().clone_box()
    }
}

/// The running operator of a spec. `None` for a source, which has a reader instead ([`source`]).
pub fn build(spec: &OperatorSpec, job_type: JobType) -> Option<Box<dyn Operator>> {
    Some(match spec {
        OperatorSpec::Source(_) | OperatorSpec::SourceWithWatermarks { .. } => return None,
        OperatorSpec::TimestampsAndWatermarks(strategy) => {
            Box::new(TimestampsAndWatermarks::new(strategy.clone()))
        }
        OperatorSpec::Map(function) => FunctionOperator::boxed(*function, Handing::Map),
        OperatorSpec::FlatMap(function) => FunctionOperator::boxed(*function, Handing::FlatMap),
        OperatorSpec::Filter(function) => FunctionOperator::boxed(*function, Handing::Filter),
        OperatorSpec::Process(function) | OperatorSpec::KeyedProcess(function) => {
            FunctionOperator::boxed(*function, Handing::Process)
        }
        OperatorSpec::CoMap(function) => FunctionOperator::boxed(*function, Handing::CoMap),
        OperatorSpec::CoFlatMap(function)
        | OperatorSpec::CoProcess(function)
        | OperatorSpec::KeyedCoProcess(function) => FunctionOperator::boxed(*function, Handing::CoProcess),
        OperatorSpec::Reduce(function) => Box::new(Reduce::new(*function, job_type)),
        OperatorSpec::Aggregate { kind, field } => Box::new(Aggregate::new(*kind, field.clone(), job_type)),
        OperatorSpec::Window(spec) => Box::new(WindowOperator::new(Rc::clone(spec))),
        OperatorSpec::IntervalJoin(spec) => Box::new(IntervalJoin::new(Rc::clone(spec))),
        OperatorSpec::BroadcastProcess { function, states } => {
            Box::new(Broadcast::new(*function, Rc::clone(states)))
        }
        OperatorSpec::FullWindow(spec) => Box::new(FullWindow::new(spec.clone())),
        OperatorSpec::AsyncWait(spec) => Box::new(AsyncWait::new(*spec)),
        OperatorSpec::TagInput(input) => Box::new(TagInput::new(*input)),
        OperatorSpec::Sink(SinkSpec::Table { name, guarantee }) => {
            Box::new(TableWriter::new(name, *guarantee))
        }
        OperatorSpec::Sink(SinkSpec::User { sink, committer }) => {
            Box::new(UserWriter::new(*sink, committer.is_some()))
        }
        OperatorSpec::Sink(spec) => Box::new(Sink::new(spec.clone())),
        OperatorSpec::Committer { by, is_checkpointing } => Box::new(Committer::new(by, *is_checkpointing)),
    })
}
