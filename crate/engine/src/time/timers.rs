//! The timers of one operator in one subtask, each for a key and a namespace.
//!
//! Contract: a timer is its timestamp, key and namespace; registering it twice makes one. Timers fire in the
//! order of their timestamps; equal ones in the order of Flink's heap. A clone costs two reference counts, and
//! what changes after it copies the pages that it touches. Flink: `InternalTimerServiceImpl`,
//! `HeapPriorityQueueSet`, `TimerHeapInternalTimer`.

use std::rc::Rc;

use super::heap::{HeapElements, HeapPriorityQueue};
use super::processing_time::{Callback, ProcessingTimeService};
use crate::base::own::own_seldom;
use crate::base::paged_map::{HashedKey, PagedMap};
use crate::graph::windowing::TimeDomain;
use crate::record::{Value, java_hash_of_key};
use crate::state::namespace::{Namespace, SharedNamespace};

/// A timer. Flink: `InternalTimer`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timer {
    pub timestamp: i64,
    pub key: Value,
    pub namespace: Namespace,
}

impl Timer {
    fn hash_code(&self) -> i32 {
        let timestamp = (self.timestamp ^ (self.timestamp >> 32)) as i32;
        let hash = java_hash_of_key(&self.key).wrapping_mul(31).wrapping_add(timestamp);
        hash.wrapping_mul(31).wrapping_add(self.namespace.hash_code())
    }
}

/// A timer as the queue keeps it: as small as can be.
#[derive(Clone, Debug)]
struct QueuedTimer {
    timestamp: i64,
    key: Value,
    hash: i32,
    namespace: SharedNamespace,
}

impl QueuedTimer {
    fn is(&self, timer: &Timer) -> bool {
        self.timestamp == timer.timestamp
            && self.key.is(&timer.key)
            && self.namespace.get().is(timer.namespace)
    }

    fn timer(&self) -> Timer {
        Timer { timestamp: self.timestamp, key: self.key.clone(), namespace: self.namespace.get() }
    }
}

impl HashedKey for QueuedTimer {
    fn hash(&self) -> i32 {
        self.hash
    }
}

/// The timers of one clock.
#[derive(Clone, Debug, Default)]
struct TimerQueue {
    timers: PagedMap<QueuedTimer, ()>,
    places: Places,
    heap: HeapPriorityQueue,
}

/// The place of each timer in the heap. They stand together, as each step of the heap changes some of them.
#[derive(Clone, Debug, Default)]
struct Places(Vec<u32>);

impl HeapElements for Places {
    #[inline(always)]
    fn set_place(&mut self, element: u32, place: u32) {
        self.0.as_mut_slice()[element as usize] = place;
    }
}

impl TimerQueue {
    /// The timestamp of the first one.
    fn head(&self) -> Option<i64> {
        self.heap.first_priority()
    }

    fn find(&self, hash: i32, timer: &Timer) -> Option<u32> {
        self.timers.find(hash, |other| other.is(timer))
    }

    /// Whether the timer is new.
    fn add(&mut self, timer: Timer) -> bool {
        let hash = timer.hash_code();
        if self.find(hash, &timer).is_some() {
            return false;
        }
        let Timer { timestamp, key, namespace } = timer;
        let newest = self.timers.newest().map(|other| &other.namespace);
        let namespace = SharedNamespace::among(newest, namespace);
        let element = self.timers.push(QueuedTimer { timestamp, key, hash, namespace }, ());
        self.places.0.push(0);
        self.heap.add(element, timestamp, &mut self.places);
        true
    }

    fn poll(&mut self) -> Option<Timer> {
        let QueuedTimer { timestamp, key, namespace, .. } = self.remove_element(self.heap.peek()?);
        Some(Timer { timestamp, key, namespace: namespace.get() })
    }

    fn remove_element(&mut self, element: u32) -> QueuedTimer {
        self.heap.remove(self.places.0[element as usize], &mut self.places);
        self.places.0.swap_remove(element as usize);
        if let Some(&place) = self.places.0.get(element as usize) {
            // The last timer took the number of the one that left.
            self.heap.renumber(place, element);
        }
        self.timers.swap_remove(element).0
    }
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct InternalTimerService {
    event_time: Option<Rc<TimerQueue>>,
    processing_time: Option<Rc<TimerQueue>>,
}

impl InternalTimerService {
    /// Registers a timer; one on the machine's clock is scheduled there if it is the first to come.
    pub fn register(
        &mut self,
        domain: TimeDomain,
        timer: Timer,
        clock: &mut ProcessingTimeService,
        now: i64,
    ) {
        let timestamp = timer.timestamp;
        let first_before = self.queue(domain).and_then(TimerQueue::head);
        let is_new = own_seldom(self.queue_mut(domain).get_or_insert_default()).add(timer);
        let is_first = first_before.is_none_or(|first| timestamp < first);
        if domain == TimeDomain::ProcessingTime && is_new && is_first {
            clock.cancel(Callback::Timers);
            clock.register_timer(timestamp, Callback::Timers, now);
        }
    }

    /// Registers a timer that no clock calls for: it fires at the end of its key.
    pub fn hold(&mut self, domain: TimeDomain, timer: Timer) {
        own_seldom(self.queue_mut(domain).get_or_insert_default()).add(timer);
    }

