//! A snapshot in one file: what is saved from one page, and loaded into another one or by a changed job.
//!
//! The body of the file ([`FileKind::Savepoint`]): the directory of the snapshot, then its files after their count, each
//! with its path and its bytes, `_metadata` first, and last which transactions the external system knows as committed:
//! whoever starts from the snapshot commits again what it holds, and that must not take effect twice. Each of them has a checksum of its own, so that what is damaged can be
//! named. Contract: what is read is what was written, or nothing is used of it and it is said what is wrong, where, and
//! what can be done. Flink: a savepoint's directory, which is copied as a whole.

use std::fmt;
use std::rc::Rc;

use super::coordinator::completed::CompletedCheckpoint;
use super::handles::StreamStateHandle;
use super::metadata;
use super::storage::store::pieces;
use super::storage::{FileWrite, METADATA};
use crate::state::bytes::{
    ByteReader, CHECKSUM_BYTES, CorruptState, FileKind, HEADER_BYTES, begin_file, check_file, end_file,
    open_file,
};
use crate::state::bytes::{put_bytes, put_u32, put_u64};

/// A snapshot that was loaded.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadedSnapshot {
    pub snapshot: CompletedCheckpoint,
    /// Its files, for the file system.
    pub files: Vec<FileWrite>,
    /// Transactions of its checkpoint, or of earlier ones, that were committed.
    pub committed: Vec<Committed>,
}

/// A transaction that was committed: its table, its name, its checkpoint.
pub type Committed = (Rc<str>, Rc<str>, u64);

/// The part that names them.
const COMMITTED: &str = "_committed";

/// Why a file cannot be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadableFile {
    pub what: String,
    /// The byte of the file at which it is found.
    pub byte: u64,
    /// The part of the file.
    pub section: String,
    /// What can be done.
    pub advice: &'static str,
}

impl fmt::Display for UnreadableFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, byte, section, advice } = self;
        write!(f, "The savepoint cannot be loaded: {what}, at byte {byte} in {section}. {advice}")
    }
}

const SAVE_AGAIN: &str = "Save it again from the page that it comes from, or load another copy of it.";
const CHOOSE: &str = "Choose a file that was saved as a savepoint or a checkpoint in Weir.";
const UPDATE: &str = "Load it into the version of Weir that it was saved with, or a newer one.";

const HEADER: &str = "the header";
const LIST: &str = "the list of its files";

/// A snapshot as one file. `files`: those that its `_metadata` names.
pub fn write(
    snapshot: &CompletedCheckpoint,
    files: &[(Rc<str>, Rc<[u8]>)],
    committed: &[Committed],
) -> Rc<[u8]> {
    let mut file = begin_file(FileKind::Savepoint);
    put_bytes(&mut file, snapshot.pointer.as_bytes());
    put_u32(&mut file, files.len() as u32 + 2);
    put_bytes(&mut file, METADATA.as_bytes());
    put_bytes(&mut file, &metadata::write(snapshot));
    for (path, bytes) in files {
        put_bytes(&mut file, path.as_bytes());
        put_bytes(&mut file, bytes);
    }
    put_bytes(&mut file, COMMITTED.as_bytes());
    let mut names = begin_file(FileKind::Committed);
    put_u32(&mut names, committed.len() as u32);
    for (table, transaction, checkpoint) in committed {
        put_bytes(&mut names, table.as_bytes());
        put_bytes(&mut names, transaction.as_bytes());
        put_u64(&mut names, *checkpoint);
    }
    put_bytes(&mut file, &end_file(names));
    end_file(file)
}

fn read_committed(file: &[u8]) -> Result<Vec<Committed>, CorruptState> {
    let mut names = open_file(file, FileKind::Committed)?;
    (0..names.count()?).map(|_| Ok((names.text()?, names.text()?, names.u64()?))).collect()
}

