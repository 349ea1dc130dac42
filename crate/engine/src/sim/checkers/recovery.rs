//! A job that is down runs again, or ends and says why, within the time that its configuration gives.
//!
//! Contract: the time begins anew with whatever goes wrong, and with each step that the job is seen to take. Nobody waits
//! for a job that was not submitted, that is lost with its JobManager, whose JobManager stands still with nobody to take
//! its place, or that waits for slots without end because its configuration says so. A batch job is up while any of its
//! tasks runs. What is over says of what it failed.

use super::Fault;
use crate::base::limits::{ASK_TIMEOUT_TICKS, REGISTRATION_TIMEOUT_TICKS_MAX};
use crate::cluster::ask::REST_RETRY_DELAY_TICKS;
use crate::cluster::heartbeat::{HEARTBEAT_INTERVAL_TICKS, HEARTBEAT_TIMEOUT_TICKS};
use crate::cluster::job_manager::JobManager;
use crate::cluster::job_master::adaptive::AdaptiveState;
use crate::cluster::job_status::JobStatus;
use crate::cluster::process::ProcessKind;
use crate::graph::job_graph::JobType;
use crate::graph::restart_options::RestartOptions;
use crate::sim::world::World;
use crate::task::state::ExecutionState;
use crate::trace::TraceKind;

/// Calls, one after the other, from a leader that begins to tasks that run.
const CALLS: u64 = 16;
/// Calls of those that may time out, one after the other, before somebody gives up.
const TIME_OUTS: u64 = 4;

/// See the module.
#[derive(Clone, Default)]
pub(super) struct Recovery {
    /// Events of the trace that were looked at.
    seen: usize,
    /// When the job was up for the last time, or something went wrong with it, or it took a step.
    since: u64,
}

impl Recovery {
    /// A tick begins.
    pub fn check(&mut self, world: &World) -> Result<(), Fault> {
        let events = world.trace().events();
        let is_step =
            |kind| matches!(kind, TraceKind::Fault | TraceKind::Job | TraceKind::Task | TraceKind::Process);
        let steps = events.iter_from(self.seen.min(events.len())).filter(|event| is_step(event.kind));
        self.since = steps.map(|event| event.tick).fold(self.since, u64::max);
        self.seen = events.len();
        let status = world.job_status();
        if status == JobStatus::Failed && world.job_master().failure().is_none() {
            return Err("the job failed, and nobody says of what".to_owned());
        }
        if is_up(world) || is_excused(world) {
            self.since = world.tick();
        }
        let (down, bound) = (world.tick().saturating_sub(self.since), bound(world));
        if down > bound {
            return Err(format!(
                "the job is {status} for {down} ticks after all that went wrong, and may be for {bound}"
            ));
        }
        Ok(())
    }
}

fn is_up(world: &World) -> bool {
    let status = world.job_status();
    let mut tasks = world.job_master().executions().iter().map(|execution| execution.state);
    let runs = match world.plan().job_type {
        JobType::Streaming => {
            tasks.all(|it| matches!(it, ExecutionState::Running | ExecutionState::Finished))
        }
        JobType::Batch => tasks.any(|it| it == ExecutionState::Running),
    };
    status.is_globally_terminal() || status == JobStatus::Running && runs
}

/// Whether nobody waits for it.
fn is_excused(world: &World) -> bool {
    let acts = world.job_managers().iter().any(JobManager::is_active);
    let leads = world.job_manager().is_alive() && world.has_job_master();
    let waits_for_good = world.job_master().adaptive().is_some_and(|adaptive| {
        matches!(adaptive.state(), AdaptiveState::WaitingForResources { until: None })
    });
    // What reads or writes takes as long as there is to read and write.
    let stores = world.file_system().next_completion().is_some();
    world.job_master().started_at().is_none() && leads
        || world.job_is_lost()
        || world.job_status() == JobStatus::Suspended
        || !acts
        || waits_for_good
        || stores
}

/// Ticks from the last thing that goes wrong until the job runs again or has failed: to notice it, to wait as the restart
/// strategy says, and to find slots or give up.
fn bound(world: &World) -> u64 {
    let scenario = world.scenario();
    let step = u64::from(scenario.start_up_step_ticks.unwrap_or_default());
    let start =
        step * ProcessKind::JobManager.start_up().len() as u64 + scenario.slot_manager.worker_start_ticks;
    let election = scenario
        .high_availability
        .map_or(0, |options| u64::from(options.session_timeout_ticks) + 8 * u64::from(options.latency_ticks));
    let noticed = (HEARTBEAT_TIMEOUT_TICKS + HEARTBEAT_INTERVAL_TICKS)
        .max(scenario.connection_timeout_ticks)
        .max(TIME_OUTS * ASK_TIMEOUT_TICKS.max(REGISTRATION_TIMEOUT_TICKS_MAX));
    let adaptive = scenario.scheduler.adaptive;
    let settles = if scenario.scheduler.is_adaptive() {
        adaptive.stabilization_ticks + adaptive.cooldown_ticks + scenario.scheduler.submission_stabilization()
    } else {
        0
    };
    let slots =
        scenario.scheduler.slot_request_timeout_ticks.max(scenario.scheduler.wait_timeout().unwrap_or(0));
    let slowest = world.executors().iter().map(|it| it.process().slowness()).max().unwrap_or(1);
    let slowest = u64::from(slowest.max(world.job_manager().slowness()));
    let calls = CALLS * (u64::from(scenario.rpc_latency_ticks) + slowest);
    let delay = longest_delay(&world.plan().restart);
    election + noticed + delay + settles + slots + start + calls + REST_RETRY_DELAY_TICKS
}

/// The longest that a restart strategy waits.
fn longest_delay(options: &RestartOptions) -> u64 {
    // The greatest jitter is as much again.
    let exponential = options.max_backoff_ms.saturating_mul(2);
    options.fixed_delay_ms.max(options.failure_rate_delay_ms).max(exponential).unsigned_abs()
}

#[cfg(test)]
mod tests;
