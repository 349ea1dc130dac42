//! Where the world stands inside a tick.

use crate::base::ids::{TaskId, TaskManagerId};

/// The parts of a tick, in the order that is a contract: golden traces depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Commands and due faults are applied.
    Commands,
    /// Remote procedure calls arrive.
    Rpc,
    /// Links deliver and send.
    Links,
    /// Disks, and the file system of the checkpoints, complete what they were asked for.
    Storage,
    /// Timers fire: output flushers, requests that are made again, and the clocks of operators.
    Timers,
    /// Every task runs its mailbox for the work that its speed allows.
    Tasks,
}

/// The phase, and what is left of it.
#[derive(Clone, Debug)]
pub struct Cursor {
    pub phase: Phase,
    /// Turns run in this tick.
    pub turn: u32,
    /// Places that are still to come in this phase: links, TaskManagers, or tasks.
    pub left: Vec<u32>,
    /// The task whose turns are running, and the mails that it has run in this tick.
    pub current: Option<(u32, u32)>,
}

impl Cursor {
    /// The start of a tick.
    pub const fn start() -> Self {
        Self { phase: Phase::Commands, turn: 0, left: Vec::new(), current: None }
    }

    /// Goes to a phase with so many places.
    pub fn enter(&mut self, phase: Phase, places: u32) {
        self.phase = phase;
        self.current = None;
        self.left.clear();
        self.left.extend(0..places);
    }
}

/// Whose turn it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    Task {
        task: TaskId,
        operator: u32,
        took_record: bool,
    },
    Link {
        from: TaskManagerId,
        to: TaskManagerId,
    },
    Rpc,
    /// A TaskManager's disk completed a request.
    Storage {
        task_manager: TaskManagerId,
    },
    /// The file system of the checkpoints completed a request.
    FileSystem,
    Timer {
        task: TaskId,
    },
    /// A TaskManager's network gave up a request, or made one again.
    Network {
        task_manager: TaskManagerId,
    },
    Command,
}
