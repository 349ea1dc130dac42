//! Joins of two keyed streams whose timestamps lie near each other.

use std::rc::Rc;

use super::keyed_stream::KeyedStream;
use super::operator::SingleOutputStreamOperator;
use crate::base::ids::FunctionId;
use crate::graph::error::ApiError;
use crate::graph::operator_spec::OperatorSpec;
use crate::graph::planned_operator::{IntervalBounds, PlannedOperator};

/// Flink: `KeyedStream.IntervalJoin`.
#[derive(Clone)]
pub struct IntervalJoin {
    left: KeyedStream,
    right: KeyedStream,
}

impl IntervalJoin {
    pub(super) fn new(left: KeyedStream, right: KeyedStream) -> Result<Self, ApiError> {
        left.handle().check_same_environment(right.handle(), "intervalJoin")?;
        Ok(Self { left, right })
    }

    /// Joins a left record with right ones from `lower` to `upper` ms after it, both inclusive.
    pub fn between(&self, lower_ms: i64, upper_ms: i64) -> Result<IntervalJoined, ApiError> {
        if lower_ms > upper_ms {
            return Err(self.left.handle().error(&format!(
                "between({lower_ms}, {upper_ms}) has its lower bound above its upper bound. Swap them."
            )));
        }
        Ok(IntervalJoined {
            left: self.left.clone(),
            right: self.right.clone(),
            bounds: IntervalBounds { lower_ms, lower_inclusive: true, upper_ms, upper_inclusive: true },
            left_late_tag: None,
            right_late_tag: None,
        })
    }
}

/// Flink: `KeyedStream.IntervalJoined`.
#[derive(Clone)]
pub struct IntervalJoined {
    left: KeyedStream,
    right: KeyedStream,
    bounds: IntervalBounds,
    left_late_tag: Option<Rc<str>>,
    right_late_tag: Option<Rc<str>>,
}

impl IntervalJoined {
    #[must_use]
    pub fn lower_bound_exclusive(mut self) -> Self {
        self.bounds.lower_inclusive = false;
        self
    }

    #[must_use]
    pub fn upper_bound_exclusive(mut self) -> Self {
        self.bounds.upper_inclusive = false;
        self
    }

    #[must_use]
    pub fn side_output_left_late_data(mut self, tag: &str) -> Self {
        self.left_late_tag = Some(Rc::from(tag));
        self
    }

    #[must_use]
    pub fn side_output_right_late_data(mut self, tag: &str) -> Self {
        self.right_late_tag = Some(Rc::from(tag));
        self
    }

    /// `process(ProcessJoinFunction)`.
    pub fn process(&self, function: FunctionId) -> Result<SingleOutputStreamOperator, ApiError> {
        let operator = PlannedOperator::IntervalJoin {
            bounds: self.bounds.clone(),
            left_late_tag: self.left_late_tag.clone(),
            right_late_tag: self.right_late_tag.clone(),
            function,
        };
        // Flink keys the connected streams again, and so do we: it takes two more ids.
        let keyed = self
            .left
            .connect(&self.right)?
            .key_by(self.left.key_selector().clone(), self.right.key_selector().clone());
        Ok(keyed.transform("Interval Join", OperatorSpec::NotYet(Rc::new(operator))))
    }
}
