//! Bytes of state, written and read: big-endian numbers, texts and values, and the envelope around a file.
//!
//! Every file of a checkpoint is an envelope: `WEIR`, one byte for what is in it ([`FileKind`]), one for the
//! version of the format, eight for the length of the body, the body, eight of a checksum over all of that. Numbers
//! are big-endian. A version that is newer is refused; an older one is read as it was written then: version 4 added
//! of which type the namespaces of states are, version 3 the types that were declared, where there are some, and
//! version 2 the files of kind 9.
//! Flink: `MetadataSerializer`, `Checkpoints.HEADER_MAGIC_NUMBER`; checksums are those of its file systems.

use std::fmt;
use std::rc::Rc;

use crate::record::{Value, read_value, serialize_value};

/// What a file of a checkpoint begins with.
const MAGIC: [u8; 4] = *b"WEIR";

/// The version of the format that is written.
pub const FORMAT_VERSION: u8 = 4;

/// Magic, kind, version, length.
pub const HEADER_BYTES: usize = 14;

/// The checksum at the end.
pub const CHECKSUM_BYTES: usize = 8;

/// What is in a file of a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// `_metadata`: the handles of a whole checkpoint.
    Metadata = 1,
    /// Keyed state as the heap backend writes it.
    Heap = 2,
    /// Keyed state in the layout that every backend reads.
    Canonical = 3,
    /// Operator state.
    Operator = 4,
    /// Buffers of channels.
    Channel = 5,
    /// A sorted run of the LSM backend.
    Run = 6,
    /// Which runs make up an LSM backend.
    Manifest = 7,
    /// A snapshot with all its files.
    Savepoint = 8,
    /// Which transactions an external system knows as committed. Since version 2.
    Committed = 9,
}

/// Bytes that are not the state that they should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CorruptState {
    /// Not one of our files at all.
    Foreign,
    /// A file of another kind.
    OtherKind { expected: FileKind, found: u8 },
    /// Written by a later version.
    Newer { version: u8 },
    /// It ends too early, or goes on too long.
    Length { expected: u64, found: u64 },
    /// Some byte is not what was written.
    Checksum,
    /// It holds what no writer would write.
    Content(&'static str),
}

impl fmt::Display for CorruptState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Foreign => f.write_str("this is no file of a checkpoint: it does not begin with WEIR"),
            Self::OtherKind { expected, found } => {
                write!(f, "this is a file of kind {found}, where one of kind {} belongs", *expected as u8)
            }
            Self::Newer { version } => write!(
                f,
                "the file was written in version {version} of the format, and {FORMAT_VERSION} is the newest \
                 that can be read here"
            ),
            Self::Length { expected, found } => {
                write!(f, "the file has {found} bytes, and should have {expected}")
            }
            Self::Checksum => f.write_str("the file is damaged: its checksum is another"),
            Self::Content(what) => write!(f, "the file is damaged: {what}"),
        }
    }
}

impl std::error::Error for CorruptState {}

/// Begins a file: the body is appended to what this answers.
pub fn begin_file(kind: FileKind) -> Vec<u8> {
    let mut file = Vec::with_capacity(256);
    file.extend_from_slice(&MAGIC);
    file.extend_from_slice(&[kind as u8, FORMAT_VERSION]);
    file.extend_from_slice(&[0; 8]);
    file
}

/// Ends it: fills in the length, appends the checksum.
pub fn end_file(mut file: Vec<u8>) -> Rc<[u8]> {
    let body = (file.len() - HEADER_BYTES) as u64;
    file[6..HEADER_BYTES].copy_from_slice(&body.to_be_bytes());
    let checksum = checksum(&file);
    file.extend_from_slice(&checksum);
    file.into()
}

/// The body of a file that is whole and of this kind.
pub fn open_file(file: &[u8], kind: FileKind) -> Result<ByteReader<'_>, CorruptState> {
    check_file(file)?;
    if file[4] != kind as u8 {
        return Err(CorruptState::OtherKind { expected: kind, found: file[4] });
    }
    Ok(ByteReader(&file[HEADER_BYTES..file.len() - CHECKSUM_BYTES]))
}

/// Whether a file is whole, whatever is in it.
pub fn check_file(file: &[u8]) -> Result<(), CorruptState> {
    let found = file.len() as u64;
    if file.len() < HEADER_BYTES {
        let begins_as_ours = MAGIC.starts_with(&file[..file.len().min(4)]) || file.starts_with(&MAGIC);
        return Err(if begins_as_ours {
            CorruptState::Length { expected: HEADER_BYTES as u64, found }
        } else {
            CorruptState::Foreign
        });
    }
    if !file.starts_with(&MAGIC) {
        return Err(CorruptState::Foreign);
    }
    if file[5] > FORMAT_VERSION {
        return Err(CorruptState::Newer { version: file[5] });
    }
    let mut length = [0; 8];
    length.copy_from_slice(&file[6..HEADER_BYTES]);
    let expected = u64::from_be_bytes(length).saturating_add((HEADER_BYTES + CHECKSUM_BYTES) as u64);
    if expected != found {
        return Err(CorruptState::Length { expected, found });
    }
    let (before, stored) = file.split_at(file.len() - CHECKSUM_BYTES);
    if checksum(before) != stored {
        return Err(CorruptState::Checksum);
    }
    Ok(())
}

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let hash = murmur3::murmur3_x64_128(&mut { bytes }, 0).expect("memory can be read");
    (hash as u64).to_be_bytes()
}

