//! Streams and sinks of a job.

use std::rc::Rc;

use wasm_bindgen::prelude::*;
use weir_engine::base::ids::FunctionId;
use weir_engine::graph::api;
use weir_engine::graph::operator_spec::{self, AsyncOutputMode, DeliveryGuarantee, KeySelector, SinkSpec};
use weir_engine::graph::windowing::{SortKey, SortOrder};

use super::join::{IntervalJoined, JoinedStreams};
use super::window::{AllWindowedStream, WindowedStream};
use super::window_parts::{WatermarkStrategy, WindowAssigner};
use crate::error::OrThrow;

/// Where the records of a stream go, without a key.
#[wasm_bindgen]
#[derive(Clone, Copy)]
pub enum Partitioning {
    Forward,
    Rebalance,
    Rescale,
    Shuffle,
    Broadcast,
    Global,
}

/// Rolling aggregations of a field; `...Last` keeps the last of equal records.
#[wasm_bindgen]
#[derive(Clone, Copy)]
pub enum Aggregation {
    Sum,
    Min,
    Max,
    MinByFirst,
    MinByLast,
    MaxByFirst,
    MaxByLast,
}

/// What becomes of all records of a partition.
#[wasm_bindgen]
#[derive(Clone, Copy)]
pub enum PartitionFold {
    Map,
    Reduce,
    Aggregate,
}

/// The field of a record that an aggregation works on.
#[wasm_bindgen]
pub struct Field {
    pub(super) inner: operator_spec::Field,
}

#[wasm_bindgen]
impl Field {
    /// Of a tuple, from 0.
    pub fn position(position: u32) -> Self {
        Self { inner: operator_spec::Field::Position(position) }
    }

    /// Of a row.
    pub fn named(name: &str) -> Self {
        Self { inner: operator_spec::Field::Name(Rc::from(name)) }
    }
}

/// A key selector of the job.
pub(super) fn key(function: u32) -> KeySelector {
    KeySelector::Function(FunctionId(function))
}

/// When an asynchronous call is made again; delays in ms. Flink: `AsyncRetryStrategy`.
#[wasm_bindgen]
pub struct AsyncRetryStrategy {
    inner: operator_spec::AsyncRetryStrategy,
}

#[wasm_bindgen]
impl AsyncRetryStrategy {
    #[wasm_bindgen(constructor)]
    pub fn new(
        max_attempts: u32,
        initial_delay: f64,
        max_delay: f64,
        multiplier: f64,
        if_result: Option<u32>,
        if_exception: Option<u32>,
    ) -> AsyncRetryStrategy {
        let inner = operator_spec::AsyncRetryStrategy {
            max_attempts,
            initial_delay_ms: initial_delay as i64,
            max_delay_ms: max_delay as i64,
            multiplier,
            if_result: if_result.map(FunctionId),
            if_exception: if_exception.map(FunctionId),
        };
        Self { inner }
    }
}

/// Any stream. Flink: `DataStream`.
#[wasm_bindgen]
pub struct DataStream {
    pub(super) inner: api::DataStream,
}

impl From<api::DataStream> for DataStream {
    fn from(inner: api::DataStream) -> Self {
        Self { inner }
    }
}

#[wasm_bindgen]
impl DataStream {
    /// The transformation whose output it is.
    #[wasm_bindgen(getter)]
    pub fn id(&self) -> u32 {
        self.inner.transformation_id().0
    }

    #[wasm_bindgen(getter)]
    pub fn parallelism(&self) -> u32 {
        self.inner.get_parallelism()
    }

    /// The union with one more stream or several.
    pub fn union(&self, streams: Vec<DataStream>) -> Result<DataStream, JsValue> {
        let streams: Vec<api::DataStream> = streams.into_iter().map(|stream| stream.inner).collect();
        self.inner.union(&streams).or_throw().map(Self::from)
    }

    /// Another handle of the same stream.
    pub fn copy(&self) -> DataStream {
        self.inner.clone().into()
    }

    pub fn connect(&self, other: &DataStream) -> Result<ConnectedStreams, JsValue> {
        let inner = self.inner.connect(&other.inner).or_throw()?;
        Ok(ConnectedStreams { inner })
    }

