//! A stream whose records go to every subtask and fill broadcast state there.

use std::rc::Rc;

use super::data_stream::DataStream;
use super::operator::SingleOutputStreamOperator;
use crate::base::ids::FunctionId;
use crate::graph::error::ApiError;
use crate::graph::operator_spec::OperatorSpec;
use crate::graph::transformation::TransformationKind;

/// Flink: `BroadcastStream`.
#[derive(Clone)]
pub struct BroadcastStream {
    stream: DataStream,
    states: Vec<Rc<str>>,
}

impl BroadcastStream {
    pub(super) fn new(stream: DataStream, states: Vec<Rc<str>>) -> Self {
        Self { stream, states }
    }

    pub(super) fn stream(&self) -> &DataStream {
        &self.stream
    }
}

/// Flink: `BroadcastConnectedStream`.
#[derive(Clone)]
pub struct BroadcastConnectedStream {
    stream: DataStream,
    broadcast: BroadcastStream,
}

impl BroadcastConnectedStream {
    pub(super) fn new(stream: DataStream, broadcast: BroadcastStream) -> Self {
        Self { stream, broadcast }
    }

    /// Whether the stream that is not broadcast is keyed.
    pub fn is_keyed(&self) -> bool {
        self.stream.is_keyed()
    }

    /// `process(BroadcastProcessFunction)`. Error: the stream is keyed.
    pub fn process(&self, function: FunctionId) -> Result<SingleOutputStreamOperator, ApiError> {
        if self.is_keyed() {
            return Err(self.stream.handle().error(
                "A BroadcastProcessFunction needs a stream that is not keyed. Leave keyBy out, or give a \
                 KeyedBroadcastProcessFunction.",
            ));
        }
        Ok(self.transform("Co-Process-Broadcast", function))
    }

    /// `process(KeyedBroadcastProcessFunction)`. Error: the stream is not keyed.
    pub fn process_keyed(&self, function: FunctionId) -> Result<SingleOutputStreamOperator, ApiError> {
        if !self.is_keyed() {
            return Err(self.stream.handle().error(
                "A KeyedBroadcastProcessFunction needs a keyed stream. Call keyBy before connect, or give a \
                 BroadcastProcessFunction.",
            ));
        }
        Ok(self.transform("Co-Process-Broadcast-Keyed", function))
    }

    fn transform(&self, name: &str, function: FunctionId) -> SingleOutputStreamOperator {
        let kind = TransformationKind::TwoInput {
            inputs: [self.stream.transformation_id(), self.broadcast.stream.transformation_id()],
            operator: OperatorSpec::BroadcastProcess {
                function,
                states: self.broadcast.states.as_slice().into(),
            },
            keys: [self.stream.key().cloned(), None],
        };
        let parallelism = self.stream.get_execution_environment().get_parallelism();
        self.stream.physical(kind, name, parallelism)
    }
}
