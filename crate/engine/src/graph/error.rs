//! Why a call of the API or a whole job is rejected.

use std::fmt;
use std::ops::Deref;

use crate::base::ids::TransformationId;

/// A misuse of the API, or a job that Flink would not accept: what is wrong and what to do, in one or two
/// plain sentences, and the transformations that it is about, so that a caller can point at their lines.
/// Flink: the `IllegalArgumentException`s and `UnsupportedOperationException`s of the API and the graphs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    pub message: String,
    /// The one at fault first. Empty where the call itself is at fault and made nothing.
    pub transformations: Vec<TransformationId>,
}

/// The same where something may be rejected, a word of memory: most calls answer one or its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError(Box<Rejection>);

impl ApiError {
    /// An error of a call that made no transformation.
    #[cold]
    pub fn new(message: impl Into<String>) -> Self {
        Self::about(&[], message)
    }

    /// An error about transformations.
    #[cold]
    pub fn about(transformations: &[TransformationId], message: impl Into<String>) -> Self {
        Self(Box::new(Rejection { message: message.into(), transformations: transformations.to_vec() }))
    }
}

impl Deref for ApiError {
    type Target = Rejection;

    fn deref(&self) -> &Rejection {
        &self.0
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ApiError {}
