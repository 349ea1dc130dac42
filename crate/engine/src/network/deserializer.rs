//! Puts the records of one channel together again, those that span buffers included.
//!
//! Contract: buffers are set in the order of the channel; a record is given once its last byte is there.
//! Flink: `SpillingAdaptiveSpanningRecordDeserializer` (the disk for very long records is left out: a
//! record must fit into memory here anyway).

use super::buffer::Buffer;
use super::digest::Digest;

/// Bytes of the length prefix of a record, a big-endian integer.
pub const LENGTH_BYTES: usize = 4;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct RecordDeserializer {
    buffer: Option<Buffer>,
    position: usize,
    records_read: u32,
    /// Length prefix and body of a record that began in an earlier buffer, as far as they are known.
    spanning: Vec<u8>,
    /// Of all buffers that were set.
    digest: Digest,
}

impl RecordDeserializer {
    /// Takes the next buffer of the channel.
    pub fn set_buffer(&mut self, buffer: Buffer) {
        assert!(self.buffer.is_none(), "the buffer before is not read to its end");
        self.digest.update(&buffer.bytes);
        self.buffer = Some(buffer);
        self.position = 0;
        self.records_read = 0;
    }

    /// Takes a buffer that was restored: it never was on the channel.
    pub fn set_recovered(&mut self, buffer: Buffer) {
        assert!(self.buffer.is_none(), "the buffer before is not read to its end");
        self.buffer = Some(buffer);
        self.position = 0;
        self.records_read = 0;
    }

    /// Reads the next whole record's body with `read`; `None` when the buffer has no further one.
    #[inline(always)]
    pub fn next_record<R>(&mut self, read: impl FnOnce(&[u8]) -> R) -> Option<R> {
        let Self { buffer, position, records_read, spanning, .. } = self;
        let bytes = &buffer.as_ref()?.bytes[*position..];
        if spanning.is_empty()
            && let Some(length) = body_length(bytes)
        {
            let end = LENGTH_BYTES + length;
            if bytes.len() >= end {
                *position += end;
                *records_read += 1;
                return Some(read(&bytes[LENGTH_BYTES..end]));
            }
        }
        *position += continue_spanning(spanning, bytes);
        let is_complete = body_length(spanning).is_some_and(|length| spanning.len() == LENGTH_BYTES + length);
        if !is_complete {
            return None;
        }
        let answer = read(&spanning[LENGTH_BYTES..]);
        spanning.clear();
        Some(answer)
    }

    /// The same of a record that stands whole in the buffer at hand with more behind it, if `read` takes it: as most do.
    #[inline(always)]
    pub fn next_within<R>(&mut self, read: impl FnOnce(&[u8]) -> Option<R>) -> Option<R> {
        let bytes = self.buffer.as_ref()?.bytes.get(self.position..)?;
        let end = LENGTH_BYTES + body_length(bytes)?;
        if bytes.len() <= end || !self.spanning.is_empty() {
            return None;
        }
        let answer = read(&bytes[LENGTH_BYTES..end])?;
        self.position += end;
        self.records_read += 1;
        Some(answer)
    }

    /// The buffer at hand, if it is read to its end: it is to be recycled.
    #[inline(always)]
    pub fn take_consumed(&mut self) -> Option<Buffer> {
        let is_consumed = self.buffer.as_ref().is_some_and(|buffer| self.position == buffer.bytes.len());
        if is_consumed { self.buffer.take() } else { None }
    }

    /// What was set and not read: the beginning of a record that spans buffers, and the rest of the buffer at hand.
    /// Flink: `getUnconsumedBuffer`.
    pub fn unconsumed(&self) -> Vec<u8> {
        let rest = self.buffer.as_ref().map_or(&[][..], |buffer| &buffer.bytes[self.position..]);
        [&self.spanning, rest].concat()
    }

    /// Puts the beginning of a record that spans buffers aside, and goes on with another one: between two buffers.
    pub fn swap_spanning(&mut self, other: &mut Vec<u8>) {
        assert!(self.buffer.is_none(), "a buffer is read to its end first");
        std::mem::swap(&mut self.spanning, other);
    }

