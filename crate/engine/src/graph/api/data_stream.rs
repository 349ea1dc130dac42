//! A stream of records, and what can be done with any.

use std::rc::Rc;

use super::broadcast::{BroadcastConnectedStream, BroadcastStream};
use super::connected_streams::ConnectedStreams;
use super::environment::StreamExecutionEnvironment;
use super::handle::Handle;
use super::join::{JoinKind, JoinedStreams};
use super::keyed_stream::KeyedStream;
use super::operator::SingleOutputStreamOperator;
use super::partition_windowed_stream::PartitionWindowedStream;
use super::sink::DataStreamSink;
use super::windowed_stream::AllWindowedStream;
use crate::base::ids::{FunctionId, TransformationId};
use crate::graph::error::ApiError;
use crate::graph::operator_spec::{KeySelector, OperatorSpec, Partitioner, SinkSpec};
use crate::graph::transformation::{StreamExchangeMode, TransformationKind};
use crate::graph::watermark_strategy::WatermarkStrategy;
use crate::graph::windowing::{Evictor, Trigger, WindowAssigner};

/// Flink: `DataStream`.
#[derive(Clone)]
pub struct DataStream {
    handle: Handle,
    /// Where the stream is a `KeyedStream`: operators on it are keyed by this.
    key: Option<KeySelector>,
}

impl DataStream {
    pub(super) fn new(handle: Handle) -> Self {
        Self { handle, key: None }
    }

    pub(super) fn keyed(handle: Handle, key: KeySelector) -> Self {
        Self { handle, key: Some(key) }
    }

    pub(super) fn handle(&self) -> &Handle {
        &self.handle
    }

    pub(super) fn key(&self) -> Option<&KeySelector> {
        self.key.as_ref()
    }

    /// The transformation whose output this is: what errors speak about.
    pub fn transformation_id(&self) -> TransformationId {
        self.handle.id
    }

    pub fn get_execution_environment(&self) -> StreamExecutionEnvironment {
        self.handle.environment.clone()
    }

    pub fn get_parallelism(&self) -> u32 {
        self.handle.parallelism()
    }

    /// Whether it is a `KeyedStream`.
    pub fn is_keyed(&self) -> bool {
        self.key.is_some()
    }

    /// One stream of the records of this one and the others.
    pub fn union(&self, streams: &[Self]) -> Result<Self, ApiError> {
        let mut inputs = vec![self.handle.id];
        for stream in streams {
            self.handle.check_same_environment(&stream.handle, "union")?;
            inputs.push(stream.handle.id);
        }
        Ok(Self::new(self.logical(TransformationKind::Union { inputs }, "Union")))
    }

    /// Two streams for one operator that keeps them apart.
    pub fn connect(&self, stream: &Self) -> Result<ConnectedStreams, ApiError> {
        self.handle.check_same_environment(&stream.handle, "connect")?;
        Ok(ConnectedStreams::new(self.clone(), stream.clone()))
    }

    /// `connect` with what `broadcast(descriptors)` gave.
    pub fn connect_broadcast(&self, stream: &BroadcastStream) -> Result<BroadcastConnectedStream, ApiError> {
        self.handle.check_same_environment(stream.stream().handle(), "connect")?;
        Ok(BroadcastConnectedStream::new(self.clone(), stream.clone()))
    }

    /// Partitions the records by key, and gives each key state of its own.
    pub fn key_by(&self, key: KeySelector) -> KeyedStream {
        KeyedStream::new(self, key)
    }

    /// Sends each record where `partitioner(key, numPartitions)` says.
    pub fn partition_custom(&self, partitioner: FunctionId, key: KeySelector) -> Result<Self, ApiError> {
        self.set_connection_type(Partitioner::Custom { partitioner, key })
    }

    /// Sends each record to all subtasks of the next operator.
    pub fn broadcast(&self) -> Result<Self, ApiError> {
        self.set_connection_type(Partitioner::Broadcast)
    }

    /// `broadcast(descriptors)`: a stream that fills broadcast states with these names.
    pub fn broadcast_with_state(&self, states: Vec<Rc<str>>) -> Result<BroadcastStream, ApiError> {
        Ok(BroadcastStream::new(self.set_connection_type(Partitioner::Broadcast)?, states))
    }

    /// Sends each record to a random subtask.
    pub fn shuffle(&self) -> Result<Self, ApiError> {
        self.set_connection_type(Partitioner::Shuffle)
    }

    /// Keeps each record in its subtask. The next operator must have the same parallelism, which is
    /// checked when the graph is built.
    pub fn forward(&self) -> Result<Self, ApiError> {
        self.set_connection_type(Partitioner::Forward)
    }

    /// Sends the records to all subtasks in turn.
    pub fn rebalance(&self) -> Result<Self, ApiError> {
        self.set_connection_type(Partitioner::Rebalance)
    }

    /// Sends the records in turn to the subtasks that are this one's share.
    pub fn rescale(&self) -> Result<Self, ApiError> {
        self.set_connection_type(Partitioner::Rescale)
    }

    /// Sends all records to the first subtask.
    pub fn global(&self) -> Result<Self, ApiError> {
        self.set_connection_type(Partitioner::Global)
    }

    pub fn map(&self, function: FunctionId) -> SingleOutputStreamOperator {
        self.transform("Map", OperatorSpec::Map(function))
    }

    pub fn flat_map(&self, function: FunctionId) -> SingleOutputStreamOperator {
        self.transform("Flat Map", OperatorSpec::FlatMap(function))
    }

    pub fn filter(&self, function: FunctionId) -> SingleOutputStreamOperator {
        self.transform("Filter", OperatorSpec::Filter(function))
    }

