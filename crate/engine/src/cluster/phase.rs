//! The twelve phases of a job's life, from its submission to the clean-up, and what belongs to which.
//!
//! A deployment on YARN has twelve of its own, which take those of the job together.
//!
//! Contract: a phase is told by what is said and by the status of the job at that moment, by nothing else. What is said
//! before the job is known, or about no job, belongs to phase 0: the cluster starts. The titles are the page's,
//! `model/phases.ts`.

use super::job_master::Transition;
use super::job_status::JobStatus;
use super::rpc::Call;
use super::yarn::call::{ApplicationState, ContainerId, YarnCall};
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

/// The first of YARN: the client asks for an application.
pub const YARN: u8 = 13;
/// The client uploads the application's files.
pub const YARN_UPLOAD: u8 = 14;
/// It submits the application.
pub const YARN_SUBMIT: u8 = 15;
/// The ApplicationMaster's container is allotted and launched.
pub const YARN_MASTER: u8 = 16;
/// The JobManager starts in it and registers.
pub const YARN_REGISTER: u8 = 17;
/// The main runs, and the job is submitted.
pub const YARN_MAIN: u8 = 18;
/// Containers are asked for.
pub const YARN_REQUEST: u8 = 19;
/// They are allotted and launched.
pub const YARN_ALLOT: u8 = 20;
/// TaskManagers start in them and register.
pub const YARN_START: u8 = 21;
/// Slots are allotted, and tasks deployed.
pub const YARN_DEPLOY: u8 = 22;
/// The job runs.
pub const YARN_RUN: u8 = 23;
/// All is given back.
pub const YARN_RELEASE: u8 = 24;

/// The phase of a job on YARN.
pub const fn on_yarn(phase: u8) -> u8 {
    match phase {
        0 => YARN_START,
        SUBMIT..=REQUIRE => YARN_MAIN,
        ALLOT..=DEPLOY => YARN_DEPLOY,
        RUN | END => YARN_RUN,
        RELEASE => YARN_RELEASE,
        of_yarn => of_yarn,
    }
}

const fn of_yarn_call(call: &YarnCall, job: JobStatus) -> u8 {
    let is_over = job.is_globally_terminal();
    let has_job = !matches!(job, JobStatus::Initializing);
    match call {
        YarnCall::CreateApplication | YarnCall::NewApplication => YARN,
        YarnCall::SubmitApplication | YarnCall::ApplicationReport(ApplicationState::Accepted) => YARN_SUBMIT,
        YarnCall::GetApplicationReport if !has_job => YARN_SUBMIT,
        _ if is_over => YARN_RELEASE,
        YarnCall::RegisterApplicationMaster
        | YarnCall::ApplicationMasterRegistered
        | YarnCall::GetApplicationReport
        | YarnCall::ApplicationReport(_) => YARN_REGISTER,
        YarnCall::StartContainer(ContainerId::MASTER) | YarnCall::ContainerStarted(ContainerId::MASTER) => {
            YARN_MASTER
        }
        YarnCall::NodeHeartbeat(_) if !has_job => YARN_MASTER,
        YarnCall::NodeHeartbeat(_) | YarnCall::Allocate { .. } => YARN_REQUEST,
        YarnCall::Allocated { .. } | YarnCall::StartContainer(_) | YarnCall::ContainerStarted(_) => {
            YARN_ALLOT
        }
        _ => YARN_RELEASE,
    }
}

/// Of a call that arrives while the job is in this status.
pub const fn of_call(call: &Call, job: JobStatus) -> u8 {
    match call {
        Call::Yarn(call) => of_yarn_call(call, job),
        Call::RegisterTaskExecutor { .. } | Call::TaskExecutorRegistered => 0,
        Call::SubmitJob => SUBMIT,
        Call::JobSubmitted => ACCEPT,
        Call::StartJobMaster => CREATE,
        Call::RegisterJobMaster | Call::JobMasterRegistered => REGISTER,
        Call::DeclareRequiredResources { slots: 0 }
        | Call::FreeSlot { .. }
        | Call::FreeSlots
        | Call::ShutDownCluster(_)
        | Call::JobReachedTerminalState(_)
        | Call::NotifySlotsAvailable { .. } => RELEASE,
        Call::DeclareRequiredResources { .. } | Call::NotEnoughResources { .. } => REQUIRE,
        Call::RequestSlot { .. } => ALLOT,
        Call::OfferSlots { .. } | Call::SlotsAccepted { .. } | Call::SlotsRejected { .. } => OFFER,
        Call::SubmitTask(_) | Call::TaskSubmitted(_) | Call::Unreachable { .. } => DEPLOY,
        Call::UpdateTaskExecutionState { state: ExecutionState::Finished, .. }
        | Call::NotifyEndOfData(_)
        | Call::CancelJob => END,
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
