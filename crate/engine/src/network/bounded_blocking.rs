//! A subpartition that is written to a file whole before anybody reads it. Flink: `BoundedBlockingSubpartition`.
//!
//! Contract: a finished buffer goes from the partition's queue to the file, and its segment is free when it stands
//! there; nothing is read before all is written. Any number of readers read, each from the start, each as far ahead as its memory
//! allows. In the file stands each buffer's header and content; what only the picture needs (how many records,
//! their colours) stands in the index. Left out: compression, sort-shuffle, files handed to the network whole.

use std::collections::VecDeque;
use std::rc::Rc;

use super::buffer::{Buffer, BufferId, DataType, Dots};
use super::digest::Digest;
use super::disk::{Bytes, Disk, DiskClient, FileId};
use super::event::Event;
use super::partition::Reader;
use super::segment::Segment;
use super::subpartition::Polled;
use crate::base::append_log::AppendLog;
use crate::base::ids::PartitionId;
use crate::base::limits::FILE_READER_BUFFERS;

/// How a subpartition's file is written and read. Flink: `BoundedBlockingSubpartitionType`, chosen by
/// `taskmanager.network.blocking-shuffle.type`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BoundedDataKind {
    /// Written and read through a channel. Flink: `FileChannelBoundedData`.
    #[default]
    File,
    /// Written and read through memory: neither waits for the disk. Flink: `MemoryMappedBoundedData`.
    Mmap,
    /// Written through a channel, read through memory: the first reader waits for the pages. Flink:
    /// `FileChannelMemoryMappedBoundedData`.
    FileMmap,
}

impl BoundedDataKind {
    /// Flink's name of the constant.
    pub const fn name(self) -> &'static str {
        match self {
            Self::File => "FILE",
            Self::Mmap => "MMAP",
            Self::FileMmap => "FILE_MMAP",
        }
    }
}

/// Bytes before each buffer: what it is, whether it is compressed, how long it is. Flink: `BufferReaderWriterUtil`.
const HEADER_BYTES: u32 = 8;
const HEADER_BUFFER: u16 = 0;
const HEADER_EVENT: u16 = 1;

/// A buffer in the file.
#[derive(Clone, Copy, Debug)]
struct Entry {
    id: BufferId,
    /// Where its header begins.
    offset: u64,
    /// Without the header.
    length: u32,
    data_type: DataType,
    partial_record_bytes: u32,
    ends_in_record: bool,
    records: u32,
    dots: Dots,
}

impl Entry {
    /// The buffer again, from its bytes.
    fn buffer(&self, bytes: Bytes) -> Buffer {
        Buffer {
            id: self.id,
            data_type: self.data_type,
            sequence_number: 0,
            bytes,
            partial_record_bytes: self.partial_record_bytes,
            ends_in_record: self.ends_in_record,
            records: self.records,
            dots: self.dots,
            segment: None,
        }
    }
}

/// A view of the file for one consumer. Flink: `BoundedBlockingSubpartitionReader` with its `BoundedData.Reader`.
#[derive(Clone, Debug)]
struct View {
    reader: Reader,
    /// The next buffer to be brought into memory.
    next_entry: usize,
    /// Buffers that the disk was asked for, in order; of a mapping: pages, at most once at a time.
    asked: VecDeque<usize>,
    /// In memory and not polled yet.
    ready: VecDeque<Buffer>,
    /// Of the reader's own memory, for files that are not mapped.
    free_buffers: u32,
    /// Data buffers that were not polled yet.
    backlog: u32,
    sequence_number: u32,
    /// Of the data that it has polled.
    digest: Digest,
}

/// A consumer's view, for the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ViewState {
    pub reader: Reader,
    /// Buffers and events that it has polled, of how many there are.
    pub polled: u32,
    pub count: u32,
    /// In memory and not polled yet.
    pub ready: u32,
    /// Requests of its that the disk has not completed.
    pub asked: u32,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct BoundedBlockingSubpartition {
    partition: PartitionId,
    subpartition: u32,
    kind: BoundedDataKind,
    file: FileId,
    /// The segments that the disk has not written yet, in order; events have none.
    writing: VecDeque<Option<Segment>>,
    index: AppendLog<Entry>,
    /// Bytes handed to the file.
    bytes: u64,
    data_buffers: u32,
    is_finished: bool,
    views: Vec<View>,
}