    /// `process(ProcessFunction)`. A `KeyedProcessFunction` goes to `KeyedStream::process`.
    pub fn process(&self, function: FunctionId) -> SingleOutputStreamOperator {
        self.transform("Process", OperatorSpec::Process(function))
    }

    /// Windows over all records, in one subtask.
    pub fn window_all(&self, assigner: WindowAssigner) -> AllWindowedStream {
        AllWindowedStream::new(&self.key_by(KeySelector::Constant), assigner)
    }

    /// `fullWindowPartition()`: the records of each subtask, or of each key, as one window.
    pub fn full_window_partition(&self) -> PartitionWindowedStream {
        PartitionWindowedStream::new(self)
    }

    /// `countWindowAll(size)`.
    pub fn count_window_all(&self, size: i64) -> Result<AllWindowedStream, ApiError> {
        self.window_all(WindowAssigner::Global).trigger(Trigger::Purging(Rc::new(Trigger::Count(size))))
    }

    /// `countWindowAll(size, slide)`.
    pub fn count_window_all_sliding(&self, size: i64, slide: i64) -> Result<AllWindowedStream, ApiError> {
        self.window_all(WindowAssigner::Global)
            .evictor(Evictor::Count { max: size, after: false })
            .trigger(Trigger::Count(slide))
    }

    /// Gives the records timestamps, and makes watermarks. Its parallelism is this stream's.
    pub fn assign_timestamps_and_watermarks(
        &self,
        strategy: WatermarkStrategy,
    ) -> SingleOutputStreamOperator {
        let operator = OperatorSpec::TimestampsAndWatermarks(strategy);
        let kind = TransformationKind::OneInput { input: self.handle.id, operator, key: None };
        self.physical(kind, "Timestamps/Watermarks", self.get_parallelism())
    }

    /// `a.join(b).where(..).equalTo(..).window(..).apply(..)`.
    pub fn join(&self, other: &Self) -> Result<JoinedStreams, ApiError> {
        JoinedStreams::new(JoinKind::Join, self.clone(), other.clone())
    }

    /// `a.coGroup(b).where(..).equalTo(..).window(..).apply(..)`.
    pub fn co_group(&self, other: &Self) -> Result<JoinedStreams, ApiError> {
        JoinedStreams::new(JoinKind::CoGroup, self.clone(), other.clone())
    }

    /// Writes each record as a line, behind the identifier and the subtask.
    pub fn print(&self, identifier: Option<&str>) -> DataStreamSink {
        let sink = SinkSpec::Print { identifier: identifier.map(Rc::from), to_stderr: false };
        self.add_named_sink(sink, "Print to Std. Out")
    }

    pub fn print_to_err(&self, identifier: Option<&str>) -> DataStreamSink {
        let sink = SinkSpec::Print { identifier: identifier.map(Rc::from), to_stderr: true };
        self.add_named_sink(sink, "Print to Std. Err")
    }

    /// A sink of Flink's older kind, which is one operator.
    pub fn add_sink(&self, sink: SinkSpec) -> DataStreamSink {
        self.add_named_sink(sink, "Unnamed")
    }

    /// A sink of Flink's newer kind, whose writer is an operator of its own.
    pub fn sink_to(&self, sink: SinkSpec) -> DataStreamSink {
        let environment = &self.handle.environment;
        let kind = TransformationKind::Sink { input: self.handle.id, sink, key: self.key.clone() };
        let id = environment.add_operator(kind, "Sink", environment.get_parallelism());
        DataStreamSink::new(Handle { environment: environment.clone(), id })
    }

    /// Adds an operator with one input, keyed where this stream is. Flink: `DataStream#transform`.
    pub(super) fn transform(&self, name: &str, operator: OperatorSpec) -> SingleOutputStreamOperator {
        let kind = TransformationKind::OneInput { input: self.handle.id, operator, key: self.key.clone() };
        self.physical(kind, name, self.handle.environment.get_parallelism())
    }

    /// Adds an operator.
    pub(super) fn physical(
        &self,
        kind: TransformationKind,
        name: &str,
        parallelism: u32,
    ) -> SingleOutputStreamOperator {
        let environment = &self.handle.environment;
        let id = environment.add_operator(kind, name, parallelism);
        SingleOutputStreamOperator::new(Handle { environment: environment.clone(), id })
    }

    /// Adds a partitioning of this stream. Flink: `PartitionTransformation`.
    pub(super) fn partition(&self, partitioner: Partitioner) -> Handle {
        let (input, exchange_mode) = (self.handle.id, StreamExchangeMode::Undefined);
        self.logical(TransformationKind::Partition { input, partitioner, exchange_mode }, "Partition")
    }

    fn logical(&self, kind: TransformationKind, name: &str) -> Handle {
        let environment = &self.handle.environment;
        let id = environment.add(kind, name, self.get_parallelism());
        Handle { environment: environment.clone(), id }
    }

    fn set_connection_type(&self, partitioner: Partitioner) -> Result<Self, ApiError> {
        if self.is_keyed() {
            return Err(self.handle.error(&format!(
                "A keyed stream is already partitioned, by its key, and {} would override that. Call it \
                 before keyBy, or on the stream that follows the keyed operator.",
                partitioner.name().to_ascii_lowercase()
            )));
        }
        Ok(Self::new(self.partition(partitioner)))
    }

    fn add_named_sink(&self, sink: SinkSpec, name: &str) -> DataStreamSink {
        let environment = &self.handle.environment;
        let kind = TransformationKind::LegacySink { input: self.handle.id, sink, key: self.key.clone() };
        let id = environment.add_operator(kind, name, environment.get_parallelism());
        DataStreamSink::new(Handle { environment: environment.clone(), id })
    }
}
