//! The local disk of a TaskManager: files with real bytes, and requests that take their time.
//!
//! Contract: requests are served in the order in which they were made. One is taken up when storage has its turn
//! next; its bytes are moved at the disk's bandwidth, and the latency later it is complete: then what is written
//! stands in the file, and what is read is as it then stands there. A file only grows; deleting it drops what is
//! still to be done on it. Flink: `FileChannelManager` and `IOManager` over a directory of `io.tmp.dirs`.

use std::collections::VecDeque;
use std::rc::Rc;

use super::partition::Reader;
use crate::base::append_log::AppendLog;
use crate::base::ids::PartitionId;
use crate::base::limits::MAPPED_PAGE_BYTES;
use crate::base::ordered::SortedMap;
use crate::base::own::own_seldom;

/// A file's number, unique on its disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// A request's number, unique on its disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestId(u64);

/// How fast a disk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskOptions {
    /// Ticks from the last byte of a request to its completion.
    pub latency_ticks: u32,
    /// Bytes that it moves in a tick, reads and writes together.
    pub bytes_per_tick: u32,
}

/// Bytes that are shared with whoever wrote or read them.
pub type Bytes = Rc<Vec<u8>>;

/// A file: the blocks that were appended, one after another.
#[derive(Clone, Debug)]
pub struct DiskFile {
    name: Rc<str>,
    blocks: AppendLog<Block>,
    bytes: u64,
    /// How many bytes from the start are in memory because the file is mapped there.
    mapped_bytes: u64,
    /// Of those, how many are not on the disk yet: written through the mapping.
    dirty_bytes: u64,
}

#[derive(Clone, Debug)]
struct Block {
    offset: u64,
    bytes: Bytes,
}

impl DiskFile {
    /// Its name.
    pub const fn name(&self) -> &Rc<str> {
        &self.name
    }

    /// Its length, as far as writes are complete.
    pub const fn len(&self) -> u64 {
        self.bytes
    }

    /// Whether nothing is written yet.
    pub const fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// How many bytes from its start are in memory because it is mapped.
    pub const fn mapped_bytes(&self) -> u64 {
        self.mapped_bytes
    }

    /// How many of its bytes are in memory only, to be written back.
    pub const fn dirty_bytes(&self) -> u64 {
        self.dirty_bytes
    }

    /// The bytes of a range. A range that is one block is shared, not copied.
    pub fn range(&self, offset: u64, length: u32) -> Bytes {
        let end = offset + u64::from(length);
        assert!(end <= self.bytes, "{} has {} bytes, {end} are asked for", self.name, self.bytes);
        let first = self.block_at(offset);
        if let Some(block) = self.blocks.get(first)
            && block.offset == offset
            && block.bytes.len() as u64 == u64::from(length)
        {
            return Rc::clone(&block.bytes);
        }
        let mut bytes = Vec::with_capacity(length as usize);
        for block in self.blocks.iter_from(first).take_while(|block| block.offset < end) {
            let from = offset.saturating_sub(block.offset) as usize;
            let until = (end - block.offset).min(block.bytes.len() as u64) as usize;
            bytes.extend_from_slice(&block.bytes[from..until]);
        }
        Rc::new(bytes)
    }

    /// The number of the block that holds the byte at `offset`.
    fn block_at(&self, offset: u64) -> usize {
        let (mut low, mut high) = (0, self.blocks.len());
        while low + 1 < high {
            let middle = usize::midpoint(low, high);
            if self.blocks.get(middle).is_some_and(|block| block.offset <= offset) {
                low = middle;
            } else {
                high = middle;
            }
        }
        low
    }

    fn append(&mut self, bytes: Bytes) {
        if bytes.is_empty() {
            return;
        }
        let offset = self.bytes;
        self.bytes += bytes.len() as u64;
        self.blocks.push(Block { offset, bytes });
    }
}

/// Who waits for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiskClient {
    /// A subpartition that wrote a buffer.
    Writer { partition: PartitionId, subpartition: u32 },
    /// A reader of a subpartition.
    Reader { partition: PartitionId, subpartition: u32, reader: Reader },
    /// Whoever asks [`Disk::take_done`] for it.
    Caller,
    /// What was written through a mapping goes to the disk, or whoever asked has lost interest.
    Nobody,
}

/// What is to be done.
#[derive(Clone, Debug)]
enum Operation {
    Write { blocks: [Bytes; 2] },
    Read { offset: u64, length: u32 },
    Fault { offset: u64, length: u32 },
    WriteBack { length: u32 },
}

