//! Errors as JavaScript sees them: thrown objects in the form of the protocol's `JobError`.

use wasm_bindgen::JsValue;
use weir_engine::graph::error::ApiError;
use weir_engine::sim::submission::SubmissionError;

use crate::object::{Fields, list};

/// Why a job was not built, or failed. It is a word of memory: most readings answer one or its result.
#[derive(Clone, Debug)]
pub struct JobError(Box<Reason>);

/// What a [`JobError`] tells.
#[derive(Clone, Debug)]
pub struct Reason {
    pub kind: &'static str,
    pub message: String,
    /// The transformations at fault, the first one first: the page knows their lines.
    pub transformations: Vec<u32>,
    pub at: Option<SourcePosition>,
    pub task: Option<String>,
    pub tick: Option<f64>,
}

/// A place in the job's source, both from 1.
#[derive(Clone, Copy, Debug)]
pub struct SourcePosition {
    pub line: u32,
    pub column: u32,
}

impl JobError {
    /// An error of this kind that knows nothing but its words.
    #[cold]
    pub fn new(kind: &'static str, message: impl Into<String>) -> Self {
        Reason::new(kind, message.into()).into()
    }

    /// An error of the API or of the graphs.
    pub fn from_api(kind: &'static str, error: &ApiError) -> Self {
        let transformations = error.transformations.iter().map(|id| id.0).collect();
        Reason { transformations, ..Reason::new(kind, error.message.clone()) }.into()
    }
}

impl Reason {
    /// A reason that is told by its words alone.
    pub const fn new(kind: &'static str, message: String) -> Self {
        Self { kind, message, transformations: Vec::new(), at: None, task: None, tick: None }
    }
}

impl From<Reason> for JobError {
    #[cold]
    fn from(reason: Reason) -> Self {
        Self(Box::new(reason))
    }
}

impl From<SubmissionError> for JobError {
    fn from(error: SubmissionError) -> Self {
        match error {
            SubmissionError::Scenario(message) => Self::new("api", message),
            SubmissionError::Restore(message) => Self::new("restore", message),
        }
    }
}

impl From<JobError> for JsValue {
    fn from(JobError(error): JobError) -> Self {
        let mut fields = Fields::new().text("kind", error.kind).text("message", &error.message);
        if !error.transformations.is_empty() {
            fields = fields.put("transformations", list(error.transformations, JsValue::from));
        }
        if let Some(SourcePosition { line, column }) = error.at {
            fields = fields.put("at", Fields::new().count("line", line).count("column", column).done());
        }
        if let Some(task) = &error.task {
            fields = fields.text("task", task);
        }
        if let Some(tick) = error.tick {
            fields = fields.float("tick", tick);
        }
        fields.done()
    }
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
