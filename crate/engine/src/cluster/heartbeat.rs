//! When a process notices that another one is gone.
//!
//! Contract: who watches asks every interval, counted from when it began to watch. Asking a process that answers
//! changes nothing, so those heartbeats are not played; those of a process that is gone are reckoned here, from when
//! it went. Flink: `HeartbeatManagerSenderImpl`, `HeartbeatMonitorImpl`.

use super::rpc::Address;
use crate::base::ids::TaskManagerId;

/// Flink: `heartbeat.interval`.
pub const HEARTBEAT_INTERVAL_TICKS: u64 = 10_000;
/// Heartbeats that cannot be delivered, one after the other, until the process counts as gone. Flink:
/// `heartbeat.rpc-failure-threshold`.
const FAILED_RPCS_MAX: u64 = 2;

/// A TaskManager that is gone, and who is to notice, when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Notice {
    pub at: u64,
    /// The JobMaster or the ResourceManager.
    pub by: Address,
    pub task_manager: TaskManagerId,
}

impl Notice {
    /// Of a process that was killed at tick `since`, by one that has watched it from tick `watched_from` on: its calls
    /// are refused, and the second one in a row is enough.
    pub const fn of_killed(task_manager: TaskManagerId, since: u64, by: Address, watched_from: u64) -> Self {
        let asked = since.saturating_sub(watched_from).div_ceil(HEARTBEAT_INTERVAL_TICKS);
        let at = watched_from + (asked + FAILED_RPCS_MAX - 1) * HEARTBEAT_INTERVAL_TICKS;
        Self { at, by, task_manager }
    }

    /// What the one who notices says.
    pub fn message(&self) -> String {
        format!("TaskManager with id TaskManager {} is no longer reachable.", self.task_manager.0 + 1)
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
}