/// The snapshot of a file.
pub fn read(file: &[u8]) -> Result<LoadedSnapshot, UnreadableFile> {
    let checked = check_file(file);
    match checked {
        Ok(()) if file[4] == FileKind::Savepoint as u8 => {}
        Ok(()) => {
            let what = format!("it is a part of a snapshot (a file of kind {}), not a whole one", file[4]);
            return Err(unreadable(what, 4, HEADER, CHOOSE));
        }
        Err(CorruptState::Checksum) => return Err(find_damage(file)),
        Err(corrupt) => return Err(explain(file, &corrupt)),
    }
    let mut sections = Sections::of(file);
    let (pointer, count) = sections.begin()?;
    let mut snapshot = None;
    let mut files = Vec::new();
    let mut committed = Vec::new();
    for _ in 0..count {
        let Section { path, at, bytes } = sections.next()?;
        check_file(bytes).map_err(|corrupt| unreadable(corrupt.to_string(), at, &path, SAVE_AGAIN))?;
        if snapshot.is_none() {
            let read = metadata::read(bytes, &pointer);
            snapshot =
                Some(read.map_err(|corrupt| unreadable(corrupt.to_string(), at, METADATA, SAVE_AGAIN))?);
        } else if &*path == COMMITTED {
            committed = read_committed(bytes)
                .map_err(|corrupt| unreadable(corrupt.to_string(), at, COMMITTED, SAVE_AGAIN))?;
        } else {
            files.push(FileWrite { path, bytes: bytes.into() });
        }
    }
    let Some(snapshot) = snapshot.filter(|_| sections.rest.is_empty()) else {
        return Err(unreadable(
            "it holds no snapshot, or more than one".into(),
            sections.at(),
            LIST,
            SAVE_AGAIN,
        ));
    };
    match missing(&snapshot, &files) {
        Some(path) => {
            let what = format!("the file {path} is missing, which its _metadata names");
            Err(unreadable(what, HEADER_BYTES as u64, LIST, SAVE_AGAIN))
        }
        None => Ok(LoadedSnapshot { snapshot, files, committed }),
    }
}

/// A file that a snapshot needs and that is not there.
fn missing(snapshot: &CompletedCheckpoint, files: &[FileWrite]) -> Option<Rc<str>> {
    let states = snapshot.operators.values().flat_map(|operator| operator.subtasks.values());
    let mut paths = states.flat_map(pieces).filter_map(|(piece, _)| match piece {
        StreamStateHandle::File { path, .. } => Some(path),
        StreamStateHandle::Bytes(_) => None,
    });
    paths.find(|path| !files.iter().any(|file| file.path == **path)).cloned()
}

fn unreadable(what: String, byte: u64, section: &str, advice: &'static str) -> UnreadableFile {
    UnreadableFile { what, byte, section: section.to_owned(), advice }
}

/// What is wrong with a file that is not as long as it says, or none of ours.
fn explain(file: &[u8], corrupt: &CorruptState) -> UnreadableFile {
    let end = file.len() as u64;
    match corrupt {
        CorruptState::Foreign => {
            let begins = file.iter().take(4).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
            let what = format!(
                "it is none of Weir's files: it begins with {begins}, and not with 57 45 49 52 (WEIR)"
            );
            unreadable(what, 0, HEADER, CHOOSE)
        }
        CorruptState::Newer { .. } => unreadable(corrupt.to_string(), 5, HEADER, UPDATE),
        CorruptState::Length { expected, found } if found < expected => {
            let what = format!("it ends after {found} bytes, and should have {expected}");
            unreadable(what, end, &section_at_end(file), SAVE_AGAIN)
        }
        _ => unreadable(corrupt.to_string(), end.min(HEADER_BYTES as u64), HEADER, SAVE_AGAIN),
    }
}

/// The part of a file in which it ends too early.
fn section_at_end(file: &[u8]) -> String {
    if file.len() < HEADER_BYTES {
        return HEADER.to_owned();
    }
    let mut sections = Sections { rest: ByteReader(&file[HEADER_BYTES..]), length: file.len() };
    let Ok((_, count)) = sections.begin() else { return LIST.to_owned() };
    for _ in 0..count {
        if let Err(error) = sections.next() {
            return error.section;
        }
    }
    "its checksum".to_owned()
}

/// The part of a file that is as long as it should be, and of which a byte is another.
fn find_damage(file: &[u8]) -> UnreadableFile {
    let mut sections = Sections::of(file);
    let count = sections.begin().map_or(0, |(_, count)| count);
    for _ in 0..count {
        let Ok(Section { path, at, bytes }) = sections.next() else { break };
        if let Err(corrupt) = check_file(bytes) {
            return unreadable(corrupt.to_string(), at, &path, SAVE_AGAIN);
        }
    }
    let what = "a byte is another than was saved: its checksum is wrong".to_owned();
    unreadable(what, HEADER_BYTES as u64, LIST, SAVE_AGAIN)
}

/// A file inside, and at which byte it begins.
struct Section<'a> {
    path: Rc<str>,
    at: u64,
    bytes: &'a [u8],
}

/// Reads the files inside one after the other.
struct Sections<'a> {
    rest: ByteReader<'a>,
    /// Of the file, without its checksum.
    length: usize,
}

