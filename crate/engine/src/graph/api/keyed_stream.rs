//! A stream partitioned by key: what only works with a key.

use std::ops::Deref;
use std::rc::Rc;

use super::data_stream::DataStream;
use super::interval_join::IntervalJoin;
use super::operator::SingleOutputStreamOperator;
use super::windowed_stream::WindowedStream;
use crate::base::ids::FunctionId;
use crate::graph::error::ApiError;
use crate::graph::operator_spec::{AggregationKind, Field, KeySelector, OperatorSpec, Partitioner};
use crate::graph::windowing::{Evictor, Trigger, WindowAssigner};

/// Flink: `KeyedStream`.
#[derive(Clone)]
pub struct KeyedStream {
    stream: DataStream,
    key: KeySelector,
}

impl Deref for KeyedStream {
    type Target = DataStream;

    fn deref(&self) -> &DataStream {
        &self.stream
    }
}

impl KeyedStream {
    pub(super) fn new(stream: &DataStream, key: KeySelector) -> Self {
        let handle = stream.partition(Partitioner::Hash(key.clone()));
        Self { stream: DataStream::keyed(handle, key.clone()), key }
    }

    pub(super) fn key_selector(&self) -> &KeySelector {
        &self.key
    }

    /// `process(KeyedProcessFunction)`.
    pub fn process(&self, function: FunctionId) -> SingleOutputStreamOperator {
        self.transform("KeyedProcess", OperatorSpec::KeyedProcess(function))
    }

    pub fn reduce(&self, function: FunctionId) -> SingleOutputStreamOperator {
        self.transform("Keyed Reduce", OperatorSpec::Reduce(function))
    }

    pub fn sum(&self, field: Field) -> SingleOutputStreamOperator {
        self.aggregate(AggregationKind::Sum, field)
    }

    pub fn min(&self, field: Field) -> SingleOutputStreamOperator {
        self.aggregate(AggregationKind::Min, field)
    }

    pub fn max(&self, field: Field) -> SingleOutputStreamOperator {
        self.aggregate(AggregationKind::Max, field)
    }

    /// `first`: among equals the first record, else the last. Flink's default is the first.
    pub fn min_by(&self, field: Field, first: bool) -> SingleOutputStreamOperator {
        self.aggregate(AggregationKind::MinBy { first }, field)
    }

    /// `first`: among equals the first record, else the last. Flink's default is the first.
    pub fn max_by(&self, field: Field, first: bool) -> SingleOutputStreamOperator {
        self.aggregate(AggregationKind::MaxBy { first }, field)
    }

    pub fn window(&self, assigner: WindowAssigner) -> WindowedStream {
        WindowedStream::new(self, assigner)
    }

    /// `countWindow(size)`.
    pub fn count_window(&self, size: i64) -> Result<WindowedStream, ApiError> {
        self.window(WindowAssigner::Global).trigger(Trigger::Purging(Rc::new(Trigger::Count(size))))
    }

    /// `countWindow(size, slide)`.
    pub fn count_window_sliding(&self, size: i64, slide: i64) -> Result<WindowedStream, ApiError> {
        self.window(WindowAssigner::Global)
            .evictor(Evictor::Count { max: size, after: false })
            .trigger(Trigger::Count(slide))
    }

    /// `a.intervalJoin(b).between(..).process(..)`.
    pub fn interval_join(&self, other: &Self) -> Result<IntervalJoin, ApiError> {
        IntervalJoin::new(self.clone(), other.clone())
    }

    fn aggregate(&self, kind: AggregationKind, field: Field) -> SingleOutputStreamOperator {
        self.transform("Keyed Aggregation", OperatorSpec::Aggregate { kind, field })
    }
}

/// Flink: `DataStreamUtils`.
pub struct DataStreamUtils;

impl DataStreamUtils {
    /// Takes a stream that is partitioned by `key` already as keyed, without sending its records again.
    pub fn reinterpret_as_keyed_stream(stream: &DataStream, key: KeySelector) -> KeyedStream {
        let handle = stream.partition(Partitioner::Forward);
        KeyedStream { stream: DataStream::keyed(handle, key.clone()), key }
    }
}
