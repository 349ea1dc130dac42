//! Timers as elements of a snapshot, by key group, and back.
//!
//! Contract: an element is the timestamp, its first bit turned so that bytes sort as times do, then key and
//! namespace. Timers of a key group are written in the order of the heap, and added again in that order, so that
//! those of one time fire as they would have. Flink: `TimerSerializer`, `HeapPriorityQueueStateSnapshot`,
//! `InternalTimeServiceManagerImpl` (the names).

use super::timers::{InternalTimerService, Timer};
use crate::graph::windowing::TimeDomain;
use crate::state::bytes::{ByteReader, CorruptState, put_u64};
use crate::state::composite_key::{put_key, take_key};
use crate::state::key_groups::{KeyGroupRange, assign_to_key_group};
use crate::state::keyed::snapshot::QueueSnapshot;
use crate::state::namespace::Namespace;
use crate::state::{StateError, StateFault};

/// The name of the queue of each clock.
const QUEUES: [(TimeDomain, &str); 2] = [
    (TimeDomain::ProcessingTime, "_timer_state/processing_timers"),
    (TimeDomain::EventTime, "_timer_state/event_timers"),
];

const SIGN: u64 = 1 << 63;

impl InternalTimerService {
    /// The queues that have timers, for a snapshot.
    pub fn queues(&self, range: KeyGroupRange, max_parallelism: u32) -> Vec<QueueSnapshot> {
        let mut queues = Vec::new();
        for (domain, name) in QUEUES {
            if self.next(domain).is_none() {
                continue;
            }
            let mut groups = vec![Vec::new(); range.group_count() as usize];
            for timer in self.in_heap_order(domain) {
                let key_group = assign_to_key_group(&timer.key, max_parallelism);
                groups[(key_group - range.start) as usize].push(element_of(&timer));
            }
            queues.push(QueueSnapshot { name: name.into(), groups });
        }
        queues
    }

    /// Adds a timer of a snapshot to those of an operator, which are for namespaces like this one. The timers of a
    /// function are not those of windows, nor those of a join: they have queues of their own in Flink, and are left. The
    /// clock is not asked for it: see [`Self::schedule_next`].
    pub fn restore(&mut self, queue: &str, element: &[u8], own: Option<Namespace>) -> Result<(), StateError> {
        let found = QUEUES.iter().find(|(_, name)| *name == queue);
        let (domain, _) = *found.ok_or(CorruptState::Content("a queue is not one of timers"))?;
        let mut element = ByteReader(element);
        let timestamp = (element.u64()? ^ SIGN) as i64;
        let (key, namespace) = take_key(&mut element)?;
        let (was, wanted) = (namespace.type_number(), own.unwrap_or(namespace).type_number());
        match (namespace, own) {
            _ if was == wanted => self.hold(domain, Timer { timestamp, key, namespace }),
            (Namespace::Window(_), Some(Namespace::Window(_))) => {
                return Err(StateFault::namespaces("priority queue serializer", true, was, wanted).into());
            }
            _ => {}
        }
        Ok(())
    }
}

fn element_of(timer: &Timer) -> Vec<u8> {
    let mut element = Vec::with_capacity(24);
    put_u64(&mut element, timer.timestamp as u64 ^ SIGN);
    put_key(&mut element, &timer.key, timer.namespace);
    element
}
