//! A distributed file system that all processes reach: files with real bytes, requests that take their time.
//!
//! Contract: bytes move through one pipe, in the order of the requests, and the latency later a request is complete: a
//! file is there with all its bytes then, and not before. While the file system is down or full, requests fail when
//! they would be complete, and change nothing. Deleting needs no answer, and is done when it can be. Flink: the `FileSystem` of
//! `execution.checkpointing.dir`, as HDFS or S3 would be behind it.

use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;

use super::FileWrite;
use crate::base::ids::ExecutionAttemptId;
use crate::base::ordered::SortedMap;
use crate::base::own::own_seldom;

/// How fast the file system is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileSystemOptions {
    /// Ticks from the last byte of a request to its answer.
    pub latency_ticks: u32,
    /// Bytes that it moves in a tick, reads and writes together.
    pub bytes_per_tick: u32,
}

impl Default for FileSystemOptions {
    /// Some 20 ms and 50 MB/s.
    fn default() -> Self {
        Self { latency_ticks: 20, bytes_per_tick: 50_000 }
    }
}

/// What can be wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileSystemFault {
    /// Nothing can be read or written.
    Down,
    /// Nothing can be written.
    Full,
}

/// Why a request failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileSystemError {
    Down { path: Rc<str> },
    Full { path: Rc<str> },
    NotFound { path: Rc<str> },
}

impl fmt::Display for FileSystemError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Down { path } => write!(f, "The file system does not answer: {path}."),
            Self::Full { path } => write!(
                f,
                "Could not flush to file and close the file system output stream to {path} in order to obtain the \
                 stream state handle: no space left."
            ),
            Self::NotFound { path } => write!(f, "File {path} does not exist."),
        }
    }
}

/// Who asks, and gets the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileOwner {
    Task(ExecutionAttemptId),
    JobMaster,
    /// A NodeManager, for the container of this number.
    Container(u32),
    /// The client, with the files of an application.
    Client,
    /// Nobody inside: it was put there.
    Outside,
}

/// What somebody wants of the file system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileRequest {
    Write(FileWrite),
    Read(Rc<str>),
    /// A file goes, if it is there; if it is still being written, it will not be.
    Delete(Rc<str>),
    /// All of a directory. Flink: `disposeStorageLocation`.
    DeleteDirectory(Rc<str>),
}

/// A request that is complete: what was read, or nothing of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileAnswer {
    pub owner: FileOwner,
    pub path: Rc<str>,
    pub result: Result<Option<Rc<[u8]>>, FileSystemError>,
}

/// A file, with who wrote it and when it was complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileEntry {
    pub bytes: Rc<[u8]>,
    pub written_by: FileOwner,
    pub written_at: u64,
}

#[derive(Clone, Debug)]
struct Request {
    owner: FileOwner,
    path: Rc<str>,
    /// What is to be written; `None`: the file is read.
    bytes: Option<Rc<[u8]>>,
    /// How many bytes move.
    length: u64,
    done_at: u64,
}

/// A request that is under way, for the picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRequestView {
    pub owner: FileOwner,
    pub path: Rc<str>,
    pub is_read: bool,
    pub bytes: u64,
    pub done_at: u64,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct DistributedFileSystem {
    options: FileSystemOptions,
    files: Rc<SortedMap<Rc<str>, Rc<FileEntry>>>,
    requests: VecDeque<Request>,
    /// What is to be deleted once it answers again: files, and directories.
    deferred: Vec<(Rc<str>, bool)>,
    /// How far the moving of bytes is planned, in bytes since tick 0 at the bandwidth.
    planned: u64,
    fault: Option<FileSystemFault>,
    /// Whether somebody outside took a file away or changed one.
    is_tampered: bool,
}

impl DistributedFileSystem {
    /// An empty one.
    pub fn new(options: FileSystemOptions) -> Self {
        assert!(options.bytes_per_tick > 0, "without bandwidth nothing is ever complete");
        Self {
            options,
            files: Rc::default(),
            requests: VecDeque::new(),
            deferred: Vec::new(),
            planned: 0,
            fault: None,
            is_tampered: false,
        }
    }

    /// Takes a request.
    pub fn submit(&mut self, owner: FileOwner, request: FileRequest, now: u64) {
        match request {
            FileRequest::Write(FileWrite { path, bytes }) => self.move_bytes(owner, path, Some(bytes), now),
            FileRequest::Read(path) => self.move_bytes(owner, path, None, now),
            FileRequest::Delete(path) => self.delete(&path, false),
            FileRequest::DeleteDirectory(path) => self.delete(&path, true),
        }
    }

