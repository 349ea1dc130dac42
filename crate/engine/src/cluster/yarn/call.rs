//! What is said on YARN: between the client, YARN's ResourceManager, its NodeManagers and Flink's ResourceManager, which
//! is the ApplicationMaster. Flink: `YarnClusterDescriptor`, `YarnResourceManagerDriver`; Hadoop: `YarnClient`,
//! `AMRMClientAsync`, `NMClientAsync`.

use std::fmt;

use crate::cluster::job_status::JobStatus;

/// A container of the application, counted from 1 through all of its attempts; the first one is the ApplicationMaster's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ContainerId(pub u32);

impl ContainerId {
    /// That of the first ApplicationMaster.
    pub const MASTER: Self = Self(1);

    pub(super) const fn index(self) -> usize {
        self.0 as usize - 1
    }
}

impl fmt::Display for ContainerId {
    /// The end of YARN's name, which says the application and its attempt before.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "container_{:06}", self.0)
    }
}

/// Hadoop: `YarnApplicationState`, and how it ended, `FinalApplicationStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApplicationState {
    New,
    Accepted,
    Running,
    /// The ApplicationMaster said that it is over.
    Finished(JobStatus),
    /// It went without a word.
    Failed,
}

impl fmt::Display for ApplicationState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::New => "NEW",
            Self::Accepted => "ACCEPTED",
            Self::Running => "RUNNING",
            Self::Finished(JobStatus::Finished) => "FINISHED, SUCCEEDED",
            Self::Finished(JobStatus::Canceled) => "FINISHED, KILLED",
            Self::Finished(_) => "FINISHED, FAILED",
            Self::Failed => "FAILED",
        })
    }
}

/// See the module. An answer is a call of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum YarnCall {
    /// Client → YARN's ResourceManager.
    CreateApplication,
    NewApplication,
    SubmitApplication,
    GetApplicationReport,
    ApplicationReport(ApplicationState),
    /// NodeManager → YARN's ResourceManager, with the containers that are complete. Hadoop: `nodeHeartbeat`.
    NodeHeartbeat(Vec<ContainerId>),
    /// To a NodeManager, with the launch context.
    StartContainer(ContainerId),
    /// NodeManager → who asked for it.
    ContainerStarted(ContainerId),
    /// ApplicationMaster → NodeManager: it is not needed.
    StopContainer(ContainerId),
    /// YARN's ResourceManager → NodeManager: the application is over.
    CleanUpContainer(ContainerId),
    /// ApplicationMaster → YARN's ResourceManager.
    RegisterApplicationMaster,
    ApplicationMasterRegistered,
    /// ApplicationMaster → YARN's ResourceManager: its heartbeat, with so many container requests, and containers that it
    /// gives back.
    Allocate {
        ask: u32,
        release: Vec<ContainerId>,
    },
    /// The answer: containers that are the application's now, and those that are complete.
    Allocated {
        allocated: Vec<ContainerId>,
        completed: Vec<ContainerId>,
    },
    UnregisterApplicationMaster(JobStatus),
    ApplicationMasterUnregistered,
}

impl fmt::Display for YarnCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, ids): (&str, &[ContainerId]) = match self {
            Self::CreateApplication => ("createApplication", &[]),
            Self::NewApplication => ("createApplication: application_0001", &[]),
            Self::SubmitApplication => ("submitApplication: ApplicationMaster, its launch context", &[]),
            Self::GetApplicationReport => ("getApplicationReport", &[]),
            Self::ApplicationReport(state) => return write!(f, "getApplicationReport: {state}"),
            Self::NodeHeartbeat(completed) if completed.is_empty() => ("nodeHeartbeat", &[]),
            Self::NodeHeartbeat(completed) => ("nodeHeartbeat, complete:", completed),
            Self::StartContainer(id) => ("startContainer", std::slice::from_ref(id)),
            Self::ContainerStarted(id) => ("startContainer: started", std::slice::from_ref(id)),
            Self::StopContainer(id) => ("stopContainer", std::slice::from_ref(id)),
            Self::CleanUpContainer(id) => ("cleanUpContainer", std::slice::from_ref(id)),
            Self::RegisterApplicationMaster => ("registerApplicationMaster", &[]),
            Self::ApplicationMasterRegistered => ("registerApplicationMaster: success", &[]),
            Self::Allocate { ask: 0, release } if release.is_empty() => ("allocate", &[]),
            Self::Allocate { ask: 0, release } => ("allocate, release:", release),
            Self::Allocate { ask, .. } => return write!(f, "allocate, {ask} container requests"),
            Self::Allocated { allocated, completed } => {
                let is_empty = allocated.is_empty() && completed.is_empty();
                f.write_str(if is_empty { "allocate: nothing yet" } else { "allocate:" })?;
                for (what, ids) in [(" allocated", allocated), (" complete", completed)] {
                    if !ids.is_empty() {
                        f.write_str(what)?;
                        list(f, ids)?;
                    }
                }
                return Ok(());
            }
            Self::UnregisterApplicationMaster(status) => {
                let state = ApplicationState::Finished(*status);
                return write!(f, "unregisterApplicationMaster: {state}");
            }
            Self::ApplicationMasterUnregistered => ("unregisterApplicationMaster: done", &[]),
        };
        f.write_str(name)?;
        list(f, ids)
    }
}

fn list(f: &mut fmt::Formatter<'_>, ids: &[ContainerId]) -> fmt::Result {
    ids.iter().try_for_each(|id| write!(f, " {id}"))
}
