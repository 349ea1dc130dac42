//! How a task takes part in checkpoints: what triggers one, what it does then, and how it ends with the last one.
//!
//! Contract: from the barrier to the snapshot everything is one step: no record comes between. Flink:
//! `StreamTask#performCheckpoint`, `SubtaskCheckpointCoordinatorImpl#checkpointState`, `CheckpointedInputGate`.

use super::{Stage, StreamTask};
use crate::checkpoint::barriers::{Action, BarrierHandler};
use crate::checkpoint::failure_reason::CheckpointFailureReason;
use crate::checkpoint::storage::file_system::FileAnswer;
use crate::network::barrier::{CheckpointBarrier, SavepointFormat, SnapshotType};
use crate::network::event::Event;
use crate::network::shuffle::ShuffleEnvironment;
use crate::operator::snapshot::SnapshotRequest;
use crate::operator::source::snapshot_reader;
use crate::state::keyed::SharingFiles;
use crate::state::keyed::snapshot::SnapshotLayout;
use crate::task::checkpointing::async_part::{AsyncCheckpoint, deletions};
use crate::task::checkpointing::in_flight::InputRecording;
use crate::task::checkpointing::{Begin, Checkpointing};
use crate::task::environment::TaskEnvironment;
use crate::task::message::{Mail, TaskFailure, TaskReport};
use crate::task::state::ExecutionState;
use crate::time::clock::processing_time;

impl StreamTask {
    /// What it remembers about checkpoints.
    pub const fn checkpointing(&self) -> &Checkpointing {
        &self.checkpointing
    }

