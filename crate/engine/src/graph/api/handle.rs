//! What handles of streams and sinks share: a place in an environment, and the setters of an operator.

use std::rc::Rc;

use super::environment::{StreamExecutionEnvironment, check_max_parallelism, check_parallelism};
use crate::base::ids::{OperatorId, TransformationId};
use crate::graph::error::ApiError;
use crate::graph::transformation::{ChainingStrategy, Transformation, TransformationKind};

/// A transformation of an environment.
#[derive(Clone)]
pub(super) struct Handle {
    pub(super) environment: StreamExecutionEnvironment,
    pub(super) id: TransformationId,
}

impl Handle {
    /// Reads or changes the transformation.
    pub(super) fn with<R>(&self, use_it: impl FnOnce(&mut Transformation) -> R) -> R {
        self.environment.with(self.id, use_it)
    }

    pub(super) fn parallelism(&self) -> u32 {
        self.with(|transformation| transformation.parallelism)
    }

    pub(super) fn name(&self) -> Rc<str> {
        self.with(|transformation| Rc::clone(&transformation.name))
    }

    /// Refuses a stream of another environment. `call` is what the job wrote, as in `union`.
    pub(super) fn check_same_environment(&self, other: &Self, call: &str) -> Result<(), ApiError> {
        if self.environment.is_same(&other.environment) {
            return Ok(());
        }
        Err(ApiError::about(
            &[self.id],
            format!(
                "{call} got a stream of another StreamExecutionEnvironment. Make both streams from the \
                 same env."
            ),
        ))
    }

    pub(super) fn set_name(&self, name: &str) {
        self.with(|transformation| transformation.name = Rc::from(name));
    }

    pub(super) fn set_description(&self, description: &str) {
        self.with(|transformation| transformation.description = Some(Rc::from(description)));
    }

    pub(super) fn set_uid(&self, uid: &str) {
        self.with(|transformation| transformation.uid = Some(Rc::from(uid)));
    }

    pub(super) fn set_uid_hash(&self, hash: &str) -> Result<(), ApiError> {
        if self.with(|transformation| matches!(transformation.kind, TransformationKind::Sink { .. })) {
            return Err(self.error("setUidHash does not work on a sink of sinkTo. Use uid instead."));
        }
        let Some(id) = parse_operator_id(hash) else {
            return Err(self.error(&format!(
                "setUidHash got \"{hash}\". Give 32 hexadecimal digits, as Flink's logs show a JobVertexID."
            )));
        };
        self.with(|transformation| transformation.uid_hash = Some(id));
        Ok(())
    }

    pub(super) fn set_parallelism(&self, parallelism: i32) -> Result<(), ApiError> {
        let checked = check_parallelism(&format!("The parallelism of \"{}\"", self.name()), parallelism);
        let parallelism = checked.map_err(|error| self.error(&error.message))?;
        self.check_non_parallel("parallelism", parallelism)?;
        self.with(|transformation| transformation.parallelism = parallelism);
        Ok(())
    }

    pub(super) fn set_max_parallelism(&self, max_parallelism: i32) -> Result<(), ApiError> {
        let what = format!("The max parallelism of \"{}\"", self.name());
        let checked = check_max_parallelism(&what, max_parallelism);
        let max_parallelism = checked.map_err(|error| self.error(&error.message))?;
        self.check_non_parallel("max parallelism", max_parallelism)?;
        self.with(|transformation| transformation.max_parallelism = Some(max_parallelism));
        Ok(())
    }

    fn check_non_parallel(&self, what: &str, value: u32) -> Result<(), ApiError> {
        if value != 1 && self.with(|transformation| transformation.non_parallel) {
            return Err(self.error(&format!(
                "\"{}\" cannot run in parallel, so its {what} must be 1, not {value}. Use keyBy and window \
                 instead of windowAll, or leave the call out.",
                self.name()
            )));
        }
        Ok(())
    }

    pub(super) fn force_non_parallel(&self) {
        self.with(|transformation| {
            transformation.parallelism = 1;
            transformation.max_parallelism = Some(1);
            transformation.non_parallel = true;
        });
    }

    pub(super) fn set_buffer_timeout(&self, timeout_ms: i64) -> Result<(), ApiError> {
        if timeout_ms < -1 {
            return Err(self.error(&format!(
                "The buffer timeout of \"{}\" is {timeout_ms} ms. Give 0 or more, or -1 for the job's own.",
                self.name()
            )));
        }
        let timeout_ms = (timeout_ms >= 0).then_some(timeout_ms);
        self.with(|transformation| transformation.buffer_timeout_ms = timeout_ms);
        Ok(())
    }

    pub(super) fn set_slot_sharing_group(&self, group: &str) {
        self.with(|transformation| transformation.slot_sharing_group = Some(Rc::from(group)));
    }

    pub(super) fn set_co_location_group(&self, key: Option<&str>) {
        self.with(|transformation| transformation.co_location_group = key.map(Rc::from));
    }

    pub(super) fn set_chaining_strategy(&self, strategy: ChainingStrategy) {
        self.with(|transformation| transformation.chaining_strategy = strategy);
    }

    /// An error about this transformation.
    pub(super) fn error(&self, message: &str) -> ApiError {
        ApiError::about(&[self.id], message)
    }
}

fn parse_operator_id(hash: &str) -> Option<OperatorId> {
    if hash.len() != 32 || !hash.is_ascii() {
        return None;
    }
    let mut id = [0; 16];
    for (idx, byte) in id.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&hash[2 * idx..2 * idx + 2], 16).ok()?;
    }
    Some(OperatorId(id))
}
