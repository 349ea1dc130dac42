//! The peers that the engine is measured against: what a careful programmer would write for the one job
//! `sequence → map → keyBy → sum → discard`, or the same with a window before the sum, and nothing else.
//!
//! It uses the engine's serialiser, hash and key groups, because those are what both must do: each record is
//! serialised with its length before it into 32 KiB buffers, one for each receiver, read back, and added to
//! its key's sum in a hash map of the key group, one for each window. There is no queue, no task, no clock and no snapshot.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

use weir_engine::record::{StreamElement, Value, deserialize, java_hash, serialize_record};
use weir_engine::state::key_groups::{MAX_PARALLELISM_LOWER_BOUND, assign_hash_to_key_group, operator_index};

use crate::jobs::{WINDOW_MS, pair_of, time_of};

const BUFFER_BYTES: usize = 32 * 1024;
const LENGTH_BYTES: usize = 4;

/// The keys' own hash is mixed already where groups are chosen; in a map of longs, the long will do.
#[derive(Default)]
struct LongHasher(u64);

impl Hasher for LongHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 << 8) | u64::from(*byte);
        }
    }

    fn write_i64(&mut self, long: i64) {
        self.0 = (long as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

/// Sums by key, for each key group.
type Sums = Vec<HashMap<i64, i64, BuildHasherDefault<LongHasher>>>;

/// Records on their way to their receivers: a buffer each.
struct Buffers {
    buffers: Vec<Vec<u8>>,
    record: Vec<u8>,
}

impl Buffers {
    fn new(parallelism: u32) -> Self {
        let buffers = (0..parallelism).map(|_| Vec::with_capacity(BUFFER_BYTES)).collect();
        Self { buffers, record: Vec::new() }
    }

    /// Serialises a record into the buffer of its receiver. A buffer without room for it is given to `drain`
    /// before.
    fn send(&mut self, value: &Value, timestamp: Option<i64>, drain: impl FnOnce(&[u8])) {
        let parallelism = self.buffers.len() as u32;
        let receiver = operator_index(key_group_of(value), MAX_PARALLELISM_LOWER_BOUND, parallelism);
        self.record.clear();
        serialize_record(value, timestamp, &mut self.record);
        let buffer = &mut self.buffers[receiver as usize];
        if buffer.len() + LENGTH_BYTES + self.record.len() > BUFFER_BYTES {
            drain(buffer);
            buffer.clear();
        }
        buffer.extend_from_slice(&(self.record.len() as u32).to_be_bytes());
        buffer.extend_from_slice(&self.record);
    }

    /// Gives all that is on its way to `drain`.
    fn flush(&mut self, mut drain: impl FnMut(&[u8])) {
        for buffer in &mut self.buffers {
            drain(buffer);
            buffer.clear();
        }
    }
}

/// Runs the loop, and answers the sum over all that it would have emitted, so that nothing is optimised away.
pub fn sequence_sum(records: i64, keys: i64, parallelism: u32) -> i64 {
    let mut sums = no_sums();
    let mut emitted = 0_i64;
    let mut drain = |buffer: &[u8]| {
        read(buffer, |value, _| {
            let (key, number) = longs_of(&value);
            let sum = sums[key_group_of(&value) as usize].entry(key).or_insert(0);
            *sum = sum.wrapping_add(number);
            emitted = emitted.wrapping_add(emit(key, *sum));
        });
    };
    let mut buffers = Buffers::new(parallelism);
    for number in 1..=records {
        buffers.send(&pair_of(&Value::Long(number), keys), None, &mut drain);
    }
    buffers.flush(drain);
    emitted
}

/// The same for sums by window: a window's are emitted when the watermark, which comes at every 200 ms, has
/// reached its end.
pub fn window_sum(records: i64, keys: i64, parallelism: u32) -> i64 {
    const WATERMARK_MS: i64 = 200;
    let windows: RefCell<BTreeMap<i64, Sums>> = RefCell::default();
    let drain = |buffer: &[u8]| {
        let mut windows = windows.borrow_mut();
        read(buffer, |value, timestamp| {
            let (key, number) = longs_of(&value);
            let window = timestamp.expect("a record has its time").div_euclid(WINDOW_MS);
            let sums = windows.entry(window).or_insert_with(no_sums);
            let sum = sums[key_group_of(&value) as usize].entry(key).or_insert(0);
            *sum = sum.wrapping_add(number);
        });
    };
    let mut emitted = 0_i64;
    let mut fire_before = |end: i64| {
        while let Some(window) = windows.borrow_mut().first_entry().filter(|window| *window.key() < end) {
            for (&key, &sum) in window.remove().iter().flatten() {
                emitted = emitted.wrapping_add(emit(key, sum));
            }
        }
    };
    let mut buffers = Buffers::new(parallelism);
    let mut watermark_at = WATERMARK_MS;
    // As the subtasks of a source read it: a record of each split in turn.
    let splits = i64::from(parallelism);
    for place in 0..records {
        let number = place % splits * (records / splits) + place / splits;
        let time = time_of(number, records, splits);
        if time >= watermark_at {
            buffers.flush(drain);
            fire_before(time.div_euclid(WINDOW_MS));
            watermark_at = time + WATERMARK_MS;
        }
        buffers.send(&pair_of(&Value::Long(number), keys), Some(time), drain);
    }
    buffers.flush(drain);
    fire_before(i64::MAX);
    emitted
}

fn no_sums() -> Sums {
    (0..MAX_PARALLELISM_LOWER_BOUND).map(|_| HashMap::default()).collect()
}

/// Reads the records of a buffer.
fn read(buffer: &[u8], mut take: impl FnMut(Value, Option<i64>)) {
    let mut rest = buffer;
    while let Some((length, body)) = rest.split_first_chunk::<LENGTH_BYTES>() {
        let (record, after) = body.split_at(u32::from_be_bytes(*length) as usize);
        rest = after;
        let Ok(StreamElement::Record { value, timestamp }) = deserialize(record) else {
            panic!("a record was written")
        };
        take(value, timestamp);
    }
}

fn emit(key: i64, sum: i64) -> i64 {
    let result = std::hint::black_box(Value::tuple([Value::Long(key), Value::Long(sum)]));
    longs_of(&result).1
}

fn key_group_of(pair: &Value) -> u32 {
    let Value::Tuple(fields) = pair else { panic!("the map gives pairs") };
    assign_hash_to_key_group(java_hash(&fields[0]), MAX_PARALLELISM_LOWER_BOUND)
}

fn longs_of(pair: &Value) -> (i64, i64) {
    match pair {
        Value::Tuple(fields) => match (&fields[0], &fields[1]) {
            (Value::Long(key), Value::Long(number)) => (*key, *number),
            other => panic!("the map gives pairs of Longs, not {other:?}"),
        },
        other => panic!("the map gives pairs, not {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loop_emits_every_running_sum() {
        // Keys 0 and 1: 1, 2, 1 + 3, 2 + 4, 1 + 3 + 5.
        assert_eq!(sequence_sum(5, 2, 2), 1 + 2 + 4 + 6 + 9);
        // More than fits one buffer.
        let running_sums = |n: i64| n * (n + 1) * (n + 2) / 6;
        assert_eq!(sequence_sum(10_000, 1, 1), running_sums(10_000));
    }

    #[test]
    fn windows_emit_each_sum_once() {
        let all = |n: i64| n * (n - 1) / 2;
        for (records, keys, parallelism) in [(10, 3, 1), (450_000, 7, 2), (250_000, 10_007, 4)] {
            assert_eq!(window_sum(records, keys, parallelism), all(records));
        }
    }
}
