//! The output of one task towards one job edge: a queue for each consumer, over one buffer pool, and, where the
//! result is blocking, a file behind each queue, which takes what is finished.
//!
//! Contract: a record is appended whole, over as many buffers as it needs; a buffer that it fills exactly is
//! finished at once. Where the pool has no segment for the rest, writing stops and goes on from there later:
//! the task waits with the record in hand. A partition writes for one subpartition or for all; changing from
//! one to the other finishes what is open, and so does an event.
//! Flink: `BufferWritingResultPartition`, `PipelinedResultPartition`; with files the hash shuffle of Flink, of which
//! the sort-shuffle (`taskmanager.network.sort-shuffle.min-parallelism` at most the parallelism) is left out.

use super::bounded_blocking::BoundedBlockingSubpartition;
use super::buffer::{BufferId, DataType, QueuedBuffer, SHORT_BYTES};
use super::disk::Disk;
use super::event::Event;
use super::pool::NetworkBufferPool;
use super::segment::{Home, PoolId, Segment, SegmentId};
use super::subpartition::{Availability, PipelinedSubpartition, Polled};
use crate::base::ids::{ChannelId, PartitionId};
use crate::network::deserializer::LENGTH_BYTES;
use crate::record::ElementKind;

/// Who reads a subpartition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// An input channel of the same TaskManager.
    Local(ChannelId),
    /// A reader of this TaskManager's server, by its number there.
    Remote(u32),
}

/// A serialised record and how far it is written.
#[derive(Clone, Copy, Debug)]
pub struct SerializedRecord<'a> {
    /// Length prefix and body.
    pub bytes: &'a [u8],
    /// The hash of its key, where the writer knows it: its colour.
    pub dot: Option<u32>,
    /// Bytes of it that were written before the writer had to wait.
    pub written: usize,
}

impl SerializedRecord<'_> {
    /// Whether it is a record at all: watermarks and the like are written the same way.
    #[inline]
    fn kind(&self) -> ElementKind {
        ElementKind::of(self.bytes.get(LENGTH_BYTES..).unwrap_or_default())
    }
}

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// It is written to its end.
    Whole,
    /// There is no segment for what comes after so many bytes.
    UpTo(usize),
}

/// What a partition is lent while it is written to.
pub struct WriteContext<'a> {
    pub pools: &'a mut NetworkBufferPool,
    pub next_buffer_id: &'a mut u32,
    /// Told of each subpartition whose reader has something to read now.
    pub tell: &'a mut dyn FnMut(u32),
}

impl WriteContext<'_> {
    fn new_buffer(&mut self, id: SegmentId, home: Home) -> QueuedBuffer {
        QueuedBuffer::new(self.take_id(), Segment { id, home }, self.pools.segment_bytes())
    }

    fn take_id(&mut self) -> BufferId {
        let id = BufferId(*self.next_buffer_id);
        *self.next_buffer_id = self.next_buffer_id.checked_add(1).expect("fewer than 2^32 buffers in a run");
        id
    }
}

/// For whom the open buffers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Unicast,
    Broadcast,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct ResultPartition {
    id: PartitionId,
    pool: PoolId,
    mode: Mode,
    subpartitions: Vec<PipelinedSubpartition>,
    /// Behind each queue, if the result is read when it is complete.
    files: Vec<BoundedBlockingSubpartition>,
    readers: Vec<Option<Reader>>,
    bytes_out: u64,
    buffers_out: u64,
}

impl ResultPartition {
    /// A partition with so many subpartitions over a pool.
    pub fn new(id: PartitionId, subpartitions: u32, pool: PoolId) -> Self {
        Self {
            id,
            pool,
            mode: Mode::Unicast,
            subpartitions: vec![PipelinedSubpartition::default(); subpartitions as usize],
            files: Vec::new(),
            readers: vec![None; subpartitions as usize],
            bytes_out: 0,
            buffers_out: 0,
        }
    }

    /// A blocking partition over a pool: one with these files.
    pub fn blocking(id: PartitionId, files: Vec<BoundedBlockingSubpartition>, pool: PoolId) -> Self {
        let partition = Self::new(id, files.len() as u32, pool);
        Self { files, ..partition }
    }

    /// Whether it is read when it is complete.
    pub const fn is_blocking(&self) -> bool {
        !self.files.is_empty()
    }

    /// The files behind its queues; none if it is pipelined.
    pub fn files(&self) -> &[BoundedBlockingSubpartition] {
        &self.files
    }

    /// One of them.
    pub fn file_mut(&mut self, subpartition: u32) -> &mut BoundedBlockingSubpartition {
        &mut self.files[subpartition as usize]
    }

