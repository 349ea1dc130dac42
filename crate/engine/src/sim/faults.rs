//! Faults of the world: links that are cut, slow or mended.
//!
//! Contract: a fault is applied at the start of a tick, in the phase of the commands.

use std::rc::Rc;

use super::world::World;
use crate::base::ids::TaskManagerId;
use crate::cluster::link::Link;
use crate::cluster::link_fault::LinkFault;
use crate::cluster::rpc::Address;
use crate::trace::{TraceEvent, TraceKind};

impl World {
    /// Makes a fault happen.
    pub(super) fn apply_link_fault(&mut self, fault: LinkFault) {
        let (from, to) = fault.ends();
        self.log_fault(from, to, &fault.to_string());
        match fault {
            LinkFault::Cut(links) => {
                for (from, to) in links.pairs() {
                    let now = self.tick;
                    self.link_mut(from, to).cut(now);
                }
            }
            LinkFault::Slow(links, speed) => {
                links.pairs().for_each(|(from, to)| self.link_mut(from, to).set_speed(speed));
            }
            LinkFault::Restore(links) => {
                let now = self.tick;
                links.pairs().for_each(|(from, to)| self.link_mut(from, to).restore(now));
            }
        }
    }

    /// The link from the one to the other; a TaskManager has none to itself.
    pub fn link(&self, from: TaskManagerId, to: TaskManagerId) -> Option<&Link> {
        (from != to).then(|| self.links[self.link_place(from, to)].as_ref())
    }

    /// The same, to change it.
    pub(super) fn link_mut(&mut self, from: TaskManagerId, to: TaskManagerId) -> &mut Link {
        let place = self.link_place(from, to);
        Rc::make_mut(&mut self.links[place])
    }

    /// Links stand in the order of where they come from, then of where they go.
    fn link_place(&self, from: TaskManagerId, to: TaskManagerId) -> usize {
        let others = self.executors.len() - 1;
        let place = from.index() * others + to.index() - usize::from(to > from);
        let link = &self.links[place];
        assert!(link.from == from && link.to == to, "between {from} and {to} there is no link");
        place
    }

    fn log_fault(&mut self, from: TaskManagerId, to: TaskManagerId, text: &str) {
        self.trace.log(TraceEvent {
            tick: self.tick,
            kind: TraceKind::Fault,
            from: Address::TaskExecutor(from).to_string().into(),
            to: Address::TaskExecutor(to).to_string().into(),
            text: text.into(),
        });
    }
}
