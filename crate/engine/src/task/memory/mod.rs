//! The memory of a TaskManager: how its process divides it, and who holds its managed part.

pub mod manager;
pub mod options;
pub mod process_spec;
pub mod size;

use std::fmt;

/// Why a memory configuration makes no sense, in Flink's words. Flink: `IllegalConfigurationException`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IllegalConfiguration {
    message: String,
}

impl IllegalConfiguration {
    /// An error with this message.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }

    /// The error with what it led to before it.
    fn within(self, message: &str) -> Self {
        Self { message: format!("{message} Caused by: {}", self.message) }
    }
}

impl fmt::Display for IllegalConfiguration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