    /// Whether nothing has to be written to a file any more.
    pub fn is_written(&self) -> bool {
        self.files.iter().all(BoundedBlockingSubpartition::is_complete)
    }

    /// Hands what is finished to the files. Segments that nothing waits for go to `recycle`.
    pub fn spill(&mut self, next_buffer_id: &mut u32, disk: &mut Disk, mut recycle: impl FnMut(Segment)) {
        for (queue, file) in self.subpartitions.iter_mut().zip(&mut self.files) {
            while queue.is_data_available()
                && let Some(polled) = queue.poll(next_buffer_id, &mut recycle)
            {
                file.write(polled.buffer, disk, &mut recycle);
            }
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

    /// One of its queues, for its reader.
    pub fn subpartition_mut(&mut self, subpartition: u32) -> &mut PipelinedSubpartition {
        &mut self.subpartitions[subpartition as usize]
    }

    /// Its buffer pool.
    pub const fn pool(&self) -> PoolId {
        self.pool
    }

    /// `numBytesOut`, `numBuffersOut`: data in finished buffers, once for each subpartition that gets it.
    pub const fn counters(&self) -> (u64, u64) {
        (self.bytes_out, self.buffers_out)
    }

    /// The reader of a pipelined subpartition.
    pub fn reader(&self, subpartition: u32) -> Option<Reader> {
        self.readers[subpartition as usize]
    }

    /// Connects the reader of a pipelined subpartition. Answers whether it has something to read.
    pub fn connect(&mut self, subpartition: u32, reader: Reader) -> bool {
        let place = &mut self.readers[subpartition as usize];
        assert!(place.is_none(), "subpartition {subpartition} of partition {} is read once", self.id);
        *place = Some(reader);
        self.subpartitions[subpartition as usize].connect()
    }

    /// The reader of a pipelined subpartition is done with it: what is queued goes to `recycle`. Answers whether
    /// all readers are done. Flink: `onConsumedSubpartition`.
    pub fn disconnect(&mut self, subpartition: u32, recycle: impl FnMut(Segment)) -> bool {
        self.readers[subpartition as usize] = None;
        self.subpartitions[subpartition as usize].release(recycle);
        self.subpartitions.iter().all(PipelinedSubpartition::is_released)
    }

    /// Drops all that is queued, and the files.
    pub fn release(&mut self, disk: &mut Disk, mut recycle: impl FnMut(Segment)) {
        for file in &mut self.files {
            file.release(disk, &mut recycle);
        }
        self.subpartitions.iter_mut().for_each(|queue| queue.release(&mut recycle));
    }

    /// Lets `write` write a record into a buffer that has room for more than a short one, and tell how long it is. Answers
    /// whether it has.
    #[inline(always)]
    pub fn emit_short(
        &mut self,
        subpartition: u32,
        dot: Option<u32>,
        write: impl FnOnce(&mut [u8; SHORT_BYTES]) -> Option<usize>,
    ) -> bool {
        if self.mode != Mode::Unicast {
            return false;
        }
        let Some(open) = self.subpartitions.as_mut_slice()[subpartition as usize].open_buffer() else {
            return false;
        };
        let is_written = open.append_short(write);
        if is_written {
            open.begin_record(dot, ElementKind::Record);
        }
        is_written
    }

    /// Writes a record, or the rest of one, to one subpartition.
    pub fn emit(
        &mut self,
        subpartition: u32,
        record: SerializedRecord<'_>,
        context: &mut WriteContext<'_>,
    ) -> Written {
        if self.mode == Mode::Broadcast {
            self.finish_open_buffers();
            self.mode = Mode::Unicast;
        }
        let pool = self.pool;
        let queue = &mut self.subpartitions[subpartition as usize];
        if queue.is_released() {
            return Written::Whole;
        }
        let mut written = record.written;
        // The common case: there is an open buffer.
        if written == 0
            && let Some(open) = queue.open_buffer()
        {
            open.begin_record(record.dot, record.kind());
            written = append(open, record.bytes, pool, context.pools);
            if open.free_bytes() == 0 {
                self.finish_if_full(subpartition, written < record.bytes.len());
            }
        }
        while written < record.bytes.len() {
            let Some(segment) = context.pools.request(pool, Some(subpartition)) else {
                return Written::UpTo(written);
            };
            let buffer = context.new_buffer(segment, Home::Subpartition { pool, subpartition });
            let rest = &record.bytes[written..];
            let queue = &mut self.subpartitions[subpartition as usize];
            let (count, notify) = if written == 0 {
                add_and_append(queue, buffer, record, context.pools, pool)
            } else {
                append_and_add(queue, buffer, rest, context.pools, pool)
            };
            written += count;
            if notify {
                (context.tell)(subpartition);
            }
            self.finish_if_full(subpartition, written < record.bytes.len());
        }
        Written::Whole
    }

    /// Writes a record, or the rest of one, once for all subpartitions, into segments that they share.
    pub fn broadcast(&mut self, record: SerializedRecord<'_>, context: &mut WriteContext<'_>) -> Written {
        if self.mode == Mode::Unicast {
            self.finish_open_buffers();
            self.mode = Mode::Broadcast;
        }
        let readers = self.living().count() as u32;
        if readers == 0 {
            return Written::Whole;
        }
        let (pool, mut written) = (self.pool, record.written);
        if written == 0 {
            for subpartition in 0..self.subpartitions.len() as u32 {
                if let Some(open) = self.subpartitions[subpartition as usize].open_buffer() {
                    open.begin_record(record.dot, record.kind());
                    written = append(open, record.bytes, pool, context.pools);
                    self.finish_if_full(subpartition, written < record.bytes.len());
                }
            }
        }
        while written < record.bytes.len() {
            let Some(segment) = context.pools.request(pool, Some(0)) else {
                return Written::UpTo(written);
            };
            context.pools.share(pool, segment, readers);
            written += self.add_shared(segment, record, written, context);
        }
        Written::Whole
    }

    /// Adds a buffer over one segment to every subpartition and writes into it. Answers how much.
    fn add_shared(
        &mut self,
        segment: SegmentId,
        record: SerializedRecord<'_>,
        written: usize,
        context: &mut WriteContext<'_>,
    ) -> usize {
        let pool = self.pool;
        let buffer = context.new_buffer(segment, Home::Shared { pool });
        let bytes = self.living().filter_map(|(_, queue)| queue.buffer_bytes()).min();
        let mut count = 0;
        for subpartition in 0..self.subpartitions.len() as u32 {
            let queue = &mut self.subpartitions[subpartition as usize];
            if queue.is_released() {
                continue;
            }
            let own = queue.buffer_bytes();
            if let Some(bytes) = bytes {
                queue.set_buffer_bytes(bytes);
            }
            let (appended, notify) = if written == 0 {
                add_and_append(queue, buffer.clone(), record, context.pools, pool)
            } else {
                append_and_add(queue, buffer.clone(), &record.bytes[written..], context.pools, pool)
            };
            if let Some(own) = own {
                queue.set_buffer_bytes(own);
            }
            count = appended;
            if notify {
                (context.tell)(subpartition);
            }
            self.finish_if_full(subpartition, written + count < record.bytes.len());
        }
        count
    }

    /// Adds a buffer of bytes that were queued when a checkpoint was taken, as much of them as a segment holds: at their
    /// start the rest of a record that began before. Answers how much that was; 0: there is no segment.
    pub fn add_recovered(
        &mut self,
        subpartition: u32,
        bytes: &[u8],
        partial_record_bytes: u32,
        context: &mut WriteContext<'_>,
    ) -> usize {
        let (pool, queue) = (self.pool, &mut self.subpartitions[subpartition as usize]);
        if queue.is_released() {
            return bytes.len();
        }
        let Some(segment) = context.pools.request(pool, Some(subpartition)) else { return 0 };
        let mut buffer = context.new_buffer(segment, Home::Subpartition { pool, subpartition });
        let partial = (partial_record_bytes as usize).min(bytes.len()).min(buffer.free_bytes() as usize);
        buffer.append(&bytes[..partial]);
        buffer.mark_partial(partial as u32);
        let count = partial + buffer.append(&bytes[partial..]);
        let mut at = partial;
        while let Some(prefix) = bytes.get(at..at + LENGTH_BYTES).filter(|_| at < count) {
            let body = u32::from_be_bytes([prefix[0], prefix[1], prefix[2], prefix[3]]) as usize;
            buffer.begin_record(None, ElementKind::of(&bytes[at + LENGTH_BYTES..]));
            at += LENGTH_BYTES + body;
        }
        if at > count {
            buffer.mark_ends_in_record();
        }
        buffer.finish();
        if queue.add(buffer) {
            (context.tell)(subpartition);
        }
        count
    }

    /// Finishes what is open and adds an event to every subpartition.
    pub fn broadcast_event(&mut self, event: Event, context: &mut WriteContext<'_>) {
        self.finish_open_buffers();
        for (subpartition, queue) in (0..).zip(&mut self.subpartitions) {
            if !queue.is_released() && queue.add(QueuedBuffer::event(context.take_id(), event)) {
                (context.tell)(subpartition);
            }
        }
    }

    /// Adds an event to one subpartition, where nothing is open.
    pub fn add_event(&mut self, subpartition: u32, event: Event, context: &mut WriteContext<'_>) {
        let queue = &mut self.subpartitions[subpartition as usize];
        if !queue.is_released() && queue.add(QueuedBuffer::event(context.take_id(), event)) {
            (context.tell)(subpartition);
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

    /// Takes the next buffer of a pipelined subpartition; segments that turn out empty go to `recycle`.
    pub fn poll(
        &mut self,
        subpartition: u32,
        next_buffer_id: &mut u32,
        recycle: impl FnMut(Segment),
    ) -> Option<Polled> {
        self.subpartitions[subpartition as usize].poll(next_buffer_id, recycle)
    }

    /// Whether a reader with or without credit can read a subpartition, and how much waits for it.
    pub fn availability(&self, subpartition: u32, reader: Reader, has_credit: bool) -> Availability {
        let Some(file) = self.files.get(subpartition as usize) else {
            return self.subpartitions[subpartition as usize].availability(has_credit);
        };
        let (next, backlog) = file.availability(reader);
        Availability { is_available: next.is_some_and(|next| has_credit || !next.is_data()), backlog }
    }

    /// The type of the buffer that a poll of a reader would give.
    pub fn next_type(&self, subpartition: u32, reader: Reader) -> Option<DataType> {
        match self.files.get(subpartition as usize) {
            Some(file) => file.availability(reader).0,
            None => self.subpartitions[subpartition as usize].next_type(),
        }
    }

    fn living(&self) -> impl Iterator<Item = (u32, &PipelinedSubpartition)> {
        (0..).zip(&self.subpartitions).filter(|(_, queue)| !queue.is_released())
    }

    fn finish_open_buffers(&mut self) {
        for queue in &mut self.subpartitions {
            if let Some(open) = queue.open_buffer() {
                open.finish();
                self.bytes_out += u64::from(open.written_bytes());
                self.buffers_out += 1;
            }
        }
    }

    fn finish_if_full(&mut self, subpartition: u32, has_rest: bool) {
        let open = self.subpartitions[subpartition as usize].open_buffer();
        if let Some(open) = open.filter(|open| open.free_bytes() == 0) {
            if has_rest {
                open.mark_ends_in_record();
            }
            open.finish();
            self.bytes_out += u64::from(open.written_bytes());
            self.buffers_out += 1;
        }
    }
}

/// Adds a new buffer to a queue, then writes a record's beginning into it: the reader is told of the buffer
/// before it is full. Answers how much was written, and whether the reader is to be told.
fn add_and_append(
    queue: &mut PipelinedSubpartition,
    mut buffer: QueuedBuffer,
    record: SerializedRecord<'_>,
    pools: &NetworkBufferPool,
    pool: PoolId,
) -> (usize, bool) {
    if let Some(bytes) = queue.buffer_bytes() {
        buffer.trim(bytes.max(record.bytes.len() as u32));
    }
    let notify = queue.add(buffer);
    let open = queue.open_buffer().expect("it was added a line above");
    open.begin_record(record.dot, record.kind());
    (append(open, record.bytes, pool, pools), notify)
}

/// Writes the rest of a record into a new buffer, then adds it to a queue: the buffer says from the first how
/// many of its bytes belong to the record before.
fn append_and_add(
    queue: &mut PipelinedSubpartition,
    mut buffer: QueuedBuffer,
    rest: &[u8],
    pools: &NetworkBufferPool,
    pool: PoolId,
) -> (usize, bool) {
    let count = append(&mut buffer, rest, pool, pools);
    buffer.mark_partial(count as u32);
    if let Some(bytes) = queue.buffer_bytes() {
        buffer.trim(bytes.max(count as u32));
    }
    (count, queue.add(buffer))
}

/// Writes as much as fits. A buffer that was made smaller than its segment grows again if the pool has no
/// other: so the writer does not have to wait for a segment with the record in hand. Flink:
/// `BufferWritingResultPartition#append`.
fn append(buffer: &mut QueuedBuffer, bytes: &[u8], pool: PoolId, pools: &NetworkBufferPool) -> usize {
    let free = buffer.free_bytes();
    if bytes.len() as u32 >= free && !pools.is_available(pool) {
        buffer.trim(buffer.capacity_bytes() + (bytes.len() as u32 - free) + 1);
    }
    buffer.append(bytes)
}

#[cfg(test)]
mod tests;
