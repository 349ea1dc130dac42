//! The output of one task towards one job edge: a queue for each consumer, over one buffer pool.
//!
//! Contract: a record is appended whole, over as many buffers as it needs; a buffer that it fills exactly is
//! finished at once. Unicast and broadcast never mix in one partition, but for events, which finish all
//! open buffers first. Flink: `BufferWritingResultPartition`, `PipelinedResultPartition`.

use super::buffer::{BufferId, QueuedBuffer, Segment};
use super::event::Event;
use super::pool::LocalBufferPool;
use super::subpartition::{PipelinedSubpartition, Polled};
use crate::base::ids::{ChannelId, PartitionId};

/// Who reads a subpartition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// An input channel of the same TaskManager.
    Local(ChannelId),
    /// A reader of this TaskManager's server, by its number there.
    Remote(u32),
}

/// Serialised records and their way through the partition.
#[derive(Clone, Copy, Debug)]
pub struct SerializedRecord<'a> {
    /// Length prefix and body.
    pub bytes: &'a [u8],
    /// The hash of its key, where the writer knows it: its colour.
    pub dot: Option<u32>,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct ResultPartition {
    id: PartitionId,
    segment_bytes: u32,
    subpartitions: Vec<PipelinedSubpartition>,
    readers: Vec<Option<Reader>>,
    pool: LocalBufferPool,
    bytes_out: u64,
    buffers_out: u64,
}

impl ResultPartition {
    /// A partition with so many subpartitions over segments of `segment_bytes`.
    pub fn new(id: PartitionId, subpartitions: u32, segment_bytes: u32) -> Self {
        Self {
            id,
            segment_bytes,
            subpartitions: vec![PipelinedSubpartition::default(); subpartitions as usize],
            readers: vec![None; subpartitions as usize],
            pool: LocalBufferPool::for_partition(subpartitions),
            bytes_out: 0,
            buffers_out: 0,
        }
    }

    /// Its id.
    pub const fn id(&self) -> PartitionId {
        self.id
    }

    /// Its queues.
    pub fn subpartitions(&self) -> &[PipelinedSubpartition] {
        &self.subpartitions
    }

    /// Its buffer pool.
    pub const fn pool(&self) -> &LocalBufferPool {
        &self.pool
    }

    /// `numBytesOut`, `numBuffersOut`.
    pub const fn counters(&self) -> (u64, u64) {
        (self.bytes_out, self.buffers_out)
    }

    /// Size of a segment in bytes.
    pub const fn segment_bytes(&self) -> u32 {
        self.segment_bytes
    }

    /// The reader of a subpartition.
    pub fn reader(&self, subpartition: u32) -> Option<Reader> {
        self.readers[subpartition as usize]
    }

    /// Connects a reader. Answers whether it has something to read.
    pub fn connect(&mut self, subpartition: u32, reader: Reader) -> bool {
        let place = &mut self.readers[subpartition as usize];
        assert!(place.is_none(), "subpartition {subpartition} of partition {} is read once", self.id);
        *place = Some(reader);
        self.subpartitions[subpartition as usize].connect()
    }

    /// Writes a record to one subpartition. Answers whether its reader is to be told.
    pub fn emit(
        &mut self,
        subpartition: u32,
        record: SerializedRecord<'_>,
        next_buffer_id: &mut u32,
    ) -> bool {
        let Self { subpartitions, pool, segment_bytes, buffers_out, .. } = self;
        let queue = &mut subpartitions[subpartition as usize];
        self.bytes_out += record.bytes.len() as u64;
        let mut rest = record.bytes;
        let mut notify = false;
        // The common case first: the record fits into the open buffer.
        if let Some(open) = queue.open_buffer() {
            open.begin_record(record.dot);
            rest = &rest[open.append(rest)..];
            finish_if_full(open, !rest.is_empty());
        }
        while !rest.is_empty() {
            let id = take_id(next_buffer_id);
            pool.request(subpartition);
            *buffers_out += 1;
            let mut buffer = QueuedBuffer::new(id, Some(subpartition), *segment_bytes);
            rest = write_into_new(&mut buffer, record, rest);
            notify |= queue.add(buffer);
        }
        notify
    }

    /// Writes a record once for all subpartitions, into segments that they share. Calls `tell` for each
    /// whose reader is to be told. Flink: `BroadcastRecordWriter`.
    pub fn broadcast(
        &mut self,
        record: SerializedRecord<'_>,
        next_buffer_id: &mut u32,
        mut tell: impl FnMut(u32),
    ) {
        self.bytes_out += record.bytes.len() as u64;
        let mut rest = record.bytes;
        let mut written = 0;
        for queue in &mut self.subpartitions {
            if let Some(open) = queue.open_buffer() {
                open.begin_record(record.dot);
                written = open.append(record.bytes);
                finish_if_full(open, written < record.bytes.len());
            }
        }
        rest = &rest[written..];
        while !rest.is_empty() {
            let id = take_id(next_buffer_id);
            self.pool.request_shared(id);
            self.buffers_out += 1;
            let mut buffer = QueuedBuffer::new(id, None, self.segment_bytes);
            rest = write_into_new(&mut buffer, record, rest);
            for (subpartition, queue) in (0..).zip(&mut self.subpartitions) {
                if queue.add(buffer.clone()) {
                    tell(subpartition);
                }
            }
        }
    }

