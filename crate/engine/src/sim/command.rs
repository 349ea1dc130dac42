//! What the outside asks of the world. A run is scenario, seed and commands, and nothing else.

use crate::cluster::link_fault::LinkFault;
use crate::task::pace::Speed;

/// Applied at the start of the next tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// The client cancels the job.
    CancelJob,
    /// All tasks of a vertex work at another speed from now on. The vertex is counted in topological order.
    SetSpeed { vertex: u32, speed: Speed },
    /// Something goes wrong between two TaskManagers, or is mended.
    Link(LinkFault),
}
