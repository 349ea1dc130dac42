//! Errors as JavaScript sees them: thrown objects in the form of the protocol's `JobError`.

use serde::Serialize;
use wasm_bindgen::JsValue;
use weir_engine::graph::error::ApiError;
use weir_engine::sim::submission::SubmissionError;

/// Why a job was not built, or failed.
#[derive(Clone, Debug, Serialize)]
pub struct JobError {
    pub kind: &'static str,
    pub message: String,
    /// The transformations at fault, the first one first: the page knows their lines.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub transformations: Vec<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<SourcePosition>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tick: Option<f64>,
}

/// A place in the job's source, both from 1.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct SourcePosition {
    pub line: u32,
    pub column: u32,
}

impl JobError {
    /// An error of this kind that knows nothing but its words.
    pub fn new(kind: &'static str, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), transformations: Vec::new(), at: None, task: None, tick: None }
    }

    /// An error of the API or of the graphs.
    pub fn from_api(kind: &'static str, error: &ApiError) -> Self {
        let transformations = error.transformations.iter().map(|id| id.0).collect();
        Self { transformations, ..Self::new(kind, error.message.clone()) }
    }
}

impl From<SubmissionError> for JobError {
    fn from(error: SubmissionError) -> Self {
        match error {
            SubmissionError::Scenario(message) | SubmissionError::Restore(message) => {
                Self::new("api", message)
            }
        }
    }
}

impl From<JobError> for JsValue {
    fn from(error: JobError) -> Self {
        to_js(&error)
    }
}

/// A plain object. What the engine hands over can always be one; should it not, its words are.
pub fn to_js(value: &impl Serialize) -> JsValue {
    let serializer =
        serde_wasm_bindgen::Serializer::new().serialize_maps_as_objects(true).serialize_missing_as_null(true);
    value.serialize(&serializer).unwrap_or_else(|error| JsValue::from_str(&error.to_string()))
}

/// Throws what the builder rejects.
pub trait OrThrow<T> {
    fn or_throw(self) -> Result<T, JsValue>;
}

impl<T> OrThrow<T> for Result<T, ApiError> {
    fn or_throw(self) -> Result<T, JsValue> {
        self.map_err(|error| JobError::from_api("api", &error).into())
    }
}