    /// The buffer at hand, how many of its bytes are read, and how many of the records that begin in it.
    pub fn reading(&self) -> Option<(&Buffer, usize, u32)> {
        self.buffer.as_ref().map(|buffer| (buffer, self.position, self.records_read))
    }

    /// Of the data that was set, read or not.
    pub const fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Gives up: the buffer at hand, read or not.
    pub fn take_buffer(&mut self) -> Option<Buffer> {
        self.spanning.clear();
        self.buffer.take()
    }
}

/// The length that a record's prefix gives, once its four bytes are there.
#[inline(always)]
fn body_length(bytes: &[u8]) -> Option<usize> {
    let prefix: [u8; LENGTH_BYTES] = bytes.get(..LENGTH_BYTES)?.try_into().ok()?;
    Some(u32::from_be_bytes(prefix) as usize)
}

/// Moves what belongs to the spanning record from `bytes`; returns how many bytes that were.
fn continue_spanning(spanning: &mut Vec<u8>, bytes: &[u8]) -> usize {
    let mut taken = 0;
    if spanning.len() < LENGTH_BYTES {
        taken = bytes.len().min(LENGTH_BYTES - spanning.len());
        spanning.extend_from_slice(&bytes[..taken]);
    }
    if let Some(length) = body_length(spanning) {
        let missing = LENGTH_BYTES + length - spanning.len();
        let count = missing.min(bytes.len() - taken);
        spanning.extend_from_slice(&bytes[taken..taken + count]);
        taken += count;
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ids::PartitionId;
    use crate::network::event::Event;
    use crate::network::partition::{ResultPartition, SerializedRecord, WriteContext};
    use crate::network::pool::NetworkBufferPool;
    use crate::network::pool::local::PoolLimits;

    /// Writes records of these body lengths through segments of `segment_bytes` and reads them again.
    fn round_trip(lengths: &[usize], segment_bytes: u32) -> Vec<Vec<u8>> {
        let mut pools = NetworkBufferPool::new(1000, segment_bytes);
        let limits =
            PoolLimits { min: 2, max: None, subpartitions: 1, per_subpartition_max: 1000, overdraft_max: 0 };
        let pool = pools.create_pool(limits).expect("there are enough segments");
        let mut partition = ResultPartition::new(PartitionId(0), 1, pool);
        let mut ids = 0;
        let mut tell = |_| ();
        let mut context = WriteContext { pools: &mut pools, next_buffer_id: &mut ids, tell: &mut tell };
        for (n, &length) in lengths.iter().enumerate() {
            let mut bytes = (length as u32).to_be_bytes().to_vec();
            bytes.extend(std::iter::repeat_n(n as u8, length));
            partition.emit(0, SerializedRecord { bytes: &bytes, dot: None, written: 0 }, &mut context);
        }
        partition.broadcast_event(Event::EndOfPartition, &mut context);
        let (mut deserializer, mut records) = (RecordDeserializer::default(), Vec::new());
        while let Some(polled) =
            partition.poll(0, &mut ids, |_| ()).filter(|polled| polled.buffer.data_type.is_data())
        {
            deserializer.set_buffer(polled.buffer);
            // By turns, as a task reads: within the buffer, or up to its end.
            while let Some(record) = deserializer
                .next_within(|bytes| (records.len() % 3 > 0).then(|| bytes.to_vec()))
                .or_else(|| deserializer.next_record(<[u8]>::to_vec))
            {
                records.push(record);
            }
            assert!(deserializer.take_consumed().is_some(), "read to its end");
        }
        records
    }

    #[test]
    fn every_length_survives_every_segment_size() {
        let lengths = [0, 1, 3, 4, 5, 17, 64, 200, 0, 7];
        let expected: Vec<Vec<u8>> = lengths.iter().enumerate().map(|(n, &l)| vec![n as u8; l]).collect();
        for segment_bytes in 1..90 {
            assert_eq!(round_trip(&lengths, segment_bytes), expected, "segments of {segment_bytes}");
        }
    }
}
