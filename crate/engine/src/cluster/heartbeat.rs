//! When a process notices that another one is gone.
//!
//! Contract: who watches asks every interval, counted from when it began to watch. Asking a process that answers
//! changes nothing, so those heartbeats are not played; those of a process that is gone or does not answer are
//! reckoned here, from when it went or stopped. Flink: `HeartbeatManagerSenderImpl`, `HeartbeatMonitorImpl`.

use super::rpc::Address;
use crate::base::ids::TaskManagerId;

/// Flink: `heartbeat.interval`.
pub const HEARTBEAT_INTERVAL_TICKS: u64 = 10_000;
/// Heartbeats that cannot be delivered, one after the other, until the process counts as gone. Flink:
/// `heartbeat.rpc-failure-threshold`.
const FAILED_RPCS_MAX: u64 = 2;
/// Flink: `heartbeat.timeout`.
pub const HEARTBEAT_TIMEOUT_TICKS: u64 = 50_000;

/// A TaskManager that is gone, and who is to notice, when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Notice {
    pub at: u64,
    /// The JobMaster or the ResourceManager.
    pub by: Address,
    pub task_manager: TaskManagerId,
    pub sign: Sign,
}

/// How it is noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sign {
    /// Heartbeats cannot be delivered.
    Unreachable,
    /// None was answered for too long.
    TimedOut,
}

impl Notice {
    /// Of a process that was killed at tick `since`, by one that has watched it from tick `watched_from` on: its calls
    /// are refused, and the second one in a row is enough.
    pub const fn of_killed(task_manager: TaskManagerId, since: u64, by: Address, watched_from: u64) -> Self {
        let asked = since.saturating_sub(watched_from).div_ceil(HEARTBEAT_INTERVAL_TICKS);
        let at = watched_from + (asked + FAILED_RPCS_MAX - 1) * HEARTBEAT_INTERVAL_TICKS;
        Self { at, by, task_manager, sign: Sign::Unreachable }
    }

    /// Of a process that does nothing since tick `since`, by one that has watched it from tick `watched_from` on: the
    /// last heartbeat that it answered counts, or, before there was one, that it was watched. A call takes
    /// `latency_ticks`.
    pub fn of_paused(
        task_manager: TaskManagerId,
        since: u64,
        by: Address,
        watched_from: u64,
        latency_ticks: u64,
    ) -> Self {
        let taken = since.saturating_sub(latency_ticks + watched_from) / HEARTBEAT_INTERVAL_TICKS;
        let is_answered = since >= latency_ticks + watched_from;
        let answered_at = watched_from + taken * HEARTBEAT_INTERVAL_TICKS + 2 * latency_ticks;
        let heard = if is_answered { answered_at } else { watched_from };
        Self { at: heard + HEARTBEAT_TIMEOUT_TICKS, by, task_manager, sign: Sign::TimedOut }
    }

    /// What the one who notices says, behind the class of the exception.
    pub fn message(&self) -> String {
        let (before, after) = match (self.sign, self.by) {
            (Sign::Unreachable, Address::JobMaster) => ("JobMasterException: ", "is no longer reachable"),
            (Sign::Unreachable, _) => ("ResourceManagerException: ", "is no longer reachable"),
            (Sign::TimedOut, Address::JobMaster) => ("TimeoutException: Heartbeat of ", "timed out"),
            (Sign::TimedOut, _) => ("TimeoutException: The heartbeat of ", "timed out"),
        };
        format!("{before}TaskManager with id TaskManager {} {after}.", self.task_manager.0 + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_heartbeat_that_fails_tells() {
        let notice = |since, from| Notice::of_killed(TaskManagerId(1), since, Address::JobMaster, from).at;
        assert_eq!(notice(1, 0), 20_000);
        assert_eq!(notice(10_000, 0), 20_000, "the heartbeat of that tick fails");
        assert_eq!(notice(10_001, 0), 30_000);
        assert_eq!((notice(15, 4), notice(2, 4)), (20_004, 10_004));
    }

    #[test]
    fn a_process_that_does_not_answer_is_given_up_after_the_timeout() {
        let notice = |since| Notice::of_paused(TaskManagerId(1), since, Address::JobMaster, 4, 1).at;
        assert_eq!(notice(3), 50_004, "it has answered none");
        assert_eq!(notice(5), 50_006, "the first heartbeat of all was answered");
        assert_eq!(
            (notice(10_004), notice(10_005)),
            (50_006, 60_006),
            "the second one is taken a tick later"
        );
    }
}
