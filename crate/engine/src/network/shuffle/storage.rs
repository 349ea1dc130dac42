//! What a TaskManager's network has on its disk: files that take what is written, and give what is read.
//!
//! Flink: `BoundedBlockingResultPartition`, `FileChannelBoundedData`.

use super::{PartitionIdx, ShuffleEnvironment, recycle_written};
use crate::base::ids::PartitionId;
use crate::base::own::own_seldom;
use crate::network::disk::{Completed, Disk, DiskClient};
use crate::network::partition::{Reader, ResultPartition};

impl ShuffleEnvironment {
    /// The TaskManager's disk.
    pub fn disk(&self) -> &Disk {
        &self.disk
    }

    /// The same, for whoever keeps files of its own on it.
    pub fn disk_mut(&mut self) -> &mut Disk {
        own_seldom(&mut self.disk)
    }

    /// Whether a partition has nothing left to be written to a file. One that is released has nothing left.
    pub fn is_written(&self, partition: PartitionIdx) -> bool {
        self.partition(partition).is_none_or(ResultPartition::is_written)
    }

    /// Takes up what the disk was asked for, and completes the next request that is done by `now`.
    pub fn complete_storage(&mut self, now: u64) -> Option<Completed> {
        let disk = own_seldom(&mut self.disk);
        disk.take_up(now);
        let completed = disk.complete_next(now)?;
        match completed.client {
            DiskClient::Writer { partition, subpartition } => self.on_written(partition, subpartition),
            DiskClient::Reader { partition, subpartition, reader } => {
                self.on_read(partition, subpartition, reader, &completed);
            }
            DiskClient::Caller | DiskClient::Nobody => {}
        }
        Some(completed)
    }

    /// Hands what is finished of a blocking partition to its files.
    pub(super) fn spill(&mut self, partition: PartitionIdx) {
        let Self { partitions, pools, disk, next_buffer_id, .. } = self;
        let Some(place) = &mut partitions[partition.0 as usize] else { return };
        let recycle = |segment| recycle_written(own_seldom(pools), segment);
        own_seldom(place).spill(next_buffer_id, own_seldom(disk), recycle);
    }

    /// A reader is done with a buffer without a segment: of a file, or a part of one that is still written.
    pub(super) fn recycle_read(&mut self, id: PartitionId, subpartition: u32, reader: Reader) {
        let Some(idx) = self.partition_idx(id) else { return };
        let Self { partitions, disk, .. } = self;
        if let Some(place) = &mut partitions[idx.0 as usize]
            && place.is_blocking()
        {
            own_seldom(place).file_mut(subpartition).recycle(reader, own_seldom(disk));
        }
    }

    fn on_written(&mut self, id: PartitionId, subpartition: u32) {
        let idx = self.partition_idx(id).expect("a partition that is released waits for no write");
        let partition = self.partition_mut(idx).expect("its id is known");
        if let Some(segment) = partition.file_mut(subpartition).on_written() {
            recycle_written(own_seldom(&mut self.pools), segment);
        }
    }

    fn on_read(&mut self, id: PartitionId, subpartition: u32, reader: Reader, completed: &Completed) {
        let idx = self.partition_idx(id).expect("a partition that is released waits for no read");
        let Self { partitions, disk, .. } = self;
        let Some(place) = &mut partitions[idx.0 as usize] else { return };
        let file = own_seldom(place).file_mut(subpartition);
        if file.on_read(reader, &completed.bytes, own_seldom(disk)) {
            self.tell(idx, subpartition, reader);
        }
    }
}
