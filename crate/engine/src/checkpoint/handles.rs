//! What a task hands in for a checkpoint, and gets back when it is restored.
//!
//! Contract: plain data that names bytes; no handle is ever changed. Flink: `OperatorSubtaskState`,
//! `TaskStateSnapshot`, `InputStateHandle`, `OutputStateHandle` (once `InputChannelStateHandle` and
//! `ResultSubpartitionStateHandle`).

use std::rc::Rc;

use crate::base::ids::OperatorId;
pub use crate::state::handle::{
    BackendFile, IncrementalKeyedStateHandle, KeyGroupsStateHandle, KeyedStateHandle, OperatorStateEntries,
    OperatorStateHandle, OperatorStateMode, StreamStateHandle,
};

/// Buffers that were on their way through one channel. Flink: `AbstractChannelStateHandle`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelStateHandle {
    /// The subtask that wrote it.
    pub subtask_idx: u32,
    /// Of an input channel, its gate; of a subpartition, its result partition: by place in the task.
    pub gate: u32,
    /// The channel in its gate, or the subpartition in its partition.
    pub channel: u32,
    /// Where each buffer begins in the bytes.
    pub offsets: Rc<[u64]>,
    /// Of the bytes, which may hold other channels' state too, those of this one.
    pub size: u64,
    pub data: StreamStateHandle,
}

/// Everything that one operator had in one subtask. Flink: `OperatorSubtaskState`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OperatorSubtaskState {
    /// Managed keyed state, timers included.
    pub keyed: Vec<KeyedStateHandle>,
    /// Managed operator state.
    pub operator: Vec<OperatorStateHandle>,
    /// What was on its way to the head of the chain.
    pub input_channels: Vec<ChannelStateHandle>,
    /// What the tail of the chain had written and nobody had taken.
    pub result_subpartitions: Vec<ChannelStateHandle>,
    /// Records that it had given a time: no state of the job, and in no file, but by it they keep their numbers.
    pub assigned: u64,
}

impl OperatorSubtaskState {
    /// Whether there is nothing to restore. Flink: `!hasState()`.
    pub const fn is_empty(&self) -> bool {
        self.keyed.is_empty()
            && self.operator.is_empty()
            && self.input_channels.is_empty()
            && self.result_subpartitions.is_empty()
    }

    /// How many bytes it stands for. Flink: `getStateSize`.
    pub fn size(&self) -> u64 {
        self.keyed.iter().map(KeyedStateHandle::size).sum::<u64>() + self.size_beside_keyed()
    }

    /// The same without what earlier checkpoints wrote. Flink: `getCheckpointedSize`.
    pub fn checkpointed_size(&self) -> u64 {
        self.keyed.iter().map(KeyedStateHandle::checkpointed_size).sum::<u64>() + self.size_beside_keyed()
    }

    fn size_beside_keyed(&self) -> u64 {
        let channels = self.input_channels.iter().chain(&self.result_subpartitions);
        self.operator.iter().map(|handle| handle.data.size()).sum::<u64>()
            + channels.map(|handle| handle.size).sum::<u64>()
    }
}

/// Everything that a subtask had: the state of each operator of its chain. Flink: `TaskStateSnapshot`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskStateSnapshot {
    /// Whether the subtask had come to its end: it starts finished when it is restored.
    pub is_task_finished: bool,
    /// Whether it was restored as one that had.
    pub is_task_deployed_as_finished: bool,
    /// In the order of the chain; each operator once.
    operators: Vec<(OperatorId, OperatorSubtaskState)>,
}

impl TaskStateSnapshot {
    /// Sets the state of an operator.
    pub fn put(&mut self, operator: OperatorId, state: OperatorSubtaskState) {
        match self.operators.iter_mut().find(|(id, _)| *id == operator) {
            Some((_, kept)) => *kept = state,
            None => self.operators.push((operator, state)),
        }
    }

    /// The state of an operator.
    pub fn get(&self, operator: OperatorId) -> Option<&OperatorSubtaskState> {
        self.operators.iter().find(|(id, _)| *id == operator).map(|(_, state)| state)
    }

    /// All operators with their state, in the order of the chain.
    pub fn operators(&self) -> impl Iterator<Item = (OperatorId, &OperatorSubtaskState)> {
        self.operators.iter().map(|(id, state)| (*id, state))
    }

    /// The states, to be changed.
    pub fn states_mut(&mut self) -> impl Iterator<Item = &mut OperatorSubtaskState> {
        self.operators.iter_mut().map(|(_, state)| state)
    }

    /// How many bytes it stands for.
    pub fn size(&self) -> u64 {
        self.operators.iter().map(|(_, state)| state.size()).sum()
    }

    /// The same without what earlier checkpoints wrote.
    pub fn checkpointed_size(&self) -> u64 {
        self.operators.iter().map(|(_, state)| state.checkpointed_size()).sum()
    }
}

/// What a task is restored from: it comes with its deployment. Flink: `JobManagerTaskRestore`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobManagerTaskRestore {
    pub checkpoint_id: u64,
    pub state: TaskStateSnapshot,
    /// By gate, where records in flight were on their way between other subtasks than there are now.
    pub input_rescaling: Vec<Option<InflightDataRescaling>>,
    /// The same by result partition.
    pub output_rescaling: Vec<Option<InflightDataRescaling>>,
}

/// How the records in flight of a gate or a result partition come from other subtasks. Flink:
/// `InflightDataGateOrPartitionRescalingDescriptor`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InflightDataRescaling {
    /// Old subtasks of the task's own vertex whose records it takes.
    pub old_subtasks: Rc<[u32]>,
    /// By channel or subpartition: the old subtasks at its other end.
    pub old_channels: Rc<[Rc<[u32]>]>,
    /// Those of its own vertex whose records several subtasks take, each to keep its own.
    pub ambiguous: Rc<[u32]>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::key_groups::KeyGroupRange;

    fn bytes(length: usize) -> StreamStateHandle {
        StreamStateHandle::Bytes(vec![0; length].into())
    }

    fn file(length: usize, is_placeholder: bool) -> BackendFile {
        BackendFile { name: "1.sst".into(), data: bytes(length), is_placeholder }
    }

    #[test]
    fn sizes_tell_what_was_written_from_what_is_shared() {
        let incremental = IncrementalKeyedStateHandle {
            range: KeyGroupRange { start: 0, end: 127 },
            backend_id: "b".into(),
            checkpoint_id: 2,
            shared: [file(100, true), file(10, false)].into(),
            private: [file(5, false)].into(),
            meta: bytes(1),
        };
        let state = OperatorSubtaskState {
            keyed: vec![KeyedStateHandle::Incremental(Rc::new(incremental))],
            operator: vec![OperatorStateHandle { states: [].into(), data: bytes(1000) }],
            ..OperatorSubtaskState::default()
        };
        assert_eq!((state.size(), state.checkpointed_size()), (1116, 1016));
        let mut task = TaskStateSnapshot::default();
        task.put(OperatorId([1; 16]), OperatorSubtaskState::default());
        task.put(OperatorId([1; 16]), state.clone());
        task.put(OperatorId([2; 16]), OperatorSubtaskState::default());
        assert_eq!((task.size(), task.checkpointed_size()), (1116, 1016));
        assert_eq!(task.get(OperatorId([1; 16])), Some(&state));
        assert!(task.operators().nth(1).is_some_and(|(_, state)| state.is_empty()));
    }
}