    /// Deletes a timer, if there is one like it. What was scheduled for it comes all the same, and finds nothing.
    pub fn delete(&mut self, domain: TimeDomain, timer: &Timer) {
        if let Some(queue) = self.queue_mut(domain)
            && let Some(element) = queue.find(timer.hash_code(), timer)
        {
            own_seldom(queue).remove_element(element);
        }
    }

    /// Takes the next timer that is due at `until`.
    pub fn poll(&mut self, domain: TimeDomain, until: i64) -> Option<Timer> {
        let is_due = self.queue(domain)?.head()? <= until;
        // Asked first: a queue of which nothing fires is not copied.
        if !is_due {
            return None;
        }
        own_seldom(self.queue_mut(domain).as_mut()?).poll()
    }

    /// The timestamp of the next timer.
    pub fn next(&self, domain: TimeDomain) -> Option<i64> {
        self.queue(domain)?.head()
    }

    /// The callback for a timestamp has come and all that was due has fired: schedules the next one.
    pub fn schedule_next(&self, clock: &mut ProcessingTimeService, now: i64) {
        if let Some(timestamp) = self.next(TimeDomain::ProcessingTime)
            && !clock.is_scheduled(Callback::Timers)
        {
            clock.register_timer(timestamp, Callback::Timers, now);
        }
    }

    /// All timers of a clock, in the order in which they stand in its heap: added again in this order, they fire
    /// in the same one.
    pub fn in_heap_order(&self, domain: TimeDomain) -> impl Iterator<Item = Timer> {
        self.queue(domain)
            .into_iter()
            .flat_map(|queue| queue.heap.elements().map(|element| queue.timers.at(element).0.timer()))
    }

    /// All timers of a clock, in the order in which they lie in memory.
    pub fn timers(&self, domain: TimeDomain) -> impl Iterator<Item = Timer> {
        self.queue(domain).into_iter().flat_map(|queue| queue.timers.keys().map(QueuedTimer::timer))
    }

    fn queue(&self, domain: TimeDomain) -> Option<&TimerQueue> {
        match domain {
            TimeDomain::EventTime => self.event_time.as_deref(),
            TimeDomain::ProcessingTime => self.processing_time.as_deref(),
        }
    }

    const fn queue_mut(&mut self, domain: TimeDomain) -> &mut Option<Rc<TimerQueue>> {
        match domain {
            TimeDomain::EventTime => &mut self.event_time,
            TimeDomain::ProcessingTime => &mut self.processing_time,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use TimeDomain::{EventTime, ProcessingTime};

    fn timer(timestamp: i64, key: &str) -> Timer {
        Timer { timestamp, key: key.into(), namespace: Namespace::Void }
    }

    fn service(timers: &[(i64, &str)]) -> InternalTimerService {
        let mut service = InternalTimerService::default();
        for &(timestamp, key) in timers {
            service.register(EventTime, timer(timestamp, key), &mut ProcessingTimeService::default(), 0);
        }
        service
    }

    fn fired(service: &mut InternalTimerService, until: i64) -> Vec<String> {
        std::iter::from_fn(|| service.poll(EventTime, until))
            .map(|timer| format!("{}@{}", timer.key, timer.timestamp))
            .collect()
    }

    #[test]
    fn each_fires_once_in_order() {
        let mut service = service(&[(5, "a"), (3, "b"), (5, "a"), (9, "a"), (3, "a")]);
        assert_eq!(service.timers(EventTime).count(), 4);
        assert_eq!(fired(&mut service, 2), [""; 0]);
        assert_eq!(fired(&mut service, 8), ["b@3", "a@3", "a@5"]);
        assert_eq!(service.next(EventTime), Some(9));
        assert_eq!(fired(&mut service, i64::MAX), ["a@9"]);
    }

    #[test]
    fn deleted_ones_do_not_fire() {
        let mut service = service(&[(1, "a"), (2, "a"), (3, "a"), (4, "a"), (5, "a")]);
        let snapshot = service.clone();
        service.delete(EventTime, &timer(1, "a"));
        service.delete(EventTime, &timer(4, "a"));
        service.delete(EventTime, &timer(4, "b"));
        assert_eq!(fired(&mut service, 9), ["a@2", "a@3", "a@5"]);
        assert_eq!(fired(&mut snapshot.clone(), 9).len(), 5, "a snapshot keeps what it had");
    }

    #[test]
    fn namespaces_keep_timers_apart() {
        let mut service = service(&[(1, "a")]);
        let side = Timer { namespace: Namespace::Side(0), ..timer(1, "a") };
        service.register(EventTime, side, &mut ProcessingTimeService::default(), 0);
        assert_eq!(fired(&mut service, 1), ["a@1", "a@1"]);
    }

    #[test]
    fn the_clock_is_set_to_the_first_timer() {
        let (mut service, mut clock) = (InternalTimerService::default(), ProcessingTimeService::default());
        for timestamp in [50, 20, 30] {
            service.register(ProcessingTime, timer(timestamp, "a"), &mut clock, 10);
        }
        assert_eq!(clock.next(), Some(21), "after the timestamp, not at it");
        assert_eq!(clock.take_due(20), None);
        assert_eq!(clock.take_due(21).map(|due| due.timestamp), Some(20));
        assert_eq!(clock.next(), None);
        service.register(ProcessingTime, timer(5, "a"), &mut clock, 30);
        assert_eq!(clock.next(), Some(30), "what is past fires at once");
    }
}