    #[wasm_bindgen(js_name = connectBroadcast)]
    pub fn connect_broadcast(&self, other: &BroadcastStream) -> Result<BroadcastConnectedStream, JsValue> {
        let inner = self.inner.connect_broadcast(&other.inner).or_throw()?;
        Ok(BroadcastConnectedStream { inner })
    }

    #[wasm_bindgen(js_name = keyBy)]
    pub fn key_by(&self, selector: u32) -> KeyedStream {
        KeyedStream { inner: self.inner.key_by(key(selector)) }
    }

    #[wasm_bindgen(js_name = reinterpretAsKeyed)]
    pub fn reinterpret_as_keyed(&self, selector: u32) -> KeyedStream {
        KeyedStream { inner: api::DataStreamUtils::reinterpret_as_keyed_stream(&self.inner, key(selector)) }
    }

    #[wasm_bindgen(js_name = partitionCustom)]
    pub fn partition_custom(&self, partitioner: u32, selector: u32) -> Result<DataStream, JsValue> {
        self.inner.partition_custom(FunctionId(partitioner), key(selector)).or_throw().map(Self::from)
    }

    pub fn partition(&self, partitioning: Partitioning) -> Result<DataStream, JsValue> {
        let partitioned = match partitioning {
            Partitioning::Forward => self.inner.forward(),
            Partitioning::Rebalance => self.inner.rebalance(),
            Partitioning::Rescale => self.inner.rescale(),
            Partitioning::Shuffle => self.inner.shuffle(),
            Partitioning::Broadcast => self.inner.broadcast(),
            Partitioning::Global => self.inner.global(),
        };
        partitioned.or_throw().map(Self::from)
    }

    /// `broadcast(descriptors)`.
    #[wasm_bindgen(js_name = broadcastWithState)]
    pub fn broadcast_with_state(&self, states: Vec<String>) -> Result<BroadcastStream, JsValue> {
        let states = states.into_iter().map(Rc::from).collect();
        let inner = self.inner.broadcast_with_state(states).or_throw()?;
        Ok(BroadcastStream { inner })
    }

    pub fn map(&self, function: u32) -> Operator {
        self.inner.map(FunctionId(function)).into()
    }

    #[wasm_bindgen(js_name = flatMap)]
    pub fn flat_map(&self, function: u32) -> Operator {
        self.inner.flat_map(FunctionId(function)).into()
    }

    pub fn filter(&self, function: u32) -> Operator {
        self.inner.filter(FunctionId(function)).into()
    }

    pub fn process(&self, function: u32) -> Operator {
        self.inner.process(FunctionId(function)).into()
    }

    #[wasm_bindgen(js_name = windowAll)]
    pub fn window_all(&self, assigner: &WindowAssigner) -> AllWindowedStream {
        AllWindowedStream { inner: self.inner.window_all(assigner.inner.clone()) }
    }

    /// `fullWindowPartition().mapPartition(f)` and its siblings.
    #[wasm_bindgen(js_name = foldPartition)]
    pub fn fold_partition(&self, fold: PartitionFold, function: u32) -> Result<Operator, JsValue> {
        let (windowed, function) = (self.inner.full_window_partition(), FunctionId(function));
        let made = match fold {
            PartitionFold::Map => windowed.map_partition(function),
            PartitionFold::Reduce => windowed.reduce(function),
            PartitionFold::Aggregate => windowed.aggregate(function),
        };
        made.or_throw().map(Operator::from)
    }

    /// `fullWindowPartition().sortPartition(field, order)`, or by a key selector.
    #[wasm_bindgen(js_name = sortPartition)]
    pub fn sort_partition(
        &self,
        field: Option<Field>,
        selector: u32,
        descending: bool,
    ) -> Result<Operator, JsValue> {
        let by = field
            .map_or(SortKey::Function(FunctionId(selector)), |field| SortKey::Field(field.inner.clone()));
        let order = SortOrder { by, is_descending: descending };
        self.inner.full_window_partition().sort_partition(order).or_throw().map(Operator::from)
    }

    #[wasm_bindgen(js_name = assignTimestampsAndWatermarks)]
    pub fn assign_timestamps_and_watermarks(&self, strategy: &WatermarkStrategy) -> Operator {
        self.inner.assign_timestamps_and_watermarks(strategy.inner.clone()).into()
    }