impl Operation {
    fn bytes(&self) -> u64 {
        match self {
            Self::Write { blocks } => blocks.iter().map(|block| block.len() as u64).sum(),
            Self::Read { length, .. } | Self::Fault { length, .. } | Self::WriteBack { length } => {
                u64::from(*length)
            }
        }
    }
}

#[derive(Clone, Debug)]
struct Request {
    id: RequestId,
    file: FileId,
    client: DiskClient,
    operation: Operation,
    /// Known once the request is taken up.
    done_at: Option<u64>,
}

/// A request that is waiting or being served, for the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestView {
    pub file: FileId,
    pub client: DiskClient,
    pub is_read: bool,
    pub bytes: u64,
    /// When it will be complete, once it is taken up.
    pub done_at: Option<u64>,
}

/// A request that is complete.
#[derive(Clone, Debug)]
pub struct Completed {
    pub id: RequestId,
    pub file: FileId,
    pub client: DiskClient,
    /// What was read; empty for a write and for a page fault.
    pub bytes: Bytes,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Disk {
    options: DiskOptions,
    files: SortedMap<FileId, Rc<DiskFile>>,
    next_file: u32,
    next_request: u64,
    requests: VecDeque<Request>,
    /// Complete requests of callers who have not taken them yet.
    done: SortedMap<RequestId, (FileId, Bytes)>,
    /// How far the moving of bytes is planned, in bytes since tick 0 at the disk's bandwidth.
    planned: u64,
    moved: Moved,
}

/// Bytes that a disk has moved so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    pub read_bytes: u64,
    pub written_bytes: u64,
}

impl Disk {
    /// An empty disk.
    pub fn new(options: DiskOptions) -> Self {
        assert!(options.bytes_per_tick > 0, "a disk without bandwidth never completes anything");
        Self {
            options,
            files: SortedMap::new(),
            next_file: 0,
            next_request: 0,
            requests: VecDeque::new(),
            done: SortedMap::new(),
            planned: 0,
            moved: Moved::default(),
        }
    }

    /// How fast it is.
    pub const fn options(&self) -> DiskOptions {
        self.options
    }

    /// Creates an empty file.
    pub fn create(&mut self, name: Rc<str>) -> FileId {
        let id = FileId(self.next_file);
        self.next_file += 1;
        let file = DiskFile { name, blocks: AppendLog::default(), bytes: 0, mapped_bytes: 0, dirty_bytes: 0 };
        self.files.insert(id, Rc::new(file));
        id
    }

    /// Deletes a file, and what is still to be done on it.
    pub fn delete(&mut self, file: FileId) {
        let deleted = self.files.remove(&file);
        assert!(deleted.is_some(), "file {} is deleted twice", file.0);
        self.requests.retain(|request| request.file != file);
        self.done.retain(|_, (of, _)| *of != file);
    }

    /// Files that were created so far.
    pub const fn created(&self) -> u32 {
        self.next_file
    }

    /// A file that is not deleted.
    pub fn file(&self, file: FileId) -> Option<&DiskFile> {
        self.files.get(&file).map(Rc::as_ref)
    }

