//! What the outside asks of the world. A run is scenario, seed and commands, and nothing else.

use crate::base::ids::TaskId;
use crate::cluster::file_fault::FileFault;
use crate::cluster::link_fault::LinkFault;
use crate::cluster::process_fault::ProcessFault;
use crate::network::barrier::{SavepointFormat, SnapshotType};
use crate::scenario::ScenarioCommand;
use crate::scheduler::adaptive::slot_allocator::ParallelismBounds;
use crate::task::pace::Speed;

/// Applied at the start of the next tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// The client cancels the job.
    CancelJob,
    /// The client says what a vertex asks for, counted in topological order: for an adaptive scheduler.
    UpdateResourceRequirements { vertex: u32, bounds: ParallelismBounds },
    /// All tasks of a vertex work at another speed from now on. The vertex is counted in topological order.
    SetSpeed { vertex: u32, speed: Speed },
    /// A record bears another event time than the job gives it.
    SetTimestamp(SetTimestamp),
    /// The client asks for a checkpoint, or a savepoint, or to stop with one.
    RequestCheckpoint { snapshot: SnapshotType, format: SavepointFormat, target: Option<&'static str> },
    /// Something goes wrong between two TaskManagers, or is mended.
    Link(LinkFault),
    /// Something goes wrong with the file system of the checkpoints, or is mended.
    File(FileFault),
    /// Something goes wrong with a process or a task, or a TaskManager starts.
    Process(ProcessFault),
}

/// Which record is to bear which time: the one that an operator of a subtask gives a time to as number `record`,
/// counted from 0 on; one that is read again after a failure has the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetTimestamp {
    pub task: TaskId,
    /// Its place in the chain.
    pub operator: u32,
    pub record: u64,
    pub timestamp: i64,
}

impl From<ScenarioCommand> for Command {
    fn from(command: ScenarioCommand) -> Self {
        match command {
            ScenarioCommand::CancelJob => Self::CancelJob,
            ScenarioCommand::UpdateResourceRequirements { vertex, bounds } => {
                Self::UpdateResourceRequirements { vertex, bounds }
            }
            ScenarioCommand::RequestCheckpoint { snapshot, format, target } => {
                Self::RequestCheckpoint { snapshot, format, target }
            }
            ScenarioCommand::File(fault) => Self::File(fault),
        }
    }
}
