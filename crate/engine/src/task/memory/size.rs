//! A number of bytes, as a configuration writes it and as Flink's messages print it. Flink: `MemorySize`.
//!
//! A size times a fraction is what Flink computes with decimal numbers: the fraction as it prints, times the
//! bytes, without what is behind the point. So it is done here, in integers.

use std::fmt;

use super::IllegalConfiguration;
use crate::base::shortest::{Decimal, shortest};

/// Names of the units, and how many bytes each is; a name in the middle is the one that messages use.
const UNITS: [(&[&str], u64); 5] = [
    (&["b", "bytes"], 1),
    (&["k", "kb", "kibibytes"], 1 << 10),
    (&["m", "mb", "mebibytes"], 1 << 20),
    (&["g", "gb", "gibibytes"], 1 << 30),
    (&["t", "tb", "tebibytes"], 1 << 40),
];

/// Digits behind the point of a fraction that still count: a size has 19 digits, a fraction 17.
const FRACTION_DIGITS_MAX: i32 = 36;

/// See the module. At most [`MemorySize::MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MemorySize(u64);

impl MemorySize {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The most that there can be: Java's greatest `long`.
    pub const MAX: Self = Self(i64::MAX as u64);

    /// So many mebibytes.
    pub const fn mebibytes(mebibytes: u32) -> Self {
        Self((mebibytes as u64) << 20)
    }

    /// So many bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }

    /// Reads `1728m`, `64 kb`, `1024`. A number without a unit is bytes.
    pub fn parse(text: &str) -> Result<Self, IllegalConfiguration> {
        let error = |message: String| Err(IllegalConfiguration::new(message));
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return error("argument is an empty- or whitespace-only string".into());
        }
        let end = trimmed.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(trimmed.len());
        let (number, unit) = (&trimmed[..end], trimmed[end..].trim().to_ascii_lowercase());
        if number.is_empty() {
            return error("text does not start with a number".into());
        }
        let bytes_per_unit = match UNITS.iter().find(|(names, _)| names.contains(&unit.as_str())) {
            Some(&(_, bytes)) => bytes,
            None if unit.is_empty() => 1,
            None => {
                let units: Vec<String> =
                    UNITS.iter().map(|(names, _)| format!("({})", names.join(" | "))).collect();
                return error(format!(
                    "Memory size unit '{unit}' does not match any of the recognized units: {}",
                    units.join(" / ")
                ));
            }
        };
        let is_long = |value: &u64| *value <= Self::MAX.0;
        let Some(value) = number.parse::<u64>().ok().filter(is_long) else {
            return error(format!(
                "The value '{number}' cannot be re represented as 64bit number (numeric overflow)."
            ));
        };
        match value.checked_mul(bytes_per_unit).filter(is_long) {
            Some(bytes) => Ok(Self(bytes)),
            None => error(format!(
                "The value '{text}' cannot be re represented as 64bit number of bytes (numeric overflow)."
            )),
        }
    }

    /// All of them together.
    pub fn sum(parts: &[Self]) -> Result<Self, IllegalConfiguration> {
        let total: u128 = parts.iter().map(|part| u128::from(part.0)).sum();
        Self::from_long(total)
    }

    /// What is left without `other`.
    pub fn subtract(self, other: Self) -> Result<Self, IllegalConfiguration> {
        let left = self.0.checked_sub(other.0);
        left.map(Self).ok_or_else(|| IllegalConfiguration::new("bytes must be >= 0"))
    }

    /// A part of it, or a multiple. See the module.
    pub fn multiply(self, fraction: f64) -> Result<Self, IllegalConfiguration> {
        assert!(fraction >= 0.0, "a part of a size is not negative");
        if fraction == 0.0 {
            return Ok(Self::ZERO);
        }
        let Decimal { digits, exponent } = shortest(fraction, false);
        if exponent < -FRACTION_DIGITS_MAX {
            // The first digit that is not 0 comes so late that less than a byte is left.
            return Ok(Self::ZERO);
        }
        let product = u128::from(self.0) * u128::from(digits);
        let scale = 10_u128.checked_pow(exponent.unsigned_abs()).ok_or_else(overflow)?;
        Self::from_long(if exponent < 0 {
            product / scale
        } else {
            product.checked_mul(scale).ok_or_else(overflow)?
        })
    }

    /// An equal part for each of `parts`.
    #[must_use]
    pub const fn divide(self, parts: u32) -> Self {
        Self(self.0 / parts as u64)
    }

    fn from_long(bytes: u128) -> Result<Self, IllegalConfiguration> {
        match u64::try_from(bytes) {
            Ok(bytes) if bytes <= Self::MAX.0 => Ok(Self(bytes)),
            _ => Err(overflow()),
        }
    }
}