impl<'a> Sections<'a> {
    /// Of a file that is as long as it says.
    fn of(file: &'a [u8]) -> Self {
        let length = file.len() - CHECKSUM_BYTES;
        Self { rest: ByteReader(&file[HEADER_BYTES..length]), length }
    }

    fn at(&self) -> u64 {
        (self.length - self.rest.0.len()) as u64
    }

    /// The directory of the snapshot, and how many files there are.
    fn begin(&mut self) -> Result<(Rc<str>, usize), UnreadableFile> {
        let pointer = self.rest.text();
        let count = self.rest.count();
        let at = self.at();
        let damaged = |corrupt: CorruptState| unreadable(corrupt.to_string(), at, LIST, SAVE_AGAIN);
        Ok((pointer.map_err(damaged)?, count.map_err(damaged)?))
    }

    fn next(&mut self) -> Result<Section<'a>, UnreadableFile> {
        let before = self.at();
        let path = self.rest.text();
        let path = path.map_err(|corrupt| unreadable(corrupt.to_string(), before, LIST, SAVE_AGAIN))?;
        let at = self.at() + 4;
        match self.rest.bytes() {
            Ok(bytes) => Ok(Section { path, at, bytes }),
            Err(corrupt) => Err(unreadable(corrupt.to_string(), at, &path, SAVE_AGAIN)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::metadata::tests::checkpoint;

    /// The file of a small snapshot, with a file inside.
    fn small() -> (LoadedSnapshot, Rc<[u8]>) {
        let snapshot = checkpoint();
        let states = snapshot.operators.values().flat_map(|operator| operator.subtasks.values());
        let mut files: Vec<(Rc<str>, Rc<[u8]>)> = Vec::new();
        for (piece, _) in states.flat_map(pieces) {
            if let StreamStateHandle::File { path, .. } = piece
                && !files.iter().any(|(known, _)| known == path)
            {
                let mut bytes = begin_file(FileKind::Operator);
                bytes.extend(path.as_bytes());
                files.push((Rc::clone(path), end_file(bytes)));
            }
        }
        let committed = vec![("sums".into(), "0-3-0".into(), 3)];
        let file = write(&snapshot, &files, &committed);
        let files = files.into_iter().map(|(path, bytes)| FileWrite { path, bytes }).collect();
        (LoadedSnapshot { snapshot, files, committed }, file)
    }

    #[test]
    fn what_is_loaded_is_what_was_saved() {
        let (loaded, file) = small();
        assert!(!loaded.files.is_empty());
        assert_eq!(read(&file), Ok(loaded));
    }

    #[test]
    fn each_byte_that_is_flipped_is_noticed_and_its_section_named() {
        let (loaded, file) = small();
        let mut sections = std::collections::BTreeSet::new();
        for at in 0..file.len() {
            for bit in [0, 7] {
                let mut damaged = file.to_vec();
                damaged[at] ^= 1 << bit;
                let error = read(&damaged).expect_err("a byte is another");
                assert!(error.byte <= file.len() as u64, "{error}");
                sections.insert(error.section);
            }
        }
        let paths = loaded.files.iter().map(|file| file.path.to_string());
        for section in paths.chain([HEADER, LIST, METADATA, COMMITTED].map(str::to_owned)) {
            assert!(sections.contains(&section), "{section} of {sections:?}");
        }
    }

    #[test]
    fn each_length_that_is_cut_is_noticed_at_its_end() {
        let (_, file) = small();
        for length in 0..file.len() {
            let error = read(&file[..length]).expect_err("something is missing");
            assert!(error.byte == length as u64 || length < 4, "{length}: {error}");
            let said = error.to_string();
            assert!(said.ends_with(SAVE_AGAIN) || said.ends_with(CHOOSE), "{said}");
        }
        let longer = [&*file, b"!"].concat();
        assert!(read(&longer).is_err());
    }

    #[test]
    fn what_is_foreign_newer_or_a_part_is_told_as_such() {
        let (loaded, file) = small();
        let said = |file: &[u8]| read(file).expect_err("it is none").to_string();
        assert!(said(b"PNG, or what you like").contains("it begins with 50 4e 47 2c"));
        assert!(said(&loaded.files[0].bytes).contains("a part of a snapshot"));
        let mut newer = file.to_vec();
        newer[5] = 9;
        assert!(said(&newer).ends_with(UPDATE));
        let without = write(&loaded.snapshot, &[], &[]);
        assert!(said(&without).contains("is missing, which its _metadata names"));
    }
}
