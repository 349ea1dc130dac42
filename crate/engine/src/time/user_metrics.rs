//! Metrics that the functions of a job keep: counters, gauges, meters and histograms, by name.
//!
//! Contract: nothing is decided by them; they are for looking at. A meter looks at its count every five seconds, and
//! its rate is that of its time span. Flink: `SimpleCounter`, `MeterView`, `DescriptiveStatisticsHistogram`.

use std::collections::VecDeque;
use std::rc::Rc;

use super::latency::LatencyHistogram;

use crate::base::own::own_seldom;

/// How often a meter looks at its count. Flink: `View.UPDATE_INTERVAL_SECONDS`.
const PERIOD_S: u32 = 5;

/// What a metric shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserMetricKind {
    /// The sum of what it was given.
    Counter,
    /// What it was given last.
    Gauge,
    /// How much it was given a second.
    Meter,
    /// How what it was given is spread.
    Histogram,
}

#[derive(Clone, Debug)]
struct UserMetric {
    name: Rc<str>,
    kind: UserMetricKind,
    value: f64,
    /// Of a meter: what it counted at the ends of the periods of its time span, and when the next one ends.
    counts: VecDeque<f64>,
    period_ends_at: i64,
    histogram: LatencyHistogram,
}

impl UserMetric {
    fn come_to(&mut self, now: i64) {
        while self.kind == UserMetricKind::Meter && self.period_ends_at <= now {
            self.counts.pop_front();
            self.counts.push_back(self.value);
            self.period_ends_at += i64::from(PERIOD_S) * 1000;
        }
    }

    fn rate(&self) -> f64 {
        let seconds = (self.counts.len() as u32 - 1) * PERIOD_S;
        (self.counts[self.counts.len() - 1] - self.counts[0]) / f64::from(seconds)
    }
}

/// Those of one operator in one subtask.
#[derive(Clone, Debug, Default)]
pub struct UserMetrics(Rc<Vec<UserMetric>>);

impl UserMetrics {
    /// The number of the metric of this name, which begins now if there is none; `span_s`: the time span of a meter.
    pub fn register(&mut self, name: &str, kind: UserMetricKind, span_s: u32, now: i64) -> u32 {
        let metrics = own_seldom(&mut self.0);
        let known = metrics.iter().position(|metric| *metric.name == *name);
        known.unwrap_or_else(|| {
            metrics.push(UserMetric {
                name: name.into(),
                kind,
                value: 0.0,
                counts: vec![0.0; (span_s / PERIOD_S).max(1) as usize + 1].into(),
                period_ends_at: now + i64::from(PERIOD_S) * 1000,
                histogram: LatencyHistogram::default(),
            });
            metrics.len() - 1
        }) as u32
    }

    /// Gives a metric a number.
    pub fn update(&mut self, id: u32, given: f64, now: i64) {
        let metric = &mut own_seldom(&mut self.0)[id as usize];
        metric.come_to(now);
        match metric.kind {
            UserMetricKind::Gauge => metric.value = given,
            UserMetricKind::Histogram => {
                metric.value += 1.0;
                metric.histogram.update(given as i64);
            }
            UserMetricKind::Counter | UserMetricKind::Meter => metric.value += given,
        }
    }

    /// A count, or what a gauge shows.
    pub fn value(&self, id: u32) -> f64 {
        self.0[id as usize].value
    }

    /// What is shown: the rates of meters, for each histogram that has seen something itself, and values.
    pub fn shown(&self, now: i64) -> impl Iterator<Item = (&str, f64, Option<&LatencyHistogram>)> {
        self.0.iter().filter_map(move |metric| match metric.kind {
            UserMetricKind::Histogram if metric.value == 0.0 => None,
            UserMetricKind::Histogram => Some((&*metric.name, metric.value, Some(&metric.histogram))),
            UserMetricKind::Meter => {
                let mut metric_now = metric.clone();
                metric_now.come_to(now);
                Some((&*metric.name, metric_now.rate(), None))
            }
            UserMetricKind::Counter | UserMetricKind::Gauge => Some((&*metric.name, metric.value, None)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_meter_tells_of_its_time_span() {
        let mut metrics = UserMetrics::default();
        let meter = metrics.register("m", UserMetricKind::Meter, 10, 0);
        let rate = |metrics: &UserMetrics, now| metrics.shown(now).next().map(|(_, rate, _)| rate);
        metrics.update(meter, 20.0, 1000);
        assert_eq!(rate(&metrics, 4999), Some(0.0), "it looks every five seconds");
        assert_eq!(rate(&metrics, 5000), Some(2.0));
        metrics.update(meter, 10.0, 9000);
        assert_eq!(rate(&metrics, 10_000), Some(3.0));
        assert_eq!(rate(&metrics, 15_000), Some(1.0), "the first twenty are over");
        assert_eq!(rate(&metrics, 20_000), Some(0.0));
        assert!((metrics.value(meter) - 30.0).abs() < 0.01);
    }

    #[test]
    fn a_name_is_one_metric() {
        let mut metrics = UserMetrics::default();
        let counter = metrics.register("n", UserMetricKind::Counter, 0, 0);
        assert_eq!(metrics.register("n", UserMetricKind::Counter, 0, 0), counter);
        metrics.update(counter, 3.0, 0);
        metrics.update(counter, -1.0, 0);
        let gauge = metrics.register("g", UserMetricKind::Gauge, 0, 0);
        metrics.update(gauge, 3.0, 0);
        metrics.update(gauge, 0.5, 0);
        metrics.register("h", UserMetricKind::Histogram, 0, 0);
        let shown: Vec<_> = metrics.shown(0).map(|(name, value, _)| (name, value)).collect();
        assert_eq!(shown, [("n", 2.0), ("g", 0.5)]);
    }
}