/// Appends a number as four bytes.
pub fn put_u32(out: &mut Vec<u8>, number: u32) {
    out.extend_from_slice(&number.to_be_bytes());
}

/// Appends a number as eight bytes.
pub fn put_u64(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(&number.to_be_bytes());
}

/// Appends bytes after their length.
pub fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_u32(out, bytes.len() as u32);
    out.extend_from_slice(bytes);
}

/// Appends numbers after their count.
pub fn put_offsets(out: &mut Vec<u8>, offsets: &[u64]) {
    put_u32(out, offsets.len() as u32);
    for &offset in offsets {
        put_u64(out, offset);
    }
}

/// Appends a value; what is read back is equal to it.
pub fn put_value(out: &mut Vec<u8>, value: &Value) {
    serialize_value(value, out);
}

/// Reads what was written by the functions above, from the front.
#[derive(Clone, Copy, Debug)]
pub struct ByteReader<'a>(pub &'a [u8]);

impl<'a> ByteReader<'a> {
    /// Whether everything was read.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next bytes, so many of them.
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], CorruptState> {
        let (head, rest) =
            self.0.split_at_checked(count).ok_or(CorruptState::Content("it ends too early"))?;
        self.0 = rest;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], CorruptState> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    /// One byte.
    pub fn u8(&mut self) -> Result<u8, CorruptState> {
        self.array::<1>().map(|[byte]| byte)
    }

    /// A number of two bytes.
    pub fn u16(&mut self) -> Result<u16, CorruptState> {
        self.array().map(u16::from_be_bytes)
    }

    /// A number of four bytes.
    pub fn u32(&mut self) -> Result<u32, CorruptState> {
        self.array().map(u32::from_be_bytes)
    }

    /// A number of eight bytes.
    pub fn u64(&mut self) -> Result<u64, CorruptState> {
        self.array().map(u64::from_be_bytes)
    }

    /// How many items follow, of which each has a byte at least.
    pub fn count(&mut self) -> Result<usize, CorruptState> {
        let count = self.u32()? as usize;
        if count > self.0.len() {
            Err(CorruptState::Content("it counts more than it has"))
        } else {
            Ok(count)
        }
    }

    /// Bytes after their length.
    pub fn bytes(&mut self) -> Result<&'a [u8], CorruptState> {
        let length = self.u32()? as usize;
        self.take(length)
    }

    /// A text after its length.
    pub fn text(&mut self) -> Result<Rc<str>, CorruptState> {
        let text = std::str::from_utf8(self.bytes()?).map_err(|_| CorruptState::Content("a text is none"))?;
        Ok(Rc::from(text))
    }

    /// Numbers after their count.
    pub fn offsets(&mut self) -> Result<Rc<[u64]>, CorruptState> {
        (0..self.count()?).map(|_| self.u64()).collect()
    }

    /// A value.
    pub fn value(&mut self) -> Result<Value, CorruptState> {
        read_value(&mut self.0).map_err(|corrupt| CorruptState::Content(corrupt.reason))
    }

    /// What begins so many bytes from here.
    pub fn at(&self, offset: u64) -> Result<Self, CorruptState> {
        let rest = usize::try_from(offset).ok().and_then(|offset| self.0.get(offset..));
        rest.map(Self).ok_or(CorruptState::Content("an offset points behind its end"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> Vec<u8> {
        let mut file = begin_file(FileKind::Operator);
        put_bytes(&mut file, b"name");
        put_offsets(&mut file, &[1, 2]);
        put_value(&mut file, &("a", 1).into());
        end_file(file).to_vec()
    }

    #[test]
    fn what_was_written_is_read() {
        let file = file();
        let mut reader = open_file(&file, FileKind::Operator).unwrap();
        assert_eq!(&*reader.text().unwrap(), "name");
        assert_eq!(&*reader.offsets().unwrap(), &[1, 2]);
        assert_eq!(reader.value(), Ok(("a", 1).into()));
        assert!(reader.is_empty() && reader.u8().is_err());
    }

    #[test]
    fn every_damage_is_seen() {
        let whole = file();
        for length in 0..whole.len() {
            let cut = open_file(&whole[..length], FileKind::Operator);
            assert!(matches!(cut, Err(CorruptState::Length { .. })), "{length}: {cut:?}");
        }
        for bit in 0..whole.len() * 8 {
            let mut damaged = whole.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(open_file(&damaged, FileKind::Operator).is_err(), "bit {bit}");
        }
        assert_eq!(open_file(b"<!doctype html>", FileKind::Operator).err(), Some(CorruptState::Foreign));
        assert_eq!(open_file(b"PK", FileKind::Operator).err(), Some(CorruptState::Foreign));
        let other = open_file(&whole, FileKind::Metadata).unwrap_err().to_string();
        assert_eq!(other, "this is a file of kind 4, where one of kind 1 belongs");
        let mut older = whole[..whole.len() - CHECKSUM_BYTES].to_vec();
        older[5] = 2;
        assert!(open_file(&end_file(older), FileKind::Operator).is_ok());
        let mut newer = whole;
        newer[5] = FORMAT_VERSION + 1;
        assert!(open_file(&newer, FileKind::Operator).unwrap_err().to_string().contains("version 5"));
    }
}
