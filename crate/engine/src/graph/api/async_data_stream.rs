//! Asynchronous calls for each record.

use super::data_stream::DataStream;
use super::operator::SingleOutputStreamOperator;
use crate::base::ids::FunctionId;
use crate::graph::error::ApiError;
use crate::graph::operator_spec::{AsyncOutputMode, AsyncRetryStrategy, AsyncWaitSpec, OperatorSpec};

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
        Self::wait(stream, function, AsyncOutputMode::Ordered, timeout_ms, capacity, None)
    }

    /// Results leave as they come.
    pub fn unordered_wait(
        stream: &DataStream,
        function: FunctionId,
        timeout_ms: i64,
        capacity: Option<i32>,
    ) -> Result<SingleOutputStreamOperator, ApiError> {
        Self::wait(stream, function, AsyncOutputMode::Unordered, timeout_ms, capacity, None)
    }

    /// `orderedWaitWithRetry` and `unorderedWaitWithRetry`, or without a retry strategy their plain siblings.
    pub fn wait(
        stream: &DataStream,
        function: FunctionId,
        mode: AsyncOutputMode,
        timeout_ms: i64,
        capacity: Option<i32>,
        retry: Option<AsyncRetryStrategy>,
    ) -> Result<SingleOutputStreamOperator, ApiError> {
        let capacity = capacity.unwrap_or(CAPACITY_DEFAULT);
        if capacity < 1 {
            return Err(stream.handle().error(&format!(
                "The capacity of an async wait operator is {capacity}. Give at least 1, the number of calls in \
                 flight."
            )));
        }
        if retry.is_some() && timeout_ms <= 0 {
            return Err(stream.handle().error("Timeout should be configured when do async with retry."));
        }
        let spec = AsyncWaitSpec { function, mode, timeout_ms, capacity: capacity as u32, retry };
        Ok(stream.transform("async wait operator", OperatorSpec::AsyncWait(spec)))
    }
}
