//! The end of a stream.

use super::handle::Handle;
use crate::base::ids::TransformationId;
use crate::graph::error::ApiError;
use crate::graph::transformation::ChainingStrategy;

/// Flink: `DataStreamSink`.
#[derive(Clone)]
pub struct DataStreamSink {
    handle: Handle,
}

#[expect(
    clippy::return_self_not_must_use,
    reason = "a setter has done its work whether its answer is used or not"
)]
impl DataStreamSink {
    pub(super) fn new(handle: Handle) -> Self {
        Self { handle }
    }

    pub fn transformation_id(&self) -> TransformationId {
        self.handle.id
    }

    /// Sets the name; plans show it behind `Sink: `.
    pub fn name(self, name: &str) -> Self {
        self.handle.set_name(name);
        self
    }

    pub fn set_description(self, description: &str) -> Self {
        self.handle.set_description(description);
        self
    }

    pub fn uid(self, uid: &str) -> Self {
        self.handle.set_uid(uid);
        self
    }

    /// Sets an alternative operator id, 32 hexadecimal digits.
    pub fn set_uid_hash(self, hash: &str) -> Result<Self, ApiError> {
        self.handle.set_uid_hash(hash)?;
        Ok(self)
    }

    pub fn set_parallelism(self, parallelism: i32) -> Result<Self, ApiError> {
        self.handle.set_parallelism(parallelism)?;
        Ok(self)
    }

    pub fn set_max_parallelism(self, max_parallelism: i32) -> Result<Self, ApiError> {
        self.handle.set_max_parallelism(max_parallelism)?;
        Ok(self)
    }

    pub fn disable_chaining(self) -> Self {
        self.handle.set_chaining_strategy(ChainingStrategy::Never);
        self
    }

    pub fn slot_sharing_group(self, group: &str) -> Self {
        self.handle.set_slot_sharing_group(group);
        self
    }
}
