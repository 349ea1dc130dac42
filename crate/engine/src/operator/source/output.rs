//! Where a source's records go: timestamps and watermarks are made before they leave the source.
//!
//! Contract: a record goes out before the watermark that it brings. A reader that reads its splits one after the
//! other through outputs of their own (files) has a generator for each split, so that a new split begins anew,
//! and what goes out still never falls. Flink: `ProgressiveTimestampsAndWatermarks`,
//! `SourceOutputWithWatermarks`, `WatermarkOutputMultiplexer`.

use std::rc::Rc;

use crate::graph::operator_spec::{OperatorSpec, SourceSpec};
use crate::graph::watermark_strategy::WatermarkStrategy;
use crate::operator::context::{OperatorContext, WatermarkUpdate};
use crate::operator::function::{UserError, UserFunctions};
use crate::operator::watermarks::{TimestampAssigner, WatermarkEmitter, WatermarkGenerator};
use crate::record::Value;
use crate::time::processing_time::Callback;

/// The output of a split. Flink: `PartialWatermark` with the split's generator.
#[derive(Clone)]
struct SplitOutput {
    generator: WatermarkGenerator,
    watermark: i64,
    is_idle: bool,
}

/// See the module.
#[derive(Clone)]
pub struct SourceOutput {
    strategy: WatermarkStrategy,
    functions: Rc<dyn UserFunctions>,
    assigner: TimestampAssigner,
    /// Whether records go through the outputs of their splits.
    by_split: bool,
    main: WatermarkGenerator,
    split: Option<SplitOutput>,
    /// The greatest watermark of the splits so far.
    split_watermark: i64,
    /// Whether the main output and those of the splits are idle: the source is where both are. Flink:
    /// `IdlenessManager`.
    is_main_idle: bool,
    are_splits_idle: bool,
    emitter: WatermarkEmitter,
    /// When the last record went out, and its event time.
    last_record: Option<(i64, i64)>,
}

impl SourceOutput {
    /// The output of a source that has a watermark strategy.
    pub fn new(spec: &OperatorSpec, functions: &Rc<dyn UserFunctions>) -> Result<Option<Self>, UserError> {
        let OperatorSpec::SourceWithWatermarks { source, strategy } = spec else { return Ok(None) };
        Ok(Some(Self {
            assigner: TimestampAssigner::new(strategy, functions.as_ref())?,
            main: WatermarkGenerator::new(strategy, functions.as_ref())?,
            strategy: strategy.clone(),
            functions: Rc::clone(functions),
            by_split: matches!(source, SourceSpec::TextFile { .. }),
            split: None,
            split_watermark: i64::MIN,
            is_main_idle: true,
            are_splits_idle: true,
            emitter: WatermarkEmitter::default(),
            last_record: None,
        }))
    }

    /// The task starts: asks the clock for the first period's end.
    pub fn open(&self, context: &mut OperatorContext) {
        let interval_ms =
            context.subtask.as_ref().map_or(0, |subtask| subtask.time.auto_watermark_interval_ms);
        if interval_ms > 0 {
            context.clock.schedule_after(interval_ms, Callback::Watermarks, context.now);
        }
    }

    /// When the last record went out, and its event time.
    pub const fn last_record(&self) -> Option<(i64, i64)> {
        self.last_record
    }

    /// The last watermark that went out; the least Long before the first one.
    pub const fn watermark(&self) -> i64 {
        self.emitter.watermark()
    }

    /// Whether what goes out is idle.
    pub const fn is_idle(&self) -> bool {
        self.emitter.is_idle()
    }

    /// A split was added.
    pub fn add_split(&mut self) -> Result<(), UserError> {
        if self.split.is_none() || self.by_split {
            let generator = WatermarkGenerator::new(&self.strategy, self.functions.as_ref())?;
            self.split = Some(SplitOutput { generator, watermark: i64::MIN, is_idle: false });
        }
        Ok(())
    }

    /// The reader has come to the end of its splits.
    pub fn release_split(&mut self) {
        if self.by_split {
            self.split = None;
        }
    }

    /// Emits a record, and what its generator says then.
    pub fn collect(
        &mut self,
        value: Value,
        timestamp: Option<i64>,
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        let before = timestamp.unwrap_or(crate::record::element::NO_TIMESTAMP);
        let timestamp = self.assigner.extract(&value, before, context)?;
        let timestamp = context.assign_timestamp(timestamp);
        self.last_record = Some((context.now, timestamp));
        let split = self.split.as_mut().filter(|_| self.by_split);
        let goes_by_split = split.is_some();
        let generator = split.map_or(&mut self.main, |split| &mut split.generator);
        let heard = generator.on_event(&value, timestamp, context);
        context.collect(value);
        heard?;
        if context.watermark_updates.is_empty() {
            return Ok(());
        }
        if goes_by_split {
            self.take_split_updates(context, true);
        } else {
            self.take_main_updates(context);
        }
        Ok(())
    }

    /// The period is over.
    pub fn on_periodic_emit(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        if let Some(split) = &mut self.split {
            split.generator.on_periodic_emit(context)?;
            self.take_split_updates(context, false);
            self.update_splits(context);
        }
        self.main.on_periodic_emit(context)?;
        self.take_main_updates(context);
        self.open(context);
        Ok(())
    }

    fn take_main_updates(&mut self, context: &mut OperatorContext) {
        for update in std::mem::take(&mut context.watermark_updates) {
            self.is_main_idle = update == WatermarkUpdate::Idle;
            self.forward(update, context);
        }
    }

    /// `at_once`: what a record brought goes out at once, what a period's end brought when all was asked.
    fn take_split_updates(&mut self, context: &mut OperatorContext, at_once: bool) {
        for update in std::mem::take(&mut context.watermark_updates) {
            let Some(split) = &mut self.split else { continue };
            split.is_idle = update == WatermarkUpdate::Idle;
            let may_rise = match update {
                WatermarkUpdate::Emit(watermark) => {
                    let rises = watermark > split.watermark;
                    split.watermark = split.watermark.max(watermark);
                    rises && watermark > self.split_watermark
                }
                WatermarkUpdate::Idle | WatermarkUpdate::Active => true,
            };
            if at_once && may_rise {
                self.update_splits(context);
            }
        }
    }

    fn update_splits(&mut self, context: &mut OperatorContext) {
        let Some(split) = &self.split else { return };
        if split.watermark > self.split_watermark {
            self.split_watermark = split.watermark;
            self.are_splits_idle = false;
            self.forward(WatermarkUpdate::Emit(self.split_watermark), context);
        } else if split.is_idle {
            self.are_splits_idle = true;
            self.forward(WatermarkUpdate::Idle, context);
        }
    }

    fn forward(&mut self, update: WatermarkUpdate, context: &mut OperatorContext) {
        if update != WatermarkUpdate::Idle || (self.is_main_idle && self.are_splits_idle) {
            self.emitter.update(update, context);
        }
    }
}

#[cfg(test)]
mod tests;
