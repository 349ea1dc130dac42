//! The Rust twin of Flink's DataStream API: the same names in snake case, the same order of arguments.
//!
//! Handles are cheap to clone and point into one `StreamExecutionEnvironment`; what they build is a `Job`,
//! a list of transformations. User functions appear as `FunctionId`s. Default names of operators are
//! written here and nowhere else.

mod checkpoint_config;
mod environment;
mod handle;

mod data_stream;
mod keyed_stream;
mod operator;
mod sink;

mod async_data_stream;
mod broadcast;
mod connected_streams;
mod interval_join;
mod join;
mod partition_windowed_stream;
mod windowed_stream;

pub use async_data_stream::AsyncDataStream;
pub use broadcast::{BroadcastConnectedStream, BroadcastStream};
pub use checkpoint_config::{CheckpointConfig, CheckpointOption};
pub use connected_streams::ConnectedStreams;
pub use data_stream::DataStream;
pub use environment::StreamExecutionEnvironment;
pub use interval_join::{IntervalJoin, IntervalJoined};
pub use join::{JoinedStreams, JoinedStreamsEqualTo, JoinedStreamsWhere, JoinedStreamsWithWindow};
pub use keyed_stream::{DataStreamUtils, KeyedStream};
pub use operator::SingleOutputStreamOperator;
pub use partition_windowed_stream::PartitionWindowedStream;
pub use sink::DataStreamSink;
pub use windowed_stream::{AllWindowedStream, WindowedStream};
