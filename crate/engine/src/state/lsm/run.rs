//! A sorted run: a file of keys in order, each with what was last done to it.
//!
//! Contract: it never changes once it is built. The body of the file is entries: the key after its length, one byte for
//! what was done, the bytes of that after their length. RocksDB: an SST file.

use std::rc::Rc;

use crate::state::bytes::{CorruptState, FileKind, HEADER_BYTES, begin_file, end_file, open_file, put_bytes};

/// What was done to a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It holds this.
    Put = 0,
    /// It holds what it held before, and behind it this. RocksDB: a merge operand.
    Append = 1,
    /// It holds nothing.
    Delete = 2,
}

/// What was last done to a key, with the bytes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    pub change: Change,
    pub bytes: Rc<[u8]>,
}

impl Slot {
    /// Both as one: this one, and then `later`.
    #[must_use]
    pub fn then(&self, later: &Self) -> Self {
        if later.change != Change::Append {
            return later.clone();
        }
        let bytes = match self.change {
            Change::Delete => Rc::clone(&later.bytes),
            Change::Put | Change::Append => [&*self.bytes, &*later.bytes].concat().into(),
        };
        let change = if self.change == Change::Append { Change::Append } else { Change::Put };
        Self { change, bytes }
    }
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Run {
    number: u64,
    file: Rc<[u8]>,
    /// Where each entry begins.
    entries: Vec<u32>,
}

impl Run {
    /// A run of entries that come in order.
    pub fn build<'a>(number: u64, slots: impl IntoIterator<Item = (&'a [u8], &'a Slot)>) -> Self {
        let mut file = begin_file(FileKind::Run);
        let mut entries = Vec::new();
        for (key, slot) in slots {
            entries.push(file.len() as u32);
            put_bytes(&mut file, key);
            file.push(slot.change as u8);
            put_bytes(&mut file, &slot.bytes);
        }
        Self { number, file: end_file(file), entries }
    }

    /// A run that was written.
    pub fn open(number: u64, file: &Rc<[u8]>) -> Result<Self, CorruptState> {
        let mut body = open_file(file, FileKind::Run)?;
        let length = body.0.len();
        let mut entries = Vec::new();
        while !body.is_empty() {
            entries.push((HEADER_BYTES + length - body.0.len()) as u32);
            body.bytes()?;
            if body.u8()? > Change::Delete as u8 {
                return Err(CorruptState::Content("a change is none"));
            }
            body.bytes()?;
        }
        Ok(Self { number, file: Rc::clone(file), entries })
    }

    /// Its number, unique in its backend.
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// Its bytes.
    pub const fn file(&self) -> &Rc<[u8]> {
        &self.file
    }

    /// How many entries it has.
    pub const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it has none.
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What was done to a key, if anything was here.
    pub fn get(&self, key: &[u8]) -> Option<(Change, &[u8])> {
        let place = self.place_of(key);
        let (found, change, bytes) = self.entry(place)?;
        (found == key).then_some((change, bytes))
    }

    /// The entries whose keys begin with `prefix`, in order.
    pub fn scan<'a>(&'a self, prefix: &'a [u8]) -> impl Iterator<Item = (&'a [u8], Change, &'a [u8])> {
        let from = self.place_of(prefix);
        (from..self.len())
            .map_while(|place| self.entry(place))
            .take_while(move |(key, ..)| key.starts_with(prefix))
    }

    /// Least and greatest key.
    pub fn bounds(&self) -> (&[u8], &[u8]) {
        let key = |place| self.entry(place).map_or(&[][..], |(key, ..)| key);
        (key(0), key(self.len().saturating_sub(1)))
    }

    /// The place of the first key that is not less.
    fn place_of(&self, key: &[u8]) -> usize {
        self.entries.partition_point(|&at| self.bytes_at(at).0 < key)
    }

    fn entry(&self, place: usize) -> Option<(&[u8], Change, &[u8])> {
        let (key, after) = self.bytes_at(*self.entries.get(place)?);
        let change = match self.file[after] {
            0 => Change::Put,
            1 => Change::Append,
            _ => Change::Delete,
        };
        Some((key, change, self.bytes_at(after as u32 + 1).0))
    }

    /// The bytes whose length stands at `at`, and where they end.
    fn bytes_at(&self, at: u32) -> (&[u8], usize) {
        let at = at as usize;
        let mut length = [0; 4];
        length.copy_from_slice(&self.file[at..at + 4]);
        let end = at + 4 + u32::from_be_bytes(length) as usize;
        (&self.file[at + 4..end], end)
    }
}
