//! The first and the last steps of a task: what it is built of, and what goes back.
//!
//! Flink: `Task#doRun`, `StreamTask#restoreInternal`, `#afterInvoke`, `#cleanUp`.

use std::rc::Rc;

use super::{Stage, StreamTask, Work};
use crate::checkpoint::handles::{ChannelStateHandle, JobManagerTaskRestore, StreamStateHandle};
use crate::network::error::NetworkError;
use crate::network::event::Event;
use crate::network::shuffle::ShuffleEnvironment;
use crate::operator::function::UserFunctions;
use crate::operator::source::{SourceFiles, SourceOutput, restored_splits};
use crate::task::chain::OperatorChain;
use crate::task::checkpointing::download::Download;
use crate::task::checkpointing::in_flight::{InFlightBuffer, buffers_of};
use crate::task::environment::TaskEnvironment;
use crate::task::input::TaskInputs;
use crate::task::message::{TaskFailure, TaskReport};
use crate::task::record_writer::RecordWriter;
use crate::task::sorting::inputs::{SortMemory, SortingInputs};
use crate::task::state::ExecutionState;

impl StreamTask {
    pub(super) fn build(
        &mut self,
        functions: &Rc<dyn UserFunctions>,
        files: &SourceFiles,
        memory: SortMemory,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<(), TaskFailure> {
        for partition in &self.descriptor.partitions {
            let idx = env.shuffle.create_partition(
                partition.id,
                partition.result_type,
                partition.subpartitions,
                env.now,
            )?;
            self.partitions.push(idx);
        }
        self.inputs = TaskInputs::create(&self.descriptor, env.shuffle)?;
        let at = TaskFailure::of_operator;
        let head = &self.descriptor.chain[0];
        let writers = self
            .descriptor
            .partitions
            .iter()
            .zip(&self.partitions)
            .map(|(partition, &idx)| RecordWriter::new(partition, idx, functions, env))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| at(&head.name, error))?;
        let mut chain = OperatorChain::new(&self.descriptor, functions, writers)
            .map_err(|e| at(&self.descriptor.chain[e.operator as usize].name, e.error))?;
        chain.draw(env.choices);
        if let Some(spec) = head.operator.source() {
            let reader = crate::operator::source::build_reader(
                spec,
                functions,
                files,
                self.descriptor.subtask_idx,
                self.descriptor.parallelism,
            );
            self.source = Some(reader.map_err(|error| at(&head.name, error))?);
            self.source_output =
                SourceOutput::new(&head.operator, functions).map_err(|error| at(&head.name, error))?;
        }
        self.sorting =
            SortingInputs::new(&self.descriptor, functions, memory).map_err(|error| at(&head.name, error))?;
        self.chain = Some(chain);
        Ok(())
    }

    /// Whether the exclusive buffers that it waits for are free.
    pub(super) fn can_equip(&self, shuffle: &ShuffleEnvironment) -> bool {
        shuffle.network_pool().free() >= self.inputs.awaited(shuffle)
    }

    /// Takes the exclusive buffers that it waited for, or gives up.
    pub(super) fn equip(&mut self, env: &mut TaskEnvironment<'_>) -> Result<(), TaskFailure> {
        if self.inputs.equip(env.shuffle) {
            self.stage = Stage::Restore;
            return Ok(());
        }
        let missing = self.inputs.awaited(env.shuffle);
        Err(NetworkError::ExclusiveBuffersTimedOut { missing }.into())
    }

    pub(super) fn restore(&mut self, env: &mut TaskEnvironment<'_>) -> Result<(), TaskFailure> {
        self.become_state(ExecutionState::Initializing);
        let restore = self.descriptor.task_restore.clone();
        let Some(download) = restore.as_ref().and_then(|restore| Download::of(&restore.state)) else {
            return self.restore_from(restore.as_deref(), env);
        };
        self.reports.extend(download.requests().map(TaskReport::File));
        self.checkpointing.download = Some(download);
        self.stage = Stage::Download;
        Ok(())
    }

    /// Whether all files are there that it is restored from, or will never be.
    pub(super) fn is_downloaded(&self) -> bool {
        self.checkpointing.download.as_ref().is_none_or(Download::is_done)
    }

    /// All files were read that it is restored from.
    pub(super) fn restore_downloaded(&mut self, env: &mut TaskEnvironment<'_>) -> Result<(), TaskFailure> {
        let restore = self.descriptor.task_restore.clone();
        let download = self.checkpointing.download.take().expect("it waited for files");
        let restored = download.finish(restore.as_ref().expect("they belong to what it begins with"));
        // Flink: `StreamTaskStateInitializerImpl`, `BackendRestorerProcedure`.
        let restored = restored.map_err(|reason| {
            TaskFailure::of_text(format!(
                "Exception: Exception while creating StreamOperatorStateContext. Could not restore the state of \
                 {} from any of the 1 provided restore options. {reason}",
                self.descriptor.name
            ))
        })?;
        self.restore_from(Some(&restored), env)
    }

