//! The shortest decimal number that names a double, as Java's `Double.toString` and Rust's `{:e}` have it.
//!
//! Numbers of few digits are found by trying; for all others the digits are made one by one, in numbers of any size
//! (Steele and White). The library's way is faster, and several times as much code for a page to load.

use std::cmp::Ordering;

/// `digits` times ten to the power of `exponent`; the last digit is not 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    pub digits: u64,
    pub exponent: i32,
}

/// Below this, an integer and its neighbours are exact, and no two numbers of so many digits name one double.
const EXACT: f64 = 1e15;
/// Powers of ten up to this one are exact.
const EXACT_POWER: i32 = 22;

/// That of a finite double above 0. Where one digit would do, it is the nearest of two digits if `at_least_two`, as in
/// Java: 4.9E-324, not 5E-324.
pub fn shortest(value: f64, at_least_two: bool) -> Decimal {
    debug_assert!(value > 0.0 && value.is_finite(), "it has digits and no sign");
    let found = few_digits(value).unwrap_or_else(|| Division::new(value).digits(None));
    let found = match found.digits {
        1..10 if at_least_two => Division::new(value).digits(Some(2)),
        _ => found,
    };
    without_zeros(found)
}

fn few_digits(value: f64) -> Option<Decimal> {
    let mut scale = 1.0;
    for places in 0..=EXACT_POWER {
        let scaled = (value * scale).round();
        if scaled >= EXACT {
            return None;
        }
        if scaled > 0.0 && (scaled / scale).to_bits() == value.to_bits() {
            return Some(Decimal { digits: scaled as u64, exponent: -places });
        }
        scale *= 10.0;
    }
    None
}

fn without_zeros(mut decimal: Decimal) -> Decimal {
    while decimal.digits.is_multiple_of(10) {
        decimal.digits /= 10;
        decimal.exponent += 1;
    }
    decimal
}

/// The value is `rest / divisor` times ten to the power of `exponent`, and less than that power. What is less than
/// `below` under it, or `above` over it, is nearer to it than to any other double; just as near, if `is_even`.
struct Division {
    rest: Natural,
    divisor: Natural,
    below: Natural,
    above: Natural,
    exponent: i32,
    is_even: bool,
}

impl Division {
    fn new(value: f64) -> Self {
        let bits = value.to_bits();
        let (fraction, biased) = (bits & ((1 << 52) - 1), (bits >> 52) as i32);
        // Those without an exponent of their own have no leading one.
        let (mantissa, power) =
            if biased == 0 { (fraction, -1074) } else { (fraction | (1 << 52), biased - 1075) };
        // The double below a power of two is half as far away as the one above.
        let is_lopsided = fraction == 0 && biased > 1;
        let widening = 1 + u32::from(is_lopsided);
        let mut rest = Natural::from(mantissa);
        let mut divisor = Natural::from(1);
        let mut below = Natural::from(1);
        if power >= 0 {
            rest.double(power as u32);
            below.double(power as u32);
        } else {
            divisor.double(-power as u32);
        }
        rest.double(widening);
        divisor.double(widening);
        let mut above = below.clone();
        above.double(u32::from(is_lopsided));
        let mut division = Self { rest, divisor, below, above, exponent: 0, is_even: fraction & 1 == 0 };
        division.find_exponent();
        division
    }

    /// Makes it less than one, and not less than a tenth.
    fn find_exponent(&mut self) {
        while self.reaches_one() {
            self.divisor.times_ten();
            self.exponent += 1;
        }
        loop {
            self.next_place();
            if self.reaches_one() {
                // One place too far: the power of ten goes back instead of all the others.
                self.divisor.times_ten();
                return;
            }
            self.exponent -= 1;
        }
    }

    fn next_place(&mut self) {
        self.rest.times_ten();
        self.below.times_ten();
        self.above.times_ten();
    }

    /// Whether a number that names the value is one or more.
    fn reaches_one(&self) -> bool {
        let order = self.rest.plus(&self.above).compare(&self.divisor);
        order == Ordering::Greater || (self.is_even && order == Ordering::Equal)
    }

    fn is_within_below(&self) -> bool {
        let order = self.rest.compare(&self.below);
        order == Ordering::Less || (self.is_even && order == Ordering::Equal)
    }

