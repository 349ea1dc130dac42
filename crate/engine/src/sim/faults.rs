//! Faults of the world: links that are cut, slow or mended, connections that are lost or time out.
//!
//! Contract: a fault is applied at the start of a tick, in the phase of the commands; after those, in the order of
//! the links, come the connections whose time is over. The time of a connection starts when something that was
//! sent over it has no answer because one of its links is cut.

use std::rc::Rc;

use super::cursor::Actor;
use super::world::World;
use crate::base::ids::{PartitionId, TaskManagerId};
use crate::base::own::own_seldom;
use crate::cluster::file_fault::FileFault;
use crate::cluster::link::Link;
use crate::cluster::link_fault::LinkFault;
use crate::cluster::rpc::Address;
use crate::network::error::NetworkError;
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
                    if self.is_busy(from, to) || self.is_busy(to, from) {
                        self.note_unanswered(from, to);
                    }
                }
            }
            LinkFault::Slow(links, speed) => {
                links.pairs().for_each(|(from, to)| self.link_mut(from, to).set_speed(speed));
            }
            LinkFault::Restore(links) => {
                let now = self.tick;
                links.pairs().for_each(|(from, to)| self.link_mut(from, to).restore(now));
            }
            LinkFault::Reset { a, b } => {
                self.fail_connection(a, b, |peer, _| NetworkError::ConnectionLost { peer });
            }
        }
    }

    /// Something was sent, or waits to be sent, from the one to the other: if a link between them is cut, there
    /// will be no answer.
    pub(super) fn note_unanswered(&mut self, from: TaskManagerId, to: TaskManagerId) {
        let now = self.tick;
        for (from, to) in [(from, to), (to, from)] {
            let is_news = |link: &Link| link.is_cut() && link.unanswered_since().is_none();
            if self.link(from, to).is_some_and(is_news) {
                self.link_mut(from, to).note_unanswered(now);
            }
        }
    }

    /// Fails the first connection whose time is over.
    pub(super) fn timeout_turn(&mut self) -> Option<Actor> {
        let is_due = |link: &&Rc<Link>| self.timeout_of(link).is_some_and(|at| at <= self.tick);
        let (from, to) = self.links.iter().find(is_due).map(|link| (link.from, link.to))?;
        let has_delivered = |from, to| self.link(from, to).is_some_and(Link::has_delivered);
        let was_made = has_delivered(from, to) || has_delivered(to, from);
        self.log_fault(from, to, "connection timed out");
        let error: fn(TaskManagerId, PartitionId) -> NetworkError = if was_made {
            |peer, _| NetworkError::ConnectionTimedOut { peer }
        } else {
            |peer, partition| NetworkError::ConnectionNotMade { peer, partition }
        };
        self.fail_connection(from, to, error);
        Some(Actor::Link { from, to })
    }

    /// The link from the one to the other; a TaskManager has none to itself.
    pub fn link(&self, from: TaskManagerId, to: TaskManagerId) -> Option<&Link> {
        (from != to).then(|| self.links[self.link_place(from, to)].as_ref())
    }

    /// The same, to change it.
    pub(super) fn link_mut(&mut self, from: TaskManagerId, to: TaskManagerId) -> &mut Link {
        let place = self.link_place(from, to);
        own_seldom(&mut self.links[place])
    }

    fn is_busy(&self, from: TaskManagerId, to: TaskManagerId) -> bool {
        self.link(from, to).is_some_and(|link| link.in_flight().next().is_some())
    }

    /// Links stand in the order of where they come from, then of where they go.
    fn link_place(&self, from: TaskManagerId, to: TaskManagerId) -> usize {
        let others = self.executors.len() - 1;
        let place = from.index() * others + to.index() - usize::from(to > from);
        let link = &self.links[place];
        assert!(link.from == from && link.to == to, "between {from} and {to} there is no link");
        place
    }

    /// When the connection that a link is part of times out, if nothing changes.
    pub(super) fn timeout_of(&self, link: &Link) -> Option<u64> {
        Some(link.unanswered_since()? + self.fixed.scenario.connection_timeout_ticks)
    }

    /// Both ends lose what is in flight between them, and learn that they do.
    fn fail_connection(
        &mut self,
        a: TaskManagerId,
        b: TaskManagerId,
        error: fn(TaskManagerId, PartitionId) -> NetworkError,
    ) {
        for (here, peer) in [(a, b), (b, a)] {
            self.link_mut(here, peer).reset();
            let executor = own_seldom(&mut self.executors[here.index()]);
            executor.shuffle_mut().connection_failed(peer, error);
        }
    }

    /// Makes a fault of the file system happen.
    pub(super) fn apply_file_fault(&mut self, fault: &FileFault) {
        let (who, text): (Rc<str>, _) = ("File system".into(), fault.to_string().into());
        self.trace.log(TraceEvent::note(self.tick, TraceKind::Fault, (Rc::clone(&who), who), text));
        let files = own_seldom(&mut self.file_system);
        match fault {
            FileFault::Fail(fault) => files.set_fault(Some(*fault)),
            FileFault::Mend => files.set_fault(None),
            FileFault::Lose(path) => files.lose(path),
            FileFault::Damage(path, at) => files.damage(path, *at),
        }
    }

    fn log_fault(&mut self, from: TaskManagerId, to: TaskManagerId, text: &str) {
        let name = |id| Address::TaskExecutor(id).to_string().into();
        self.trace.log(TraceEvent::note(self.tick, TraceKind::Fault, (name(from), name(to)), text.into()));
    }
}

#[cfg(test)]
mod tests;
