//! A stream that is the output of an operator: its name, uid, parallelism and the like can be set.

use std::ops::Deref;
use std::rc::Rc;

use super::data_stream::DataStream;
use super::handle::Handle;
use crate::graph::error::ApiError;
use crate::graph::transformation::{ChainingStrategy, TransformationKind};

/// Flink: `SingleOutputStreamOperator`, `DataStreamSource`.
#[derive(Clone)]
pub struct SingleOutputStreamOperator {
    stream: DataStream,
}

impl Deref for SingleOutputStreamOperator {
    type Target = DataStream;

    fn deref(&self) -> &DataStream {
        &self.stream
    }
}

#[expect(
    clippy::return_self_not_must_use,
    reason = "a setter has done its work whether its answer is used or not"
)]
impl SingleOutputStreamOperator {
    pub(super) fn new(handle: Handle) -> Self {
        Self { stream: DataStream::new(handle) }
    }

    fn handle(&self) -> &Handle {
        self.stream.handle()
    }

    pub fn get_name(&self) -> Rc<str> {
        self.handle().name()
    }

    pub fn name(self, name: &str) -> Self {
        self.handle().set_name(name);
        self
    }

    /// Sets what plans say about the operator; its name stays.
    pub fn set_description(self, description: &str) -> Self {
        self.handle().set_description(description);
        self
    }

    /// Sets the id from which the operator's id is made, so that it stays the same when the job changes.
    /// That no other operator has it is checked when the graph is built.
    pub fn uid(self, uid: &str) -> Self {
        self.handle().set_uid(uid);
        self
    }

    /// Sets an alternative operator id, 32 hexadecimal digits.
    pub fn set_uid_hash(self, hash: &str) -> Result<Self, ApiError> {
        self.handle().set_uid_hash(hash)?;
        Ok(self)
    }

    pub fn set_parallelism(self, parallelism: i32) -> Result<Self, ApiError> {
        self.handle().set_parallelism(parallelism)?;
        Ok(self)
    }

    pub fn set_max_parallelism(self, max_parallelism: i32) -> Result<Self, ApiError> {
        self.handle().set_max_parallelism(max_parallelism)?;
        Ok(self)
    }

    /// Sets parallelism and max parallelism to 1 for good.
    pub fn force_non_parallel(self) -> Self {
        self.handle().force_non_parallel();
        self
    }

    /// ms; 0 flushes after each record, −1 takes the job's.
    pub fn set_buffer_timeout(self, timeout_ms: i64) -> Result<Self, ApiError> {
        self.handle().set_buffer_timeout(timeout_ms)?;
        Ok(self)
    }

    pub fn disable_chaining(self) -> Self {
        self.handle().set_chaining_strategy(ChainingStrategy::Never);
        self
    }

    pub fn start_new_chain(self) -> Self {
        self.handle().set_chaining_strategy(ChainingStrategy::Head);
        self
    }

    pub fn slot_sharing_group(self, group: &str) -> Self {
        self.handle().set_slot_sharing_group(group);
        self
    }

    /// Subtasks with the same number of all operators with this key share a slot. Flink:
    /// `getTransformation().setCoLocationGroupKey(key)`.
    pub fn set_co_location_group_key(self, key: Option<&str>) -> Self {
        self.handle().set_co_location_group(key);
        self
    }

    /// The records that the operator gives to the side output `tag`.
    pub fn get_side_output(&self, tag: &str) -> Result<DataStream, ApiError> {
        let handle = self.handle();
        if tag.is_empty() {
            return Err(handle.error("An OutputTag needs a name that is not empty."));
        }
        let kind = TransformationKind::SideOutput { input: handle.id, tag: Rc::from(tag) };
        let id = handle.environment.add(kind, "SideOutput", handle.parallelism());
        Ok(DataStream::new(Handle { environment: handle.environment.clone(), id }))
    }
}
