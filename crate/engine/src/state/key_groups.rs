//! Key groups: which group a key belongs to, and which subtask a group.
//!
//! Contract: depends on nothing but its arguments, so the writer before a keyed operator, the operator's
//! state and a restored job agree. Flink: `KeyGroupRangeAssignment`, `KeyGroupRange`, `MathUtils`.

use std::fmt;

use crate::record::{Value, java_hash};

/// Max parallelism, hence the number of key groups, goes no further than this.
pub const MAX_PARALLELISM_UPPER_BOUND: u32 = 1 << 15;

/// Max parallelism where nothing says more. Flink: `DEFAULT_LOWER_BOUND_MAX_PARALLELISM`.
pub const MAX_PARALLELISM_LOWER_BOUND: u32 = 1 << 7;

/// The key groups of one subtask, both ends inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyGroupRange {
    pub start: u32,
    pub end: u32,
}

impl KeyGroupRange {
    pub const fn contains(self, key_group: u32) -> bool {
        self.start <= key_group && key_group <= self.end
    }

    /// The groups that both have. Flink: `getIntersection`.
    pub fn intersection(self, other: Self) -> Option<Self> {
        let (start, end) = (self.start.max(other.start), self.end.min(other.end));
        (start <= end).then_some(Self { start, end })
    }

    /// How many groups it has; never 0.
    pub const fn group_count(self) -> u32 {
        self.end - self.start + 1
    }
}

impl fmt::Display for KeyGroupRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyGroupRange{{startKeyGroup={}, endKeyGroup={}}}", self.start, self.end)
    }
}

/// Flink's mixing of a hash code, made non-negative.
#[inline(always)]
pub const fn murmur_hash(code: i32) -> u32 {
    let mut code = (code as u32).wrapping_mul(0xcc9e_2d51).rotate_left(15).wrapping_mul(0x1b87_3593);
    code = code.rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64);
    code = bit_mix(code as i32 ^ 4);
    // The least int has no positive counterpart; Flink makes it 0.
    if code == 1 << 31 { 0 } else { (code as i32).unsigned_abs() }
}

/// Flink: `MathUtils#bitMix`.
#[inline(always)]
pub const fn bit_mix(code: i32) -> u32 {
    let mut code = code as u32;
    code ^= code >> 16;
    code = code.wrapping_mul(0x85eb_ca6b);
    code ^= code >> 13;
    code = code.wrapping_mul(0xc2b2_ae35);
    code ^ (code >> 16)
}

/// The key group of a key. The key must not be null (`KeyExtractor` sees to it).
pub fn assign_to_key_group(key: &Value, max_parallelism: u32) -> u32 {
    assign_hash_to_key_group(java_hash(key), max_parallelism)
}

/// The key group of a key with this Java hash code. Flink: `computeKeyGroupForKeyHash`.
#[inline(always)]
pub const fn assign_hash_to_key_group(hash: i32, max_parallelism: u32) -> u32 {
    murmur_hash(hash) % max_parallelism
}

/// The subtask of a key group. Flink: `computeOperatorIndexForKeyGroup`.
#[inline(always)]
pub const fn operator_index(key_group: u32, max_parallelism: u32, parallelism: u32) -> u32 {
    key_group * parallelism / max_parallelism
}

/// The key groups of a subtask. Flink: `computeKeyGroupRangeForOperatorIndex`.
pub fn range_for_operator(max_parallelism: u32, parallelism: u32, subtask_idx: u32) -> KeyGroupRange {
    assert!(
        subtask_idx < parallelism
            && parallelism <= max_parallelism
            && max_parallelism <= MAX_PARALLELISM_UPPER_BOUND,
        "subtask {subtask_idx} of parallelism {parallelism} and max parallelism {max_parallelism}"
    );
    KeyGroupRange {
        start: (subtask_idx * max_parallelism).div_ceil(parallelism),
        end: ((subtask_idx + 1) * max_parallelism - 1) / parallelism,
    }
}

/// The least power of two that is not less than `x`, for x from 1 to 2³¹.
pub const fn round_up_to_power_of_two(x: u32) -> u32 {
    x.next_power_of_two()
}

/// The max parallelism of an operator for which none was set.
pub const fn compute_default_max_parallelism(parallelism: u32) -> u32 {
    let with_room = round_up_to_power_of_two(parallelism + parallelism / 2);
    if with_room < MAX_PARALLELISM_LOWER_BOUND {
        MAX_PARALLELISM_LOWER_BOUND
    } else if with_room > MAX_PARALLELISM_UPPER_BOUND {
        MAX_PARALLELISM_UPPER_BOUND
    } else {
        with_room
    }
}

#[cfg(test)]
mod tests;
