//! Restart strategies on a clock that is set by hand.

use super::*;
use crate::base::choice::Driver;

/// The strategy that these options make.
fn strategy(settings: &[(&str, &str)]) -> RestartStrategy {
    let mut options = RestartOptions::default();
    for (key, value) in settings {
        assert_eq!(options.set(key, value), Ok(true), "{key}");
    }
    RestartStrategy::new(&options, false)
}

#[test]
fn the_default_depends_on_checkpoints() {
    let options = RestartOptions::default();
    assert_eq!(RestartStrategy::new(&options, false).to_string(), "NoRestartBackoffTimeStrategy");
    assert_eq!(
        RestartStrategy::new(&options, true).to_string(),
        "ExponentialDelayRestartBackoffTimeStrategy(initialBackoffMS=1000, maxBackoffMS=60000, \
         backoffMultiplier=1.5, resetBackoffThresholdMS=3600000, jitterFactor=0.1, \
         attemptsBeforeResetBackoff=2147483647, currentRestartAttempt=0, nextRestartTimestamp=-2147483648)"
    );
    let rate = strategy(&[("restart-strategy.type", "failure-rate")]);
    assert_eq!(
        rate.to_string(),
        "FailureRateRestartBackoffTimeStrategy(FailureRateRestartBackoffTimeStrategy(failuresIntervalMS=60000,\
         backoffTimeMS=1000,maxFailuresPerInterval=1)"
    );
    let fixed = strategy(&[("restart-strategy.type", "fixed-delay")]);
    assert_eq!(
        fixed.to_string(),
        "FixedDelayRestartBackoffTimeStrategy(maxNumberRestartAttempts=1, backoffTimeMS=1000)"
    );
}

#[test]
fn delays_grow_as_flink_s_do() {
    let mut strategy = strategy(&[
        ("restart-strategy.type", "exponential-delay"),
        ("restart-strategy.exponential-delay.jitter-factor", "0"),
    ]);
    let mut choices = Choices::new(Driver::Default, 0);
    let mut now = 5;
    let mut delays = Vec::new();
    for _ in 0..13 {
        assert!(strategy.notify_failure(now, &mut choices) && strategy.can_restart(now));
        delays.push(strategy.backoff_ms(now));
        assert!(!strategy.notify_failure(now + 1, &mut choices), "the restart is still to come");
        now += strategy.backoff_ms(now) + 1;
    }
    assert_eq!(delays, [1000, 1500, 2250, 3375, 5062, 7593, 11390, 17085, 25628, 38443, 57665, 60000, 60000]);
    now += 3_600_000;
    strategy.notify_failure(now, &mut choices);
    assert_eq!(strategy.backoff_ms(now), 1000, "an hour without a failure");
}

#[test]
fn jitter_stays_within_its_tenth() {
    let first = |answer| {
        let mut strategy = strategy(&[
            ("restart-strategy.type", "exponential-delay"),
            ("restart-strategy.exponential-delay.initial-backoff", "100"),
        ]);
        // The first delay is never below the initial one; the second is 150 more or less 15.
        let mut choices = Choices::new(Driver::Recorded(vec![0, answer]), 0);
        strategy.notify_failure(0, &mut choices);
        assert_eq!(strategy.backoff_ms(0), 100);
        strategy.notify_failure(1_000, &mut choices);
        strategy.backoff_ms(1_000)
    };
    assert_eq!((first(0), first(15), first(30)), (135, 150, 165));
}

#[test]
fn every_recorded_failure_is_answered_as_in_flink() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/conformance/tables/restart_backoff.json");
    let text = std::fs::read_to_string(path).expect("the table is there");
    let table: Vec<serde_json::Value> = serde_json::from_str(&text).expect("the table is JSON");
    assert!(table.len() >= 40, "{}", table.len());
    for (number, entry) in table.iter().enumerate() {
        let ms = |key: &str| entry[key].as_i64().unwrap_or(1);
        let mut options = RestartOptions {
            fixed_delay_attempts: ms("attempts"),
            fixed_delay_ms: ms("delay_ms"),
            failure_rate_max: ms("max_failures"),
            failure_rate_interval_ms: ms("interval_ms"),
            failure_rate_delay_ms: ms("delay_ms"),
            initial_backoff_ms: ms("initial_backoff_ms"),
            max_backoff_ms: ms("max_backoff_ms"),
            backoff_multiplier: entry["multiplier"].as_f64().unwrap_or(1.5),
            reset_backoff_threshold_ms: ms("reset_threshold_ms"),
            jitter_factor: 0.0,
            attempts_before_reset: ms("attempts_before_reset"),
            ..RestartOptions::default()
        };
        let name = entry["strategy"].as_str().expect("a name");
        assert_eq!(options.set("restart-strategy.type", name), Ok(true));
        let mut strategy = RestartStrategy::new(&options, false);
        let mut choices = Choices::new(Driver::Default, 0);
        for failure in entry["failures"].as_array().expect("failures") {
            let now = failure["at_ms"].as_i64().expect("a time");
            let is_new = strategy.notify_failure(now, &mut choices);
            let answer = (is_new, strategy.can_restart(now), strategy.backoff_ms(now));
            let recorded = (&failure["new_attempt"], &failure["can_restart"], &failure["backoff_ms"]);
            let recorded = (recorded.0.as_bool(), recorded.1.as_bool(), recorded.2.as_i64());
            assert_eq!((Some(answer.0), Some(answer.1), Some(answer.2)), recorded, "entry {number} at {now}");
        }
    }
}