    /// A process is gone that had asked for this: what was not complete will not be.
    pub fn forget(&mut self, is_gone: impl Fn(FileOwner) -> bool) {
        self.requests.retain(|request| !is_gone(request.owner));
    }

    /// Something is wrong with it from now on, or, with `None`, nothing is.
    pub fn set_fault(&mut self, fault: Option<FileSystemFault>) {
        self.fault = fault;
        if fault != Some(FileSystemFault::Down) {
            for (path, is_directory) in std::mem::take(&mut self.deferred) {
                self.delete(&path, is_directory);
            }
        }
    }

    fn delete(&mut self, path: &Rc<str>, is_directory: bool) {
        if self.fault == Some(FileSystemFault::Down) {
            return self.deferred.push((Rc::clone(path), is_directory));
        }
        let goes = |file: &str| match file.strip_prefix(&**path) {
            Some("") => !is_directory,
            Some(rest) => is_directory && rest.starts_with('/'),
            None => false,
        };
        self.requests.retain(|request| request.bytes.is_none() || !goes(&request.path));
        if !is_directory && self.files.contains_key(path) {
            own_seldom(&mut self.files).remove(path);
        } else if is_directory && self.files.keys().any(|file| goes(file)) {
            own_seldom(&mut self.files).retain(|file, _| !goes(file));
        }
    }

    /// What is wrong with it.
    pub const fn fault(&self) -> Option<FileSystemFault> {
        self.fault
    }

    /// When the next request is complete.
    pub fn next_completion(&self) -> Option<u64> {
        self.requests.front().map(|request| request.done_at)
    }

    /// Completes the next request that is done by `now`.
    pub fn complete_next(&mut self, now: u64) -> Option<FileAnswer> {
        if self.requests.front()?.done_at > now {
            return None;
        }
        let Request { owner, path, bytes, .. } = self.requests.pop_front()?;
        let at = Rc::clone(&path);
        let result = match (self.fault, bytes) {
            (Some(FileSystemFault::Down), _) => Err(FileSystemError::Down { path: at }),
            (Some(FileSystemFault::Full), Some(_)) => Err(FileSystemError::Full { path: at }),
            (_, Some(bytes)) => {
                let file = FileEntry { bytes, written_by: owner, written_at: now };
                own_seldom(&mut self.files).insert(at, Rc::new(file));
                Ok(None)
            }
            (_, None) => match self.files.get(&at) {
                Some(file) => Ok(Some(Rc::clone(&file.bytes))),
                None => Err(FileSystemError::NotFound { path: at }),
            },
        };
        Some(FileAnswer { owner, path, result })
    }

    /// All files by path.
    pub fn files(&self) -> impl Iterator<Item = (&Rc<str>, &FileEntry)> {
        self.files.iter().map(|(path, file)| (path, &**file))
    }

    /// A file, at once: for whoever looks at it from outside.
    pub fn file(&self, path: &str) -> Option<&FileEntry> {
        self.files.get(path).map(Rc::as_ref)
    }

    /// Puts a file there at once, from outside.
    pub fn put(&mut self, FileWrite { path, bytes }: FileWrite, now: u64) {
        let file = FileEntry { bytes, written_by: FileOwner::Outside, written_at: now };
        own_seldom(&mut self.files).insert(path, Rc::new(file));
    }

    /// Takes a file away at once, from outside.
    pub fn lose(&mut self, path: &str) {
        self.is_tampered = true;
        own_seldom(&mut self.files).remove(path);
    }

