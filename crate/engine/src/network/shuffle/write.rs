//! What a task writes: records, events, flushes, and the readers that are told of them.

use super::{PartitionIdx, ShuffleEnvironment};
use crate::base::own::{own, own_seldom};
use crate::network::buffer::{DataType, SHORT_BYTES};
use crate::network::event::Event;
use crate::network::partition::{Reader, ResultPartition, SerializedRecord, WriteContext, Written};

impl ShuffleEnvironment {
    /// Writes a record, or the rest of one, to one subpartition. What is written to a partition that nobody
    /// reads any more is dropped.
    pub fn emit(
        &mut self,
        partition: PartitionIdx,
        subpartition: u32,
        record: SerializedRecord<'_>,
    ) -> Written {
        let mut notify = false;
        let Self { partitions, pools, next_buffer_id, .. } = self;
        let Some(place) = &mut partitions[partition.0 as usize] else { return Written::Whole };
        let queue = own(place);
        let mut context = WriteContext { pools: own(pools), next_buffer_id, tell: &mut |_| notify = true };
        let written = queue.emit(subpartition, record, &mut context);
        if queue.is_blocking() {
            self.spill(partition);
        } else if notify {
            self.tell_reader(partition, subpartition);
        }
        written
    }

    /// Lets `write` write a record behind others, where there is room for a short one. Answers whether it has.
    #[inline(always)]
    pub fn emit_short(
        &mut self,
        partition: PartitionIdx,
        subpartition: u32,
        dot: Option<u32>,
        write: impl FnOnce(&mut [u8; SHORT_BYTES]) -> Option<usize>,
    ) -> bool {
        match &mut self.partitions.as_mut_slice()[partition.0 as usize] {
            Some(place) => own(place).emit_short(subpartition, dot, write),
            None => false,
        }
    }

    /// Writes a record, or the rest of one, to all subpartitions, into shared segments.
    pub fn broadcast(&mut self, partition: PartitionIdx, record: SerializedRecord<'_>) -> Written {
        let written = self.on_partition(partition, |queue, context| queue.broadcast(record, context));
        written.unwrap_or(Written::Whole)
    }

    /// Adds an event to all subpartitions.
    pub fn broadcast_event(&mut self, partition: PartitionIdx, event: Event) {
        self.on_partition(partition, |queue, context| queue.broadcast_event(event, context));
    }

    /// Adds an event to one subpartition, between restored buffers.
    pub fn add_event(&mut self, partition: PartitionIdx, subpartition: u32, event: Event) {
        self.on_partition(partition, |queue, context| queue.add_event(subpartition, event, context));
    }

    /// Adds restored bytes to a subpartition. Answers how many; 0: the pool has no segment.
    pub fn add_recovered(
        &mut self,
        partition: PartitionIdx,
        subpartition: u32,
        bytes: &[u8],
        partial_record_bytes: u32,
    ) -> usize {
        let add = |queue: &mut ResultPartition, context: &mut WriteContext<'_>| {
            queue.add_recovered(subpartition, bytes, partial_record_bytes, context)
        };
        self.on_partition(partition, add).unwrap_or(bytes.len())
    }

    /// Makes all that was written visible.
    pub fn flush_all(&mut self, partition: PartitionIdx) {
        let count = self.partition(partition).map_or(0, |queue| queue.subpartitions().len() as u32);
        for subpartition in 0..count {
            self.flush(partition, subpartition);
        }
    }

    /// Makes what was written to one subpartition visible.
    pub fn flush(&mut self, partition: PartitionIdx, subpartition: u32) {
        // What is blocking is read when it is complete: nothing of it is visible before.
        if self
            .partition_mut(partition)
            .is_some_and(|queue| !queue.is_blocking() && queue.flush(subpartition))
        {
            self.tell_reader(partition, subpartition);
        }
    }

    fn on_partition<R>(
        &mut self,
        partition: PartitionIdx,
        write: impl FnOnce(&mut ResultPartition, &mut WriteContext<'_>) -> R,
    ) -> Option<R> {
        let mut told = Vec::new();
        let Self { partitions, pools, next_buffer_id, .. } = self;
        let queue = own_seldom(partitions[partition.0 as usize].as_mut()?);
        let mut context = WriteContext {
            pools: own_seldom(pools),
            next_buffer_id,
            tell: &mut |subpartition| told.push(subpartition),
        };
        let answer = write(queue, &mut context);
        if queue.is_blocking() {
            self.spill(partition);
            return Some(answer);
        }
        for subpartition in told {
            self.tell_reader(partition, subpartition);
        }
        Some(answer)
    }

    /// The reader of a subpartition has something to read.
    pub(super) fn tell_reader(&mut self, partition: PartitionIdx, subpartition: u32) {
        let Some(queue) = self.partition(partition) else { return };
        if let Some(reader) = queue.reader(subpartition) {
            self.tell(partition, subpartition, reader);
        }
    }

    /// A reader of a subpartition has something to read.
    pub(super) fn tell(&mut self, partition: PartitionIdx, subpartition: u32, reader: Reader) {
        let next = self.partition(partition).and_then(|queue| queue.next_type(subpartition, reader));
        let is_priority = next.is_some_and(DataType::has_priority);
        match reader {
            Reader::Local(channel) => {
                let &(gate, place) = self.channels.get(&channel).expect("a local reader is here");
                if is_priority {
                    self.gate_mut(gate).queue_first(place);
                } else {
                    self.gate_mut(gate).queue(place);
                }
            }
            Reader::Remote(number) => self.queue_reader(number),
        }
    }
}
