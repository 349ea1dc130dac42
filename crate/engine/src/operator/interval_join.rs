//! Joins the records of two keyed streams whose times lie near each other.
//!
//! Contract: each record is kept until the watermark says that none can come that it would be joined with. A
//! record before the watermark is late, and joined with nothing. Flink: `IntervalJoinOperator`.

use std::rc::Rc;

use super::Operator;
use super::context::OperatorContext;
use super::function::{FunctionSlot, Method, UserError};
use crate::graph::operator_spec::IntervalJoinSpec;
use crate::graph::windowing::TimeDomain;
use crate::record::Value;
use crate::record::element::NO_TIMESTAMP;
use crate::record::hash_order::in_order_of_hash_codes;
use crate::record::java_hash;
use crate::state::namespace::{Namespace, TimeWindow, Window};
use crate::state::{StateId, StateKind};
use crate::time::event_log::{Fate, TimeFact};
use crate::time::timers::Timer;

/// The names of the buffers of both sides, as in Flink's snapshots.
const BUFFERS: [&str; 2] = ["LEFT_BUFFER", "RIGHT_BUFFER"];

/// See the module.
#[derive(Clone)]
pub(super) struct IntervalJoin {
    spec: Rc<IntervalJoinSpec>,
    function: FunctionSlot,
    /// Both inclusive, relative to the left record.
    lower: i64,
    upper: i64,
    buffers: [StateId; 2],
}

impl IntervalJoin {
    pub fn new(spec: Rc<IntervalJoinSpec>) -> Self {
        Self {
            function: FunctionSlot::new(spec.function),
            lower: if spec.lower_inclusive { spec.lower_ms } else { spec.lower_ms.wrapping_add(1) },
            upper: if spec.upper_inclusive { spec.upper_ms } else { spec.upper_ms.wrapping_sub(1) },
            buffers: [StateId(0); 2],
            spec,
        }
    }

    /// Notes something about the interval of the left records of a time.
    fn log(
        &self,
        left_time: i64,
        context: &mut OperatorContext,
        fact: impl FnOnce(Value, Window) -> TimeFact,
    ) {
        let (start, end) = (left_time.saturating_add(self.lower), left_time.saturating_add(self.upper));
        let window = Window::Time(TimeWindow { start, end: end.saturating_add(1) });
        if let Some(key) = context.state.current_key().cloned() {
            context.log_time(fact(key, window));
        }
    }

    /// Adds a record to those of its time.
    fn keep(
        &self,
        side: usize,
        timestamp: i64,
        value: Value,
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        let at = Value::Long(timestamp);
        let mut bucket = bucket_of(&context.state.map_get(self.buffers[side], &at)?).to_vec();
        bucket.push(value);
        Ok(context.state.map_put(self.buffers[side], at, Value::Tuple(bucket.into()))?)
    }

    /// Joins a record with those of the other side from `from` to `to`.
    fn join(
        &self,
        side: usize,
        timestamp: i64,
        value: &Value,
        (from, to): (i64, i64),
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        let others = context.state.map(self.buffers[1 - side])?;
        let places: Vec<usize> = (0..others.len()).collect();
        let key_at = |place: usize| others.get_index(place).map_or(&Value::Null, |(key, _)| key);
        for place in in_order_of_hash_codes(&places, |place| java_hash(key_at(place))) {
            let Some((&Value::Long(other_time), bucket)) = others.get_index(place) else { continue };
            if other_time < from || other_time > to {
                continue;
            }
            for other in bucket_of(bucket) {
                let times = [timestamp, other_time].map(Value::Long);
                let ([left, right], [left_time, right_time]) = match side {
                    0 => ([value.clone(), other.clone()], times),
                    _ => ([other.clone(), value.clone()], [times[1].clone(), times[0].clone()]),
                };
                let time_of_left = if side == 0 { timestamp } else { other_time };
                self.log(time_of_left, context, |key, window| TimeFact::Added { key, window });
                context.timestamp = Some(timestamp.max(other_time));
                let arguments = [left, right, left_time, right_time];
                self.function.call(Method::ProcessElement, &arguments, context)?;
            }
        }
        Ok(())
    }
}

fn bucket_of(value: &Value) -> &[Value] {
    match value {
        Value::Tuple(bucket) => bucket,
        _ => &[],
    }
}

impl Operator for IntervalJoin {
    fn initialize_state(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        self.function.initialize_state(context)
    }

    fn snapshot_state(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        self.function.snapshot_state(context)
    }

    fn open(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        self.function.open(context)?;
        for (buffer, name) in self.buffers.iter_mut().zip(BUFFERS) {
            *buffer = context.get_partitioned_state(Namespace::Void, name, StateKind::Map)?;
        }
        Ok(())
    }

