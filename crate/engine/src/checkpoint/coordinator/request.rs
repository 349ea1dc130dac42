//! Requests to take a checkpoint, in the order in which they are served, and which may be served now.
//!
//! Contract: savepoints come first, then what is forced, then what a person asked for, then what came earlier. What
//! the timer asked for too early is refused; the rest waits. That Flink begins none while more are being deleted than may
//! be under way never happens here: deleting takes no time. Flink: `CheckpointRequestDecider`,
//! `CheckpointTriggerRequest`, `CheckpointProperties`.

use crate::checkpoint::failure_reason::CheckpointFailureReason;
pub use crate::network::barrier::SavepointFormat;
use crate::network::barrier::SnapshotType;

/// How many requests wait at most. Flink: `CheckpointRequestDecider.DEFAULT_MAX_QUEUED_REQUESTS`.
pub const QUEUED_REQUESTS_MAX: usize = 1000;

/// What is to be taken, and for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TriggerRequest {
    pub snapshot: SnapshotType,
    pub format: SavepointFormat,
    /// The directory that was asked for.
    pub target: Option<&'static str>,
    /// The timer asked for it.
    pub is_periodic: bool,
    /// It does not wait for others.
    pub is_forced: bool,
    /// When it was asked for.
    pub asked_at: u64,
    /// What its answer bears; 0 where nobody waits for one.
    pub number: u32,
}

impl TriggerRequest {
    /// What the timer asks for.
    pub const fn periodic(now: u64) -> Self {
        Self {
            snapshot: SnapshotType::Checkpoint,
            format: SavepointFormat::Canonical,
            target: None,
            is_periodic: true,
            is_forced: false,
            asked_at: now,
            number: 0,
        }
    }

    const fn priority(&self) -> (bool, bool, bool, u64) {
        (!self.snapshot.is_savepoint(), !self.is_forced, self.is_periodic, self.asked_at)
    }
}

/// What decides about a request.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    pub pending: u32,
    pub concurrent_max: u32,
    /// How many ms the timer's requests have to wait yet.
    pub pause_left: u64,
}

/// What becomes of the first request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It starts.
    Run(TriggerRequest),
    /// The timer asked too early, and shall ask when the pause is over.
    TooEarly(TriggerRequest),
    /// Nothing can be done now.
    Wait,
}

/// The requests that wait.
#[derive(Clone, Debug, Default)]
pub struct RequestQueue {
    /// In the order of service.
    waiting: Vec<TriggerRequest>,
}

impl RequestQueue {
    /// Adds a request. Of too many, the last in the order of service is given back with the reason.
    pub fn add(&mut self, request: TriggerRequest) -> Result<(), (TriggerRequest, CheckpointFailureReason)> {
        let reason = CheckpointFailureReason::TooManyCheckpointRequests;
        let is_full = self.waiting.len() >= QUEUED_REQUESTS_MAX;
        if is_full && self.waiting.last().is_some_and(|last| !last.is_periodic) {
            return Err((request, reason));
        }
        let at = self.waiting.partition_point(|other| other.priority() <= request.priority());
        self.waiting.insert(at, request);
        if self.waiting.len() <= QUEUED_REQUESTS_MAX {
            return Ok(());
        }
        Err((self.waiting.pop().expect("it is longer than its limit"), reason))
    }

    /// Takes the first request out, if something becomes of it.
    pub fn decide(&mut self, load: Load) -> Decision {
        let Some(&first) = self.waiting.first() else { return Decision::Wait };
        if load.pending >= load.concurrent_max {
            if !first.is_forced {
                return Decision::Wait;
            }
            self.waiting.remove(0);
            return Decision::Run(first);
        }
        self.waiting.remove(0);
        if !first.is_forced && first.is_periodic && load.pause_left > 0 {
            return Decision::TooEarly(first);
        }
        Decision::Run(first)
    }

    /// Takes all of them out.
    pub fn take(&mut self) -> Vec<TriggerRequest> {
        std::mem::take(&mut self.waiting)
    }

    /// How many wait.
    pub const fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether none waits.
    pub const fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FREE: Load = Load { pending: 0, concurrent_max: 1, pause_left: 0 };
    const BUSY: Load = Load { pending: 1, ..FREE };

    fn asked(number: u32, snapshot: SnapshotType, is_periodic: bool, is_forced: bool) -> TriggerRequest {
        let asked_at = 100 - u64::from(number);
        TriggerRequest { snapshot, is_periodic, is_forced, number, ..TriggerRequest::periodic(asked_at) }
    }

    #[test]
    fn the_order_of_service_is_flinks() {
        let (checkpoint, savepoint) = (SnapshotType::Checkpoint, SnapshotType::Savepoint);
        let mut queue = RequestQueue::default();
        for request in [
            asked(1, checkpoint, true, false),
            asked(2, checkpoint, true, false),
            asked(3, checkpoint, false, false),
            asked(4, checkpoint, false, true),
            asked(5, savepoint, false, false),
            asked(6, savepoint, false, true),
        ] {
            assert_eq!(queue.add(request), Ok(()));
        }
        let order: Vec<u32> = queue.take().iter().map(|request| request.number).collect();
        assert_eq!(order, [6, 5, 4, 3, 2, 1]);
    }

    #[test]
    fn what_is_forced_does_not_wait_for_others() {
        let mut queue = RequestQueue::default();
        assert_eq!(queue.decide(FREE), Decision::Wait);
        let forced = asked(1, SnapshotType::Savepoint, false, true);
        let periodic = TriggerRequest::periodic(5);
        assert!(queue.add(periodic).is_ok() && queue.add(forced).is_ok());
        assert_eq!(queue.decide(BUSY), Decision::Run(forced));
        assert_eq!(queue.decide(BUSY), Decision::Wait);
        assert_eq!(queue.decide(FREE), Decision::Run(periodic));
    }

    #[test]
    fn the_timer_keeps_the_pause_and_a_person_does_not() {
        let load = Load { pause_left: 3, ..FREE };
        let mut queue = RequestQueue::default();
        let by_hand = asked(1, SnapshotType::Checkpoint, false, false);
        assert!(queue.add(TriggerRequest::periodic(5)).is_ok() && queue.add(by_hand).is_ok());
        assert_eq!(queue.decide(load), Decision::Run(by_hand));
        assert_eq!(queue.decide(load), Decision::TooEarly(TriggerRequest::periodic(5)));
        assert!(queue.is_empty());
    }

    #[test]
    fn a_full_queue_gives_up_what_would_be_served_last() {
        let mut queue = RequestQueue::default();
        for n in 0..QUEUED_REQUESTS_MAX as u64 {
            assert_eq!(queue.add(TriggerRequest::periodic(n)), Ok(()));
        }
        let (given_up, reason) =
            queue.add(asked(1, SnapshotType::Checkpoint, false, false)).expect_err("full");
        assert_eq!((given_up.asked_at, reason.name()), (999, "TOO_MANY_CHECKPOINT_REQUESTS"));
        for _ in 1..QUEUED_REQUESTS_MAX {
            assert!(
                queue.add(asked(1, SnapshotType::Checkpoint, false, false)).is_err(),
                "a periodic one goes"
            );
        }
        let mine = asked(2, SnapshotType::Savepoint, false, true);
        assert_eq!(queue.add(mine).map_err(|(request, _)| request), Err(mine), "nothing periodic is left");
        assert_eq!(queue.len(), QUEUED_REQUESTS_MAX);
    }
}
