//! Tasks and the job go only from states to those that may follow.

use super::Fault;
use crate::base::ids::TaskId;
use crate::cluster::fencing::Leader;
use crate::cluster::job_status::JobStatus;
use crate::sim::world::World;
use crate::task::state::ExecutionState;

/// The states at the start of a tick.
#[derive(Clone)]
pub(super) struct States {
    tick: u64,
    /// Whose they are.
    job_master: (Leader, bool),
    job: JobStatus,
    /// As the JobMaster knows them, and as their TaskManagers do once they are there, each with its attempt.
    tasks: Vec<(Attempt, Option<Attempt>)>,
}

/// The number of an attempt, and its state.
type Attempt = (u32, ExecutionState);

impl States {
    /// Those of a world.
    pub fn of(world: &World) -> Self {
        let tasks = (0..).zip(world.job_master().executions()).map(|(id, execution)| {
            let task = world.task(TaskId(id));
            let own = (execution.attempt, execution.state);
            (own, task.map(|(task, _)| (task.descriptor().attempt, task.state())))
        });
        Self {
            tick: world.tick(),
            job_master: (world.leader(), world.has_job_master()),
            job: world.job_status(),
            tasks: tasks.collect(),
        }
    }

    /// When.
    pub const fn tick(&self) -> u64 {
        self.tick
    }

    /// Whether they may follow those of an earlier tick.
    pub fn check_after(&self, before: &Self, world: &World) -> Result<(), Fault> {
        // Another JobMaster begins with the job anew.
        let is_same = before.job_master == self.job_master;
        if is_same && !may_lead_to(&JOB_STATUSES, before.job, self.job, JobStatus::may_become) {
            return Err(format!("the job went from {} to {}", before.job, self.job));
        }
        for (id, (was, is)) in before.tasks.iter().zip(&self.tasks).enumerate() {
            let may = |was: Attempt, is: Attempt| match is.0.checked_sub(was.0) {
                Some(0) => may_lead_to(&EXECUTION_STATES, was.1, is.1, ExecutionState::may_become),
                // Another attempt begins at the beginning, and none comes back.
                later => later.is_some(),
            };
            let name = || &world.plan().executions[id].name;
            if !may(was.0, is.0) {
                return Err(format!("{} went from {:?} to {:?} at the JobMaster", name(), was.0, is.0));
            }
            if let (Some(was), Some(is)) = (was.1, is.1)
                && !may(was, is)
            {
                return Err(format!("{} went from {was:?} to {is:?}", name()));
            }
        }
        Ok(())
    }
}

const JOB_STATUSES: [JobStatus; 10] = [
    JobStatus::Initializing,
    JobStatus::Created,
    JobStatus::Running,
    JobStatus::Failing,
    JobStatus::Failed,
    JobStatus::Cancelling,
    JobStatus::Canceled,
    JobStatus::Finished,
    JobStatus::Restarting,
    JobStatus::Suspended,
];

const EXECUTION_STATES: [ExecutionState; 9] = [
    ExecutionState::Created,
    ExecutionState::Scheduled,
    ExecutionState::Deploying,
    ExecutionState::Initializing,
    ExecutionState::Running,
    ExecutionState::Finished,
    ExecutionState::Canceling,
    ExecutionState::Canceled,
    ExecutionState::Failed,
];

/// Whether steps that are allowed lead from one state to another; none is needed to stay.
fn may_lead_to<S: Copy + PartialEq>(all: &[S], from: S, to: S, may_become: impl Fn(S, S) -> bool) -> bool {
    if from == to {
        return true;
    }
    let mut reached = vec![from];
    let mut place = 0;
    while let Some(&state) = reached.get(place) {
        if state == to {
            return true;
        }
        let next = all.iter().filter(|&&next| may_become(state, next) && !reached.contains(&next));
        let next: Vec<S> = next.copied().collect();
        reached.extend(next);
        place += 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_add_up_and_do_not_turn_back() {
        use ExecutionState::{Canceled, Finished, Initializing, Running, Scheduled};
        let may = |from, to| may_lead_to(&EXECUTION_STATES, from, to, ExecutionState::may_become);
        assert!(may(Running, Running) && may(Scheduled, Finished) && may(Initializing, Canceled));
        assert!(!may(Running, Initializing) && !may(Finished, Canceled));
    }
}
