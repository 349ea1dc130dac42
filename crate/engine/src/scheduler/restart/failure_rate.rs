//! Restarts as long as not too many failures come within a while. Flink:
//! `FailureRateRestartBackoffTimeStrategy`.

use std::collections::VecDeque;
use std::fmt;

use crate::graph::restart_options::RestartOptions;

/// See the module.
#[derive(Clone, Debug)]
pub struct FailureRate {
    interval_ms: i64,
    pub(super) delay_ms: i64,
    max: i64,
    /// The times of the last failures, the last `max + 1` of them.
    failures: VecDeque<i64>,
}

impl FailureRate {
    pub(super) const fn new(options: &RestartOptions) -> Self {
        Self {
            interval_ms: options.failure_rate_interval_ms,
            delay_ms: options.failure_rate_delay_ms,
            max: options.failure_rate_max,
            failures: VecDeque::new(),
        }
    }

    pub(super) fn notify_failure(&mut self, now_ms: i64) {
        if self.is_full() {
            self.failures.pop_front();
        }
        self.failures.push_back(now_ms);
    }

    pub(super) fn can_restart(&self, now_ms: i64) -> bool {
        match self.failures.front() {
            Some(earliest) if self.is_full() => now_ms - earliest > self.interval_ms,
            _ => true,
        }
    }

    fn is_full(&self) -> bool {
        self.failures.len() as i64 > self.max
    }
}

impl fmt::Display for FailureRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The name stands there twice, and one bracket stays open, in Flink too.
        write!(
            f,
            "FailureRateRestartBackoffTimeStrategy(FailureRateRestartBackoffTimeStrategy(failuresIntervalMS={},\
             backoffTimeMS={},maxFailuresPerInterval={})",
            self.interval_ms, self.delay_ms, self.max
        )
    }
}
