//! What is sorted: a record as bytes, behind its key's bytes and its timestamp.
//!
//! Contract: records come in the order of their keys' bytes, each taken for a signed number as Java does, a
//! shorter key before a longer one that begins with it; those of one key come by timestamp, and those of one
//! timestamp as `quick_sort` leaves them. The order has no meaning but that each key stands together: 128 comes before 1.
//! Flink: `KeyAndValueSerializer`, `FixedLengthByteKeyComparator`, `VariableLengthByteKeyComparator`.

use std::cmp::Ordering;
use std::rc::Rc;

/// A length, in the file and before a key.
const LENGTH_BYTES: usize = 4;
const TIMESTAMP_BYTES: usize = 8;

/// A record to be sorted: length of the key, key, timestamp, serialised element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SortRecord(Rc<[u8]>);

impl SortRecord {
    /// A record of these parts.
    pub fn new(key: &[u8], timestamp: i64, element: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(LENGTH_BYTES + key.len() + TIMESTAMP_BYTES + element.len());
        bytes.extend_from_slice(&(key.len() as u32).to_be_bytes());
        bytes.extend_from_slice(key);
        bytes.extend_from_slice(&timestamp.to_be_bytes());
        bytes.extend_from_slice(element);
        Self(bytes.into())
    }

    /// The key's bytes.
    pub fn key(&self) -> &[u8] {
        &self.0[LENGTH_BYTES..self.key_end()]
    }

    /// The timestamp, the least Long where there is none.
    pub fn timestamp(&self) -> i64 {
        let at = self.key_end();
        let bytes: [u8; TIMESTAMP_BYTES] =
            self.0[at..at + TIMESTAMP_BYTES].try_into().expect("a record has a timestamp");
        i64::from_be_bytes(bytes)
    }

    /// The serialised element.
    pub fn element(&self) -> &[u8] {
        &self.0[self.key_end() + TIMESTAMP_BYTES..]
    }

    /// Bytes that it takes, in memory and in a file.
    pub fn stored_bytes(&self) -> usize {
        LENGTH_BYTES + self.0.len()
    }

    /// The order of sorting.
    pub fn order(&self, other: &Self) -> Ordering {
        let (a, b) = (self.key(), other.key());
        let differs = a.iter().zip(b).position(|(a, b)| a != b);
        let by_key = match differs {
            Some(at) => (a[at] as i8).cmp(&(b[at] as i8)),
            None => a.len().cmp(&b.len()),
        };
        by_key.then_with(|| self.timestamp().cmp(&other.timestamp()))
    }

    /// Appends it to a file's bytes.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&(self.0.len() as u32).to_be_bytes());
        out.extend_from_slice(&self.0);
    }

    /// Takes the first record from a file's bytes, if it stands there whole. Answers it and how long it was.
    pub fn read(bytes: &[u8]) -> Option<(Self, usize)> {
        let end = Self::whole_end(bytes)?;
        Some((Self(bytes[LENGTH_BYTES..end].into()), end))
    }

    /// Whether a file's bytes begin with a whole record.
    pub fn is_whole(bytes: &[u8]) -> bool {
        Self::whole_end(bytes).is_some()
    }

    fn whole_end(bytes: &[u8]) -> Option<usize> {
        let prefix: [u8; LENGTH_BYTES] = bytes.get(..LENGTH_BYTES)?.try_into().ok()?;
        let end = LENGTH_BYTES + u32::from_be_bytes(prefix) as usize;
        (end <= bytes.len()).then_some(end)
    }

    fn key_end(&self) -> usize {
        let prefix: [u8; LENGTH_BYTES] =
            self.0[..LENGTH_BYTES].try_into().expect("a record begins with a length");
        LENGTH_BYTES + u32::from_be_bytes(prefix) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::element::NO_TIMESTAMP;
    use crate::record::{Value, serialize_value};

    fn record(key: impl Into<Value>, timestamp: i64) -> SortRecord {
        let mut bytes = Vec::new();
        serialize_value(&key.into(), &mut bytes);
        SortRecord::new(&bytes, timestamp, b"element")
    }

    #[test]
    fn keys_come_as_in_flink() {
        // Signed bytes: the last one of 128 is 0x80, which is less than 0x00.
        let expected = [-128_i64, -127, -1, 128, 255, 0, 1, 127, 256].map(|key| record(key, 0));
        let mut sorted = expected.clone();
        sorted.reverse();
        sorted.sort_by(SortRecord::order);
        assert_eq!(sorted, expected);
        assert_eq!(
            record("b", 0).order(&record("aa", 0)),
            Ordering::Less,
            "the length stands before the text"
        );
        assert_eq!(record(("a", 2), 0).order(&record(("a", 1), 0)), Ordering::Greater);
    }

    #[test]
    fn within_a_key_the_timestamp_decides() {
        assert_eq!(record("a", 1).order(&record("a", 2)), Ordering::Less);
        assert_eq!(record("a", NO_TIMESTAMP).order(&record("a", -5)), Ordering::Less);
        assert_eq!(record("a", 7).order(&record("a", 7)), Ordering::Equal);
    }

    #[test]
    fn bytes_and_back() {
        let records = [record("key", 5), record(("a", 1), NO_TIMESTAMP), SortRecord::new(b"", 0, b"")];
        let mut bytes = Vec::new();
        for record in &records {
            record.write(&mut bytes);
        }
        assert_eq!(bytes.len(), records.iter().map(SortRecord::stored_bytes).sum::<usize>());
        let mut at = 0;
        for expected in &records {
            let (record, length) = SortRecord::read(&bytes[at..]).expect("it is whole");
            assert_eq!(record, *expected);
            assert!(SortRecord::read(&bytes[at..at + length - 1]).is_none());
            at += length;
        }
        assert_eq!((records[0].timestamp(), records[0].element()), (5, &b"element"[..]));
    }
}