    fn timer_namespace(&self) -> Namespace {
        Namespace::Side(0)
    }

    fn on_record(&mut self, input: u8, value: Value, context: &mut OperatorContext) -> Result<(), UserError> {
        let side = usize::from(input);
        let timestamp = context.timestamp.unwrap_or(NO_TIMESTAMP);
        if timestamp == NO_TIMESTAMP {
            return Err(UserError::new(
                "Long.MIN_VALUE timestamp: Elements used in interval stream joins need to have timestamps \
                 meaningful timestamps.",
            ));
        }
        if timestamp < context.watermark {
            let is_kept = self.spec.late_tags[side].is_some();
            context.log_record(if is_kept { Fate::ToSide } else { Fate::Dropped });
            match &self.spec.late_tags[side] {
                Some(tag) => context.output(Rc::clone(tag), value),
                None => context.late_records_dropped += 1,
            }
            return Ok(());
        }
        let (lower, upper) = if side == 0 { (self.lower, self.upper) } else { (-self.upper, -self.lower) };
        if side == 0 {
            self.log(timestamp, context, |key, window| TimeFact::Opened { key, window });
        }
        context.log_record(Fate::OnTime);
        self.keep(side, timestamp, value.clone(), context)?;
        let interval = (timestamp.wrapping_add(lower), timestamp.wrapping_add(upper));
        self.join(side, timestamp, &value, interval, context)?;
        let cleanup = if upper > 0 { timestamp.wrapping_add(upper) } else { timestamp };
        context.register_timer(TimeDomain::EventTime, Namespace::Side(input), cleanup)
    }

    /// What a timer was registered for can be joined with nothing any more.
    fn on_timer(
        &mut self,
        _domain: TimeDomain,
        timer: &Timer,
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        let Namespace::Side(side) = timer.namespace else { unreachable!("each timer is of a side") };
        let upper = if side == 0 { self.upper } else { -self.lower };
        let timestamp = if upper > 0 { timer.timestamp.wrapping_sub(upper) } else { timer.timestamp };
        if side == 0 {
            self.log(timestamp, context, |key, window| TimeFact::Cleared { key, window });
        }
        Ok(context.state.map_remove(self.buffers[usize::from(side)], &Value::Long(timestamp))?)
    }

    fn close(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        self.function.close(context)
    }

    fn clone_box(&self) -> Box<dyn Operator> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::operator_spec::{KeySelector, OperatorSpec};
    use crate::operator::harness::Harness;
    use crate::operator::native::NativeFunctions;

    /// Joins records of one key, whose values are their times: `0 5` is one of the left stream at 5.
    fn check(lower_ms: i64, upper_ms: i64, steps: &str, expected: &str) {
        let mut functions = NativeFunctions::default();
        let function = functions.apply(|arguments, context| {
            let [_, _, left, right] = arguments else { panic!("four arguments") };
            context.collect(Value::from(&*format!("{left}+{right}@{:?}", context.timestamp.unwrap_or(-1))));
            Ok(Value::Null)
        });
        let spec = IntervalJoinSpec {
            lower_ms,
            lower_inclusive: true,
            upper_ms,
            upper_inclusive: false,
            late_tags: [Some("late".into()), None],
            function,
        };
        let spec = OperatorSpec::IntervalJoin(Rc::new(spec));
        let mut harness = Harness::keyed(&spec, &KeySelector::Constant, functions);
        for step in steps.split(", ") {
            let (input, time) = step.split_once(' ').unwrap();
            let time = time.parse().unwrap();
            match input {
                "W" => harness.watermark(time),
                input => {
                    harness.context.timestamp = Some(time);
                    harness.try_send(input.parse().unwrap(), time).unwrap();
                }
            }
        }
        assert_eq!(harness.outputs().join(" "), expected);
    }

    #[test]
    fn pairs_within_the_interval() {
        check(-2, 4, "0 10, 1 7, 1 8, 1 13, 1 14", "10+8@10 10+13@13");
        check(-2, 4, "1 8, 1 13, 0 10, 0 10", "10+8@10 10+13@13 10+8@10 10+13@13");
        check(3, 6, "1 5, 0 2, 0 1, 1 4", "2+5@5 1+5@5 1+4@4");
    }

    #[test]
    fn what_comes_after_the_watermark_is_late() {
        check(-2, 4, "0 10, W 10, 1 10, 1 9, 0 9, W 12", "W10 10+10@10 late: 9 W12");
    }

    #[test]
    fn records_are_forgotten_when_nothing_can_meet_them() {
        check(-2, 4, "0 10, W 12, 1 13", "W12 10+13@13");
        check(-2, 4, "0 10, W 13, 1 13", "W13");
        check(-2, 4, "1 10, W 12, 0 12", "W12");
    }
}
