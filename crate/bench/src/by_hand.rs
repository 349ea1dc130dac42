//! The peer that the engine is measured against: what a careful programmer would write for the one job
//! `sequence → map → keyBy → sum → discard`, and nothing else.
//!
//! It uses the engine's serialiser, hash and key groups, because those are what both must do: each record is
//! serialised with its length before it into 32 KiB buffers, one for each receiver, read back, and added to
//! its key's sum in a hash map of the key group. There is no queue, no task, no clock and no snapshot.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use weir_engine::record::{StreamElement, Value, deserialize, java_hash, serialize_record};
use weir_engine::state::key_groups::{MAX_PARALLELISM_LOWER_BOUND, assign_hash_to_key_group, operator_index};

use crate::jobs::pair_of;

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

/// Runs the loop, and answers the sum over all that it would have emitted, so that nothing is optimised away.
pub fn sequence_sum(records: i64, keys: i64, parallelism: u32) -> i64 {
    let mut buffers: Vec<Vec<u8>> = (0..parallelism).map(|_| Vec::with_capacity(BUFFER_BYTES)).collect();
    let mut sums: Sums = (0..MAX_PARALLELISM_LOWER_BOUND).map(|_| HashMap::default()).collect();
    let mut record = Vec::new();
    let mut emitted = 0_i64;
    for number in 1..=records {
        let value = pair_of(&Value::Long(number), keys);
        let receiver = operator_index(key_group_of(&value), MAX_PARALLELISM_LOWER_BOUND, parallelism);
        record.clear();
        serialize_record(&value, None, &mut record);
        let buffer = &mut buffers[receiver as usize];
        if buffer.len() + LENGTH_BYTES + record.len() > BUFFER_BYTES {
            emitted = emitted.wrapping_add(drain(buffer, &mut sums));
        }
        buffer.extend_from_slice(&(record.len() as u32).to_be_bytes());
        buffer.extend_from_slice(&record);
    }
    buffers.iter_mut().fold(emitted, |emitted, buffer| emitted.wrapping_add(drain(buffer, &mut sums)))
}

/// Reads a buffer's records and adds each to its key's sum.
fn drain(buffer: &mut Vec<u8>, sums: &mut Sums) -> i64 {
    let mut rest = buffer.as_slice();
    let mut emitted = 0_i64;
    while let Some((length, body)) = rest.split_first_chunk::<LENGTH_BYTES>() {
        let (record, after) = body.split_at(u32::from_be_bytes(*length) as usize);
        rest = after;
        let Ok(StreamElement::Record { value, .. }) = deserialize(record) else {
            panic!("a record was written")
        };
        let (key, number) = longs_of(&value);
        let sum = sums[key_group_of(&value) as usize].entry(key).or_insert(0);
        *sum = sum.wrapping_add(number);
        let result = std::hint::black_box(Value::tuple([Value::Long(key), Value::Long(*sum)]));
        emitted = emitted.wrapping_add(longs_of(&result).1);
    }
    buffer.clear();
    emitted
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
}
