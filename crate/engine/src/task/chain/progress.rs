//! How event time goes through a chain: watermarks and statuses from operator to operator, and latency markers.
//!
//! Contract: an operator's timers fire before its watermark goes on; a way out that was told to be idle gets no
//! watermark; a latency marker overtakes what an operator keeps waiting, and goes one way only. Flink: `ChainingOutput#emitWatermark`, `RecordWriterOutput#emitWatermark`, `AbstractStreamOperator`.

use super::{ChainError, ChainedOperator, OperatorChain};
use crate::base::choice::Choice;
use crate::graph::job_graph::OutputTarget;
use crate::graph::windowing::TimeDomain;
use crate::operator::timers;
use crate::record::{LatencyMarker, StreamElement, WatermarkStatus};
use crate::task::environment::TaskEnvironment;
use crate::time::clock::processing_time;
use crate::time::processing_time::Callback;
use crate::time::user_metrics::UserMetrics;

impl ChainedOperator {
    /// What its functions count.
    pub const fn metrics(&self) -> &UserMetrics {
        &self.context.metrics
    }
}

impl OperatorChain {
    /// Breaks what the head's ways out were told, for the tests of the checkers.
    #[cfg(test)]
    pub fn pretend_told(&mut self, watermark: i64) {
        self.operators[0].outputs.iter_mut().for_each(|output| output.watermark = watermark);
    }

    pub(super) fn watermark(
        &mut self,
        place: u32,
        input: u8,
        watermark: i64,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<(), ChainError> {
        let combined = match &mut self.operators[place as usize].combined {
            Some(combined) => combined.update_watermark(input, watermark),
            None => Some(watermark),
        };
        match combined {
            Some(watermark) => self.advance_watermark(place, watermark, env),
            None => Ok(()),
        }
    }

    pub(super) fn advance_watermark(
        &mut self,
        place: u32,
        watermark: i64,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<(), ChainError> {
        self.last_operator = place;
        if self.is_finished_on_restore {
            // Those that read from here learn that nothing comes. Flink: `FinishedOnRestoreInput`.
            return if watermark == i64::MAX {
                self.hand_on_watermark(place, watermark, env)
            } else {
                Ok(())
            };
        }
        if self.is_sorted && place == 0 {
            self.end_key(env)?;
        }
        self.run(place, env, |_, context| {
            timers::begin_watermark(watermark, context);
            Ok(())
        })?;
        // What a timer emits goes on before the next one fires, while it is at hand.
        for fired in 0.. {
            let has_fired = self.step(place, env, |operator, context| match operator {
                Some(operator) => {
                    timers::fire_next(operator, TimeDomain::EventTime, watermark, fired, context)
                }
                None => Ok(false),
            })?;
            if !has_fired {
                break;
            }
        }
        self.run(place, env, |operator, context| operator.on_watermark(watermark, context))
    }

    pub(super) fn status(
        &mut self,
        place: u32,
        input: u8,
        status: WatermarkStatus,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<(), ChainError> {
        if let Some(combined) = &mut self.operators[place as usize].combined {
            let was_idle = combined.is_idle();
            let watermark = combined.update_status(input, status);
            let is_idle = combined.is_idle();
            if let Some(watermark) = watermark {
                self.advance_watermark(place, watermark, env)?;
            }
            if was_idle == is_idle {
                return Ok(());
            }
        }
        self.run(place, env, |operator, context| operator.on_status(status, context))
    }

    /// A watermark goes all ways, but for those that were told to be idle.
    pub(super) fn hand_on_watermark(
        &mut self,
        place: u32,
        watermark: i64,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<(), ChainError> {
        for way in 0..self.operators[place as usize].outputs.len() {
            let chained = &mut self.operators[place as usize];
            let output = &mut chained.outputs[way];
            if output.status == WatermarkStatus::Idle {
                continue;
            }
            debug_assert!(watermark > output.watermark, "{watermark} after {}", output.watermark);
            output.watermark = watermark;
            match chained.descriptor.outputs[way].target {
                OutputTarget::Chained { operator, input } => {
                    self.watermark(operator, input, watermark, env)?;
                }
                OutputTarget::Partition(writer) => {
                    self.outputs.broadcast_emit(writer, &StreamElement::Watermark(watermark), env);
                }
            }
        }
        Ok(())
    }

    pub(super) fn hand_on_status(
        &mut self,
        place: u32,
        status: WatermarkStatus,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<(), ChainError> {
        for way in 0..self.operators[place as usize].outputs.len() {
            let chained = &mut self.operators[place as usize];
            let output = &mut chained.outputs[way];
            if output.status == status {
                continue;
            }
            output.status = status;
            match chained.descriptor.outputs[way].target {
                OutputTarget::Chained { operator, input } => self.status(operator, input, status, env)?,
                OutputTarget::Partition(writer) => {
                    self.outputs.broadcast_emit(writer, &StreamElement::WatermarkStatus(status), env);
                }
            }
        }
        Ok(())
    }

    /// A latency marker for an operator: what it tells is noted, and it goes on. Flink:
    /// `AbstractStreamOperator#processLatencyMarker`.
    pub fn process_latency_marker(
        &mut self,
        place: u32,
        marker: LatencyMarker,
        env: &mut TaskEnvironment<'_>,
    ) {
        let chained = &mut self.operators[place as usize];
        let granularity = chained.context.subtask.as_ref().map(|subtask| subtask.time.latency_granularity);
        let granularity = granularity.expect("the context of a chained operator has a subtask");
        chained.latency.report(&marker, granularity, processing_time(env.now));
        self.hand_on_latency_marker(place, marker, env);
    }

    /// A latency marker goes one way, whichever.
    pub fn hand_on_latency_marker(
        &mut self,
        place: u32,
        marker: LatencyMarker,
        env: &mut TaskEnvironment<'_>,
    ) {
        let ways = &self.operators[place as usize].descriptor.outputs;
        if ways.is_empty() {
            return;
        }
        let way = env.choices.choose(ways.len() as u32, Choice::LatencyMarkerWay);
        match ways[way as usize].target {
            OutputTarget::Chained { operator, .. } => self.process_latency_marker(operator, marker, env),
            OutputTarget::Partition(writer) => {
                self.outputs.random_emit(writer, &StreamElement::LatencyMarker(marker), env);
            }
        }
    }

    /// The source at the head sends a latency marker, and will send the next one. Flink: `LatencyMarkerEmitter`.
    pub fn emit_latency_marker(&mut self, env: &mut TaskEnvironment<'_>) {
        let now = processing_time(env.now);
        let ChainedOperator { descriptor, context, .. } = &mut self.operators[0];
        let operator_id = descriptor.id;
        let Some(subtask) = context.subtask.clone() else { return };
        let interval_ms = subtask.time.latency_tracking_interval_ms;
        context.clock.schedule_after(interval_ms, Callback::LatencyMarker, now);
        let marker = LatencyMarker { marked_time: now, operator_id, subtask_idx: subtask.subtask_idx };
        self.hand_on_latency_marker(0, marker, env);
    }
}
