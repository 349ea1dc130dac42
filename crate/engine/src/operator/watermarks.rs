//! Watermark generators, and the operator of `assignTimestampsAndWatermarks`.
//!
//! Contract: a record goes out before the watermark that it brings; only watermarks that rise go out, and one
//! after the output was idle makes it active first. Watermarks that come in are ignored, but for the last one.
//! Flink: `TimestampsAndWatermarksOperator`, `BoundedOutOfOrdernessWatermarks`, `NoWatermarksGenerator`,
//! `WatermarksWithIdleness`, `WatermarkToDataOutput`.

use super::Operator;
use super::context::{OperatorContext, WatermarkUpdate};
use super::function::{FunctionSlot, Method, UserError, UserFunctions};
use crate::graph::watermark_strategy::{WatermarkGeneration, WatermarkStrategy};
use crate::record::element::NO_TIMESTAMP;
use crate::record::{Value, WatermarkStatus};
use crate::time::processing_time::Callback;

/// Takes the time of a record from a function of the job. Flink: `TimestampAssigner`.
#[derive(Clone)]
pub struct TimestampAssigner(Option<FunctionSlot>);

impl TimestampAssigner {
    /// The strategy's assigner; without one, records keep the time that they have.
    pub fn new(strategy: &WatermarkStrategy, functions: &dyn UserFunctions) -> Result<Self, UserError> {
        let slot = strategy.timestamp_assigner.map(|id| FunctionSlot::instantiated(id, functions));
        slot.transpose().map(Self)
    }

    /// The time of a record that bears `timestamp` so far.
    #[inline(always)]
    pub fn extract(
        &self,
        value: &Value,
        timestamp: i64,
        context: &mut OperatorContext,
    ) -> Result<i64, UserError> {
        let Some(function) = &self.0 else { return Ok(timestamp) };
        let arguments = [value.copied(), Value::Long(timestamp)];
        let answer = function.call_in_place(Method::Apply, &arguments, context);
        let [record, before] = arguments;
        record.discard();
        before.discard();
        let answer = answer?;
        let Value::Long(timestamp) = answer else { return Err(Self::no_time(function, &answer, value)) };
        answer.discard();
        Ok(timestamp)
    }

    #[cold]
    fn no_time(function: &FunctionSlot, answer: &Value, value: &Value) -> UserError {
        function.error(format!(
            "The timestamp assigner answered {answer} for the record {value}; it must answer a whole number of \
             milliseconds."
        ))
    }
}

#[derive(Clone)]
enum Kind {
    None,
    Bounded {
        max_timestamp: i64,
        bound: i64,
    },
    /// `fields`: what the generator's own fields hold, so that they are part of every snapshot.
    Custom {
        function: FunctionSlot,
        is_open: bool,
        fields: Value,
    },
}

/// Whether nothing came for a while. Flink: `WatermarksWithIdleness.IdlenessTimer`.
#[derive(Clone)]
struct Idleness {
    timeout_ms: i64,
    was_active: bool,
    /// When a periodic check found for the first time that nothing had come since the one before.
    inactive_since: Option<i64>,
    is_idle: bool,
}

impl Idleness {
    fn check(&mut self, now: i64) -> bool {
        if std::mem::take(&mut self.was_active) {
            self.inactive_since = None;
            return false;
        }
        match self.inactive_since {
            None => {
                self.inactive_since = Some(now);
                false
            }
            Some(since) => now - since > self.timeout_ms,
        }
    }
}

/// Makes watermarks from the records that it sees. Flink: `WatermarkGenerator`.
#[derive(Clone)]
pub struct WatermarkGenerator {
    kind: Kind,
    idleness: Option<Idleness>,
}

impl WatermarkGenerator {
    /// A generator that has seen nothing yet.
    pub fn new(strategy: &WatermarkStrategy, functions: &dyn UserFunctions) -> Result<Self, UserError> {
        let bounded = |bound: i64| Kind::Bounded {
            max_timestamp: i64::MIN.saturating_add(bound).saturating_add(1),
            bound,
        };
        let kind = match strategy.generation {
            WatermarkGeneration::None => Kind::None,
            WatermarkGeneration::Monotonous => bounded(0),
            WatermarkGeneration::BoundedOutOfOrderness(bound) => bounded(bound),
            WatermarkGeneration::Generator(id) => Kind::Custom {
                function: FunctionSlot::instantiated(id, functions)?,
                is_open: false,
                fields: Value::Null,
            },
        };
        let idleness = strategy.idleness_ms.map(|timeout_ms| Idleness {
            timeout_ms,
            was_active: false,
            inactive_since: None,
            is_idle: false,
        });
        Ok(Self { kind, idleness })
    }

    /// A record goes out. What the generator says stands in the context, and goes out after it.
    #[inline(always)]
    pub fn on_event(
        &mut self,
        value: &Value,
        timestamp: i64,
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        match &mut self.kind {
            Kind::None => {}
            Kind::Bounded { max_timestamp, .. } => *max_timestamp = timestamp.max(*max_timestamp),
            Kind::Custom { .. } => {
                self.call(Method::OnEvent, &[value.clone(), Value::Long(timestamp)], context)?;
            }
        }
        if let Some(idleness) = &mut self.idleness {
            idleness.was_active = true;
            idleness.is_idle = false;
        }
        Ok(())
    }

    /// The period is over. What the generator says stands in the context.
    pub fn on_periodic_emit(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        if let Some(idleness) = &mut self.idleness
            // While the task cannot write, nothing comes that could be missed.
            && idleness.check(context.now - context.blocked_ms)
        {
            if !std::mem::replace(&mut idleness.is_idle, true) {
                context.watermark_updates.push(WatermarkUpdate::Idle);
            }
            return Ok(());
        }
        match &self.kind {
            Kind::None => {}
            Kind::Bounded { max_timestamp, bound } => {
                let watermark = max_timestamp.wrapping_sub(*bound).wrapping_sub(1);
                context.watermark_updates.push(WatermarkUpdate::Emit(watermark));
            }
            Kind::Custom { .. } => self.call(Method::OnPeriodicEmit, &[], context)?,
        }
        Ok(())
    }

