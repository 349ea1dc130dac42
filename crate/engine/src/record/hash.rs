//! Java's hash codes: they decide the key group of a key, hence the subtask that a record goes to.
//!
//! Flink: `TupleN#hashCode`, `RowUtils#deepHashCodeRow`; Java: the boxes and `String`.

use std::hash::{Hash, Hasher};
use std::rc::Rc;

use super::Value;

/// What `hashCode()` of the Java object answers; 0 for null, as a null field counts in a tuple.
#[inline]
pub fn java_hash(value: &Value) -> i32 {
    match value {
        Value::Null => 0,
        Value::Bool(true) => 1231,
        Value::Bool(false) => 1237,
        Value::Long(long) => fold(*long),
        Value::Double(double) => fold(canonical_bits(*double) as i64),
        Value::String(string) => string_hash(string),
        Value::Tuple(fields) => tuple_hash(fields),
        Value::Row(fields) => row_hash(fields),
    }
}

/// The same where it is called for each record, with Longs in place.
#[inline(always)]
pub fn java_hash_of_key(key: &Value) -> i32 {
    match key {
        Value::Long(long) => fold(*long),
        other => java_hash(other),
    }
}

/// The bits of a double as `Double.doubleToLongBits` gives them: one pattern for all NaNs.
#[inline]
pub(super) fn canonical_bits(double: f64) -> u64 {
    if double.is_nan() { 0x7ff8_0000_0000_0000 } else { double.to_bits() }
}

/// `(int) (bits ^ (bits >>> 32))`.
#[inline]
const fn fold(bits: i64) -> i32 {
    (bits ^ ((bits as u64 >> 32) as i64)) as i32
}

/// `String#hashCode`, over UTF-16 units.
#[inline]
fn string_hash(string: &str) -> i32 {
    if string.is_ascii() {
        string.bytes().fold(0_i32, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte as i32))
    } else {
        string.encode_utf16().fold(0_i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(unit as i32))
    }
}

/// Starts with the hash of the first field, not with 1 as a `List` does.
fn tuple_hash(fields: &[Value]) -> i32 {
    let Some((first, rest)) = fields.split_first() else { return 0 };
    rest.iter().fold(java_hash(first), |hash, field| hash.wrapping_mul(31).wrapping_add(java_hash(field)))
}

/// A row of kind INSERT with named fields: the same for every order of its fields.
fn row_hash(fields: &[(Rc<str>, Value)]) -> i32 {
    fields.iter().fold(1_i32, |hash, (name, value)| {
        hash.wrapping_add(31_i32.wrapping_add(string_hash(name)) ^ row_field_hash(value))
    })
}

/// `RowUtils#deepHashCodeInternal`: a plain object counts as an array that holds it.
fn row_field_hash(value: &Value) -> i32 {
    match value {
        Value::Null => 0,
        Value::Row(fields) => row_hash(fields),
        other => 31_i32.wrapping_add(java_hash(other)),
    }
}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_i32(java_hash(self));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: impl Into<Value>, hash: i32) {
        let value = value.into();
        assert_eq!(java_hash(&value), hash, "{value}");
    }

    #[test]
    fn boxes() {
        check(Value::Null, 0);
        check(true, 1231);
        check(false, 1237);
        check(42, 42);
        check(-1, 0);
        check(i64::MIN, i32::MIN);
        check(1.5, 1_073_217_536);
        check(0.0, 0);
        check(-0.0, i32::MIN);
        check(f64::NAN, 2_146_959_360);
        check(-f64::NAN, 2_146_959_360);
    }

    #[test]
    fn strings_count_utf16_units() {
        check("", 0);
        check("a", 97);
        check("hello", 99_162_322);
        check("flink", 97_520_992);
        check("\u{e9}", 233);
        check("\u{1f600}", 0xd83d * 31 + 0xde00);
    }

    #[test]
    fn tuples_start_with_the_first_field() {
        check(("a", 1), 3008);
        check(("a", Value::Null), 97 * 31);
        check((("a", 1), 2), 3008 * 31 + 2);
        check(Value::tuple([]), 0);
    }

    #[test]
    fn rows_hash_alike_in_any_order() {
        let ab = Value::row([("a", 1.into()), ("b", Value::Null)]);
        let ba = Value::row([("b", Value::Null), ("a", 1.into())]);
        assert_eq!(java_hash(&ab), java_hash(&ba));
        check(ab, 1 + ((31 + 97) ^ (31 + 1)) + (31 + 98));
    }
}