    /// Changes a byte of a file, from outside; past its end the last one.
    pub fn damage(&mut self, path: &str, at: u32) {
        self.is_tampered = true;
        if let Some(file) = own_seldom(&mut self.files).get_mut(path) {
            let mut bytes = file.bytes.to_vec();
            let at = (at as usize).min(bytes.len().saturating_sub(1));
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1;
            }
            own_seldom(file).bytes = bytes.into();
        }
    }

    /// Whether somebody outside took a file away or changed one.
    pub const fn is_tampered(&self) -> bool {
        self.is_tampered
    }

    /// What is under way, in order.
    pub fn requests(&self) -> impl Iterator<Item = FileRequestView> {
        self.requests.iter().map(|request| FileRequestView {
            owner: request.owner,
            path: Rc::clone(&request.path),
            is_read: request.bytes.is_none(),
            bytes: request.length,
            done_at: request.done_at,
        })
    }

    fn move_bytes(&mut self, owner: FileOwner, path: Rc<str>, bytes: Option<Rc<[u8]>>, now: u64) {
        let moved = bytes.as_ref().or_else(|| self.files.get(&path).map(|file| &file.bytes));
        let length = moved.map_or(0, |bytes| bytes.len() as u64);
        let bytes_per_tick = u64::from(self.options.bytes_per_tick);
        self.planned = self.planned.max(now * bytes_per_tick) + length.max(1);
        let done_at = (self.planned - 1) / bytes_per_tick + u64::from(self.options.latency_ticks);
        self.requests.push_back(Request { owner, path, bytes, length, done_at });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ME: FileOwner = FileOwner::JobMaster;

    fn file(path: &str, length: usize) -> FileWrite {
        FileWrite { path: path.into(), bytes: vec![1; length].into() }
    }

    fn file_system() -> DistributedFileSystem {
        DistributedFileSystem::new(FileSystemOptions { latency_ticks: 5, bytes_per_tick: 10 })
    }

    fn completed_at(files: &mut DistributedFileSystem) -> (u64, FileAnswer) {
        let at = files.next_completion().unwrap();
        assert_eq!(files.complete_next(at - 1), None);
        (at, files.complete_next(at).unwrap())
    }

    fn paths(files: &DistributedFileSystem) -> Vec<&str> {
        files.files().map(|(path, _)| &**path).collect()
    }

    #[test]
    fn requests_share_one_pipe_and_a_file_is_whole_or_not_there() {
        let mut files = file_system();
        files.submit(ME, FileRequest::Write(file("a/1", 25)), 100);
        files.submit(ME, FileRequest::Write(file("a/2", 10)), 100);
        assert_eq!(files.file("a/1"), None);
        assert_eq!(completed_at(&mut files).0, 107);
        assert_eq!(files.file("a/1").map(|file| (file.bytes.len(), file.written_at)), Some((25, 107)));
        assert_eq!(completed_at(&mut files).0, 108);
        files.submit(ME, FileRequest::Read("a/1".into()), 200);
        let (at, answer) = completed_at(&mut files);
        assert_eq!((at, &*answer.path, answer.owner), (207, "a/1", ME));
        assert_eq!(answer.result.unwrap().map(|bytes| bytes.len()), Some(25));
        assert_eq!(files.complete_next(1000), None);
    }

    #[test]
    fn what_fails_changes_nothing() {
        let mut files = file_system();
        files.put(file("a", 1), 0);
        files.submit(ME, FileRequest::Write(file("b", 1)), 0);
        files.submit(ME, FileRequest::Read("a".into()), 0);
        files.submit(ME, FileRequest::Read("c".into()), 0);
        files.set_fault(Some(FileSystemFault::Full));
        assert_eq!(completed_at(&mut files).1.result, Err(FileSystemError::Full { path: "b".into() }));
        assert!(completed_at(&mut files).1.result.is_ok());
        assert_eq!(completed_at(&mut files).1.result, Err(FileSystemError::NotFound { path: "c".into() }));
        files.set_fault(Some(FileSystemFault::Down));
        files.submit(ME, FileRequest::Read("a".into()), 50);
        assert_eq!(completed_at(&mut files).1.result, Err(FileSystemError::Down { path: "a".into() }));
        files.submit(ME, FileRequest::Delete("a".into()), 60);
        assert_eq!(paths(&files), ["a"], "it cannot be reached");
        files.set_fault(None);
        assert!(paths(&files).is_empty(), "it goes when it can");
    }

    #[test]
    fn directories_go_whole_with_what_is_being_written_there() {
        let mut files = file_system();
        for path in ["job/chk-1/a", "job/chk-1/b/c", "job/chk-10/a", "job/shared/a"] {
            files.put(file(path, 1), 0);
        }
        files.submit(ME, FileRequest::Write(file("job/chk-1/d", 1)), 0);
        files.submit(ME, FileRequest::DeleteDirectory("job/chk-1".into()), 0);
        files.submit(ME, FileRequest::Delete("job/shared/a".into()), 0);
        files.submit(ME, FileRequest::Delete("job/nothing".into()), 0);
        assert_eq!(paths(&files), ["job/chk-10/a"]);
        assert_eq!(files.next_completion(), None);
    }

    #[test]
    fn what_a_process_wrote_halfway_goes_with_it() {
        let mut files = file_system();
        files.submit(ME, FileRequest::Write(file("a", 1)), 0);
        files.submit(FileOwner::Outside, FileRequest::Write(file("b", 1)), 0);
        files.forget(|owner| owner == ME);
        assert_eq!(&*completed_at(&mut files).1.path, "b");
        assert_eq!(paths(&files), ["b"]);
    }
}
