//! What follows from a failure: which tasks start again, and when, or that the job fails.
//!
//! Flink: `ExecutionFailureHandler`, `FailureHandlingResult`.

use std::rc::Rc;

use super::failure::JobFailure;
use super::restart::RestartStrategy;
use super::scheduling_strategy::SchedulingStrategy;
use crate::base::choice::Choices;
use crate::base::ids::TaskId;
use crate::graph::restart_options::RestartOptions;
use crate::time::clock::processing_time;

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureHandlingResult {
    /// Not where the failure is taken to belong to the one before.
    pub is_new_attempt: bool,
    pub outcome: FailureOutcome,
}

/// See [`FailureHandlingResult`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FailureOutcome {
    /// Cancel these tasks, and start them again after so many ticks.
    Restart { tasks: Vec<TaskId>, delay_ticks: u64 },
    /// The job fails; why there is no restart, in Flink's words.
    Fail(Rc<str>),
}

/// See the module.
#[derive(Clone, Debug)]
pub struct ExecutionFailureHandler {
    strategy: RestartStrategy,
    /// Whether a failure restarts all tasks. Flink: `RestartAllFailoverStrategy`.
    is_full: bool,
    restarts: u32,
}

impl ExecutionFailureHandler {
    /// The handler of a job with these options.
    pub fn new(options: &RestartOptions, is_checkpointing: bool, is_adaptive: bool) -> Self {
        let strategy = RestartStrategy::new(options, is_checkpointing);
        Self { strategy, is_full: options.is_full_failover || is_adaptive, restarts: 0 }
    }

    /// The restart strategy.
    pub const fn strategy(&self) -> &RestartStrategy {
        &self.strategy
    }

    /// How often the job was restarted. Flink: `numRestarts`.
    pub const fn restarts(&self) -> u32 {
        self.restarts
    }

    /// A failure of one task, or of the job as a whole.
    pub fn handle(
        &mut self,
        failure: &JobFailure,
        failed: Option<TaskId>,
        regions: &SchedulingStrategy,
        now: u64,
        choices: &mut Choices,
    ) -> FailureHandlingResult {
        if failure.is_unrecoverable() {
            let outcome = FailureOutcome::Fail("The failure is not recoverable".into());
            return FailureHandlingResult { is_new_attempt: true, outcome };
        }
        let now_ms = processing_time(now);
        let is_new_attempt = self.strategy.notify_failure(now_ms, choices);
        if !self.strategy.can_restart(now_ms) {
            let reason = format!("Recovery is suppressed by {}", self.strategy);
            return FailureHandlingResult { is_new_attempt, outcome: FailureOutcome::Fail(reason.into()) };
        }
        self.restarts += u32::from(is_new_attempt);
        let tasks = match failed.filter(|_| !self.is_full) {
            Some(task) => regions.tasks_to_restart(task, failure.partition()),
            None => regions.all_tasks(),
        };
        let delay_ticks = self.strategy.backoff_ms(now_ms) as u64;
        FailureHandlingResult { is_new_attempt, outcome: FailureOutcome::Restart { tasks, delay_ticks } }
    }
}
