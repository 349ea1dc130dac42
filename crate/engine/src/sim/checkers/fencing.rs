//! A call in the name of another session than its receiver's changes nothing.
//!
//! Contract: what a process has is shared with the world before, so whoever writes to it has another copy after.

use std::rc::Rc;

use super::Fault;
use crate::cluster::rpc::Envelope;
use crate::sim::world::World;

/// The world before such a call is received.
pub(in crate::sim) struct StaleCall {
    before: World,
    text: String,
}

impl StaleCall {
    /// Whether this one, which was taken off the network just now, is stale.
    pub fn find(world: &World, envelope: &Envelope) -> Option<Self> {
        let is_stale = world.session_at(envelope) != Some(envelope.leader);
        is_stale.then(|| {
            let to = envelope.to;
            Self { before: world.clone(), text: format!("{to} obeys {}", world.describe(envelope)) }
        })
    }

    /// It has been received.
    pub fn check(&self, world: &World) -> Result<(), Fault> {
        let before = &self.before;
        let is_same = before.executors.iter().zip(&world.executors).all(|(a, b)| Rc::ptr_eq(a, b))
            && Rc::ptr_eq(&before.job_master, &world.job_master)
            && Rc::ptr_eq(&before.file_system, &world.file_system)
            && format!("{:?}", before.resource_manager) == format!("{:?}", world.resource_manager)
            && before.rpc.len() == world.rpc.len();
        is_same.then_some(()).ok_or_else(|| format!("{} of a session that is over", self.text))
    }
}