    pub fn join(&self, other: &DataStream) -> Result<JoinedStreams, JsValue> {
        let inner = self.inner.join(&other.inner).or_throw()?;
        Ok(JoinedStreams { inner })
    }

    #[wasm_bindgen(js_name = coGroup)]
    pub fn co_group(&self, other: &DataStream) -> Result<JoinedStreams, JsValue> {
        let inner = self.inner.co_group(&other.inner).or_throw()?;
        Ok(JoinedStreams { inner })
    }

    /// `timeout`: ms, 0 for none.
    #[wasm_bindgen(js_name = asyncWait)]
    pub fn async_wait(
        &self,
        function: u32,
        ordered: bool,
        timeout: f64,
        capacity: Option<i32>,
        retry: Option<AsyncRetryStrategy>,
    ) -> Result<Operator, JsValue> {
        let mode = if ordered { AsyncOutputMode::Ordered } else { AsyncOutputMode::Unordered };
        let retry = retry.map(|retry| retry.inner);
        api::AsyncDataStream::wait(&self.inner, FunctionId(function), mode, timeout as i64, capacity, retry)
            .or_throw()
            .map(Operator::from)
    }

    pub fn print(&self, identifier: Option<String>) -> Sink {
        Sink { inner: self.inner.print(identifier.as_deref()) }
    }

    #[wasm_bindgen(js_name = printToErr)]
    pub fn print_to_err(&self, identifier: Option<String>) -> Sink {
        Sink { inner: self.inner.print_to_err(identifier.as_deref()) }
    }

    /// `sinkTo(new DiscardingSink())`.
    #[wasm_bindgen(js_name = sinkToDiscard)]
    pub fn sink_to_discard(&self) -> Sink {
        Sink { inner: self.inner.sink_to(SinkSpec::Discard) }
    }

    /// `sinkTo(new TableSink(name, guarantee))`.
    #[wasm_bindgen(js_name = sinkToExternalTable)]
    pub fn sink_to_external_table(&self, name: &str, exactly_once: bool) -> Sink {
        let guarantee =
            if exactly_once { DeliveryGuarantee::ExactlyOnce } else { DeliveryGuarantee::AtLeastOnce };
        Sink { inner: self.inner.sink_to(SinkSpec::Table { name: Rc::from(name), guarantee }) }
    }

    /// `sinkTo(sink)` of a sink that the job wrote, with the committer that it may make.
    #[wasm_bindgen(js_name = sinkToUser)]
    pub fn sink_to_user(&self, sink: u32, committer: Option<u32>) -> Sink {
        let committer = committer.map(FunctionId);
        Sink { inner: self.inner.sink_to(SinkSpec::User { sink: FunctionId(sink), committer }) }
    }

    /// `sinkTo(new CollectSink(name))`.
    #[wasm_bindgen(js_name = sinkToTable)]
    pub fn sink_to_table(&self, name: &str) -> Sink {
        Sink { inner: self.inner.sink_to(SinkSpec::Collect { name: Rc::from(name) }) }
    }
}

/// An operator's output. Flink: `SingleOutputStreamOperator`.
#[wasm_bindgen]
pub struct Operator {
    inner: api::SingleOutputStreamOperator,
}

impl From<api::SingleOutputStreamOperator> for Operator {
    fn from(inner: api::SingleOutputStreamOperator) -> Self {
        Self { inner }
    }
}

#[wasm_bindgen]
impl Operator {
    /// The same as a plain stream.
    #[wasm_bindgen(getter)]
    pub fn stream(&self) -> DataStream {
        (*self.inner).clone().into()
    }

    #[wasm_bindgen(js_name = getName)]
    pub fn get_name(&self) -> String {
        self.inner.get_name().to_string()
    }

    #[wasm_bindgen(js_name = setName)]
    pub fn set_name(&self, name: &str) {
        drop(self.inner.clone().name(name));
    }

    #[wasm_bindgen(js_name = setDescription)]
    pub fn set_description(&self, description: &str) {
        drop(self.inner.clone().set_description(description));
    }

