//! The end of a task's data: the stream is over, or the job stops with a savepoint and goes on from it later.
//!
//! Contract: where the stream is over, operators learn it head to tail and event time comes to its end; where the job
//! only stops, they are left as they are. Either way the tasks after this one hear which, and of a savepoint to stop
//! with its barrier comes behind that. Flink: `StreamTask#endData`,
//! `SourceOperatorStreamTask#triggerStopWithSavepointAsync`, `StopMode`.

use super::{Stage, StreamTask};
use crate::network::barrier::CheckpointBarrier;
use crate::network::event::Event;
use crate::task::environment::TaskEnvironment;
use crate::task::message::{TaskFailure, TaskReport};

impl StreamTask {
    /// The job is to stop with this savepoint: a source that still reads ends its data first.
    pub(super) fn stop_with(
        &mut self,
        barrier: CheckpointBarrier,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<(), TaskFailure> {
        if self.source.is_none() || self.has_ended_data {
            return self.perform_checkpoint(barrier, env);
        }
        self.checkpointing.stop = Some(barrier);
        // One that is at its end already goes on with that.
        if self.stage == Stage::Drain {
            return Ok(());
        }
        self.end_data(barrier.options.snapshot.drains(), env)
    }

    /// All records are through. `drain`: there are no more, ever.
    pub(super) fn end_data(&mut self, drain: bool, env: &mut TaskEnvironment<'_>) -> Result<(), TaskFailure> {
        if !drain {
            if let Some(chain) = &mut self.chain {
                chain.quiesce();
            }
            return self.tell_end_of_data(false, env);
        }
        if let Some(chain) = self.chain.as_mut().filter(|_| self.source.is_some()) {
            // Nothing comes after what was read: whatever waits for a time gets it. Flink:
            // `SourceOperatorStreamTask#advanceToEndOfEventTime`.
            chain.context_mut(0).emit_watermark(i64::MAX);
            self.on_chain(|chain| chain.emit_from_head(env))?;
            self.report_end_of_source();
        }
        self.end_operators(env)
    }

    /// The operators end, head to tail, as far as none waits for answers; then the tasks after this one learn it.
    pub(super) fn end_operators(&mut self, env: &mut TaskEnvironment<'_>) -> Result<(), TaskFailure> {
        if !self.on_chain(|chain| chain.finish_operators(env))? {
            self.stage = Stage::Drain;
            return Ok(());
        }
        self.stage = Stage::Run;
        self.tell_end_of_data(true, env)
    }

    fn tell_end_of_data(&mut self, drain: bool, env: &mut TaskEnvironment<'_>) -> Result<(), TaskFailure> {
        self.broadcast_event(Event::EndOfData { drain }, env);
        self.has_ended_data = true;
        if drain {
            self.reports.push(TaskReport::EndOfData);
        }
        if self.inputs.is_empty() {
            self.stage = Stage::AwaitFinal;
        }
        match self.checkpointing.stop.take() {
            Some(barrier) => self.perform_checkpoint(barrier, env),
            None => Ok(()),
        }
    }
}
