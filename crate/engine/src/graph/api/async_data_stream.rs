//! Asynchronous calls for each record.

use super::data_stream::DataStream;
use super::operator::SingleOutputStreamOperator;
use crate::base::ids::FunctionId;
use crate::graph::error::ApiError;
use crate::graph::operator_spec::{AsyncOutputMode, AsyncWaitSpec, OperatorSpec};

/// Calls in flight where the job gives no number. Flink: `AsyncDataStream.DEFAULT_QUEUE_CAPACITY`.
const CAPACITY_DEFAULT: i32 = 100;

/// Flink: `AsyncDataStream`.
pub struct AsyncDataStream;

impl AsyncDataStream {
    /// Results leave in the order of their records.
    pub fn ordered_wait(
        stream: &DataStream,
        function: FunctionId,
        timeout_ms: i64,
        capacity: Option<i32>,
    ) -> Result<SingleOutputStreamOperator, ApiError> {
        add(stream, function, timeout_ms, capacity, AsyncOutputMode::Ordered)
    }

    /// Results leave as they come.
    pub fn unordered_wait(
        stream: &DataStream,
        function: FunctionId,
        timeout_ms: i64,
        capacity: Option<i32>,
    ) -> Result<SingleOutputStreamOperator, ApiError> {
        add(stream, function, timeout_ms, capacity, AsyncOutputMode::Unordered)
    }
}

fn add(
    stream: &DataStream,
    function: FunctionId,
    timeout_ms: i64,
    capacity: Option<i32>,
    mode: AsyncOutputMode,
) -> Result<SingleOutputStreamOperator, ApiError> {
    let capacity = capacity.unwrap_or(CAPACITY_DEFAULT);
    if capacity < 1 {
        return Err(stream.handle().error(&format!(
            "The capacity of an async wait operator is {capacity}. Give at least 1, the number of calls in \
             flight."
        )));
    }
    let spec = AsyncWaitSpec { function, mode, timeout_ms, capacity: capacity as u32 };
    Ok(stream.transform("async wait operator", OperatorSpec::AsyncWait(spec)))
}
