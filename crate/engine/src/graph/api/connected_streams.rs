//! Two streams that go into one operator, each by its own input.

use super::data_stream::DataStream;
use super::operator::SingleOutputStreamOperator;
use crate::base::ids::FunctionId;
use crate::graph::error::ApiError;
use crate::graph::operator_spec::{KeySelector, OperatorSpec};
use crate::graph::transformation::TransformationKind;

/// Flink: `ConnectedStreams`.
#[derive(Clone)]
pub struct ConnectedStreams {
    first: DataStream,
    second: DataStream,
}

impl ConnectedStreams {
    pub(super) fn new(first: DataStream, second: DataStream) -> Self {
        Self { first, second }
    }

    pub fn get_first_input(&self) -> DataStream {
        self.first.clone()
    }

    pub fn get_second_input(&self) -> DataStream {
        self.second.clone()
    }

    /// Whether both streams are keyed.
    pub fn is_keyed(&self) -> bool {
        self.first.is_keyed() && self.second.is_keyed()
    }

    #[must_use]
    pub fn key_by(&self, first: KeySelector, second: KeySelector) -> Self {
        let first = (*self.first.key_by(first)).clone();
        let second = (*self.second.key_by(second)).clone();
        Self { first, second }
    }

    /// `map(CoMapFunction)`.
    pub fn map(&self, function: FunctionId) -> SingleOutputStreamOperator {
        self.transform("Co-Map", OperatorSpec::CoMap(function))
    }

    /// `flatMap(CoFlatMapFunction)`.
    pub fn flat_map(&self, function: FunctionId) -> SingleOutputStreamOperator {
        self.transform("Co-Flat Map", OperatorSpec::CoFlatMap(function))
    }

    /// `process(CoProcessFunction)`.
    pub fn process(&self, function: FunctionId) -> SingleOutputStreamOperator {
        self.transform("Co-Process", OperatorSpec::CoProcess(function))
    }

    /// `process(KeyedCoProcessFunction)`. Error: a stream is not keyed.
    pub fn process_keyed(&self, function: FunctionId) -> Result<SingleOutputStreamOperator, ApiError> {
        self.check_keyed()?;
        Ok(self.transform("Co-Keyed-Process", OperatorSpec::KeyedCoProcess(function)))
    }

    fn check_keyed(&self) -> Result<(), ApiError> {
        if !self.is_keyed() {
            let plain = if self.first.is_keyed() { &self.second } else { &self.first };
            return Err(plain.handle().error(
                "A KeyedCoProcessFunction needs both streams keyed. Call keyBy on each of them, or on the \
                 connected streams.",
            ));
        }
        Ok(())
    }

    /// Adds an operator with two inputs. Flink: `ConnectedStreams#transform`.
    pub(super) fn transform(&self, name: &str, operator: OperatorSpec) -> SingleOutputStreamOperator {
        // Where one stream is keyed, the other's records find the key of the last one of it.
        let keys = [self.first.key().cloned(), self.second.key().cloned()];
        let inputs = [self.first.transformation_id(), self.second.transformation_id()];
        let parallelism = self.first.get_execution_environment().get_parallelism();
        self.first.physical(TransformationKind::TwoInput { inputs, operator, keys }, name, parallelism)
    }
}
