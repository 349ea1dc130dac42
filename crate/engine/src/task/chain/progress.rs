//! How event time goes through a chain: watermarks and statuses from operator to operator.
//!
//! Contract: an operator's timers fire before its watermark goes on; a way out that was told to be idle gets no
//! watermark. Flink: `ChainingOutput#emitWatermark`, `RecordWriterOutput#emitWatermark`, `AbstractStreamOperator`.

use super::{ChainError, OperatorChain};
use crate::graph::job_graph::OutputTarget;
use crate::operator::timers;
use crate::record::{StreamElement, WatermarkStatus};
use crate::task::environment::TaskEnvironment;

impl OperatorChain {
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
        if self.is_sorted && place == 0 {
            self.end_key(env)?;
        }
        self.run(place, env, |operator, context| {
            timers::advance_watermark(operator, watermark, context)?;
            operator.on_watermark(watermark, context)
        })
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
}