    #[wasm_bindgen(js_name = setUid)]
    pub fn set_uid(&self, uid: &str) {
        drop(self.inner.clone().uid(uid));
    }

    #[wasm_bindgen(js_name = setUidHash)]
    pub fn set_uid_hash(&self, hash: &str) -> Result<(), JsValue> {
        self.inner.clone().set_uid_hash(hash).or_throw().map(drop)
    }

    #[wasm_bindgen(js_name = setParallelism)]
    pub fn set_parallelism(&self, parallelism: i32) -> Result<(), JsValue> {
        self.inner.clone().set_parallelism(parallelism).or_throw().map(drop)
    }

    #[wasm_bindgen(js_name = setMaxParallelism)]
    pub fn set_max_parallelism(&self, max_parallelism: i32) -> Result<(), JsValue> {
        self.inner.clone().set_max_parallelism(max_parallelism).or_throw().map(drop)
    }

    #[wasm_bindgen(js_name = forceNonParallel)]
    pub fn force_non_parallel(&self) {
        drop(self.inner.clone().force_non_parallel());
    }

    /// `timeout`: ms.
    #[wasm_bindgen(js_name = setBufferTimeout)]
    pub fn set_buffer_timeout(&self, timeout: f64) -> Result<(), JsValue> {
        self.inner.clone().set_buffer_timeout(timeout as i64).or_throw().map(drop)
    }

    #[wasm_bindgen(js_name = disableChaining)]
    pub fn disable_chaining(&self) {
        drop(self.inner.clone().disable_chaining());
    }

    #[wasm_bindgen(js_name = startNewChain)]
    pub fn start_new_chain(&self) {
        drop(self.inner.clone().start_new_chain());
    }

    #[wasm_bindgen(js_name = slotSharingGroup)]
    pub fn slot_sharing_group(&self, group: &str) {
        drop(self.inner.clone().slot_sharing_group(group));
    }

    #[wasm_bindgen(js_name = setCoLocationGroupKey)]
    pub fn set_co_location_group_key(&self, key: Option<String>) {
        drop(self.inner.clone().set_co_location_group_key(key.as_deref()));
    }

    #[wasm_bindgen(js_name = getSideOutput)]
    pub fn get_side_output(&self, tag: &str) -> Result<DataStream, JsValue> {
        self.inner.get_side_output(tag).or_throw().map(DataStream::from)
    }
}

/// Flink: `DataStreamSink`.
#[wasm_bindgen]
pub struct Sink {
    inner: api::DataStreamSink,
}

#[wasm_bindgen]
impl Sink {
    #[wasm_bindgen(getter)]
    pub fn id(&self) -> u32 {
        self.inner.transformation_id().0
    }

    #[wasm_bindgen(js_name = setName)]
    pub fn set_name(&self, name: &str) {
        drop(self.inner.clone().name(name));
    }

    #[wasm_bindgen(js_name = setDescription)]
    pub fn set_description(&self, description: &str) {
        drop(self.inner.clone().set_description(description));
    }

    #[wasm_bindgen(js_name = setUid)]
    pub fn set_uid(&self, uid: &str) {
        drop(self.inner.clone().uid(uid));
    }

    #[wasm_bindgen(js_name = setUidHash)]
    pub fn set_uid_hash(&self, hash: &str) -> Result<(), JsValue> {
        self.inner.clone().set_uid_hash(hash).or_throw().map(drop)
    }

    #[wasm_bindgen(js_name = setParallelism)]
    pub fn set_parallelism(&self, parallelism: i32) -> Result<(), JsValue> {
        self.inner.clone().set_parallelism(parallelism).or_throw().map(drop)
    }

    #[wasm_bindgen(js_name = setMaxParallelism)]
    pub fn set_max_parallelism(&self, max_parallelism: i32) -> Result<(), JsValue> {
        self.inner.clone().set_max_parallelism(max_parallelism).or_throw().map(drop)
    }

    #[wasm_bindgen(js_name = disableChaining)]
    pub fn disable_chaining(&self) {
        drop(self.inner.clone().disable_chaining());
    }

    #[wasm_bindgen(js_name = slotSharingGroup)]
    pub fn slot_sharing_group(&self, group: &str) {
        drop(self.inner.clone().slot_sharing_group(group));
    }
}

