//! How a job restarts after a failure, as data: the options of a configuration and their defaults.
//!
//! Flink: `RestartStrategyOptions`, `JobManagerOptions.EXECUTION_FAILOVER_STRATEGY`, `TimeUtils#parseDuration`.

use super::error::ApiError;
use crate::base::decimal;

/// A restart strategy by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestartStrategyType {
    None,
    FixedDelay,
    FailureRate,
    ExponentialDelay,
}

/// All options of all strategies; times in ms.
#[derive(Clone, Debug, PartialEq)]
pub struct RestartOptions {
    /// `None`: exponential delay where the job makes checkpoints, else no restart.
    pub strategy: Option<RestartStrategyType>,
    pub fixed_delay_attempts: i64,
    pub fixed_delay_ms: i64,
    pub failure_rate_max: i64,
    pub failure_rate_interval_ms: i64,
    pub failure_rate_delay_ms: i64,
    pub initial_backoff_ms: i64,
    pub max_backoff_ms: i64,
    pub backoff_multiplier: f64,
    pub reset_backoff_threshold_ms: i64,
    pub jitter_factor: f64,
    pub attempts_before_reset: i64,
    /// A failure restarts all tasks, not those of its region alone.
    pub is_full_failover: bool,
}

impl Default for RestartOptions {
    fn default() -> Self {
        Self {
            strategy: None,
            fixed_delay_attempts: 1,
            fixed_delay_ms: 1_000,
            failure_rate_max: 1,
            failure_rate_interval_ms: 60_000,
            failure_rate_delay_ms: 1_000,
            initial_backoff_ms: 1_000,
            max_backoff_ms: 60_000,
            backoff_multiplier: 1.5,
            reset_backoff_threshold_ms: 3_600_000,
            jitter_factor: 0.1,
            attempts_before_reset: i64::from(i32::MAX),
            is_full_failover: false,
        }
    }
}