/// As in Flink's messages. Flink: `MemorySize#toHumanReadableString`.
impl fmt::Display for MemorySize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A size that is exactly one of a unit is written in the unit below it.
        match UNITS.iter().rev().find(|&&(_, bytes)| self.0 > bytes) {
            Some(&(names, unit)) if unit > 1 => {
                let unit = u128::from(unit);
                let thousandths = (u128::from(self.0) * 2000 + unit) / (2 * unit);
                let (whole, behind) = (thousandths / 1000, thousandths % 1000);
                write!(f, "{whole}.{behind:03}{} ({} bytes)", names[1], self.0)
            }
            _ => write!(f, "{} bytes", self.0),
        }
    }
}

fn overflow() -> IllegalConfiguration {
    IllegalConfiguration::new("long overflow")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<u64, String> {
        MemorySize::parse(text).map(MemorySize::bytes).map_err(|error| error.to_string())
    }

    #[test]
    fn sizes_are_read_as_flink_reads_them() {
        assert_eq!(parsed("1728m"), Ok(1_811_939_328));
        assert_eq!(parsed(" 64 KB "), Ok(65_536));
        assert_eq!(parsed("5"), Ok(5));
        assert_eq!(parsed("9223372036854775807"), Ok(i64::MAX as u64));
        assert_eq!(parsed("m"), Err("text does not start with a number".into()));
        assert_eq!(parsed(" "), Err("argument is an empty- or whitespace-only string".into()));
        assert_eq!(
            parsed("9223372036854775808"),
            Err("The value '9223372036854775808' cannot be re represented as 64bit number (numeric overflow)."
                .into())
        );
        assert_eq!(
            parsed("9000000t"),
            Err("The value '9000000t' cannot be re represented as 64bit number of bytes (numeric overflow)."
                .into())
        );
        assert_eq!(
            parsed("1 pb"),
            Err("Memory size unit 'pb' does not match any of the recognized units: (b | bytes) / \
                 (k | kb | kibibytes) / (m | mb | mebibytes) / (g | gb | gibibytes) / (t | tb | tebibytes)"
                .into())
        );
    }

    #[test]
    fn sizes_are_written_as_flink_writes_them() {
        let text = |bytes: u64| MemorySize(bytes).to_string();
        assert_eq!(text(0), "0 bytes");
        assert_eq!(text(1024), "1024 bytes");
        assert_eq!(text(1025), "1.001kb (1025 bytes)");
        assert_eq!(text(67_108_864), "64.000mb (67108864 bytes)");
        assert_eq!(text(1 << 30), "1024.000mb (1073741824 bytes)");
        assert_eq!(text(1_811_939_328), "1.688gb (1811939328 bytes)");
        assert_eq!(text(i64::MAX as u64), "8388608.000tb (9223372036854775807 bytes)");
    }

    #[test]
    fn a_fraction_is_a_decimal_number() {
        let flink = MemorySize::mebibytes(1280);
        assert_eq!(flink.multiply(f64::from(0.1_f32)), Ok(MemorySize(134_217_730)));
        assert_eq!(flink.multiply(f64::from(0.4_f32)), Ok(MemorySize(536_870_920)));
        assert_eq!(flink.multiply(0.0), Ok(MemorySize::ZERO));
        assert_eq!(flink.multiply(f64::from(1e-30_f32)), Ok(MemorySize::ZERO));
        assert_eq!(flink.multiply(3.0), Ok(MemorySize::mebibytes(3840)));
        let error = MemorySize::MAX.multiply(1.5).expect_err("there is no such size");
        assert_eq!(error.to_string(), "long overflow");
    }
}