    /// The JobMaster wants a checkpoint to begin here. A task with inputs takes it for the barrier of each channel
    /// whose producer has finished.
    pub(super) fn trigger_checkpoint(
        &mut self,
        barrier: CheckpointBarrier,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<(), TaskFailure> {
        if self.state != ExecutionState::Running || self.is_leaving() {
            let reason = if self.is_leaving() {
                CheckpointFailureReason::DeclinedTaskClosing
            } else {
                CheckpointFailureReason::DeclinedTaskNotReady
            };
            self.reports.push(TaskReport::DeclineCheckpoint { checkpoint: barrier.id, reason, cause: None });
            return Ok(());
        }
        let open = self.inputs.open_channels(env.shuffle);
        if open.is_empty() && barrier.options.snapshot.is_synchronous() {
            return self.stop_with(barrier, env);
        }
        if open.is_empty() {
            return self.perform_checkpoint(barrier, env);
        }
        for channel in open {
            self.inputs.on_trigger(channel, barrier.id, env.shuffle);
            let now = env.now;
            self.handle(env, |handler, actions| handler.barrier(barrier, channel, true, now, actions))?;
        }
        Ok(())
    }

    /// An event of a channel, numbered over all gates.
    pub(super) fn on_channel_event(
        &mut self,
        channel: u32,
        event: Event,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<(), TaskFailure> {
        let now = env.now;
        match event {
            Event::CheckpointBarrier(barrier) => {
                self.handle(env, |handler, actions| handler.barrier(barrier, channel, false, now, actions))?;
            }
            Event::Announcement { barrier, sequence_number } => self.handle(env, |handler, actions| {
                handler.announcement(barrier, sequence_number, channel, actions);
            })?,
            Event::CancelCheckpointMarker(checkpoint) => self.handle(env, |handler, actions| {
                handler.cancellation(checkpoint, channel, now, actions);
            })?,
            Event::EndOfPartition => {
                self.handle(env, |handler, actions| handler.end_of_partition(channel, now, actions))?;
            }
            Event::EndOfOutputChannelState => self.inputs.resume(channel, env.shuffle),
            Event::EndOfData { .. } | Event::SubtaskConnectionDescriptor { .. } => {}
        }
        if self.inputs.is_ended(env.shuffle) && self.stage == Stage::Run {
            self.stage = Stage::AwaitFinal;
        }
        Ok(())
    }

    /// An aligned checkpoint has taken too long here.
    pub(super) fn on_alignment_timeout(
        &mut self,
        checkpoint: u64,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<(), TaskFailure> {
        self.handle(env, |handler, actions| handler.on_timer(checkpoint, actions))
    }

    /// The barrier that was sent on overtakes where it still waits.
    pub(super) fn on_output_timeout(&mut self, checkpoint: u64, env: &mut TaskEnvironment<'_>) {
        if let Some(chain) = &mut self.chain {
            chain.outputs_mut().overtake(checkpoint, env);
        }
    }

    /// A checkpoint is complete, or given up, in all tasks.
    pub(super) fn notify_checkpoint(
        &mut self,
        checkpoint: u64,
        is_complete: bool,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<(), TaskFailure> {
        if self.state != ExecutionState::Running {
            return Ok(());
        }
        if !is_complete {
            self.checkpointing.abort(checkpoint);
            self.inputs.take_recording(checkpoint);
            self.request_files();
            if self.checkpointing.stops_with(checkpoint) {
                let why = "FlinkRuntimeException: Stop-with-savepoint failed.";
                return Err(TaskFailure::of_text(why.to_owned()));
            }
        } else if !self.checkpointing.complete(checkpoint) {
            return Ok(());
        }
        self.on_chain(|chain| {
            if is_complete {
                chain.notify_checkpoint_complete(checkpoint, env)
            } else {
                chain.notify_checkpoint_aborted(checkpoint, env)
            }
        })
    }

    /// Tells the barrier handler, and does what it wants done.
    fn handle(
        &mut self,
        env: &mut TaskEnvironment<'_>,
        tell: impl FnOnce(&mut BarrierHandler, &mut Vec<Action>),
    ) -> Result<(), TaskFailure> {
        let Checkpointing { handler, actions, data_bytes_seen, .. } = &mut self.checkpointing;
        let data_bytes = self.inputs.data_bytes();
        handler.add_processed_bytes(data_bytes - *data_bytes_seen);
        *data_bytes_seen = data_bytes;
        let mut actions = std::mem::take(actions);
        tell(handler, &mut actions);
        let result = self.act_all(&mut actions, env);
        self.checkpointing.actions = actions;
        result
    }

    /// Does what the handler wants done. An unaligned checkpoint is declined as long as records may come that were on
    /// their way between other subtasks.
    fn act_all(
        &mut self,
        actions: &mut Vec<Action>,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<(), TaskFailure> {
        let mut declined = None;
        for action in actions.drain(..) {
            match action {
                Action::InitInputs(barrier)
                    if barrier.options.is_unaligned() && self.inputs.is_rescaling() =>
                {
                    declined = Some(barrier.id);
                }
                Action::InputsStart(barrier) | Action::Trigger(barrier) if declined == Some(barrier.id) => {}
                action => self.act(action, env)?,
            }
        }
        let Some(checkpoint) = declined else { return Ok(()) };
        let reason = CheckpointFailureReason::DeclinedTaskNotReady;
        self.checkpointing.handler.decline(checkpoint, reason, actions);
        actions.drain(..).try_for_each(|action| self.act(action, env))
    }

    fn act(&mut self, action: Action, env: &mut TaskEnvironment<'_>) -> Result<(), TaskFailure> {
        match action {
            // The network gave nothing behind the barrier already.
            Action::Block(_) | Action::InitInputs(_) => {}
            Action::Resume(channel) => self.inputs.resume(channel, env.shuffle),
            Action::ConvertToPriority { channel, sequence_number } => {
                self.inputs.convert_to_priority(channel, sequence_number, env.shuffle);
            }
            Action::InputsStart(barrier) => self.inputs.start_recording(barrier.id, env.shuffle),
            Action::InputsStop(checkpoint) => {
                let recording = self.inputs.take_recording(checkpoint);
                let mut running = self.checkpointing.running.iter_mut();
                let part = running.find(|running| running.checkpoint() == checkpoint);
                if let (Some(recording), Some(part)) = (recording, part) {
                    part.finish_input(recording.buffers(), env.now);
                    part.measure_alignment(self.checkpointing.handler.alignment());
                }
                self.fail_older_recording(checkpoint);
                self.request_files();
            }
            Action::Trigger(barrier) => self.perform_checkpoint(barrier, env)?,
            Action::Abort { checkpoint, reason } => self.abort_checkpoint(checkpoint, reason, env),
        }
        Ok(())
    }

    /// A newer checkpoint was cancelled while the barriers of an older one were awaited, which nobody awaits any more.
    fn fail_older_recording(&mut self, than: u64) {
        let Some(checkpoint) =
            self.inputs.recording().map(InputRecording::checkpoint).filter(|id| *id < than)
        else {
            return;
        };
        self.inputs.take_recording(checkpoint);
        self.checkpointing.give_up(checkpoint);
        let reason = CheckpointFailureReason::AsyncException;
        self.reports.push(TaskReport::DeclineCheckpoint { checkpoint, reason, cause: None });
    }

    /// Tells the file system what to write and what to delete.
    pub(super) fn request_files(&mut self) {
        self.reports.extend(self.checkpointing.take_file_requests().into_iter().map(TaskReport::File));
    }

    /// The file system has an answer.
    pub fn on_file(&mut self, answer: &FileAnswer, now: u64) {
        self.checkpointing.on_file(answer, now);
    }

    /// The task is over: nothing comes of what it was storing.
    pub(super) fn discard_checkpoints(&mut self) {
        self.checkpointing.discard(|_| true);
        self.request_files();
    }

    /// Flink: `abortCheckpointOnBarrier`.
    fn abort_checkpoint(
        &mut self,
        checkpoint: u64,
        reason: CheckpointFailureReason,
        env: &mut TaskEnvironment<'_>,
    ) {
        self.checkpointing.give_up(checkpoint);
        self.request_files();
        self.inputs.take_recording(checkpoint);
        self.reports.push(TaskReport::DeclineCheckpoint { checkpoint, reason, cause: None });
        self.broadcast_event(Event::CancelCheckpointMarker(checkpoint), env);
    }

    pub(super) fn perform_checkpoint(
        &mut self,
        barrier: CheckpointBarrier,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<(), TaskFailure> {
        let checkpoint = barrier.id;
        match self.checkpointing.begin(checkpoint) {
            Begin::OutOfOrder => return Ok(()),
            Begin::Aborted => {
                self.inputs.take_recording(checkpoint);
                self.broadcast_event(Event::CancelCheckpointMarker(checkpoint), env);
                return Ok(());
            }
            Begin::Take => {}
        }
        if self.has_ended_data {
            self.checkpointing.note_final(checkpoint);
        }
        if barrier.options.snapshot.is_synchronous() {
            self.checkpointing.note_sync_savepoint(checkpoint);
        }
        let barrier = barrier.with_options(barrier.options.with_unaligned_supported());
        self.checkpointing.received.note(checkpoint, || self.inputs.received());
        self.on_chain(|chain| chain.prepare_snapshot_pre_barrier(checkpoint, env))?;
        self.broadcast_event(Event::CheckpointBarrier(barrier), env);
        self.checkpointing.arm_output_timer(&barrier);
        let is_finished_on_restore = self.descriptor.is_finished_on_restore();
        if let (Some(source), Some(chain), false) = (&self.source, &mut self.chain, is_finished_on_restore) {
            let put = snapshot_reader(source.as_ref(), chain.context_mut(0));
            put.map_err(|error| self.head_failure(error))?;
        }
        let snapshot_type = barrier.options.snapshot;
        let request = SnapshotRequest {
            checkpoint_id: checkpoint,
            timestamp: processing_time(barrier.timestamp),
            layout: match barrier.options.format {
                SavepointFormat::Canonical if snapshot_type.is_savepoint() => SnapshotLayout::Canonical,
                _ => SnapshotLayout::Native,
            },
            sharing: match snapshot_type {
                SnapshotType::Checkpoint => SharingFiles::ForwardBackward,
                SnapshotType::FullCheckpoint => SharingFiles::Forward,
                _ => SharingFiles::NoSharing,
            },
        };
        let snapshots = self.on_chain(|chain| chain.snapshot_state(request, env))?;
        let storage = (self.descriptor.storage.clone(), env.shuffle.configuration().disk);
        let subtask_idx = self.descriptor.subtask_idx;
        let mut part = AsyncCheckpoint::new(barrier, &snapshots, subtask_idx, storage, env.now);
        part.mark_finished(self.has_ended_data, is_finished_on_restore);
        part.measure_alignment(self.checkpointing.handler.alignment());
        if self.inputs.recording().is_some_and(|recording| recording.checkpoint() == checkpoint) {
            part.await_input();
        }
        if barrier.options.needs_channel_state() {
            part.await_output();
        }
        self.checkpointing.running.push(part);
        self.finish_output(env.shuffle, env.now);
        self.request_files();
        Ok(())
    }

    /// What the barriers that were sent on overtook is known by now, of some checkpoints.
    fn finish_output(&mut self, shuffle: &ShuffleEnvironment, now: u64) {
        let Some(chain) = &mut self.chain else { return };
        for part in &mut self.checkpointing.running {
            if part.awaits().1 && chain.outputs().has_overtaken(part.checkpoint(), shuffle) {
                let overtaken = chain.outputs_mut().take_overtaken(part.checkpoint());
                part.finish_output(&overtaken, now);
            }
        }
        let running = &self.checkpointing.running;
        chain.outputs_mut().retain_overtaken(|id| running.iter().any(|part| part.checkpoint() == id));
    }

    /// When the next snapshot is stored, or an alignment has taken too long.
    pub(super) fn next_checkpoint_timer(&self, shuffle: &ShuffleEnvironment, now: u64) -> Option<u64> {
        let chain = self.chain.as_ref()?;
        let running = self.checkpointing.running.iter().filter_map(|part| {
            let is_overtaken = part.awaits().1 && chain.outputs().has_overtaken(part.checkpoint(), shuffle);
            part.done_at().or_else(|| is_overtaken.then_some(now))
        });
        running.chain(self.checkpointing.next_timer()).min()
    }

    /// Hands in what is stored. Answers whether there was anything.
    pub(super) fn run_checkpoint_timers(&mut self, env: &TaskEnvironment<'_>) -> bool {
        if self.checkpointing.running.is_empty() && self.checkpointing.next_timer().is_none() {
            return false;
        }
        let (alignment, output) = self.checkpointing.take_due_timers(env.now);
        let mails = [alignment.map(Mail::AlignmentTimeout), output.map(Mail::OutputTimeout)];
        let mut has_run = alignment.is_some() || output.is_some();
        self.mailbox.extend(mails.into_iter().flatten());
        let awaited = |running: &[AsyncCheckpoint]| running.iter().filter(|part| part.awaits().1).count();
        let before = awaited(&self.checkpointing.running);
        self.finish_output(env.shuffle, env.now);
        has_run |= awaited(&self.checkpointing.running) < before;
        let is_done = |part: &mut AsyncCheckpoint| part.done_at().is_some_and(|at| at <= env.now);
        for part in self.checkpointing.running.extract_if(.., is_done).collect::<Vec<_>>() {
            has_run = true;
            self.hand_in(part, env.now);
        }
        self.request_files();
        has_run
    }

    /// A snapshot is stored, or will never be.
    fn hand_in(&mut self, part: AsyncCheckpoint, now: u64) {
        let checkpoint = part.checkpoint();
        let files = deletions(&part).collect();
        let why = match part.finish(now) {
            Ok((metrics, state)) => {
                return self.reports.push(TaskReport::AcknowledgeCheckpoint { checkpoint, metrics, state });
            }
            Err(why) => why,
        };
        self.checkpointing.delete(files);
        let reason = CheckpointFailureReason::AsyncException;
        let task = &self.descriptor.name;
        let cause = format!("Could not materialize checkpoint {checkpoint} for operator {task}: {why}");
        self.reports.push(TaskReport::DeclineCheckpoint { checkpoint, reason, cause: Some(cause.into()) });
    }

    /// Whether it need not wait any more before it ends: those that read from it have all records, and a checkpoint
    /// that was taken after the last one is complete. Flink: `StreamTask#afterInvoke`.
    pub(super) fn is_final(&self, shuffle: &ShuffleEnvironment) -> bool {
        let settings = &self.descriptor.checkpoint;
        let is_final_wanted = settings.is_enabled() && settings.after_tasks_finish && self.has_ended_data;
        let waits = is_final_wanted || self.checkpointing.has_sync_savepoint();
        !waits
            || (self.checkpointing.is_final_complete()
                && self.partitions.iter().all(|&partition| shuffle.is_all_processed(partition)))
    }

    /// The last checkpoint is complete: snapshots that are still being stored are waited for.
    pub(super) fn has_running_checkpoints(&self) -> bool {
        !self.checkpointing.running.is_empty()
    }
}
