//! The life of a process: how it starts, step by step, whether it runs, does nothing, is slow, or is gone.
//!
//! Contract: the steps of a start come in their order, one after the other, and nothing else is done before the last
//! one. A process that is slow acts in every n-th tick, and in no other. Flink: `ClusterEntrypoint`,
//! `DefaultDispatcherResourceManagerComponentFactory`; `TaskManagerRunner`, `TaskManagerServices`.

/// What a process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessKind {
    JobManager,
    TaskManager,
}

impl ProcessKind {
    /// The steps of its start, in the order of Flink's code.
    pub const fn start_up(self) -> &'static [&'static str] {
        match self {
            Self::JobManager => &[
                "configuration loaded",
                "RpcService started",
                "HighAvailabilityServices created",
                "BlobServer started",
                "HeartbeatServices created",
                "MetricRegistry created",
                "WebMonitorEndpoint started",
                "Dispatcher started",
                "ResourceManager started",
                "service discovery: leader retrieval of ResourceManager and Dispatcher started",
                "waits for jobs",
            ],
            Self::TaskManager => &[
                "configuration loaded",
                "HighAvailabilityServices created",
                "RpcService started",
                "HeartbeatServices created",
                "MetricRegistry created",
                "BlobCacheService created",
                "managed memory of the slots reckoned",
                "ShuffleEnvironment started",
                "TaskSlotTable created",
                "JobLeaderService started",
                "connects to the ResourceManager",
            ],
        }
    }
}

/// How far a process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// So many steps are done, and when the next one is.
    Starting {
        done: u8,
        next_at: u64,
    },
    Running,
    /// It ended by itself.
    Stopped,
    Killed,
}

/// See the module.
#[derive(Clone, Copy, Debug)]
pub struct Process {
    kind: ProcessKind,
    life: Life,
    /// Since when it does nothing.
    paused_since: Option<u64>,
    /// It acts in every so many ticks.
    slowness: u32,
}

impl Process {
    /// One that was there before.
    pub const fn running(kind: ProcessKind) -> Self {
        Self { kind, life: Life::Running, paused_since: None, slowness: 1 }
    }

    /// One whose start begins now; each step takes so many ticks.
    pub const fn starting(kind: ProcessKind, now: u64, step_ticks: u32) -> Self {
        let life = Life::Starting { done: 0, next_at: now + step_ticks as u64 };
        Self { life, ..Self::running(kind) }
    }

    /// How far it is.
    pub const fn life(&self) -> Life {
        self.life
    }

    /// Whether there is such a process.
    pub const fn is_alive(&self) -> bool {
        !matches!(self.life, Life::Stopped | Life::Killed)
    }

    /// Whether it is through with its start, and not gone.
    pub const fn is_up(&self) -> bool {
        matches!(self.life, Life::Running)
    }

    /// Since when it does nothing, while others think that it is slow.
    pub const fn paused_since(&self) -> Option<u64> {
        self.paused_since
    }

    /// It acts in every so many ticks: 1 is as fast as others.
    pub const fn slowness(&self) -> u32 {
        self.slowness
    }

    /// From tick `now` on it does nothing.
    pub const fn pause(&mut self, now: u64) {
        self.paused_since = Some(now);
    }

    /// It goes on where it was.
    pub const fn resume(&mut self) {
        self.paused_since = None;
    }

    /// It acts in every `slowness`-th tick from now on.
    pub const fn slow_down(&mut self, slowness: u32) {
        self.slowness = slowness;
    }

    /// It is gone, in this way.
    pub const fn end(&mut self, life: Life) {
        *self = Self { life, ..Self::running(self.kind) };
    }

    /// The first tick from `at` on in which it acts; `None`: as long as it is paused, in none.
    #[inline]
    pub fn next_act(&self, at: u64) -> Option<u64> {
        match (self.paused_since, self.slowness) {
            (Some(_), _) => None,
            // Of all ticks by far the most, without a division.
            (None, 1) => Some(at),
            (None, slowness) => Some(at.next_multiple_of(u64::from(slowness))),
        }
    }

    /// Whether it acts in this tick.
    pub fn acts_at(&self, tick: u64) -> bool {
        self.next_act(tick) == Some(tick)
    }

    /// When the next step of its start is.
    pub fn next_step(&self) -> Option<u64> {
        match self.life {
            Life::Starting { next_at, .. } => self.next_act(next_at),
            _ => None,
        }
    }

    /// Takes the next step of its start, if it is due. Answers which.
    pub fn step(&mut self, now: u64, step_ticks: u32) -> Option<&'static str> {
        let Life::Starting { done, .. } = self.life else { return None };
        if self.next_step().is_none_or(|at| at > now) {
            return None;
        }
        let steps = self.kind.start_up();
        let is_last = usize::from(done) + 1 == steps.len();
        self.life = if is_last {
            Life::Running
        } else {
            Life::Starting { done: done + 1, next_at: now + u64::from(step_ticks) }
        };
        Some(steps[usize::from(done)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_goes_from_step_to_step() {
        let mut process = Process::starting(ProcessKind::TaskManager, 5, 2);
        assert_eq!((process.step(6, 2), process.next_step()), (None, Some(7)));
        let mut taken = Vec::new();
        for now in 5..100 {
            taken.extend(process.step(now, 2).map(|step| (now, step)));
        }
        assert_eq!(taken.len(), ProcessKind::TaskManager.start_up().len());
        assert_eq!((taken[0], taken[1].0), ((7, "configuration loaded"), 9));
        assert!(process.is_up());
    }

    #[test]
    fn a_slow_process_acts_in_some_ticks_and_a_paused_one_in_none() {
        let mut process = Process::running(ProcessKind::JobManager);
        process.slow_down(10);
        assert_eq!((process.next_act(1), process.next_act(20)), (Some(10), Some(20)));
        process.pause(3);
        assert_eq!((process.next_act(1), process.acts_at(10)), (None, false));
        process.resume();
        assert!(process.acts_at(10) && !process.acts_at(11));
        process.end(Life::Killed);
        assert!(process.acts_at(11) && !process.is_alive(), "what is said to it is taken to be lost");
    }
}
