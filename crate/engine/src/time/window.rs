//! Where windows begin and end.
//!
//! Contract: arithmetic wraps around as Java's does. Flink: `TimeWindow`.

/// Where the window begins that holds `timestamp`: windows of `size` begin `offset` after its multiples.
/// Flink: `TimeWindow#getWindowStartWithOffset`.
///
/// ```
/// use weir_engine::time::window::start_with_offset;
///
/// assert_eq!(start_with_offset(7, 0, 5), 5);
/// assert_eq!(start_with_offset(-1, 0, 5), -5);
/// assert_eq!(start_with_offset(7, 3, 5), 3);
/// ```
pub const fn start_with_offset(timestamp: i64, offset: i64, size: i64) -> i64 {
    let remainder = timestamp.wrapping_sub(offset) % size;
    // The remainder of a negative number is negative, and its window begins one earlier.
    let since_start = if remainder < 0 { remainder + size } else { remainder };
    timestamp.wrapping_sub(since_start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts() {
        for (timestamp, offset, size, start) in [
            (0, 0, 10, 0),
            (9, 0, 10, 0),
            (10, 0, 10, 10),
            (-1, 0, 10, -10),
            (-13, -3, 10, -13),
            (-4, -3, 10, -13),
        ] {
            assert_eq!(start_with_offset(timestamp, offset, size), start, "{timestamp}");
        }
        assert_eq!(start_with_offset(i64::MIN, 1, 10), i64::MIN.wrapping_sub(7));
    }
}