    fn restore_from(
        &mut self,
        restore: Option<&JobManagerTaskRestore>,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<(), TaskFailure> {
        // What an operator sends when it is opened comes behind what is on its way again, and behind the mark.
        if self.descriptor.is_restored {
            self.recover_in_flight(restore, env);
        }
        self.on_chain(|chain| chain.initialize_state_and_open(restore, env))?;
        if let (Some(_), Some(chain), false) =
            (&self.source, &mut self.chain, self.descriptor.is_finished_on_restore())
        {
            if let Some(output) = &self.source_output {
                output.open(chain.context_mut(0));
            }
            for split in restored_splits(chain.context_mut(0)) {
                self.add_split(split)?;
            }
        }
        if self.inputs.is_recovering() {
            self.stage = Stage::Recover;
        } else {
            self.request_partitions(env);
        }
        Ok(())
    }

    /// What was on its way to and from the task is on its way again. Flink's tasks send the mark behind it also where
    /// nothing was restored: there it only costs a round trip before the first record, and is left out here.
    fn recover_in_flight(&mut self, restore: Option<&JobManagerTaskRestore>, env: &mut TaskEnvironment<'_>) {
        let states = || restore.into_iter().flat_map(|it| it.state.operators()).map(|(_, state)| state);
        let (gates, partitions) =
            restore.map_or((&[][..], &[][..]), |it| (&it.input_rescaling, &it.output_rescaling));
        self.inputs.recover(read_in_flight(states().flat_map(|state| &state.input_channels)), gates);
        let outputs = read_in_flight(states().flat_map(|state| &state.result_subpartitions));
        let chain = self.chain.as_mut().expect("a task that is built has a chain");
        chain.outputs_mut().recover(outputs, partitions, env);
    }

    fn request_partitions(&mut self, env: &mut TaskEnvironment<'_>) {
        self.inputs.request_partitions(env.shuffle, env.now);
        self.stage = Stage::Start;
    }

    /// A record that was on its way to the task when the checkpoint was taken; once there is none left, the task asks
    /// for what comes. Flink: `StreamTask#restoreStateAndGates`, `RecoveredInputChannel`.
    pub(super) fn recover(&mut self, env: &mut TaskEnvironment<'_>) -> Result<Work, TaskFailure> {
        if let Some(item) = self.inputs.next_recovered(env)? {
            return self.take_item(item, env);
        }
        self.request_partitions(env);
        Ok(Work::LifeCycle)
    }

    pub(super) fn finish(&mut self, env: &mut TaskEnvironment<'_>) -> Result<(), TaskFailure> {
        self.close(env)?;
        self.broadcast_event(Event::EndOfPartition, env);
        self.stage = Stage::Leave;
        if !self.is_blocked() && self.is_written(env.shuffle) {
            self.leave(env);
        }
        Ok(())
    }

    /// Whether all that it wrote to files stands there: only then are its results complete.
    pub(super) fn is_written(&self, shuffle: &ShuffleEnvironment) -> bool {
        self.partitions.iter().all(|&partition| shuffle.is_written(partition))
    }

    /// Everything is written: the memory goes back, what was written stays until it is read.
    pub(super) fn leave(&mut self, env: &mut TaskEnvironment<'_>) {
        self.release_inputs(env.shuffle);
        for &partition in &self.partitions {
            env.shuffle.close_partition(partition);
        }
        self.become_state(ExecutionState::Finished);
        self.stage = Stage::Over;
    }

    /// Closes the source and the operators.
    fn close(&mut self, env: &mut TaskEnvironment<'_>) -> Result<(), TaskFailure> {
        if let (Some(source), Some(chain), false) =
            (&mut self.source, &mut self.chain, self.descriptor.is_finished_on_restore())
        {
            let closed = source.close(chain.context_mut(0));
            closed.map_err(|error| self.head_failure(error))?;
        }
        self.on_chain(|chain| chain.close(env))
    }

    pub(super) fn cancel(&mut self, env: &mut TaskEnvironment<'_>) {
        if self.state.is_terminal() {
            return;
        }
        self.become_state(ExecutionState::Canceling);
        // What close() of a user function throws while it is cancelled does not matter any more.
        let _ignored = self.close(env);
        self.discard_checkpoints();
        self.release();
        self.release_inputs(env.shuffle);
        for partition in &self.descriptor.partitions {
            env.shuffle.release_partition(partition.id);
        }
        self.become_state(ExecutionState::Canceled);
    }

    pub(super) fn fail(&mut self, failure: TaskFailure, env: &mut TaskEnvironment<'_>) {
        self.state = ExecutionState::Failed;
        self.discard_checkpoints();
        self.reports.push(TaskReport::State { state: self.state, failure: Some(failure) });
        self.release();
        self.release_inputs(env.shuffle);
        for partition in &self.descriptor.partitions {
            env.shuffle.fail_partition(partition.id);
        }
    }

    fn release_inputs(&mut self, shuffle: &mut ShuffleEnvironment) {
        self.inputs.release(shuffle);
        if let Some(mut sorting) = self.sorting.take() {
            sorting.release(shuffle.disk_mut());
        }
    }

    /// Nothing is done any more.
    fn release(&mut self) {
        self.stage = Stage::Over;
        self.mailbox.clear();
        if let Some(chain) = &mut self.chain {
            chain.outputs_mut().clear();
        }
    }
}

/// The buffers of some channels, in the order of each, with the subtask that had them.
fn read_in_flight<'a>(handles: impl Iterator<Item = &'a ChannelStateHandle>) -> Vec<(u32, InFlightBuffer)> {
    let mut buffers = Vec::new();
    for handle in handles {
        // Files are read before a task is restored.
        if let StreamStateHandle::Bytes(bytes) = &handle.data {
            let own = buffers_of(handle, bytes).into_iter();
            buffers.extend(own.map(|buffer| (handle.subtask_idx, buffer)));
        }
    }
    buffers
}