impl RestartOptions {
    /// Sets the option of this key. Answers whether there is one.
    ///
    /// # Errors
    /// The value is none of this option.
    pub fn set(&mut self, key: &str, value: &str) -> Result<bool, ApiError> {
        const INT_MAX: i64 = i32::MAX as i64;
        let count = |min| integer(key, value, min, INT_MAX);
        let span = |min| duration_ms(key, value, min);
        let Some(option) = key.strip_prefix("restart-strategy") else {
            if key == "jobmanager.execution.failover-strategy" {
                self.is_full_failover = one_of(key, value, &[("region", false), ("full", true)])?;
                return Ok(true);
            }
            return Ok(false);
        };
        match option {
            "" | ".type" => self.strategy = Some(one_of(key, &value.to_ascii_lowercase(), &STRATEGIES)?),
            ".fixed-delay.attempts" => self.fixed_delay_attempts = count(0)?,
            ".fixed-delay.delay" => self.fixed_delay_ms = span(0)?,
            ".failure-rate.max-failures-per-interval" => self.failure_rate_max = count(1)?,
            ".failure-rate.failure-rate-interval" => self.failure_rate_interval_ms = span(1)?,
            ".failure-rate.delay" => self.failure_rate_delay_ms = span(0)?,
            ".exponential-delay.initial-backoff" => self.initial_backoff_ms = span(1)?,
            ".exponential-delay.max-backoff" => self.max_backoff_ms = span(1)?,
            ".exponential-delay.backoff-multiplier" => {
                self.backoff_multiplier = number(key, value, |n| n > 1.0, "more than 1")?;
            }
            ".exponential-delay.reset-backoff-threshold" => self.reset_backoff_threshold_ms = span(1)?,
            ".exponential-delay.jitter-factor" => {
                self.jitter_factor = number(key, value, |n| (0.0..=1.0).contains(&n), "0 to 1")?;
            }
            ".exponential-delay.attempts-before-reset-backoff" => self.attempts_before_reset = count(1)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// What does not go together, once all options are set.
    pub fn check(&self) -> Result<(), ApiError> {
        if self.initial_backoff_ms > self.max_backoff_ms {
            return Err(ApiError::new(format!(
                "The first delay of the exponential-delay restart strategy is {} ms, more than its greatest, {} ms.",
                self.initial_backoff_ms, self.max_backoff_ms
            )));
        }
        Ok(())
    }
}

/// The names of the strategies, old ones included.
const STRATEGIES: [(&str, RestartStrategyType); 9] = [
    ("none", RestartStrategyType::None),
    ("fixed-delay", RestartStrategyType::FixedDelay),
    ("failure-rate", RestartStrategyType::FailureRate),
    ("exponential-delay", RestartStrategyType::ExponentialDelay),
    ("off", RestartStrategyType::None),
    ("disable", RestartStrategyType::None),
    ("fixeddelay", RestartStrategyType::FixedDelay),
    ("failurerate", RestartStrategyType::FailureRate),
    ("exponentialdelay", RestartStrategyType::ExponentialDelay),
];

/// Units of a span of time, each with its names and its length in ms.
const UNITS: [(&[&str], i64); 5] = [
    (&["ms", "milli", "millis", "millisecond", "milliseconds"], 1),
    (&["s", "sec", "secs", "second", "seconds"], 1_000),
    (&["m", "min", "minute", "minutes"], 60_000),
    (&["h", "hour", "hours"], 3_600_000),
    (&["d", "day", "days"], 86_400_000),
];

pub(super) fn one_of<T: Copy>(key: &str, value: &str, choices: &[(&str, T)]) -> Result<T, ApiError> {
    let found = choices.iter().find(|(name, _)| *name == value);
    found.map(|&(_, choice)| choice).ok_or_else(|| {
        let names: Vec<&str> = choices.iter().take(4).map(|(name, _)| *name).collect();
        wrong(key, value, &format!("one of {}", names.join(", ")))
    })
}

pub(super) fn integer(key: &str, value: &str, min: i64, max: i64) -> Result<i64, ApiError> {
    let parsed = value.trim().parse().ok().filter(|n| (min..=max).contains(n));
    parsed.ok_or_else(|| wrong(key, value, &format!("a whole number from {min} to {max}")))
}

fn number(key: &str, value: &str, fits: impl Fn(f64) -> bool, range: &str) -> Result<f64, ApiError> {
    let parsed = decimal::parse(value.trim()).filter(|&n| fits(n));
    parsed.ok_or_else(|| wrong(key, value, &format!("a number, {range}")))
}

/// Reads `10 s`, `1min`, `500`: without a unit it is ms.
pub(super) fn duration_ms(key: &str, value: &str, min: i64) -> Result<i64, ApiError> {
    let text = value.trim();
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (count, unit) = (text[..end].parse::<i64>().ok(), text[end..].trim().to_ascii_lowercase());
    let unit = match UNITS.iter().find(|(names, _)| names.contains(&unit.as_str())) {
        Some(&(_, ms)) => Some(ms),
        None => unit.is_empty().then_some(1),
    };
    let span = count.zip(unit).and_then(|(count, unit)| count.checked_mul(unit)).filter(|&ms| ms >= min);
    span.ok_or_else(|| wrong(key, value, &format!("a span of time of {min} ms or more, as in 10 s")))
}

fn wrong(key: &str, value: &str, wanted: &str) -> ApiError {
    ApiError::new(format!("\"{value}\" is no value of {key}. Give {wanted}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_by_their_keys() {
        let mut options = RestartOptions::default();
        for (key, value) in [
            ("restart-strategy.type", "Exponential-Delay"),
            ("restart-strategy.exponential-delay.initial-backoff", "3 s"),
            ("restart-strategy.exponential-delay.max-backoff", "2min"),
            ("restart-strategy.exponential-delay.jitter-factor", "0"),
            ("restart-strategy.fixed-delay.delay", "250"),
            ("jobmanager.execution.failover-strategy", "full"),
        ] {
            assert_eq!(options.set(key, value), Ok(true), "{key}");
        }
        assert_eq!(options.strategy, Some(RestartStrategyType::ExponentialDelay));
        assert_eq!((options.initial_backoff_ms, options.max_backoff_ms), (3_000, 120_000));
        assert_eq!((options.fixed_delay_ms, options.is_full_failover), (250, true));
        assert_eq!(options.check(), Ok(()));
        assert_eq!(options.set("restart-strategy.fixed-delay.tries", "1"), Ok(false));
    }

    #[test]
    fn what_is_no_value_is_refused() {
        let mut options = RestartOptions::default();
        let mut message = |key: &str, value: &str| options.set(key, value).expect_err("refused").to_string();
        assert_eq!(
            message("restart-strategy.type", "sometimes"),
            "\"sometimes\" is no value of restart-strategy.type. Give one of none, fixed-delay, failure-rate, \
             exponential-delay."
        );
        assert!(message("restart-strategy.fixed-delay.delay", "10 lines").contains("a span of time"));
        assert!(message("restart-strategy.fixed-delay.attempts", "-1").contains("from 0 to 2147483647"));
        assert!(
            message("restart-strategy.exponential-delay.backoff-multiplier", "1").contains("more than 1")
        );
        options.initial_backoff_ms = 70_000;
        assert!(options.check().is_err());
    }
}