    /// Finishes what is open and adds an event to every subpartition.
    pub fn broadcast_event(&mut self, event: Event, next_buffer_id: &mut u32, mut tell: impl FnMut(u32)) {
        for (subpartition, queue) in (0..).zip(&mut self.subpartitions) {
            if let Some(open) = queue.open_buffer() {
                open.finish();
            }
            if queue.add(QueuedBuffer::event(take_id(next_buffer_id), event)) {
                tell(subpartition);
            }
        }
    }

    /// Makes what is written to a subpartition visible. Answers whether its reader is to be told.
    pub fn flush(&mut self, subpartition: u32) -> bool {
        self.subpartitions[subpartition as usize].flush()
    }

    /// Whether some subpartition holds bytes that no reader knows of.
    pub fn has_unflushed_data(&self) -> bool {
        self.subpartitions.iter().any(PipelinedSubpartition::has_unflushed_data)
    }

    /// Takes the next buffer of a subpartition.
    pub fn poll(&mut self, subpartition: u32, next_buffer_id: &mut u32) -> Option<Polled> {
        self.subpartitions[subpartition as usize].poll(&mut self.pool, next_buffer_id)
    }

    /// Takes back the segment of a buffer that was read.
    pub fn recycle(&mut self, segment: Segment) {
        self.pool.recycle(segment);
    }

    /// Whether every reader has read its end.
    pub fn is_consumed(&self) -> bool {
        self.subpartitions.iter().all(PipelinedSubpartition::is_consumed)
    }
}

fn take_id(next_buffer_id: &mut u32) -> BufferId {
    let id = BufferId(*next_buffer_id);
    *next_buffer_id = next_buffer_id.checked_add(1).expect("fewer than 2^32 buffers in a run");
    id
}

/// Writes the beginning or the rest of a record at the start of a new buffer; returns what is left.
fn write_into_new<'a>(buffer: &mut QueuedBuffer, record: SerializedRecord<'_>, rest: &'a [u8]) -> &'a [u8] {
    let is_continuation = rest.len() < record.bytes.len();
    if !is_continuation {
        buffer.begin_record(record.dot);
    }
    let written = buffer.append(rest);
    if is_continuation {
        buffer.mark_partial(written as u32);
    }
    finish_if_full(buffer, written < rest.len());
    &rest[written..]
}

fn finish_if_full(buffer: &mut QueuedBuffer, has_rest: bool) {
    if buffer.free_bytes() == 0 {
        if has_rest {
            buffer.mark_ends_in_record();
        }
        buffer.finish();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(bytes: &[u8]) -> SerializedRecord<'_> {
        SerializedRecord { bytes, dot: None }
    }

    fn drain(partition: &mut ResultPartition, ids: &mut u32) -> Vec<(usize, u32, bool, u32)> {
        let mut polled = Vec::new();
        while let Some(p) = partition.poll(0, ids) {
            let b = &p.buffer;
            polled.push((b.bytes.len(), b.partial_record_bytes, b.ends_in_record, b.records));
            if let Some(segment) = b.segment {
                partition.recycle(segment);
            }
        }
        polled
    }

    #[test]
    fn a_record_spans_as_many_buffers_as_it_needs() {
        let (mut partition, mut ids) = (ResultPartition::new(PartitionId(0), 1, 10), 0);
        assert!(!partition.connect(0, Reader::Local(ChannelId(0))));
        assert!(!partition.emit(0, record(&[1; 4]), &mut ids), "an open buffer is not announced");
        assert!(partition.emit(0, record(&[2; 25]), &mut ids), "the first finished one is");
        assert!(!partition.flush(0), "the reader knows already");
        assert_eq!(drain(&mut partition, &mut ids), [(10, 0, true, 2), (10, 10, true, 0), (9, 9, false, 0)]);
        assert_eq!(partition.pool().usage().0, 1, "the open segment stays with its builder");
    }

    #[test]
    fn a_flush_shows_the_open_buffer_once() {
        let (mut partition, mut ids) = (ResultPartition::new(PartitionId(0), 1, 100), 0);
        partition.connect(0, Reader::Local(ChannelId(0)));
        assert!(!partition.flush(0), "nothing to show");
        partition.emit(0, record(&[1; 4]), &mut ids);
        assert!(partition.flush(0));
        assert!(!partition.flush(0));
        assert_eq!(drain(&mut partition, &mut ids), [(4, 0, false, 1)]);
        partition.emit(0, record(&[1; 6]), &mut ids);
        assert!(partition.subpartitions()[0].next_type().is_none(), "not flushed yet");
        partition.broadcast_event(Event::EndOfPartition, &mut ids, |_| ());
        assert_eq!(drain(&mut partition, &mut ids), [(6, 0, false, 1), (4, 0, false, 0)]);
        assert!(partition.is_consumed());
        assert_eq!(partition.pool().usage().0, 0);
    }

    #[test]
    fn a_broadcast_record_takes_one_segment_for_all() {
        let (mut partition, mut ids) = (ResultPartition::new(PartitionId(0), 3, 100), 0);
        partition.broadcast(record(&[1; 7]), &mut ids, |_| ());
        partition.broadcast(record(&[1; 7]), &mut ids, |_| ());
        assert_eq!(partition.pool().usage().0, 1);
        partition.broadcast_event(Event::EndOfPartition, &mut ids, |_| ());
        for subpartition in 0..3 {
            let polled = partition.poll(subpartition, &mut ids).expect("data");
            assert_eq!((polled.buffer.bytes.len(), polled.buffer.records), (14, 2));
            partition.recycle(polled.buffer.segment.expect("finished"));
        }
        assert_eq!(partition.pool().usage().0, 0);
    }
}
