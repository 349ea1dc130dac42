//! Why a call of the API or a whole job is rejected.

use std::fmt;

use crate::base::ids::TransformationId;

/// A misuse of the API, or a job that Flink would not accept: what is wrong and what to do, in one or two
/// plain sentences, and the transformations that it is about, so that a caller can point at their lines.
/// Flink: the `IllegalArgumentException`s and `UnsupportedOperationException`s of the API and the graphs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    pub message: String,
    /// The one at fault first. Empty where the call itself is at fault and made nothing.
    pub transformations: Vec<TransformationId>,
}

impl ApiError {
    /// An error of a call that made no transformation.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), transformations: Vec::new() }
    }

    /// An error about transformations.
    pub fn about(transformations: &[TransformationId], message: impl Into<String>) -> Self {
        Self { message: message.into(), transformations: transformations.to_vec() }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ApiError {}
