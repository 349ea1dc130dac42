//! Joins of two keyed streams whose timestamps lie near each other.

use std::rc::Rc;

use super::keyed_stream::KeyedStream;
use super::operator::SingleOutputStreamOperator;
use crate::base::ids::FunctionId;
use crate::graph::error::ApiError;
use crate::graph::operator_spec::{IntervalJoinSpec, OperatorSpec};

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
            bounds: Bounds { lower_ms, lower_inclusive: true, upper_ms, upper_inclusive: true },
            late_tags: [None, None],
        })
    }
}

/// In ms, relative to the left record.
#[derive(Clone, Copy)]
struct Bounds {
    lower_ms: i64,
    lower_inclusive: bool,
    upper_ms: i64,
    upper_inclusive: bool,
}

/// Flink: `KeyedStream.IntervalJoined`.
#[derive(Clone)]
pub struct IntervalJoined {
    left: KeyedStream,
    right: KeyedStream,
    bounds: Bounds,
    late_tags: [Option<Rc<str>>; 2],
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
        self.late_tags[0] = Some(Rc::from(tag));
        self
    }

    #[must_use]
    pub fn side_output_right_late_data(mut self, tag: &str) -> Self {
        self.late_tags[1] = Some(Rc::from(tag));
        self
    }

    /// `process(ProcessJoinFunction)`.
    pub fn process(&self, function: FunctionId) -> Result<SingleOutputStreamOperator, ApiError> {
        let Bounds { lower_ms, lower_inclusive, upper_ms, upper_inclusive } = self.bounds;
        let late_tags = self.late_tags.clone();
        let spec =
            IntervalJoinSpec { lower_ms, lower_inclusive, upper_ms, upper_inclusive, late_tags, function };
        // Flink keys the connected streams again, and so do we: it takes two more ids.
        let keyed = self
            .left
            .connect(&self.right)?
            .key_by(self.left.key_selector().clone(), self.right.key_selector().clone());
        Ok(keyed.transform("Interval Join", OperatorSpec::IntervalJoin(Rc::new(spec))))
    }
}
