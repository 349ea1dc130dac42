//! Decimal numbers of configurations.
//!
//! Such a number has few digits, so that one multiplication or division of numbers that are exact gives the nearest
//! one that there is. The library's way for any number of digits is a table that a page would have to load.

/// The greatest power of ten, and the most digits, that a double has exactly.
const EXACT_DIGITS: i32 = 15;
const EXACT_POWER: i32 = 22;

/// A number like `0.4`, `-7.`, `.5` or `1e3`, of at most 15 digits.
pub fn parse(text: &str) -> Option<f64> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let unsigned = mantissa.strip_prefix(['-', '+']).unwrap_or(mantissa);
    let (whole, behind) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = format!("{whole}{behind}");
    if digits.len() as i32 > EXACT_DIGITS || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let power = exponent.checked_sub(behind.len() as i32)?;
    if power.abs() > EXACT_POWER {
        return None;
    }
    let scale = (0..power.abs()).fold(1.0, |scale, _| scale * 10.0);
    let number = digits.parse::<i64>().ok()? as f64;
    let magnitude = if power < 0 { number / scale } else { number * scale };
    Some(if mantissa.starts_with('-') { -magnitude } else { magnitude })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_the_nearest_there_are() {
        let texts =
            ["0", "1", "0.1", ".4", "0.3333333", "0.12345678901234", "7.", "0.99999994", "0.05", "12.5"];
        for text in
            texts.into_iter().chain(["-1.5", "+2", "1e3", "1.1E-20", "123456789012345e22", "-0", "1e-22"])
        {
            assert_eq!(parse(text).map(f64::to_bits), text.parse::<f64>().ok().map(f64::to_bits), "{text}");
            // A float is the nearest too, although it was rounded twice.
            let float = parse(text).map(|double| (double as f32).to_bits());
            assert_eq!(float, text.parse::<f32>().ok().map(f32::to_bits), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_of_a_configuration_is_refused() {
        for text in [
            "",
            ".",
            "e",
            "1e",
            "1 ",
            "NaN",
            "inf",
            "0x1",
            "1.2.3",
            "--1",
            "1234567890123456",
            "1e23",
            "1e99999999999",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
