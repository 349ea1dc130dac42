//! Whether and when a job is restarted after a failure.
//!
//! Contract: for each failure `notify_failure` is called, then `can_restart`, then `backoff_ms`, all with the same
//! clock. Flink: `RestartBackoffTimeStrategy`.

mod exponential_delay;
mod failure_rate;

use std::fmt;

use crate::base::choice::Choices;
use crate::graph::restart_options::{RestartOptions, RestartStrategyType};

use exponential_delay::ExponentialDelay;
use failure_rate::FailureRate;

/// See the module.
#[derive(Clone, Debug)]
pub enum RestartStrategy {
    /// Flink: `NoRestartBackoffTimeStrategy`.
    None,
    /// So many restarts, each after the same time. Flink: `FixedDelayRestartBackoffTimeStrategy`.
    FixedDelay {
        attempts: i64,
        delay_ms: i64,
        failures: i64,
    },
    FailureRate(FailureRate),
    ExponentialDelay(ExponentialDelay),
}

impl RestartStrategy {
    /// The strategy that a job asks for; where it asks for none, one that fits. Flink:
    /// `RestartBackoffTimeStrategyFactoryLoader`.
    pub fn new(options: &RestartOptions, is_checkpointing: bool) -> Self {
        let default =
            if is_checkpointing { RestartStrategyType::ExponentialDelay } else { RestartStrategyType::None };
        match options.strategy.unwrap_or(default) {
            RestartStrategyType::None => Self::None,
            RestartStrategyType::FixedDelay => Self::FixedDelay {
                attempts: options.fixed_delay_attempts,
                delay_ms: options.fixed_delay_ms,
                failures: 0,
            },
            RestartStrategyType::FailureRate => Self::FailureRate(FailureRate::new(options)),
            RestartStrategyType::ExponentialDelay => Self::ExponentialDelay(ExponentialDelay::new(options)),
        }
    }

    /// Something failed. Answers whether that asks for another restart: not where one is under way that also
    /// recovers from this.
    pub fn notify_failure(&mut self, now_ms: i64, choices: &mut Choices) -> bool {
        match self {
            Self::None => true,
            Self::FixedDelay { failures, .. } => {
                *failures += 1;
                true
            }
            Self::FailureRate(strategy) => {
                strategy.notify_failure(now_ms);
                true
            }
            Self::ExponentialDelay(strategy) => strategy.notify_failure(now_ms, choices),
        }
    }

    /// Whether the job may be restarted once more.
    pub fn can_restart(&self, now_ms: i64) -> bool {
        match self {
            Self::None => false,
            Self::FixedDelay { attempts, failures, .. } => failures <= attempts,
            Self::FailureRate(strategy) => strategy.can_restart(now_ms),
            Self::ExponentialDelay(strategy) => strategy.can_restart(),
        }
    }

    /// Ms from now until the restart.
    pub fn backoff_ms(&self, now_ms: i64) -> i64 {
        match self {
            Self::None => 0,
            Self::FixedDelay { delay_ms, .. } => *delay_ms,
            Self::FailureRate(strategy) => strategy.delay_ms,
            Self::ExponentialDelay(strategy) => strategy.backoff_ms(now_ms),
        }
    }
}

/// As Flink's classes print themselves.
impl fmt::Display for RestartStrategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("NoRestartBackoffTimeStrategy"),
            Self::FixedDelay { attempts, delay_ms, .. } => write!(
                f,
                "FixedDelayRestartBackoffTimeStrategy(maxNumberRestartAttempts={attempts}, \
                 backoffTimeMS={delay_ms})"
            ),
            Self::FailureRate(strategy) => strategy.fmt(f),
            Self::ExponentialDelay(strategy) => strategy.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests;
