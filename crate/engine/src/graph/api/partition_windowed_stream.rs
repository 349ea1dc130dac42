//! All records of a subtask, or of a key, as one window that ends with the input.

use super::data_stream::DataStream;
use super::operator::SingleOutputStreamOperator;
use super::windowed_stream::WindowedStream;
use crate::base::ids::FunctionId;
use crate::graph::error::ApiError;
use crate::graph::operator_spec::{FullWindowSpec, OperatorSpec};
use crate::graph::windowing::{SortOrder, Trigger, WindowAssigner, WindowFunction};

/// Flink: `PartitionWindowedStream`, keyed or not.
#[derive(Clone)]
pub struct PartitionWindowedStream {
    stream: DataStream,
}

impl PartitionWindowedStream {
    pub(super) fn new(stream: &DataStream) -> Self {
        Self { stream: stream.clone() }
    }

    /// `mapPartition(f)`: all records, any number of results.
    pub fn map_partition(&self, function: FunctionId) -> Result<SingleOutputStreamOperator, ApiError> {
        let keyed = WindowFunction::MapPartition(function);
        let mapped = self.add("MapPartition", keyed, FullWindowSpec::Map(function))?;
        // Flink: its function runs in a thread of its own, beside its task.
        Ok(if self.stream.is_keyed() { mapped } else { mapped.disable_chaining() })
    }

    pub fn reduce(&self, reduce: FunctionId) -> Result<SingleOutputStreamOperator, ApiError> {
        let keyed = WindowFunction::Reduce { reduce, process: None };
        self.add("PartitionReduce", keyed, FullWindowSpec::Reduce(reduce))
    }

    pub fn aggregate(&self, aggregate: FunctionId) -> Result<SingleOutputStreamOperator, ApiError> {
        let keyed = WindowFunction::Aggregate { aggregate, process: None };
        self.add("PartitionAggregate", keyed, FullWindowSpec::Aggregate(aggregate))
    }

    /// `sortPartition(field or key selector, order)`.
    pub fn sort_partition(&self, order: SortOrder) -> Result<SingleOutputStreamOperator, ApiError> {
        let sorted =
            self.add("SortPartition", WindowFunction::Sort(order.clone()), FullWindowSpec::Sort(order))?;
        if self.stream.is_keyed() {
            let sorted = sorted.name("KeyedSortPartition").set_description("KeyedSortPartition");
            return sorted.set_parallelism(self.stream.get_parallelism() as i32);
        }
        Ok(sorted)
    }

    fn add(
        &self,
        name: &str,
        keyed: WindowFunction,
        plain: FullWindowSpec,
    ) -> Result<SingleOutputStreamOperator, ApiError> {
        if self.stream.is_keyed() {
            let windowed = WindowedStream::of_keyed(&self.stream, WindowAssigner::Global);
            return Ok(windowed.trigger(Trigger::EndOfStream)?.transform(keyed));
        }
        let operator = self.stream.transform(name, OperatorSpec::FullWindow(plain));
        operator.set_parallelism(self.stream.get_parallelism() as i32)
    }
}
