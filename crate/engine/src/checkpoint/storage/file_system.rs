//! A distributed file system that all processes reach: files with real bytes, requests that take their time.
//!
//! Contract: bytes move through one pipe, in the order of the requests, and the latency later a request is complete: a
//! file is there with all its bytes then, and not before. While the file system is down or full, requests fail when
//! they would be complete, and change nothing. Deleting needs no answer. Flink: the `FileSystem` of
//! `execution.checkpointing.dir`, as HDFS or S3 would be behind it.

use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;

use super::FileWrite;
use crate::base::ordered::SortedMap;

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

/// A request's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileRequestId(pub u64);

/// A request that is complete: what was read, or nothing of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileAnswer {
    pub id: FileRequestId,
    pub result: Result<Option<Rc<[u8]>>, FileSystemError>,
}

#[derive(Clone, Debug)]
struct Request {
    id: FileRequestId,
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
    pub path: Rc<str>,
    pub is_read: bool,
    pub bytes: u64,
    pub done_at: u64,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct DistributedFileSystem {
    options: FileSystemOptions,
    files: Rc<SortedMap<Rc<str>, Rc<[u8]>>>,
    requests: VecDeque<Request>,
    next_request: u64,
    /// How far the moving of bytes is planned, in bytes since tick 0 at the bandwidth.
    planned: u64,
    fault: Option<FileSystemFault>,
}

impl DistributedFileSystem {
    /// An empty one.
    pub fn new(options: FileSystemOptions) -> Self {
        assert!(options.bytes_per_tick > 0, "without bandwidth nothing is ever complete");
        Self {
            options,
            files: Rc::default(),
            requests: VecDeque::new(),
            next_request: 0,
            planned: 0,
            fault: None,
        }
    }

    /// Asks for a file to be written.
    pub fn write(&mut self, file: FileWrite, now: u64) -> FileRequestId {
        self.submit(file.path, Some(file.bytes), now)
    }

    /// Asks for the bytes of a file.
    pub fn read(&mut self, path: &Rc<str>, now: u64) -> FileRequestId {
        self.submit(Rc::clone(path), None, now)
    }

    /// Deletes a file, if it is there.
    pub fn delete(&mut self, path: &str) {
        if self.files.contains_key(path) {
            Rc::make_mut(&mut self.files).remove(path);
        }
    }

    /// Deletes all files of a directory. Flink: `disposeStorageLocation`.
    pub fn delete_directory(&mut self, directory: &str) {
        let is_inside = |path: &str| path.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'));
        if self.files.keys().any(|path| is_inside(path)) {
            Rc::make_mut(&mut self.files).retain(|path, _| !is_inside(path));
        }
    }

    /// Something is wrong with it from now on, or, with `None`, nothing is.
    pub const fn set_fault(&mut self, fault: Option<FileSystemFault>) {
        self.fault = fault;
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
        let Request { id, path, bytes, .. } = self.requests.pop_front()?;
        let result = match (self.fault, bytes) {
            (Some(FileSystemFault::Down), _) => Err(FileSystemError::Down { path }),
            (Some(FileSystemFault::Full), Some(_)) => Err(FileSystemError::Full { path }),
            (_, Some(bytes)) => {
                Rc::make_mut(&mut self.files).insert(path, bytes);
                Ok(None)
            }
            (_, None) => match self.files.get(&path) {
                Some(bytes) => Ok(Some(Rc::clone(bytes))),
                None => Err(FileSystemError::NotFound { path }),
            },
        };
        Some(FileAnswer { id, result })
    }

    /// Nobody waits for a request any more: a write does not happen.
    pub fn forget(&mut self, id: FileRequestId) {
        self.requests.retain(|request| request.id != id);
    }

    /// All files by path, with their bytes.
    pub fn files(&self) -> impl Iterator<Item = (&Rc<str>, &Rc<[u8]>)> {
        self.files.iter()
    }

    /// The bytes of a file, at once: for whoever looks at it from outside.
    pub fn bytes_of(&self, path: &str) -> Option<&Rc<[u8]>> {
        self.files.get(path)
    }

    /// Puts a file there at once, from outside.
    pub fn put(&mut self, file: FileWrite) {
        Rc::make_mut(&mut self.files).insert(file.path, file.bytes);
    }

    /// What is under way, in order.
    pub fn requests(&self) -> impl Iterator<Item = FileRequestView> {
        self.requests.iter().map(|request| FileRequestView {
            path: Rc::clone(&request.path),
            is_read: request.bytes.is_none(),
            bytes: request.length,
            done_at: request.done_at,
        })
    }

    fn submit(&mut self, path: Rc<str>, bytes: Option<Rc<[u8]>>, now: u64) -> FileRequestId {
        let id = FileRequestId(self.next_request);
        self.next_request += 1;
        let moved = bytes.as_ref().or_else(|| self.files.get(&path));
        let length = moved.map_or(0, |bytes| bytes.len() as u64);
        let bytes_per_tick = u64::from(self.options.bytes_per_tick);
        self.planned = self.planned.max(now * bytes_per_tick) + length.max(1);
        let done_at = (self.planned - 1) / bytes_per_tick + u64::from(self.options.latency_ticks);
        self.requests.push_back(Request { id, path, bytes, length, done_at });
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn requests_share_one_pipe_and_a_file_is_whole_or_not_there() {
        let mut files = file_system();
        files.write(file("a/1", 25), 100);
        files.write(file("a/2", 10), 100);
        assert_eq!(files.bytes_of("a/1"), None);
        assert_eq!(completed_at(&mut files).0, 107);
        assert_eq!(files.bytes_of("a/1").map(|bytes| bytes.len()), Some(25));
        assert_eq!(completed_at(&mut files).0, 108);
        let read = files.read(&"a/1".into(), 200);
        let (at, answer) = completed_at(&mut files);
        assert_eq!((at, answer.id), (207, read));
        assert_eq!(answer.result.unwrap().map(|bytes| bytes.len()), Some(25));
        assert_eq!(files.complete_next(1000), None);
    }

    #[test]
    fn what_fails_changes_nothing() {
        let mut files = file_system();
        files.put(file("a", 1));
        files.write(file("b", 1), 0);
        files.read(&"a".into(), 0);
        files.read(&"c".into(), 0);
        files.set_fault(Some(FileSystemFault::Full));
        assert_eq!(completed_at(&mut files).1.result, Err(FileSystemError::Full { path: "b".into() }));
        assert!(completed_at(&mut files).1.result.is_ok());
        assert_eq!(completed_at(&mut files).1.result, Err(FileSystemError::NotFound { path: "c".into() }));
        files.set_fault(Some(FileSystemFault::Down));
        files.read(&"a".into(), 50);
        assert_eq!(completed_at(&mut files).1.result, Err(FileSystemError::Down { path: "a".into() }));
        assert_eq!(files.files().count(), 1);
    }

    #[test]
    fn directories_go_whole() {
        let mut files = file_system();
        for path in ["job/chk-1/a", "job/chk-1/b/c", "job/chk-10/a", "job/shared/a"] {
            files.put(file(path, 1));
        }
        files.delete_directory("job/chk-1");
        files.delete("job/shared/a");
        files.delete("job/nothing");
        assert_eq!(files.files().map(|(path, _)| &**path).collect::<Vec<_>>(), ["job/chk-10/a"]);
    }
}