    /// As many digits as name the value, or a number of them; the last one is rounded.
    fn digits(mut self, count: Option<i32>) -> Decimal {
        let mut digits = 0;
        let mut places = 0;
        loop {
            self.next_place();
            places += 1;
            let mut digit = 0;
            while self.rest.compare(&self.divisor) != Ordering::Less {
                self.rest.subtract(&self.divisor);
                digit += 1;
            }
            digits = digits * 10 + digit;
            let (is_low, is_high) = match count {
                Some(count) => (places == count, places == count),
                None => (self.is_within_below(), self.reaches_one()),
            };
            if is_low || is_high {
                let is_past_half = self.rest.plus(&self.rest).compare(&self.divisor) != Ordering::Less;
                let round_up = is_high && (!is_low || is_past_half);
                return Decimal { digits: digits + u64::from(round_up), exponent: self.exponent - places };
            }
        }
    }
}

/// A whole number of any size: its digits to the base 2³², the least first, the last one not 0.
#[derive(Clone)]
struct Natural(Vec<u32>);

impl Natural {
    fn from(value: u64) -> Self {
        Self(if value >> 32 == 0 { vec![value as u32] } else { vec![value as u32, (value >> 32) as u32] })
    }

    fn times(&mut self, factor: u32) {
        let mut carry = 0;
        for digit in &mut self.0 {
            carry += u64::from(*digit) * u64::from(factor);
            *digit = carry as u32;
            carry >>= 32;
        }
        if carry > 0 {
            self.0.push(carry as u32);
        }
    }

    fn times_ten(&mut self) {
        self.times(10);
    }

    /// Doubles it so many times.
    fn double(&mut self, times: u32) {
        self.times(1 << (times % 32));
        self.0.splice(0..0, (0..times / 32).map(|_| 0));
    }

    fn plus(&self, other: &Self) -> Self {
        let mut sum = self.clone();
        sum.0.resize(self.0.len().max(other.0.len()), 0);
        let mut carry = 0;
        for (place, digit) in sum.0.iter_mut().enumerate() {
            carry += u64::from(*digit) + u64::from(other.0.get(place).copied().unwrap_or(0));
            *digit = carry as u32;
            carry >>= 32;
        }
        if carry > 0 {
            sum.0.push(carry as u32);
        }
        sum
    }

    /// Takes away what is not more.
    fn subtract(&mut self, other: &Self) {
        let mut borrow = 0;
        for (place, digit) in self.0.iter_mut().enumerate() {
            let taken = u64::from(other.0.get(place).copied().unwrap_or(0)) + borrow;
            borrow = u64::from(u64::from(*digit) < taken);
            *digit = digit.wrapping_sub(taken as u32);
        }
        while self.0.len() > 1 && self.0.last() == Some(&0) {
            self.0.pop();
        }
    }

    fn compare(&self, other: &Self) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Digits and exponent of what the library writes.
    fn by_library(text: &str) -> Decimal {
        let (mantissa, exponent) = text.split_once('e').expect("it is scientific");
        let (whole, behind) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{behind}").parse().expect("digits");
        let exponent = exponent.parse::<i32>().expect("a power") - behind.len() as i32;
        without_zeros(Decimal { digits, exponent })
    }

    fn check(value: f64) {
        let short = by_library(&format!("{value:e}"));
        assert_eq!(shortest(value, false), short, "{value:e}");
        let java = if short.digits < 10 { by_library(&format!("{value:.1e}")) } else { short };
        assert_eq!(shortest(value, true), java, "{value:e}");
    }

    #[test]
    fn digits_are_those_of_the_library() {
        for value in [
            1.0,
            10.0,
            0.1,
            0.1 + 0.2,
            5e-324,
            2e-323,
            1e22,
            1e23,
            9e15,
            1e15,
            123_456_789_012_345.6,
            4.35,
            f64::MAX,
            f64::MIN_POSITIVE,
            f64::EPSILON,
            f64::from(0.1_f32),
            f64::from(f32::MAX),
            2e-44,
        ] {
            check(value);
        }
        (-1022..1024).step_by(31).for_each(|power| check(2_f64.powi(power)));
    }

    #[test]
    fn digits_of_any_double_are_those_of_the_library() {
        let mut state = 1_u64;
        for _ in 0..300 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let bits = (state ^ (state >> 29)) & (u64::MAX >> 1);
            let value = f64::from_bits(bits);
            if value.is_finite() {
                check(value);
            }
            // Those that jobs have: some thousands, with some digits behind the point.
            check(((bits % 10_000_000) as f64 + 1.0) / 1000.0);
            check((bits >> 40) as f64 / 3.0 + 1e-9);
        }
    }
}
