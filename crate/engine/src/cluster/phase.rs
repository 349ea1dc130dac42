//! The twelve phases of a job's life, from its submission to the clean-up, and what belongs to which.
//!
//! Contract: a phase is told by what is said and by the status of the job at that moment, by nothing else. What is said
//! before the job is known, or about no job, belongs to phase 0: the cluster starts. The titles are the page's,
//! `model/phases.ts`.

use super::job_master::Transition;
use super::job_status::JobStatus;
use super::rpc::Call;
use crate::task::state::ExecutionState;

/// The client submits the job.
pub const SUBMIT: u8 = 1;
/// The Dispatcher takes it.
pub const ACCEPT: u8 = 2;
/// A JobMaster is made for it.
pub const CREATE: u8 = 3;
/// The JobMaster leads, and the ExecutionGraph is there.
pub const LEAD: u8 = 4;
/// The JobMaster registers at the ResourceManager.
pub const REGISTER: u8 = 5;
/// What the job needs is declared, and looked for.
pub const REQUIRE: u8 = 6;
/// Slots are allotted.
pub const ALLOT: u8 = 7;
/// Slots are offered.
pub const OFFER: u8 = 8;
/// Tasks are deployed.
pub const DEPLOY: u8 = 9;
/// Tasks set up their partitions, and the job runs.
pub const RUN: u8 = 10;
/// Tasks end.
pub const END: u8 = 11;
/// What the job used is given back.
pub const RELEASE: u8 = 12;

/// Of a call that arrives while the job is in this status.
pub const fn of_call(call: &Call, job: JobStatus) -> u8 {
    match call {
        Call::RegisterTaskExecutor { .. } | Call::TaskExecutorRegistered => 0,
        Call::SubmitJob => SUBMIT,
        Call::JobSubmitted => ACCEPT,
        Call::StartJobMaster => CREATE,
        Call::RegisterJobMaster | Call::JobMasterRegistered => REGISTER,
        Call::DeclareRequiredResources { .. } | Call::NotEnoughResources { .. } => REQUIRE,
        Call::RequestSlot { .. } => ALLOT,
        Call::OfferSlots { .. } | Call::SlotsAccepted { .. } | Call::SlotsRejected { .. } => OFFER,
        Call::SubmitTask(_) | Call::TaskSubmitted(_) | Call::Unreachable { .. } => DEPLOY,
        Call::UpdateTaskExecutionState { state: ExecutionState::Finished, .. }
        | Call::NotifyEndOfData(_)
        | Call::CancelJob => END,
        Call::FreeSlots | Call::JobReachedTerminalState(_) | Call::NotifySlotsAvailable { .. } => RELEASE,
        _ if job.is_globally_terminal() => RELEASE,
        _ if matches!(job, JobStatus::Cancelling | JobStatus::Failing) => END,
        _ => RUN,
    }
}

/// Of a change of the job, or of an execution.
pub const fn of_transition(transition: &Transition) -> u8 {
    match transition {
        Transition::Job(JobStatus::Initializing | JobStatus::Created) => LEAD,
        Transition::Execution(_, ExecutionState::Created | ExecutionState::Scheduled) => REQUIRE,
        Transition::Execution(_, ExecutionState::Deploying) => DEPLOY,
        Transition::Execution(_, ExecutionState::Finished)
        | Transition::Job(JobStatus::Cancelling | JobStatus::Failing) => END,
        Transition::Job(status) if status.is_globally_terminal() => END,
        Transition::Job(JobStatus::Running) => REGISTER,
        _ => RUN,
    }
}
