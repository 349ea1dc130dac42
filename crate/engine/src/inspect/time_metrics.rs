//! The metrics of event time and latency: of a task, of its source and of each operator of its chain.
//!
//! An operator's stand behind its name, as Flink's REST interface writes it. What nobody knows yet (a watermark before
//! the first one, say) is left out. Flink: `OperatorMetricGroup`, `WatermarkGauge`, `InternalSourceReaderMetricGroup`,
//! `LatencyStats`.

use super::metrics::Metric;
use crate::record::element::NO_TIMESTAMP;
use crate::task::chain::ChainedOperator;
use crate::task::stream_task::StreamTask;
use crate::time::latency::LatencyHistogram;

/// Adds those of a task.
pub(super) fn add(task: &StreamTask, now: i64, metrics: &mut Vec<Metric>) {
    let Some(chain) = task.chain() else { return };
    let fired: u64 = chain.operators().iter().map(ChainedOperator::timers_fired).sum();
    metrics.push(("numFiredTimers".into(), fired as f64));
    if let (Some(head), true) = (chain.operators().first(), task.source_output().is_none()) {
        add_watermark("currentInputWatermark".into(), head.watermarks().0, metrics);
    }
    for (place, operator) in chain.operators().iter().enumerate() {
        let scope: String = operator
            .name()
            .chars()
            .map(|c| if c.is_ascii() && !c.is_ascii_alphanumeric() { '_' } else { c })
            .collect();
        add_operator(&scope, operator, metrics);
        for (name, value, histogram) in operator.metrics().shown(now) {
            let name = format!("{scope}.{name}");
            match histogram {
                Some(histogram) => add_histogram(&format!("{name}_"), histogram, metrics),
                None => metrics.push((name.into(), value)),
            }
        }
        if place == 0 {
            add_source(&scope, task, now, metrics);
        }
        add_latencies(operator, task.descriptor().subtask_idx, metrics);
    }
}

fn add_operator(scope: &str, operator: &ChainedOperator, metrics: &mut Vec<Metric>) {
    let mut add = |name: &str, value: u64| metrics.push((format!("{scope}.{name}").into(), value as f64));
    let (records_in, records_out) = operator.counters();
    add("numRecordsIn", records_in);
    add("numRecordsOut", records_out);
    add("numLateRecordsDropped", operator.late_records_dropped());
    let (input, output) = operator.watermarks();
    add_watermark(format!("{scope}.currentInputWatermark"), input, metrics);
    for (number, watermark) in (1..).zip(operator.input_watermarks().into_iter().flatten()) {
        add_watermark(format!("{scope}.currentInput{number}Watermark"), watermark, metrics);
    }
    add_watermark(format!("{scope}.currentOutputWatermark"), output, metrics);
}

fn add_watermark(name: String, watermark: i64, metrics: &mut Vec<Metric>) {
    if watermark > i64::MIN {
        metrics.push((name.into(), watermark as f64));
    }
}

/// What a source that makes watermarks says of itself; lags in ms.
fn add_source(scope: &str, task: &StreamTask, now: i64, metrics: &mut Vec<Metric>) {
    let Some(output) = task.source_output() else { return };
    let mut add = |name: &str, value: i64| metrics.push((format!("{scope}.{name}").into(), value as f64));
    if let Some((emitted_at, timestamp)) = output.last_record() {
        if timestamp != NO_TIMESTAMP {
            add("currentEmitEventTimeLag", emitted_at.saturating_sub(timestamp));
        }
        add("sourceIdleTime", now - emitted_at);
    }
    if let Some(drift) = task.alignment_drift() {
        add("watermarkAlignmentDrift", drift);
    }
    if output.watermark() > i64::MIN {
        add("watermarkLag", now.saturating_sub(output.watermark()));
    }
}

/// The histograms of the latencies of an operator.
fn add_latencies(operator: &ChainedOperator, subtask_idx: u32, metrics: &mut Vec<Metric>) {
    for (source, histogram) in operator.latency().histograms() {
        let from = source.operator.map_or(String::new(), |id| format!("source_id.{id}."));
        let part = source.subtask_idx.map_or(String::new(), |idx| format!("source_subtask_index.{idx}."));
        let to = format!("operator_id.{}.operator_subtask_index.{subtask_idx}", operator.id());
        let scope = format!("latency.{from}{part}{to}.latency_");
        add_histogram(&scope, histogram, metrics);
    }
}

fn add_histogram(scope: &str, histogram: &LatencyHistogram, metrics: &mut Vec<Metric>) {
    let shown = histogram.summary();
    let values = [
        ("count", shown.count as f64),
        ("min", shown.min),
        ("max", shown.max),
        ("mean", shown.mean),
        ("median", shown.median),
        ("p95", shown.p95),
        ("p99", shown.p99),
    ];
    metrics.extend(values.map(|(name, value)| (format!("{scope}{name}").into(), value)));
}
