//! Values as text, as `toString()` of the Java objects gives it: what `print` writes.
//!
//! A double has the shortest digits that name it, as Java has them since 19; older ones sometimes
//! wrote more digits than they needed (`2.0E-3` is the same in all).

use std::fmt::{self, Display, Formatter, Write};

use super::Value;
use crate::base::shortest::{Decimal, shortest};

impl Display for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => Display::fmt(value, f),
            Self::Long(value) => Display::fmt(value, f),
            Self::Double(value) => fmt_double(*value, f),
            Self::String(value) => f.write_str(value),
            Self::Tuple(fields) => fmt_list(f, "(", ",", ")", fields.iter(), |f, field| field.fmt(f)),
            Self::Row(fields) => {
                fmt_list(f, "+I{", ", ", "}", fields.iter(), |f, (name, value)| write!(f, "{name}={value}"))
            }
        }
    }
}

fn fmt_list<T>(
    f: &mut Formatter<'_>,
    open: &str,
    separator: &str,
    close: &str,
    items: impl Iterator<Item = T>,
    item: impl Fn(&mut Formatter<'_>, T) -> fmt::Result,
) -> fmt::Result {
    f.write_str(open)?;
    for (idx, each) in items.enumerate() {
        if idx > 0 {
            f.write_str(separator)?;
        }
        item(f, each)?;
    }
    f.write_str(close)
}

/// `Double.toString`: a decimal fraction from 10⁻³ to below 10⁷, else scientific with one digit
/// before the point; always at least one digit after it.
fn fmt_double(value: f64, f: &mut Formatter<'_>) -> fmt::Result {
    if value.is_nan() {
        return f.write_str("NaN");
    }
    if value.is_infinite() {
        return f.write_str(if value > 0.0 { "Infinity" } else { "-Infinity" });
    }
    if value.is_sign_negative() {
        f.write_char('-')?;
    }
    let magnitude = value.abs();
    if magnitude == 0.0 {
        return f.write_str("0.0");
    }
    let is_plain = (1e-3..1e7).contains(&magnitude);
    let Decimal { digits, exponent } = shortest(magnitude, !is_plain);
    let mut digits = digits.to_string();
    // Where the point stands: behind so many of the digits.
    let point = digits.len() as i32 + exponent;
    if !is_plain {
        let (first, behind) = digits.split_at(1);
        return write!(f, "{first}.{}E{}", if behind.is_empty() { "0" } else { behind }, point - 1);
    }
    if point <= 0 {
        digits.insert_str(0, &"0".repeat((1 - point) as usize));
    } else {
        digits.push_str(&"0".repeat((point + 1 - digits.len() as i32).max(0) as usize));
    }
    let (whole, behind) = digits.split_at(point.max(1) as usize);
    write!(f, "{whole}.{behind}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: impl Into<Value>, text: &str) {
        assert_eq!(value.into().to_string(), text);
    }

    #[test]
    fn plain_types() {
        check(Value::Null, "null");
        check(true, "true");
        check(-7, "-7");
        check(i64::MIN, "-9223372036854775808");
        check("To be", "To be");
    }

    #[test]
    fn doubles_as_java_writes_them() {
        check(0.0, "0.0");
        check(-0.0, "-0.0");
        check(1.0, "1.0");
        check(1.5, "1.5");
        check(-100.25, "-100.25");
        check(0.1 + 0.2, "0.30000000000000004");
        check(0.001, "0.001");
        check(0.000_999, "9.99E-4");
        check(1e-5, "1.0E-5");
        check(9_999_999.0, "9999999.0");
        check(9_999_999.999, "9999999.999");
        check(1e7, "1.0E7");
        check(12_345_678.9, "1.23456789E7");
        check(1e10, "1.0E10");
        check(1e23, "1.0E23");
        check(-1.25e-10, "-1.25E-10");
        check(f64::MAX, "1.7976931348623157E308");
        check(f64::MIN_POSITIVE, "2.2250738585072014E-308");
        check(5e-324, "4.9E-324");
        check(2e-323, "2.0E-323");
        check(f64::NAN, "NaN");
        check(f64::INFINITY, "Infinity");
        check(f64::NEG_INFINITY, "-Infinity");
    }

    #[test]
    fn tuples_and_rows() {
        check(("a", 1), "(a,1)");
        check((("a", 1.0), Value::Null, true), "((a,1.0),null,true)");
        check(Value::tuple([]), "()");
        check(Value::row([("a", 1.into()), ("b", "x".into())]), "+I{a=1, b=x}");
        check(Value::row([]), "+I{}");
    }
}
