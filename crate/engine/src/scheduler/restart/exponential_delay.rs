//! Restarts after ever longer times, until the job runs well for a while. Flink:
//! `ExponentialDelayRestartBackoffTimeStrategy`.
//!
//! Contract: failures before the restart that is under way do not count again. The arithmetic is Java's: doubles,
//! cut off to whole ms.

use std::fmt;

use crate::base::choice::{Choice, Choices};
use crate::graph::restart_options::RestartOptions;
use crate::record::Value;

/// Before any failure, as in Flink.
const NEVER: i64 = i32::MIN as i64;

/// See the module.
#[derive(Clone, Debug)]
pub struct ExponentialDelay {
    initial_ms: i64,
    max_ms: i64,
    multiplier: f64,
    reset_threshold_ms: i64,
    jitter_factor: f64,
    attempts_max: i64,
    attempt: i64,
    next_restart_ms: i64,
}

impl ExponentialDelay {
    pub(super) const fn new(options: &RestartOptions) -> Self {
        Self {
            initial_ms: options.initial_backoff_ms,
            max_ms: options.max_backoff_ms,
            multiplier: options.backoff_multiplier,
            reset_threshold_ms: options.reset_backoff_threshold_ms,
            jitter_factor: options.jitter_factor,
            attempts_max: options.attempts_before_reset,
            attempt: 0,
            next_restart_ms: NEVER,
        }
    }

    pub(super) fn notify_failure(&mut self, now_ms: i64, choices: &mut Choices) -> bool {
        if now_ms <= self.next_restart_ms {
            return false;
        }
        if now_ms - self.next_restart_ms >= self.reset_threshold_ms {
            self.attempt = 0;
        }
        self.next_restart_ms = now_ms + self.actual_backoff_ms(choices);
        self.attempt += 1;
        true
    }

    pub(super) const fn can_restart(&self) -> bool {
        self.attempt <= self.attempts_max
    }

    pub(super) fn backoff_ms(&self, now_ms: i64) -> i64 {
        (self.next_restart_ms - now_ms).max(0)
    }

    fn actual_backoff_ms(&self, choices: &mut Choices) -> i64 {
        let backoff_ms = (self.initial_ms as f64 * power(self.multiplier, self.attempt)) as i64;
        let offset_ms = (backoff_ms as f64 * self.jitter_factor) as i64;
        // Where no jitter brings it below the greatest delay, none is drawn.
        if backoff_ms.saturating_sub(offset_ms) >= self.max_ms {
            return self.max_ms;
        }
        let spread = u32::try_from(2 * offset_ms + 1).unwrap_or(u32::MAX);
        let jitter_ms = i64::from(choices.choose(spread, Choice::RestartJitter)) - offset_ms;
        (backoff_ms + jitter_ms).min(self.max_ms).max(self.initial_ms)
    }
}

/// `base` to the power of `exponent`, rounded once. Java's `Math.pow` is that exact for such numbers, and what
/// the platforms bring along differs in the last digit. Kept as the sum of two doubles on the way.
fn power(base: f64, exponent: i64) -> f64 {
    let (mut high, mut low) = (1.0_f64, 0.0_f64);
    for _ in 0..exponent {
        if high > 1e18 {
            break;
        }
        let product = high * base;
        let rest = high.mul_add(base, -product) + low * base;
        high = product + rest;
        low = rest - (high - product);
    }
    high
}

impl fmt::Display for ExponentialDelay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "ExponentialDelayRestartBackoffTimeStrategy(initialBackoffMS={}, maxBackoffMS={}, \
             backoffMultiplier={}, resetBackoffThresholdMS={}, jitterFactor={}, \
             attemptsBeforeResetBackoff={}, currentRestartAttempt={}, nextRestartTimestamp={})",
            self.initial_ms,
            self.max_ms,
            Value::Double(self.multiplier),
            self.reset_threshold_ms,
            Value::Double(self.jitter_factor),
            self.attempts_max,
            self.attempt,
            self.next_restart_ms
        )
    }
}
