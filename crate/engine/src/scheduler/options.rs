//! How jobs are scheduled.

use super::slot_pool::LoadBalanceMode;
use crate::base::limits::{SLOT_IDLE_TIMEOUT_TICKS, SLOT_REQUEST_TIMEOUT_TICKS};

/// Flink: `jobmanager.scheduler`, and `scheduler-mode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SchedulerKind {
    /// Flink: `DefaultScheduler`.
    #[default]
    Default,
    /// With as many slots as there are, up to the parallelism of the job. Flink: `AdaptiveScheduler`.
    Adaptive,
    /// With all slots that there are, up to the max parallelism. Flink: `SchedulerExecutionMode.REACTIVE`.
    Reactive,
}

/// Which tasks the `DefaultScheduler` schedules when. Flink's `SchedulingStrategy`; the other two than the first are those
/// of its `ScheduleMode`, which 1.13 took out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SchedulingMode {
    #[default]
    PipelinedRegion,
    /// All tasks at once. Flink: `EagerSchedulingStrategy`.
    Eager,
    /// The sources, and others as their inputs come. Flink: `LazyFromSourcesSchedulingStrategy`.
    LazyFromSources(InputDependencyConstraint),
}

/// Which inputs of a task must be there before it is scheduled lazily. Flink: `InputDependencyConstraint`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InputDependencyConstraint {
    #[default]
    Any,
    All,
}

/// See the module.
#[derive(Clone, Copy, Debug)]
pub struct SchedulerOptions {
    pub kind: SchedulerKind,
    pub mode: SchedulingMode,
    /// How long a job waits for slots. Flink: `slot.request.timeout`.
    pub slot_request_timeout_ticks: u64,
    /// After how long a slot that a job does not use is given back. Flink: `slot.idle.timeout`.
    pub slot_idle_timeout_ticks: u64,
    /// Whether a task gets the slot again that it had. Flink: `state.local-recovery`, of which this is a part.
    pub local_recovery: bool,
    /// As the ResourceManager's.
    pub load_balance: LoadBalanceMode,
    pub adaptive: AdaptiveOptions,
}

/// Times of the adaptive scheduler. Flink: options that begin with `jobmanager.adaptive-scheduler`.
#[derive(Clone, Copy, Debug)]
pub struct AdaptiveOptions {
    /// Flink: `submission.resource-wait-timeout`; in reactive mode without end, unless it is set.
    pub wait_timeout_ticks: Option<u64>,
    /// Flink: `submission.resource-stabilization-timeout`; in reactive mode none, unless it is set.
    pub submission_stabilization_ticks: Option<u64>,
    /// Flink: `executing.resource-stabilization-timeout`.
    pub stabilization_ticks: u64,
    /// Flink: `executing.cooldown-after-rescaling`.
    pub cooldown_ticks: u64,
    /// Flink: `rescale-trigger.max-delay`; by default the interval of the checkpoints, once more than so many may fail.
    pub max_delay_ticks: Option<u64>,
    /// Flink: `rescale-trigger.max-checkpoint-failures`.
    pub max_checkpoint_failures: u32,
}

impl Default for SchedulerOptions {
    fn default() -> Self {
        Self {
            kind: SchedulerKind::Default,
            mode: SchedulingMode::PipelinedRegion,
            slot_request_timeout_ticks: SLOT_REQUEST_TIMEOUT_TICKS,
            slot_idle_timeout_ticks: SLOT_IDLE_TIMEOUT_TICKS,
            local_recovery: false,
            load_balance: LoadBalanceMode::None,
            adaptive: AdaptiveOptions {
                wait_timeout_ticks: None,
                submission_stabilization_ticks: None,
                stabilization_ticks: 60_000,
                cooldown_ticks: 30_000,
                max_delay_ticks: None,
                max_checkpoint_failures: 2,
            },
        }
    }
}

impl SchedulerOptions {
    /// Whether the parallelism follows the slots.
    pub fn is_adaptive(&self) -> bool {
        self.kind != SchedulerKind::Default
    }

    /// How long a job waits for enough slots; `None`: for good.
    pub fn wait_timeout(&self) -> Option<u64> {
        let default = (self.kind == SchedulerKind::Adaptive).then_some(300_000);
        self.adaptive.wait_timeout_ticks.or(default)
    }

    /// How long it then waits for more.
    pub fn submission_stabilization(&self) -> u64 {
        let default = if self.kind == SchedulerKind::Reactive { 0 } else { 10_000 };
        self.adaptive.submission_stabilization_ticks.unwrap_or(default)
    }
}