    /// All files, oldest first.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &DiskFile)> {
        self.files.iter().map(|(&id, file)| (id, file.as_ref()))
    }

    /// Bytes of all files.
    pub fn used_bytes(&self) -> u64 {
        self.files.values().map(|file| file.bytes).sum()
    }

    /// Bytes that it has read and written so far.
    pub const fn moved(&self) -> Moved {
        self.moved
    }

    /// What waits or is being served, in order.
    pub fn requests(&self) -> impl Iterator<Item = RequestView> {
        self.requests.iter().map(|request| RequestView {
            file: request.file,
            client: request.client,
            is_read: matches!(request.operation, Operation::Read { .. } | Operation::Fault { .. }),
            bytes: request.operation.bytes(),
            done_at: request.done_at,
        })
    }

    /// Appends two blocks (a header and its content) to a file in one request.
    pub fn write(&mut self, file: FileId, blocks: [Bytes; 2], client: DiskClient) -> RequestId {
        self.submit(file, Operation::Write { blocks }, client)
    }

    /// Reads a range that is written.
    pub fn read(&mut self, file: FileId, offset: u64, length: u32, client: DiskClient) -> RequestId {
        self.submit(file, Operation::Read { offset, length }, client)
    }

    /// Appends to a file through a mapping: it is there at once, and goes to the disk when that has time.
    pub fn write_mapped(&mut self, file: FileId, blocks: [Bytes; 2]) {
        let length = blocks.iter().map(|block| block.len() as u64).sum::<u64>();
        let content = self.file_mut(file);
        for block in blocks {
            content.append(block);
        }
        content.mapped_bytes = content.bytes;
        content.dirty_bytes += length;
        self.submit(file, Operation::WriteBack { length: length as u32 }, DiskClient::Nobody);
    }

    /// Reads a range through a mapping, if its pages are in memory.
    pub fn read_mapped(&self, file: FileId, offset: u64, length: u32) -> Option<Bytes> {
        let content = &self.files[&file];
        (offset + u64::from(length) <= content.mapped_bytes).then(|| content.range(offset, length))
    }

    /// Brings the pages up to the end of a range into memory, from the last one that is there on: a page fault.
    pub fn fault(&mut self, file: FileId, offset: u64, length: u32, client: DiskClient) -> RequestId {
        let content = &self.files[&file];
        let until = (offset + u64::from(length)).next_multiple_of(MAPPED_PAGE_BYTES).min(content.bytes);
        let from = content.mapped_bytes;
        self.submit(file, Operation::Fault { offset: from, length: (until - from) as u32 }, client)
    }

    /// When the next request can be complete: `now` if one is to be taken up first.
    pub fn next_completion(&self, now: u64) -> Option<u64> {
        let not_taken_up = self.requests.back().is_some_and(|request| request.done_at.is_none());
        if not_taken_up { Some(now) } else { self.requests.front()?.done_at }
    }

    /// Takes up what was asked since the last time.
    pub fn take_up(&mut self, now: u64) {
        let bytes_per_tick = u64::from(self.options.bytes_per_tick);
        let first = self.requests.partition_point(|request| request.done_at.is_some());
        for request in self.requests.iter_mut().skip(first) {
            self.planned = self.planned.max(now * bytes_per_tick) + request.operation.bytes().max(1);
            request.done_at =
                Some((self.planned - 1) / bytes_per_tick + u64::from(self.options.latency_ticks));
        }
    }

    /// Completes the next request that is done by `now`.
    pub fn complete_next(&mut self, now: u64) -> Option<Completed> {
        if self.requests.front()?.done_at? > now {
            return None;
        }
        let Request { id, file, client, operation, .. } = self.requests.pop_front()?;
        let bytes = self.carry_out(file, operation);
        if client == DiskClient::Caller {
            self.done.insert(id, (file, Rc::clone(&bytes)));
        }
        Some(Completed { id, file, client, bytes })
    }

    /// What a caller's request gave, if it is complete: handed out once.
    pub fn take_done(&mut self, request: RequestId) -> Option<Bytes> {
        self.done.remove(&request).map(|(_, bytes)| bytes)
    }

    /// Its caller does not wait for a request any more.
    pub fn forget(&mut self, request: RequestId) {
        self.done.remove(&request);
        if let Some(waiting) = self.requests.iter_mut().find(|waiting| waiting.id == request) {
            waiting.client = DiskClient::Nobody;
        }
    }

    /// Whether a caller's request is complete.
    pub fn is_done(&self, request: RequestId) -> bool {
        self.done.contains_key(&request)
    }

    fn carry_out(&mut self, file: FileId, operation: Operation) -> Bytes {
        let length = operation.bytes();
        match operation {
            Operation::Write { blocks } => {
                self.moved.written_bytes += length;
                let content = self.file_mut(file);
                for block in blocks {
                    content.append(block);
                }
                Rc::default()
            }
            Operation::WriteBack { .. } => {
                self.moved.written_bytes += length;
                self.file_mut(file).dirty_bytes -= length;
                Rc::default()
            }
            Operation::Read { offset, length: asked } => {
                self.moved.read_bytes += length;
                self.files[&file].range(offset, asked)
            }
            Operation::Fault { offset, .. } => {
                self.moved.read_bytes += length;
                let content = self.file_mut(file);
                content.mapped_bytes = content.mapped_bytes.max(offset + length);
                Rc::default()
            }
        }
    }

    fn submit(&mut self, file: FileId, operation: Operation, client: DiskClient) -> RequestId {
        assert!(self.files.contains_key(&file), "file {} is not there", file.0);
        let id = RequestId(self.next_request);
        self.next_request += 1;
        self.requests.push_back(Request { id, file, client, operation, done_at: None });
        id
    }

    fn file_mut(&mut self, file: FileId) -> &mut DiskFile {
        own_seldom(self.files.get_mut(&file).expect("requests on a deleted file are dropped"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk(latency_ticks: u32, bytes_per_tick: u32) -> Disk {
        Disk::new(DiskOptions { latency_ticks, bytes_per_tick })
    }

    fn bytes(length: usize) -> Bytes {
        Rc::new((0..length).map(|n| n as u8).collect())
    }

    /// Ticks at which requests complete, up to the last.
    fn completions(disk: &mut Disk, from: u64) -> Vec<u64> {
        let (mut ticks, mut now) = (Vec::new(), from);
        while let Some(next) = disk.next_completion(now) {
            now = now.max(next);
            disk.take_up(now);
            while disk.complete_next(now).is_some() {
                ticks.push(now);
            }
        }
        ticks
    }

    #[test]
    fn bandwidth_and_latency_take_their_time() {
        let mut disk = disk(2, 10);
        let file = disk.create("a".into());
        for length in [5, 5, 15, 10] {
            disk.write(file, [Rc::default(), bytes(length)], DiskClient::Caller);
        }
        assert_eq!(disk.file(file).map(DiskFile::len), Some(0), "nothing is there before it is complete");
        assert_eq!(completions(&mut disk, 100), [102, 102, 104, 105]);
        assert_eq!((disk.used_bytes(), disk.moved().written_bytes), (35, 35));
        disk.read(file, 0, 10, DiskClient::Caller);
        assert_eq!(completions(&mut disk, 200), [202], "what was idle is not saved up");
    }

    #[test]
    fn every_range_reads_what_was_written() {
        let mut disk = disk(0, 1000);
        let file = disk.create("a".into());
        let mut whole = Vec::new();
        for length in [0, 1, 3, 0, 7, 2, 300] {
            let block = bytes(length);
            whole.extend_from_slice(&block);
            disk.write(file, [Rc::default(), block], DiskClient::Caller);
        }
        completions(&mut disk, 0);
        let content = disk.file(file).expect("it is there");
        for from in 0..whole.len() {
            for length in [0, 1, 2, 5, 13] {
                if from + length <= whole.len() {
                    let range = content.range(from as u64, length as u32);
                    assert_eq!(*range, whole[from..from + length], "{length} bytes from {from}");
                }
            }
        }
    }

    #[test]
    fn a_mapping_has_its_bytes_at_once_and_writes_them_back() {
        let mut disk = disk(1, 10);
        let file = disk.create("a".into());
        disk.write_mapped(file, [Rc::default(), bytes(25)]);
        assert_eq!(disk.read_mapped(file, 5, 20).expect("in memory")[0], 5);
        assert_eq!(disk.file(file).map(DiskFile::dirty_bytes), Some(25));
        assert_eq!(completions(&mut disk, 0), [3]);
        assert_eq!(disk.file(file).map(DiskFile::dirty_bytes), Some(0));
    }

    #[test]
    fn a_page_is_faulted_in_once() {
        let mut disk = disk(1, 4096);
        let file = disk.create("a".into());
        disk.write(file, [Rc::default(), bytes(10_000)], DiskClient::Caller);
        completions(&mut disk, 0);
        assert_eq!(disk.read_mapped(file, 0, 100), None);
        disk.fault(file, 0, 100, DiskClient::Caller);
        completions(&mut disk, 10);
        assert_eq!(disk.moved().read_bytes, 4096, "whole pages");
        assert!(disk.read_mapped(file, 3996, 100).is_some());
        assert!(disk.read_mapped(file, 4000, 100).is_none(), "it goes on in the next page");
    }

    #[test]
    fn a_deleted_file_leaves_nothing_to_do() {
        let mut disk = disk(1, 10);
        let (a, b) = (disk.create("a".into()), disk.create("b".into()));
        let write = disk.write(a, [Rc::default(), bytes(5)], DiskClient::Caller);
        disk.write(b, [Rc::default(), bytes(5)], DiskClient::Nobody);
        disk.take_up(0);
        disk.delete(a);
        assert_eq!(completions(&mut disk, 1).len(), 1);
        assert_eq!((disk.take_done(write), disk.files().count(), disk.used_bytes()), (None, 1, 5));
    }
}
