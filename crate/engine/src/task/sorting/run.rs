//! A sorted run on the disk: written in blocks, read again in blocks, one ahead of who reads.
//!
//! Flink: `ChannelWriterOutputView`, `ChannelReaderInputView`.

use std::rc::Rc;

use super::record::SortRecord;
use crate::network::disk::{Disk, DiskClient, FileId, RequestId};

/// A run that is being written.
#[derive(Clone, Debug)]
pub struct RunWriter {
    file: FileId,
    block_bytes: usize,
    block: Vec<u8>,
    bytes: u64,
    records: u64,
    /// The last write: all others complete before it.
    last_write: Option<RequestId>,
}

/// A run that is written whole.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    pub file: FileId,
    pub bytes: u64,
    pub records: u64,
    /// The write that it is complete with.
    last_write: Option<RequestId>,
}

impl RunWriter {
    /// An empty run in a new file.
    pub fn new(name: Rc<str>, block_bytes: u32, disk: &mut Disk) -> Self {
        Self {
            file: disk.create(name),
            block_bytes: block_bytes as usize,
            block: Vec::new(),
            bytes: 0,
            records: 0,
            last_write: None,
        }
    }

    /// Its file.
    pub const fn file(&self) -> FileId {
        self.file
    }

    /// Appends a record; a full block goes to the disk.
    pub fn push(&mut self, record: &SortRecord, disk: &mut Disk) {
        record.write(&mut self.block);
        self.records += 1;
        if self.block.len() >= self.block_bytes {
            self.write_block(disk);
        }
    }

    /// Writes the rest.
    pub fn finish(mut self, disk: &mut Disk) -> Run {
        if !self.block.is_empty() {
            self.write_block(disk);
        }
        Run { file: self.file, bytes: self.bytes, records: self.records, last_write: self.last_write }
    }

    fn write_block(&mut self, disk: &mut Disk) {
        let block = std::mem::take(&mut self.block);
        self.bytes += block.len() as u64;
        let write = disk.write(self.file, [Rc::default(), Rc::new(block)], DiskClient::Caller);
        // Nobody will ask for the ones before: the disk is in order.
        if let Some(before) = self.last_write.replace(write) {
            disk.forget(before);
        }
    }
}

impl Run {
    /// Whether all of it is on the disk.
    pub fn is_written(&self, disk: &Disk) -> bool {
        self.last_write.is_none_or(|write| disk.is_done(write))
    }
}

/// A run that is being read.
#[derive(Clone, Debug)]
pub struct RunReader {
    run: Run,
    block_bytes: u32,
    /// Bytes asked for so far.
    asked: u64,
    reading: Option<RequestId>,
    bytes: Rc<Vec<u8>>,
    position: usize,
    head: Option<SortRecord>,
    records: u64,
}

impl RunReader {
    /// One at the start of a run that is written; its first block is asked for.
    pub fn new(run: Run, block_bytes: u32, disk: &mut Disk) -> Self {
        assert!(run.is_written(disk), "a run is read when it is written");
        let mut reader = Self {
            run,
            block_bytes,
            asked: 0,
            reading: None,
            bytes: Rc::default(),
            position: 0,
            head: None,
            records: 0,
        };
        reader.ask(disk);
        reader
    }

    /// Its file.
    pub const fn file(&self) -> FileId {
        self.run.file
    }

    /// Whether [`Self::settle`] can get on: the disk owes it nothing that it needs.
    pub fn is_ready(&self, disk: &Disk) -> bool {
        self.head.is_some()
            || self.is_over()
            || SortRecord::is_whole(&self.bytes[self.position..])
            || self.reading.is_some_and(|request| disk.is_done(request))
    }

    /// Takes what the disk has read. Answers whether the head is known: the next record, or that there is none.
    pub fn settle(&mut self, disk: &mut Disk) -> bool {
        while self.head.is_none() && !self.is_over() {
            if let Some((record, length)) = SortRecord::read(&self.bytes[self.position..]) {
                self.position += length;
                self.records += 1;
                self.head = Some(record);
                break;
            }
            let Some(block) = self.reading.and_then(|request| disk.take_done(request)) else { return false };
            // A record may begin in the block before.
            let mut bytes = self.bytes[self.position..].to_vec();
            bytes.extend_from_slice(&block);
            self.bytes = Rc::new(bytes);
            self.position = 0;
            self.reading = None;
            self.ask(disk);
        }
        true
    }

    /// The next record.
    pub const fn head(&self) -> Option<&SortRecord> {
        self.head.as_ref()
    }

    /// Takes it.
    pub const fn take_head(&mut self) -> Option<SortRecord> {
        self.head.take()
    }

    const fn is_over(&self) -> bool {
        self.head.is_none() && self.records == self.run.records
    }

    fn ask(&mut self, disk: &mut Disk) {
        let length = u64::from(self.block_bytes).min(self.run.bytes - self.asked) as u32;
        if length > 0 {
            self.reading = Some(disk.read(self.run.file, self.asked, length, DiskClient::Caller));
            self.asked += u64::from(length);
        }
    }
}
