//! Equality and order of values, as Java's `equals` and `compareTo` have them.
//!
//! Unlike `f64`'s own, they are total: NaN equals itself and is the greatest, −0.0 is less than 0.0.
//! Values of different types differ and are ordered by type, so that any value can be a map's key.

use std::cmp::Ordering;
use std::rc::Rc;

use super::Value;
use super::hash::canonical_bits;
use crate::base::sort::sort_few_by_key;

type Fields = [(Rc<str>, Value)];

impl PartialEq for Value {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Long(a), Self::Long(b)) => a == b,
            (Self::String(a), Self::String(b)) => a == b,
            _ => self.eq_seldom(other),
        }
    }
}

impl Value {
    /// Whether it is this one: `==` where it is asked for each record, with the most frequent keys in place.
    #[inline(always)]
    pub fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Long(a), Self::Long(b)) => a == b,
            _ => self == other,
        }
    }

    /// What is not worth its place in every caller.
    #[inline(never)]
    fn eq_seldom(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Long(a), Self::Long(b)) => a == b,
            (Self::Double(a), Self::Double(b)) => canonical_bits(*a) == canonical_bits(*b),
            (Self::String(a), Self::String(b)) => a == b,
            (Self::Tuple(a), Self::Tuple(b)) => a == b,
            (Self::Row(a), Self::Row(b)) => rows_equal(a, b),
            _ => false,
        }
    }
}

impl Eq for Value {}

impl PartialOrd for Value {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Long(a), Self::Long(b)) => a.cmp(b),
            (Self::Double(a), Self::Double(b)) => doubles(*a, *b),
            (Self::String(a), Self::String(b)) => strings(a, b),
            (Self::Tuple(a), Self::Tuple(b)) => a.cmp(b),
            (Self::Row(a), Self::Row(b)) => rows(a, b),
            _ => type_rank(self).cmp(&type_rank(other)),
        }
    }
}

const fn type_rank(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Long(_) => 2,
        Value::Double(_) => 3,
        Value::String(_) => 4,
        Value::Tuple(_) => 5,
        Value::Row(_) => 6,
    }
}

/// `Double.compare`.
pub fn doubles(a: f64, b: f64) -> Ordering {
    f64::from_bits(canonical_bits(a)).total_cmp(&f64::from_bits(canonical_bits(b)))
}

/// `String#compareTo`: by UTF-16 units, which is not the order of UTF-8 bytes above U+FFFF.
fn strings(a: &str, b: &str) -> Ordering {
    if a.is_ascii() && b.is_ascii() { a.cmp(b) } else { a.encode_utf16().cmp(b.encode_utf16()) }
}

/// Named rows are equal when they have the same fields, in whatever order they were set.
fn rows_equal(a: &Fields, b: &Fields) -> bool {
    a.len() == b.len() && (a == b || by_name(a) == by_name(b))
}

fn rows(a: &Fields, b: &Fields) -> Ordering {
    by_name(a).cmp(&by_name(b))
}

fn by_name(fields: &Fields) -> Vec<&(Rc<str>, Value)> {
    let mut sorted: Vec<_> = fields.iter().collect();
    sort_few_by_key(&mut sorted, |&field| &*field.0);
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_ascending(values: &[Value]) {
        for (i, a) in values.iter().enumerate() {
            for (j, b) in values.iter().enumerate() {
                assert_eq!(a.cmp(b), i.cmp(&j), "{a} and {b}");
                assert_eq!(a == b, i == j, "{a} and {b}");
            }
        }
    }

    #[test]
    fn total_order() {
        check_ascending(&[
            Value::Null,
            false.into(),
            true.into(),
            i64::MIN.into(),
            (-1).into(),
            7.into(),
            f64::NEG_INFINITY.into(),
            (-0.0).into(),
            0.0.into(),
            7.0.into(),
            f64::INFINITY.into(),
            f64::NAN.into(),
            "".into(),
            "Z".into(),
            "a".into(),
            "ab".into(),
            // A surrogate pair begins with 0xd83d, below 0xffe0, though the code point is above it.
            "\u{1f600}".into(),
            "\u{ffe0}".into(),
            ("a", 1).into(),
            ("a", 1, 0).into(),
            ("a", 2).into(),
            Value::row([("a", 1.into())]),
            Value::row([("a", 1.into()), ("b", 2.into())]),
            Value::row([("a", 2.into())]),
        ]);
    }

    #[test]
    fn all_nans_are_one() {
        assert_eq!(Value::Double(f64::NAN), Value::Double(-f64::NAN));
        assert_eq!(Value::Double(f64::NAN).cmp(&Value::Double(-f64::NAN)), Ordering::Equal);
    }

    #[test]
    fn rows_are_equal_in_any_order() {
        let ab = Value::row([("a", 1.into()), ("b", 2.into())]);
        let ba = Value::row([("b", 2.into()), ("a", 1.into())]);
        assert_eq!(ab, ba);
        assert_eq!(ab.cmp(&ba), Ordering::Equal);
        assert_ne!(ab, Value::row([("b", 1.into()), ("a", 2.into())]));
    }
}
