//! What the job printed and collected.

use std::rc::Rc;

use crate::base::ids::TaskId;

/// A line of stdout or stderr, or a row of a collecting sink's table.
#[derive(Clone, Debug)]
pub struct OutputLine {
    /// `stdout`, `stderr`, or the table's name.
    pub stream: Rc<str>,
    pub text: Rc<str>,
    pub tick: u64,
    pub task: TaskId,
}
