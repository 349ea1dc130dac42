//! Latencies as an operator sees them: how long markers took from their source.
//!
//! Contract: nothing is decided by it; it is for looking at. A histogram is of the newest 128 markers. Flink:
//! `LatencyStats`, `DescriptiveStatisticsHistogram` with its percentiles.

use std::collections::VecDeque;

use crate::base::ids::OperatorId;
use crate::base::sort;
use crate::graph::time_settings::LatencyGranularity;
use crate::record::LatencyMarker;

/// Flink: `metrics.latency.history-size`.
const HISTORY_MAX: usize = 128;

/// What a histogram is of: a source, one of its subtasks, or all sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LatencySource {
    pub operator: Option<OperatorId>,
    pub subtask_idx: Option<u32>,
}

/// The newest latencies in ms.
#[derive(Clone, Debug, Default)]
pub struct LatencyHistogram {
    count: u64,
    newest: VecDeque<i64>,
}

/// What a histogram shows; all in ms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LatencySummary {
    /// Markers that came so far.
    pub count: u64,
    pub min: f64,
    pub max: f64,
    pub mean: f64,
    pub median: f64,
    pub p95: f64,
    pub p99: f64,
}

impl LatencyHistogram {
    /// One more.
    pub fn update(&mut self, latency_ms: i64) {
        if self.newest.len() == HISTORY_MAX {
            self.newest.pop_front();
        }
        self.newest.push_back(latency_ms);
        self.count += 1;
    }

    /// A histogram that has seen something.
    pub fn summary(&self) -> LatencySummary {
        let mut sorted: Vec<i64> = self.newest.iter().copied().collect();
        sort::sort(&mut sorted);
        let at = |percent: f64| percentile(&sorted, percent);
        LatencySummary {
            count: self.count,
            min: sorted[0] as f64,
            max: sorted[sorted.len() - 1] as f64,
            mean: sorted.iter().sum::<i64>() as f64 / sorted.len() as f64,
            median: at(50.0),
            p95: at(95.0),
            p99: at(99.0),
        }
    }
}

/// Between the two values next to the place `percent` of `n + 1`.
fn percentile(sorted: &[i64], percent: f64) -> f64 {
    let place = percent / 100.0 * (sorted.len() + 1) as f64;
    let below = place.floor();
    if below < 1.0 {
        return sorted[0] as f64;
    }
    let (Some(lower), Some(upper)) = (sorted.get(below as usize - 1), sorted.get(below as usize)) else {
        return sorted[sorted.len() - 1] as f64;
    };
    *lower as f64 + (place - below) * (upper - lower) as f64
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct LatencyStats {
    /// In the order in which their first markers came.
    histograms: Vec<(LatencySource, LatencyHistogram)>,
}

impl LatencyStats {
    /// A marker has come.
    pub fn report(&mut self, marker: &LatencyMarker, granularity: LatencyGranularity, now: i64) {
        let source = LatencySource {
            operator: (granularity != LatencyGranularity::Single).then_some(marker.operator_id),
            subtask_idx: (granularity == LatencyGranularity::Subtask).then_some(marker.subtask_idx),
        };
        let place = self.histograms.iter().position(|(other, _)| *other == source).unwrap_or_else(|| {
            self.histograms.push((source, LatencyHistogram::default()));
            self.histograms.len() - 1
        });
        self.histograms[place].1.update(now - marker.marked_time);
    }

    /// The histograms, each of one that has seen something.
    pub fn histograms(&self) -> impl Iterator<Item = (LatencySource, &LatencyHistogram)> {
        self.histograms.iter().map(|(source, histogram)| (*source, histogram))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marker(source: u8, subtask_idx: u32, marked_time: i64) -> LatencyMarker {
        LatencyMarker { marked_time, operator_id: OperatorId([source; 16]), subtask_idx }
    }

    #[test]
    fn a_histogram_is_of_the_newest() {
        let mut histogram = LatencyHistogram::default();
        (1..=200).for_each(|latency| histogram.update(latency));
        let LatencySummary { count, min, max, mean, median, p95, p99 } = histogram.summary();
        assert_eq!((count, min, max, mean), (200, 73.0, 200.0, 136.5));
        // Places 64.5, 122.55 and 127.71 of 128 values from 73 on.
        let shown: Vec<String> = [median, p95, p99].iter().map(|p| format!("{p:.2}")).collect();
        assert_eq!(shown, ["136.50", "194.55", "199.71"]);
    }

    #[test]
    fn few_values_have_percentiles_too() {
        let mut histogram = LatencyHistogram::default();
        histogram.update(4);
        assert_eq!((histogram.summary().median, histogram.summary().p99), (4.0, 4.0));
        histogram.update(8);
        assert_eq!((histogram.summary().median, histogram.summary().p99), (6.0, 8.0));
    }

    #[test]
    fn sources_are_told_apart_as_asked() {
        let counts = |granularity| {
            let mut stats = LatencyStats::default();
            for (source, subtask) in [(1, 0), (1, 1), (2, 0), (1, 0)] {
                stats.report(&marker(source, subtask, 5), granularity, 12);
            }
            stats.histograms().map(|(_, histogram)| histogram.summary().count).collect::<Vec<_>>()
        };
        assert_eq!(counts(LatencyGranularity::Single), [4]);
        assert_eq!(counts(LatencyGranularity::Operator), [3, 1]);
        assert_eq!(counts(LatencyGranularity::Subtask), [2, 1, 1]);
    }
}
