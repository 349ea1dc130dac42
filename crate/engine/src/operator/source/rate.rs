//! A limit of records a second, on the virtual clock.
//!
//! What was not used is saved up to a second's worth and may then come at once. Times are whole
//! nanoseconds, so that nothing is decided by a float but the length of one interval.
//! Flink: `RateLimiterStrategy#perSecond`, `GuavaRateLimiter` (Guava's `SmoothBursty`).

const NANOS_PER_SECOND: i64 = 1_000_000_000;
const NANOS_PER_MILLI: i64 = 1_000_000;

/// The limiter of one subtask: it has an equal share of the source's rate.
#[derive(Clone, Copy, Debug)]
pub(super) struct RateLimiter {
    /// Between two records.
    interval_nanos: i64,
    /// Unused time, at most a second.
    saved_nanos: i64,
    /// When the next record is free to go; counted from the first time the limiter was asked.
    free_nanos: i64,
    /// ms since the epoch of that first time.
    first_ms: Option<i64>,
    /// When the record that is waited for may go.
    granted_nanos: Option<i64>,
}

impl RateLimiter {
    /// `records_per_second` over all subtasks, greater than 0.
    pub fn new(records_per_second: f64, parallelism: u32) -> Self {
        let interval_nanos = (NANOS_PER_SECOND as f64 * f64::from(parallelism) / records_per_second).round();
        Self {
            interval_nanos: interval_nanos as i64,
            saved_nanos: 0,
            free_nanos: 0,
            first_ms: None,
            granted_nanos: None,
        }
    }

    pub const fn was_asked(&self) -> bool {
        self.first_ms.is_some()
    }

    /// Leave for one record, or the processing time in ms at which to ask again for it.
    pub fn acquire(&mut self, now_ms: i64) -> Result<(), i64> {
        let first_ms = *self.first_ms.get_or_insert(now_ms);
        let now_nanos = (now_ms - first_ms).saturating_mul(NANOS_PER_MILLI);
        let granted_nanos = match self.granted_nanos {
            Some(granted_nanos) => granted_nanos,
            None => self.reserve(now_nanos),
        };
        if granted_nanos > now_nanos {
            self.granted_nanos = Some(granted_nanos);
            // Rounded up: at an earlier ms it would still be too soon.
            return Err(first_ms + (granted_nanos + NANOS_PER_MILLI - 1) / NANOS_PER_MILLI);
        }
        self.granted_nanos = None;
        Ok(())
    }

    /// The time at which a record may go; the one after it pays for it.
    fn reserve(&mut self, now_nanos: i64) -> i64 {
        if now_nanos > self.free_nanos {
            self.saved_nanos = (self.saved_nanos + now_nanos - self.free_nanos).min(NANOS_PER_SECOND);
            self.free_nanos = now_nanos;
        }
        let granted_nanos = self.free_nanos;
        let from_saved = self.interval_nanos.min(self.saved_nanos);
        self.saved_nanos -= from_saved;
        self.free_nanos = self.free_nanos.saturating_add(self.interval_nanos - from_saved);
        granted_nanos
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asks in every ms from `from` on, as often as there is leave; the ms at which there was.
    fn grants(limiter: &mut RateLimiter, from: i64, to: i64) -> Vec<i64> {
        let mut granted = vec![];
        for now in from..to {
            while limiter.acquire(now).is_ok() {
                granted.push(now);
            }
        }
        granted
    }

    #[test]
    fn records_are_spread_over_the_second() {
        let mut limiter = RateLimiter::new(100.0, 2);
        assert_eq!(grants(&mut limiter, 1000, 1090), [1000, 1020, 1040, 1060, 1080]);
    }

    #[test]
    fn several_in_a_millisecond() {
        let mut limiter = RateLimiter::new(3000.0, 1);
        assert_eq!(grants(&mut limiter, 0, 3), [0, 1, 1, 1, 2, 2, 2]);
        assert_eq!(grants(&mut limiter, 3, 1000).len(), 2991);
    }

    #[test]
    fn it_says_when_to_ask_again() {
        let mut limiter = RateLimiter::new(3.0, 1);
        assert_eq!(limiter.acquire(50), Ok(()));
        assert_eq!(limiter.acquire(50), Err(50 + 334));
        assert_eq!(limiter.acquire(100), Err(50 + 334));
        assert_eq!(limiter.acquire(384), Ok(()));
    }

    #[test]
    fn a_second_of_idle_time_is_saved() {
        let mut limiter = RateLimiter::new(10.0, 1);
        assert_eq!(limiter.acquire(0), Ok(()));
        let granted = grants(&mut limiter, 5000, 5250);
        // Ten saved, one that is due now, and then one each 100 ms.
        assert_eq!(granted, [[5000; 11].as_slice(), &[5100, 5200]].concat());
    }
}
