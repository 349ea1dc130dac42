//! What overtakes after it was queued: barriers whose alignment takes too long.
//!
//! Flink: `RemoteInputChannel#convertToPriorityEvent`, `PipelinedSubpartition#alignedBarrierTimeout`.

use super::{GateIdx, PartitionIdx, ShuffleEnvironment};
use crate::network::buffer::{Buffer, DataType, QueuedBuffer};
use crate::network::event::Event;

impl ShuffleEnvironment {
    /// An announced barrier overtakes what a channel has received before it. It stays what it is: the sender is blocked
    /// behind it until the channel is resumed.
    pub fn convert_to_priority(&mut self, gate: GateIdx, place: u32, sequence_number: u32) {
        let Some(remote) = self.channel_mut(gate, place).remote_mut() else { return };
        let is_announced = |buffer: &Buffer| {
            buffer.sequence_number == sequence_number
                && matches!(buffer.data_type, DataType::Event(Event::CheckpointBarrier(_)))
        };
        let at = remote.received.iter().position(is_announced);
        if let Some(barrier) = at.and_then(|at| remote.received.remove(at)) {
            self.receive_first(gate, place, barrier);
        }
    }

    /// The barrier of a checkpoint overtakes in the queues of a partition where nobody has taken it. `overtaken` gets
    /// each data buffer that was before it, with its subpartition.
    pub fn overtake(
        &mut self,
        partition: PartitionIdx,
        checkpoint: u64,
        mut overtaken: impl FnMut(u32, &QueuedBuffer),
    ) {
        let count = self.partition(partition).map_or(0, |queue| queue.subpartitions().len() as u32);
        for subpartition in 0..count {
            let Some(place) = self.partition_mut(partition) else { return };
            let queue = place.subpartition_mut(subpartition);
            let Some(buffers) = queue.overtake(checkpoint) else { continue };
            queue.data_at_head(buffers).for_each(|buffer| overtaken(subpartition, buffer));
            self.tell_reader(partition, subpartition);
        }
    }

    /// Whether a barrier of a checkpoint may yet overtake in a queue of a partition.
    pub fn has_timeoutable_barrier(&self, partition: PartitionIdx, checkpoint: u64) -> bool {
        self.partition(partition).is_some_and(|queue| {
            queue.subpartitions().iter().any(|queue| queue.timeoutable_barrier(checkpoint).is_some())
        })
    }
}
