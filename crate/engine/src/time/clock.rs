//! Processing time on the virtual clock.
//!
//! Contract: a tick is one millisecond; the clock is the same for every process. Flink has three clocks
//! (`currentTimeMillis`, `nanoTime`, `relativeTimeMillis`); here all are this one.

/// What the wall clock of the simulated machines shows at tick 0: 2026-01-01T00:00:00Z, in ms since 1970.
pub const EPOCH_MS: i64 = 1_767_225_600_000;

/// Processing time at a tick, in ms since 1970.
pub const fn processing_time(tick: u64) -> i64 {
    EPOCH_MS + tick as i64
}

/// The first tick at which processing time has reached `time_ms`; 0 for what is before the beginning.
pub const fn tick_at(time_ms: i64) -> u64 {
    let ticks = time_ms - EPOCH_MS;
    if ticks < 0 { 0 } else { ticks as u64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tick_is_a_millisecond() {
        assert_eq!(processing_time(1500) - processing_time(0), 1500);
        assert_eq!(tick_at(processing_time(77)), 77);
        assert_eq!(tick_at(0), 0);
    }
}
