//! Buffers: what a consumer takes from a subpartition, and the builder that a writer fills.
//!
//! Contract: the bytes of a finished part never change; they are shared between the queue, the link, the
//! receiver and every snapshot of the world. Only the unread bytes of the open builder are copied.
//! Flink: `Buffer`, `BufferBuilder`, `BufferConsumer`.

use std::fmt;
use std::rc::Rc;

use super::event::Event;
use super::segment::Segment;
use crate::base::limits::DOTS_PER_BUFFER;
use crate::record::ElementKind;

/// A buffer's number, unique in the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BufferId(pub u32);

impl fmt::Display for BufferId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What a buffer holds. Flink: `Buffer.DataType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataType {
    /// Serialised records.
    Data,
    /// One event.
    Event(Event),
}

impl DataType {
    /// Whether this is data, which costs a credit.
    pub const fn is_data(self) -> bool {
        matches!(self, Self::Data)
    }

    /// Whether nothing of the subpartition may follow it until the reader says so.
    pub const fn is_blocking_upstream(self) -> bool {
        matches!(self, Self::Event(event) if event.is_blocking_upstream())
    }

    /// Whether it overtakes what is queued.
    pub const fn has_priority(self) -> bool {
        matches!(self, Self::Event(event) if event.has_priority())
    }
}

/// What the writer tells the picture of the elements that begin in a buffer: hashes of the keys of the first records,
/// where it knows them, and which elements are no records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dots {
    hashes: [u32; DOTS_PER_BUFFER],
    count: u8,
    marks: Marks,
}

/// Which elements begin in a buffer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// A bit for each `ElementKind`.
    kinds: u8,
    /// Elements that are no records.
    others: u32,
}

impl Marks {
    /// Notes that an element of this kind begins.
    #[inline]
    pub const fn push(&mut self, kind: ElementKind) {
        self.kinds |= 1 << kind as u8;
        self.others += if matches!(kind, ElementKind::Record) { 0 } else { 1 };
    }

    /// Whether an element of this kind begins.
    pub const fn has(self, kind: ElementKind) -> bool {
        self.kinds & 1 << kind as u8 != 0
    }

    /// How many elements that are no records begin.
    pub const fn others(self) -> u32 {
        self.others
    }
}

impl Dots {
    /// Adds one; beyond the limit it is forgotten.
    pub const fn push(&mut self, hash: u32) {
        if (self.count as usize) < DOTS_PER_BUFFER {
            self.hashes[self.count as usize] = hash;
            self.count += 1;
        }
    }

    /// Which elements begin in the buffer.
    pub const fn marks(&self) -> Marks {
        self.marks
    }

    /// The hashes.
    pub fn as_slice(&self) -> &[u32] {
        &self.hashes[..usize::from(self.count)]
    }
}

/// A buffer on its way: immutable.
#[derive(Clone, Debug)]
pub struct Buffer {
    /// Its number.
    pub id: BufferId,
    /// Data or event.
    pub data_type: DataType,
    /// Its number on its channel, in the order in which it was polled there.
    pub sequence_number: u32,
    /// The bytes.
    pub bytes: Rc<Vec<u8>>,
    /// How many bytes at the start belong to a record that began in an earlier buffer.
    pub partial_record_bytes: u32,
    /// Whether the last record goes on in the next buffer.
    pub ends_in_record: bool,
    /// Records and other elements that begin in it.
    pub records: u32,
    /// Colours of the first of them, where known.
    pub dots: Dots,
    /// The segment to give back when this buffer is done with; `None` for events and for a part of a
    /// segment whose rest is still to come.
    pub segment: Option<Segment>,
}

impl Buffer {
    /// A buffer that a consumer is restored with: it is in no segment.
    pub fn recovered(bytes: Rc<Vec<u8>>, partial_record_bytes: u32) -> Self {
        Self {
            data_type: DataType::Data,
            bytes,
            partial_record_bytes,
            ..Self::event(BufferId(u32::MAX), Event::EndOfOutputChannelState)
        }
    }

    /// A buffer with one event.
    pub fn event(id: BufferId, event: Event) -> Self {
        Self {
            id,
            data_type: DataType::Event(event),
            sequence_number: 0,
            bytes: Rc::new(event.to_bytes()),
            partial_record_bytes: 0,
            ends_in_record: false,
            records: 0,
            dots: Dots::default(),
            segment: None,
        }
    }
}

/// A buffer in a subpartition's queue: builder and consumer in one.
#[derive(Clone, Debug)]
pub struct QueuedBuffer {
    id: BufferId,
    /// None for events.
    segment: Option<Segment>,
    segment_bytes: u32,
    /// How much of the segment may be written: less than all of it while buffers are debloated.
    capacity_bytes: u32,
    written_bytes: u32,
    is_finished: bool,
    unread: Unread,
    partial_record_bytes: u32,
    ends_in_record: bool,
    records: u32,
    dots: Dots,
}

#[derive(Clone, Debug)]
enum Unread {
    /// Being written, or cut while written: owned, so that a write never copies. So many bytes, and room for more.
    Open(Vec<u8>, usize),
    /// Finished: shared with every snapshot.
    Finished(Rc<Vec<u8>>),
    /// An event.
    Event(Event),
}

impl Unread {
    /// The bytes that are there, for good.
    fn take(&mut self) -> Rc<Vec<u8>> {
        match self {
            Self::Open(bytes, length) => {
                bytes.truncate(std::mem::take(length));
                Rc::new(std::mem::take(bytes))
            }
            Self::Finished(bytes) => std::mem::take(bytes),
            Self::Event(_) => Rc::default(),
        }
    }
}

/// Room for a short record with its length.
pub const SHORT_BYTES: usize = 64;

/// Makes room for so many bytes. To resize it would write them one by one, where code is made small.
#[cold]
fn grow(unread: &mut Vec<u8>, bytes: usize) {
    let mut more = vec![0; bytes];
    more[..unread.len()].copy_from_slice(unread);
    *unread = more;
}

impl QueuedBuffer {
    /// An empty builder over a new segment of `segment_bytes`.
    pub const fn new(id: BufferId, segment: Segment, segment_bytes: u32) -> Self {
        Self::over(id, Some(segment), segment_bytes)
    }

    const fn over(id: BufferId, segment: Option<Segment>, segment_bytes: u32) -> Self {
        Self {
            id,
            segment,
            segment_bytes,
            capacity_bytes: segment_bytes,
            written_bytes: 0,
            is_finished: false,
            unread: Unread::Open(Vec::new(), 0),
            partial_record_bytes: 0,
            ends_in_record: false,
            records: 0,
            dots: Dots { hashes: [0; DOTS_PER_BUFFER], count: 0, marks: Marks { kinds: 0, others: 0 } },
        }
    }

    /// A finished buffer with one event.
    pub fn event(id: BufferId, event: Event) -> Self {
        let mut buffer = Self::over(id, None, 0);
        buffer.is_finished = true;
        buffer.unread = Unread::Event(event);
        buffer
    }

    /// Its number.
    pub const fn id(&self) -> BufferId {
        self.id
    }

    /// Whether nothing is written any more.
    pub const fn is_finished(&self) -> bool {
        self.is_finished
    }

    /// Data or event.
    pub const fn data_type(&self) -> DataType {
        match self.unread {
            Unread::Event(event) => DataType::Event(event),
            _ => DataType::Data,
        }
    }

    /// Bytes that can be read now.
    pub fn unread_bytes(&self) -> u32 {
        match &self.unread {
            Unread::Open(_, length) => *length as u32,
            Unread::Finished(bytes) => bytes.len() as u32,
            Unread::Event(_) => 1,
        }
    }

    /// Its segment; none for events.
    pub const fn segment(&self) -> Option<Segment> {
        self.segment
    }

    /// Room left. Flink: `getWritableBytes`.
    pub const fn free_bytes(&self) -> u32 {
        self.capacity_bytes - self.written_bytes
    }

    /// How much may be written in all.
    pub const fn capacity_bytes(&self) -> u32 {
        self.capacity_bytes
    }

    /// Bytes written so far, read or not.
    pub const fn written_bytes(&self) -> u32 {
        self.written_bytes
    }

    /// Lets no more be written than `capacity_bytes`, but for what is written already. Flink:
    /// `BufferBuilder#trim`.
    pub fn trim(&mut self, capacity_bytes: u32) {
        self.capacity_bytes = capacity_bytes.max(self.written_bytes).min(self.segment_bytes);
    }

    /// Counts a record, or another element, that begins here.
    #[inline(always)]
    pub fn begin_record(&mut self, dot: Option<u32>, kind: ElementKind) {
        self.records += 1;
        self.dots.marks.push(kind);
        if let Some(hash) = dot {
            self.dots.push(hash);
        }
    }

    /// Writes as much of `bytes` as fits and returns how much that was. Flink: `appendAndCommit`.
    pub fn append(&mut self, bytes: &[u8]) -> usize {
        let count = bytes.len().min(self.free_bytes() as usize);
        self.room(count).copy_from_slice(&bytes[..count]);
        self.commit(count);
        count
    }

    /// Lets `write` write a record to where no more than a short one fits, if more than that is free here. Answers
    /// whether it has.
    #[inline(always)]
    pub fn append_short(&mut self, write: impl FnOnce(&mut [u8; SHORT_BYTES]) -> Option<usize>) -> bool {
        if self.free_bytes() as usize <= SHORT_BYTES {
            return false;
        }
        let room = match &mut self.unread {
            Unread::Open(unread, length) => unread.as_mut_slice().get_mut(*length..),
            _ => None,
        };
        let room = match room.and_then(|room| room.first_chunk_mut()) {
            Some(room) => room,
            None => self.room(SHORT_BYTES).first_chunk_mut().expect("as much room as was asked for"),
        };
        let Some(count) = write(room) else { return false };
        self.commit(count);
        true
    }

    fn room(&mut self, bytes: usize) -> &mut [u8] {
        let Unread::Open(unread, length) = &mut self.unread else {
            panic!("buffer {} is finished and written to", self.id);
        };
        if unread.len() < *length + bytes {
            // Twice as much each time: snapshots of the world copy it.
            grow(unread, (*length + bytes).max((*length * 2).min(self.segment_bytes as usize)));
        }
        &mut unread[*length..*length + bytes]
    }

    #[inline(always)]
    fn commit(&mut self, bytes: usize) {
        if let Unread::Open(_, length) = &mut self.unread {
            *length += bytes;
        }
        self.written_bytes += bytes as u32;
    }

    /// Marks the bytes written so far as the rest of a record that began in an earlier buffer.
    pub fn mark_partial(&mut self, bytes: u32) {
        assert!(self.written_bytes == bytes, "the rest of a record stands at the start of a buffer");
        self.partial_record_bytes = bytes;
    }

    /// Notes that the last record goes on in the next buffer.
    pub const fn mark_ends_in_record(&mut self) {
        self.ends_in_record = true;
    }

    /// Ends writing.
    pub fn finish(&mut self) {
        if let Unread::Open(..) = &self.unread {
            self.unread = Unread::Finished(self.unread.take());
        }
        self.is_finished = true;
    }

    /// Takes what can be read, as a buffer of its own. Flink: `BufferConsumer#build`. The segment goes with
    /// the last part.
    pub fn take_readable(&mut self, id_of_part: BufferId) -> Buffer {
        if let Unread::Event(event) = self.unread {
            return Buffer::event(self.id, event);
        }
        let bytes = self.unread.take();
        Buffer {
            id: id_of_part,
            data_type: DataType::Data,
            sequence_number: 0,
            bytes,
            partial_record_bytes: std::mem::take(&mut self.partial_record_bytes),
            ends_in_record: self.is_finished && self.ends_in_record,
            records: std::mem::take(&mut self.records),
            dots: std::mem::take(&mut self.dots),
            segment: self.segment.filter(|_| self.is_finished),
        }
    }

    /// What can be read, without taking it.
    pub fn readable(&self) -> &[u8] {
        match &self.unread {
            Unread::Open(bytes, length) => &bytes[..*length],
            Unread::Finished(bytes) => bytes,
            Unread::Event(_) => &[],
        }
    }

    /// Bytes at the start that belong to a record of an earlier buffer.
    pub const fn partial_record_bytes(&self) -> u32 {
        self.partial_record_bytes
    }

    /// Whether the last record goes on in the next buffer.
    pub const fn ends_in_record(&self) -> bool {
        self.ends_in_record
    }

    /// Unread records and other elements that begin in it.
    pub const fn records(&self) -> u32 {
        self.records
    }

    /// Colours of the first of them, where known.
    pub const fn dots(&self) -> &Dots {
        &self.dots
    }
}