/// Being written.
impl BoundedBlockingSubpartition {
    /// An empty one with a file of its own.
    pub fn new(partition: PartitionId, subpartition: u32, kind: BoundedDataKind, disk: &mut Disk) -> Self {
        let file = disk.create(format!("partition-{partition}-{subpartition}.channel").into());
        Self {
            partition,
            subpartition,
            kind,
            file,
            writing: VecDeque::new(),
            index: AppendLog::default(),
            bytes: 0,
            data_buffers: 0,
            is_finished: false,
            views: Vec::new(),
        }
    }

    /// How its file is written and read.
    pub const fn kind(&self) -> BoundedDataKind {
        self.kind
    }

    /// Its file.
    pub const fn file(&self) -> FileId {
        self.file
    }

    /// Bytes handed to the file so far.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Data buffers handed to the file so far.
    pub const fn data_buffers(&self) -> u32 {
        self.data_buffers
    }

    /// Writes that the disk has not completed.
    pub fn writing(&self) -> usize {
        self.writing.len()
    }

    /// Hands a finished buffer to the file. A segment that nothing waits for goes to `recycle`.
    pub fn write(&mut self, mut buffer: Buffer, disk: &mut Disk, recycle: impl FnMut(Segment)) {
        assert!(!self.is_finished, "buffer {} comes after the end of the partition", buffer.id);
        self.is_finished = buffer.data_type == DataType::Event(Event::EndOfPartition);
        let segment = buffer.segment.take();
        let blocks = [header(&buffer), Rc::clone(&buffer.bytes)];
        self.push_entry(&buffer);
        if self.kind == BoundedDataKind::Mmap {
            disk.write_mapped(self.file, blocks);
            segment.into_iter().for_each(recycle);
        } else {
            let client = DiskClient::Writer { partition: self.partition, subpartition: self.subpartition };
            disk.write(self.file, blocks, client);
            self.writing.push_back(segment);
        }
    }

    /// The disk has written the oldest buffer: gives back its segment.
    pub fn on_written(&mut self) -> Option<Segment> {
        self.writing.pop_front().expect("a write completes once")
    }

    /// Whether its end is written, and all before it: it can be read.
    pub fn is_complete(&self) -> bool {
        self.is_finished && self.writing.is_empty()
    }

    /// Deletes the file. Segments that were still to be written go to `recycle`.
    pub fn release(&mut self, disk: &mut Disk, recycle: impl FnMut(Segment)) {
        disk.delete(self.file);
        self.views.clear();
        self.writing.drain(..).flatten().for_each(recycle);
    }

    fn push_entry(&mut self, buffer: &Buffer) {
        let length = buffer.bytes.len() as u32;
        self.index.push(Entry {
            id: buffer.id,
            offset: self.bytes,
            length,
            data_type: buffer.data_type,
            partial_record_bytes: buffer.partial_record_bytes,
            ends_in_record: buffer.ends_in_record,
            records: buffer.records,
            dots: buffer.dots,
        });
        self.bytes += u64::from(HEADER_BYTES + length);
        self.data_buffers += u32::from(buffer.data_type.is_data());
    }
}

/// Being read.
impl BoundedBlockingSubpartition {
    /// A consumer begins to read. Answers whether it has something to read already. Flink: `createReadView`.
    pub fn connect(&mut self, reader: Reader, disk: &mut Disk) -> bool {
        assert!(self.is_complete(), "partition {} is read before it is complete", self.partition);
        assert!(self.place(reader).is_none(), "the reader reads partition {} already", self.partition);
        self.views.push(View {
            reader,
            next_entry: 0,
            asked: VecDeque::new(),
            ready: VecDeque::new(),
            free_buffers: FILE_READER_BUFFERS,
            backlog: self.data_buffers,
            sequence_number: 0,
            digest: Digest::default(),
        });
        self.read_ahead(self.views.len() - 1, disk);
        self.views.last().is_some_and(|view| !view.ready.is_empty())
    }

    /// A consumer is done with it, or gives up.
    pub fn disconnect(&mut self, reader: Reader) {
        self.views.retain(|view| view.reader != reader);
    }

    /// Takes the next buffer of a consumer.
    pub fn poll(&mut self, reader: Reader, disk: &mut Disk) -> Option<Polled> {
        let place = self.place(reader)?;
        let view = &mut self.views[place];
        let buffer = view.ready.pop_front()?;
        let sequence_number = view.sequence_number;
        view.sequence_number += 1;
        if buffer.data_type.is_data() {
            view.backlog -= 1;
            view.digest.update(&buffer.bytes);
        } else {
            // An event is read at once, and its memory free.
            view.free_buffers += 1;
        }
        self.read_ahead(place, disk);
        let view = &self.views[place];
        let next = view.ready.front().map(|next| next.data_type);
        Some(Polled { buffer, backlog: view.backlog, next, sequence_number })
    }

