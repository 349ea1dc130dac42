//! What a random window job reads: records whose times go on, stand still, fall back and jump.

use weir_engine::record::Value;

use super::reference::Record;
use crate::dice::{Dice, mix};

/// How the times of the records run.
#[derive(Clone, Copy, Debug)]
pub struct Course {
    /// By how much a record may be behind the latest one before it.
    pub disorder: i64,
    pub step_max: i64,
    /// All times are multiples of this.
    pub grain: i64,
}

/// A record with the watermark that a generator may take from it.
#[derive(Clone, Copy, Debug)]
pub struct Marked {
    pub record: Record,
    pub mark: Option<i64>,
}

/// Draws records.
pub fn draw(dice: &mut Dice, course: Course) -> Vec<Marked> {
    let count = if dice.once_in(10) { dice.between(1, 5) } else { dice.magnitude(8, 400) };
    let keys = dice.magnitude(1, 60);
    let mut latest = dice.pick(&[0, 0, -500, 1_767_225_600_000]);
    (0..i64::from(count))
        .map(|number| {
            if dice.once_in(40) {
                latest += i64::from(dice.below(20)) * course.step_max;
            }
            latest += i64::from(dice.below(course.step_max as u32 + 1));
            let behind = if dice.once_in(2) { i64::from(dice.below(course.disorder as u32 + 1)) } else { 0 };
            let timestamp = latest - behind;
            let timestamp = timestamp - timestamp.rem_euclid(course.grain);
            let mark = dice.once_in(3).then(|| latest + 10 - i64::from(dice.below(60)));
            let key = i64::from(dice.below(keys)) - 5;
            Marked { record: Record { key, timestamp, number }, mark }
        })
        .collect()
}

impl Marked {
    /// The tuple (key, time, number of records, digest of them, mark): what a window is reduced to has the same
    /// form.
    pub fn to_value(self) -> Value {
        let Record { key, timestamp, number } = self.record;
        let mark = self.mark.map_or(Value::Null, Value::Long);
        let long = Value::Long;
        Value::tuple([long(key), long(timestamp), long(1), long(digest_of(number)), mark])
    }
}

/// A number that tells a record from the others in a sum.
pub const fn digest_of(number: i64) -> i64 {
    mix(number as u64, 11) as i64
}

/// How the digests of a window's records become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digest {
    /// In any order.
    Sum,
    /// In the order of their arrival.
    InOrder,
}

impl Digest {
    /// That of both, the first one first.
    pub const fn join(self, first: i64, second: i64) -> i64 {
        match self {
            Self::Sum => first.wrapping_add(second),
            Self::InOrder => first.wrapping_mul(31).wrapping_add(second),
        }
    }

    /// That of records by their numbers.
    pub fn of(self, numbers: &[i64]) -> i64 {
        numbers.iter().map(|&number| digest_of(number)).reduce(|a, b| self.join(a, b)).unwrap_or(0)
    }
}