/// Flink: `KeyedStream`.
#[wasm_bindgen]
pub struct KeyedStream {
    pub(super) inner: api::KeyedStream,
}

#[wasm_bindgen]
impl KeyedStream {
    /// The same as a plain stream, which stays keyed.
    #[wasm_bindgen(getter)]
    pub fn stream(&self) -> DataStream {
        (*self.inner).clone().into()
    }

    pub fn process(&self, function: u32) -> Operator {
        self.inner.process(FunctionId(function)).into()
    }

    pub fn reduce(&self, function: u32) -> Operator {
        self.inner.reduce(FunctionId(function)).into()
    }

    pub fn aggregate(&self, aggregation: Aggregation, field: &Field) -> Operator {
        let (stream, field) = (&self.inner, field.inner.clone());
        match aggregation {
            Aggregation::Sum => stream.sum(field),
            Aggregation::Min => stream.min(field),
            Aggregation::Max => stream.max(field),
            Aggregation::MinByFirst => stream.min_by(field, true),
            Aggregation::MinByLast => stream.min_by(field, false),
            Aggregation::MaxByFirst => stream.max_by(field, true),
            Aggregation::MaxByLast => stream.max_by(field, false),
        }
        .into()
    }

    pub fn window(&self, assigner: &WindowAssigner) -> WindowedStream {
        WindowedStream { inner: self.inner.window(assigner.inner.clone()) }
    }

    /// `a.intervalJoin(b).between(lower, upper)`, in ms.
    #[wasm_bindgen(js_name = intervalJoin)]
    pub fn interval_join(
        &self,
        other: &KeyedStream,
        lower: f64,
        upper: f64,
    ) -> Result<IntervalJoined, JsValue> {
        let inner = self.inner.interval_join(&other.inner).or_throw()?;
        Ok(IntervalJoined { inner: inner.between(lower as i64, upper as i64).or_throw()? })
    }
}

/// Flink: `ConnectedStreams`.
#[wasm_bindgen]
pub struct ConnectedStreams {
    inner: api::ConnectedStreams,
}

#[wasm_bindgen]
impl ConnectedStreams {
    #[wasm_bindgen(getter, js_name = isKeyed)]
    pub fn is_keyed(&self) -> bool {
        self.inner.is_keyed()
    }

    #[wasm_bindgen(js_name = keyBy)]
    pub fn key_by(&self, first: u32, second: u32) -> ConnectedStreams {
        Self { inner: self.inner.key_by(key(first), key(second)) }
    }

    pub fn map(&self, function: u32) -> Operator {
        self.inner.map(FunctionId(function)).into()
    }

    #[wasm_bindgen(js_name = flatMap)]
    pub fn flat_map(&self, function: u32) -> Operator {
        self.inner.flat_map(FunctionId(function)).into()
    }

    pub fn process(&self, function: u32) -> Operator {
        self.inner.process(FunctionId(function)).into()
    }

    #[wasm_bindgen(js_name = processKeyed)]
    pub fn process_keyed(&self, function: u32) -> Result<Operator, JsValue> {
        self.inner.process_keyed(FunctionId(function)).or_throw().map(Operator::from)
    }
}

/// Flink: `BroadcastStream`.
#[wasm_bindgen]
pub struct BroadcastStream {
    inner: api::BroadcastStream,
}

/// Flink: `BroadcastConnectedStream`.
#[wasm_bindgen]
pub struct BroadcastConnectedStream {
    inner: api::BroadcastConnectedStream,
}

#[wasm_bindgen]
impl BroadcastConnectedStream {
    #[wasm_bindgen(getter, js_name = isKeyed)]
    pub fn is_keyed(&self) -> bool {
        self.inner.is_keyed()
    }

    pub fn process(&self, function: u32) -> Result<Operator, JsValue> {
        self.inner.process(FunctionId(function)).or_throw().map(Operator::from)
    }

    #[wasm_bindgen(js_name = processKeyed)]
    pub fn process_keyed(&self, function: u32) -> Result<Operator, JsValue> {
        self.inner.process_keyed(FunctionId(function)).or_throw().map(Operator::from)
    }
}