    /// Calls a generator of the job's own with what its fields held, and takes what they hold then.
    fn call(
        &mut self,
        method: Method,
        arguments: &[Value],
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        let Kind::Custom { function, is_open, fields } = &mut self.kind else {
            unreachable!("called for a generator of the job's own");
        };
        if !*is_open {
            *fields = function.call(Method::Open, &[], context)?;
            *is_open = true;
        }
        let mut with_fields = vec![fields.clone()];
        with_fields.extend_from_slice(arguments);
        *fields = function.call(method, &with_fields, context)?;
        Ok(())
    }
}

/// Where watermarks go out: only those that rise, and a status before them where it changes.
/// Flink: `WatermarkToDataOutput`, `TimestampsAndWatermarksOperator.WatermarkEmitter`.
#[derive(Clone)]
pub struct WatermarkEmitter {
    watermark: i64,
    is_idle: bool,
}

impl Default for WatermarkEmitter {
    fn default() -> Self {
        Self { watermark: i64::MIN, is_idle: false }
    }
}

impl WatermarkEmitter {
    /// Whether the output is idle.
    pub const fn is_idle(&self) -> bool {
        self.is_idle
    }

    /// The last watermark that went out; the least Long before the first one.
    pub const fn watermark(&self) -> i64 {
        self.watermark
    }

    /// Takes what a generator has said.
    #[inline(always)]
    pub fn take_updates(&mut self, context: &mut OperatorContext) {
        if !context.watermark_updates.is_empty() {
            self.take_all(context);
        }
    }

    fn take_all(&mut self, context: &mut OperatorContext) {
        for update in std::mem::take(&mut context.watermark_updates) {
            self.update(update, context);
        }
    }

    /// Takes one thing that a generator has said.
    pub fn update(&mut self, update: WatermarkUpdate, context: &mut OperatorContext) {
        match update {
            WatermarkUpdate::Emit(watermark) if watermark > self.watermark => {
                self.watermark = watermark;
                self.set_idle(false, context);
                context.emit_watermark(watermark);
            }
            WatermarkUpdate::Emit(_) => {}
            WatermarkUpdate::Idle => self.set_idle(true, context),
            WatermarkUpdate::Active => self.set_idle(false, context),
        }
    }

    fn set_idle(&mut self, is_idle: bool, context: &mut OperatorContext) {
        if self.is_idle != is_idle {
            self.is_idle = is_idle;
            context.emit_status(if is_idle { WatermarkStatus::Idle } else { WatermarkStatus::Active });
        }
    }
}

/// What is there from `open` on.
#[derive(Clone)]
struct Opened {
    assigner: TimestampAssigner,
    generator: WatermarkGenerator,
    interval_ms: i64,
}

/// See the module.
#[derive(Clone)]
pub(super) struct TimestampsAndWatermarks {
    strategy: WatermarkStrategy,
    opened: Option<Opened>,
    output: WatermarkEmitter,
}

impl TimestampsAndWatermarks {
    pub fn new(strategy: WatermarkStrategy) -> Self {
        Self { strategy, opened: None, output: WatermarkEmitter::default() }
    }

    #[inline(always)]
    fn opened(&mut self) -> &mut Opened {
        self.opened.as_mut().expect("open() comes before the first element")
    }
}

impl Operator for TimestampsAndWatermarks {
    fn open(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        let functions = context.functions.clone().expect("a context with functions");
        let interval_ms =
            context.subtask.as_ref().map_or(0, |subtask| subtask.time.auto_watermark_interval_ms);
        self.opened = Some(Opened {
            assigner: TimestampAssigner::new(&self.strategy, functions.as_ref())?,
            generator: WatermarkGenerator::new(&self.strategy, functions.as_ref())?,
            interval_ms,
        });
        if interval_ms > 0 {
            context.clock.register_timer(context.now + interval_ms, Callback::Watermarks, context.now);
        }
        Ok(())
    }

    fn on_record(
        &mut self,
        _input: u8,
        value: Value,
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        let before = context.timestamp.unwrap_or(NO_TIMESTAMP);
        let opened = self.opened();
        let timestamp = opened.assigner.extract(&value, before, context)?;
        let timestamp = context.assign_timestamp(timestamp);
        let heard = opened.generator.on_event(&value, timestamp, context);
        context.collect(value);
        heard?;
        self.output.take_updates(context);
        Ok(())
    }

    fn on_watermark(&mut self, watermark: i64, context: &mut OperatorContext) -> Result<(), UserError> {
        // The last one says that the input has ended: what comes after must not wait for more.
        if watermark == i64::MAX {
            self.output.update(WatermarkUpdate::Emit(watermark), context);
        }
        Ok(())
    }

    fn on_status(
        &mut self,
        _status: WatermarkStatus,
        _context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        Ok(())
    }

    fn on_clock(&mut self, _callback: Callback, context: &mut OperatorContext) -> Result<(), UserError> {
        self.opened().generator.on_periodic_emit(context)?;
        self.output.take_updates(context);
        let interval_ms = self.opened().interval_ms;
        context.clock.register_timer(context.now + interval_ms, Callback::Watermarks, context.now);
        Ok(())
    }

    fn finish(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        self.opened().generator.on_periodic_emit(context)?;
        self.output.take_updates(context);
        Ok(())
    }

    fn clone_box(&self) -> Box<dyn Operator> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests;
