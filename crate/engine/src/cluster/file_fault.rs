//! What can go wrong with the file system that checkpoints are in.

use std::fmt;
use std::rc::Rc;

use crate::checkpoint::storage::file_system::FileSystemFault;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileFault {
    Fail(FileSystemFault),
    /// It works again.
    Mend,
    /// A file is gone.
    Lose(Rc<str>),
    /// A byte of a file is another.
    Damage(Rc<str>, u32),
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fail(FileSystemFault::Down) => f.write_str("does not answer"),
            Self::Fail(FileSystemFault::Full) => f.write_str("is full"),
            Self::Mend => f.write_str("works again"),
            Self::Lose(path) => write!(f, "lost {path}"),
            Self::Damage(path, at) => write!(f, "damaged byte {at} of {path}"),
        }
    }
}
