//! Counts the checkpoints that failed in a row, and says when they are too many.
//!
//! Contract: a checkpoint counts once; what is nobody's fault does not count. Flink: `CheckpointFailureManager`.

use crate::base::ordered::SortedSet;
use crate::checkpoint::failure_reason::CheckpointFailureReason;

/// Flink: `EXCEEDED_CHECKPOINT_TOLERABLE_FAILURE_MESSAGE`.
pub const TOO_MANY_FAILURES: &str = "Exceeded checkpoint tolerable failure threshold.";

/// See the module.
#[derive(Clone, Debug)]
pub struct CheckpointFailureManager {
    tolerated: u32,
    in_a_row: u32,
    counted: SortedSet<u64>,
    last_success: u64,
}

impl CheckpointFailureManager {
    /// One that tolerates so many failures in a row.
    pub const fn new(tolerated: u32) -> Self {
        Self { tolerated, in_a_row: 0, counted: SortedSet::new(), last_success: 0 }
    }

    /// A checkpoint is complete.
    pub fn on_success(&mut self, checkpoint: u64) {
        if checkpoint > self.last_success {
            self.last_success = checkpoint;
            self.clear();
        }
    }

    /// A checkpoint failed, or one that got no id yet. Whether the job must fail.
    pub fn on_failure(&mut self, checkpoint: Option<u64>, reason: CheckpointFailureReason) -> bool {
        let is_outdated = checkpoint.is_some_and(|id| id < self.last_success);
        let is_counted = checkpoint.is_some_and(|id| self.counted.contains(&id));
        if is_outdated || is_counted || !reason.counts_as_failure() {
            return false;
        }
        self.counted.extend(checkpoint);
        self.in_a_row += 1;
        let is_too_much = self.in_a_row > self.tolerated;
        if is_too_much {
            self.clear();
        }
        is_too_much
    }

    /// How many failed since the last one that did not.
    pub const fn in_a_row(&self) -> u32 {
        self.in_a_row
    }

    fn clear(&mut self) {
        self.in_a_row = 0;
        self.counted.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use CheckpointFailureReason as Reason;

    #[test]
    fn more_failures_in_a_row_than_tolerated_fail_the_job() {
        let mut failures = CheckpointFailureManager::new(2);
        assert!(!failures.on_failure(Some(1), Reason::Expired));
        assert!(!failures.on_failure(Some(1), Reason::Declined), "a checkpoint counts once");
        assert!(!failures.on_failure(Some(2), Reason::AsyncException));
        failures.on_success(3);
        assert_eq!(failures.in_a_row(), 0);
        assert!(!failures.on_failure(Some(2), Reason::Expired), "older than the last success");
        assert!(!failures.on_failure(Some(4), Reason::Expired));
        assert!(!failures.on_failure(Some(5), Reason::IoException));
        assert!(failures.on_failure(Some(6), Reason::FinalizeCheckpointFailure));
        assert_eq!(failures.in_a_row(), 0, "it starts again after the job has failed");
    }

    #[test]
    fn what_is_nobodys_fault_does_not_count() {
        let mut failures = CheckpointFailureManager::new(0);
        for reason in [
            Reason::Subsumed,
            Reason::NotAllRequiredTasksRunning,
            Reason::MinimumTimeBetweenCheckpoints,
            Reason::JobFailoverRegion,
            Reason::TaskFailure,
            Reason::DeclinedTaskNotReady,
            Reason::DeclinedTaskClosing,
            Reason::DeclinedOnCancellationBarrier,
            Reason::DeclinedInputEndOfStream,
            Reason::CoordinatorSuspend,
        ] {
            assert!(!failures.on_failure(Some(1), reason), "{}", reason.name());
        }
        assert!(failures.on_failure(None, Reason::IoException));
    }
}