    /// The type of the next buffer of a consumer, if it is in memory, and how many data buffers it has not polled
    /// yet.
    pub fn availability(&self, reader: Reader) -> (Option<DataType>, u32) {
        self.view(reader)
            .map_or((None, 0), |view| (view.ready.front().map(|buffer| buffer.data_type), view.backlog))
    }

    /// A consumer is done with a data buffer: its memory takes the next one.
    pub fn recycle(&mut self, reader: Reader, disk: &mut Disk) {
        if let Some(place) = self.place(reader) {
            self.views[place].free_buffers += 1;
            self.read_ahead(place, disk);
        }
    }

    /// The disk has read what a consumer asked for. Answers whether the consumer is to be told.
    pub fn on_read(&mut self, reader: Reader, bytes: &Bytes, disk: &mut Disk) -> bool {
        // Who gave up meanwhile needs it no more.
        let Some(place) = self.place(reader) else { return false };
        let view = &mut self.views[place];
        let was_waiting = view.ready.is_empty();
        let number = view.asked.pop_front().expect("a read completes once");
        if self.kind == BoundedDataKind::File {
            let entry = self.index.get(number).expect("what was asked for is in the index");
            let (head, content) = bytes.split_at(HEADER_BYTES as usize);
            let buffer = entry.buffer(Rc::new(content.to_vec()));
            assert!(head == header(&buffer).as_slice(), "file of {} is not what was written", self.partition);
            view.ready.push_back(buffer);
        }
        self.read_ahead(place, disk);
        was_waiting && !self.views[place].ready.is_empty()
    }

    /// What a consumer has polled: the number of its next buffer, and the digest of its data.
    pub fn polled(&self, reader: Reader) -> Option<(u32, &Digest)> {
        self.view(reader).map(|view| (view.sequence_number, &view.digest))
    }

    /// Segments whose bytes the disk has not written yet.
    pub fn segments(&self) -> impl Iterator<Item = Segment> {
        self.writing.iter().copied().flatten()
    }

    /// Its consumers.
    pub fn views(&self) -> impl Iterator<Item = ViewState> {
        self.views.iter().map(|view| ViewState {
            reader: view.reader,
            polled: view.sequence_number,
            count: self.index.len() as u32,
            ready: view.ready.len() as u32,
            asked: view.asked.len() as u32,
        })
    }

    /// Buffers of a consumer that are in memory and not polled yet.
    pub fn ready(&self, reader: Reader) -> impl Iterator<Item = &Buffer> {
        self.view(reader).into_iter().flat_map(|view| &view.ready)
    }

    fn read_ahead(&mut self, place: usize, disk: &mut Disk) {
        let view = &mut self.views[place];
        let client = DiskClient::Reader {
            partition: self.partition,
            subpartition: self.subpartition,
            reader: view.reader,
        };
        while let Some(entry) = self.index.get(view.next_entry) {
            if self.kind == BoundedDataKind::File {
                if view.free_buffers == 0 {
                    return;
                }
                view.free_buffers -= 1;
                disk.read(self.file, entry.offset, HEADER_BYTES + entry.length, client);
                view.asked.push_back(view.next_entry);
            } else {
                // One buffer is looked ahead for: it tells the type of what comes next.
                if !view.ready.is_empty() || !view.asked.is_empty() {
                    return;
                }
                let content = entry.offset + u64::from(HEADER_BYTES);
                let Some(bytes) = disk.read_mapped(self.file, content, entry.length) else {
                    disk.fault(self.file, content, entry.length, client);
                    view.asked.push_back(view.next_entry);
                    return;
                };
                view.ready.push_back(entry.buffer(bytes));
            }
            view.next_entry += 1;
        }
    }

    fn place(&self, reader: Reader) -> Option<usize> {
        self.views.iter().position(|view| view.reader == reader)
    }

    fn view(&self, reader: Reader) -> Option<&View> {
        self.views.iter().find(|view| view.reader == reader)
    }
}

/// What stands before a buffer in the file, in the byte order of the machines that Flink mostly runs on.
fn header(buffer: &Buffer) -> Bytes {
    let kind = if buffer.data_type.is_data() { HEADER_BUFFER } else { HEADER_EVENT };
    let mut header = kind.to_le_bytes().to_vec();
    header.extend_from_slice(&0_u16.to_le_bytes());
    header.extend_from_slice(&(buffer.bytes.len() as u32).to_le_bytes());
    Rc::new(header)
}

#[cfg(test)]
mod tests;
