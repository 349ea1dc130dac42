//! The end of a job that stops with a savepoint: once that is complete, all tasks are to finish.
//!
//! Contract: whoever asked is answered when all tasks have ended; where one did not finish, the job fails, and the
//! savepoint stays. Flink: `StopWithSavepointTerminationManager`, `StopWithSavepointTerminationHandlerImpl`.

use std::rc::Rc;

use super::Checkpoints;
use crate::base::ids::TaskId;
use crate::base::ordered::SortedSet;
use crate::checkpoint::coordinator::completed::CompletedCheckpoint;
use crate::cluster::job_master::{Execution, JobFailure, JobMaster};
use crate::cluster::rpc::RpcTurn;
use crate::network::barrier::SnapshotType;
use crate::task::state::ExecutionState;

/// The job is to stop with a savepoint. Flink: `StopWithSavepointTerminationHandlerImpl`.
#[derive(Clone)]
pub(super) struct Stopping {
    pub(super) number: u32,
    /// Once it is complete: all tasks are to finish then.
    pub(super) savepoint: Option<(SnapshotType, Rc<CompletedCheckpoint>)>,
    /// Tasks that ended otherwise.
    pub(super) unfinished: SortedSet<TaskId>,
}

impl JobMaster {
    /// The failure of a job whose savepoint to stop with is complete, and that did not finish with it.
    pub(in crate::cluster::job_master) fn stopping_failure(
        &self,
        cause: Option<Rc<JobFailure>>,
    ) -> Option<Rc<JobFailure>> {
        let (_, savepoint) = self.checkpoints.as_ref()?.stopping.as_ref()?.savepoint.as_ref()?;
        let (savepoint, job) = (Rc::clone(&savepoint.pointer), Rc::clone(&self.plan.job_id));
        Some(Rc::new(JobFailure::Stopping { savepoint, job, cause }))
    }

    /// A task has come to an end: that of all is what a stop with a savepoint waits for. Flink:
    /// `StopWithSavepointTerminationHandlerImpl#handleExecutionsTermination`.
    pub(in crate::cluster::job_master) fn note_end(&mut self, task: TaskId, turn: &mut RpcTurn<'_>) {
        let state = self.executions[task.index()].state;
        if !self.checkpoints().is_some_and(Checkpoints::is_stopping) || !state.is_terminal() {
            return;
        }
        if let Some(stopping) = &mut self.checkpoints_mut().stopping
            && state != ExecutionState::Finished
        {
            stopping.unfinished.insert(task);
        }
        self.stop_if_all_ended(turn);
    }

    pub(super) fn stop_if_all_ended(&mut self, turn: &mut RpcTurn<'_>) {
        let Some(Stopping { number, savepoint: Some((snapshot, savepoint)), unfinished }) =
            self.checkpoints_ref().stopping.clone()
        else {
            return;
        };
        let has_ended = |(task, execution): (TaskId, &Execution)| {
            execution.state == ExecutionState::Finished || unfinished.contains(&task)
        };
        if !(0..).map(TaskId).zip(&self.executions).all(has_ended) {
            return;
        }
        let failure = self.stopping_failure(None).filter(|_| !unfinished.is_empty());
        self.checkpoints_mut().stopping = None;
        let result = failure.as_ref().map_or(Ok(savepoint), |failure| Err(failure.to_string().into()));
        self.say(number, snapshot, result, turn);
        if let Some(failure) = failure {
            self.on_failure(None, failure, turn);
        }
    }
}
