//! How a cluster is deployed: who starts it, who submits the job, and whether it outlives the job.

use super::rpc::{Address, Call, Outbox, unknown_call};
use super::yarn::YarnOptions;

/// See the module. Flink: `execution.target`, `ClusterEntrypoint` and its children.
#[derive(Clone, Copy, Debug, Default)]
pub enum Deployment {
    /// The cluster is there, a client submits the job, and the cluster stays. Flink: `StandaloneSessionClusterEntrypoint`.
    #[default]
    Session,
    /// The job's main runs in the JobManager's process, and the cluster ends with it. Flink:
    /// `StandaloneApplicationClusterEntryPoint`.
    Application,
    /// The same in containers of YARN, which are asked for as they are needed. Flink: `YarnApplicationClusterEntryPoint`.
    Yarn(YarnOptions),
}

impl Deployment {
    /// Who submits the job, and hears how it ended.
    pub const fn submitter(self) -> Address {
        match self {
            Self::Session => Address::Client,
            Self::Application | Self::Yarn(_) => Address::Application,
        }
    }

    /// YARN, if the cluster is on it.
    pub const fn yarn(self) -> Option<YarnOptions> {
        match self {
            Self::Yarn(options) => Some(options),
            _ => None,
        }
    }
}

/// Runs the main of the job. Flink: `PackagedProgramApplication`, which was `ApplicationDispatcherBootstrap`,
/// `EmbeddedExecutor`.
#[derive(Clone, Debug, Default)]
pub struct Application;

impl Application {
    /// The main comes to `env.execute()`.
    pub fn execute(&self, outbox: &mut Outbox) {
        outbox.send(Address::Dispatcher, Call::SubmitJob);
    }

    /// Takes an answer. Flink: `finishAsSucceeded` and its siblings, `maybeShutdownCluster`.
    pub fn receive(&self, from: Address, call: &Call, outbox: &mut Outbox) {
        match call {
            // Another JobManager has recovered it. Flink: `EmbeddedExecutor`.
            Call::JobSubmitted | Call::DuplicateJobSubmission => {}
            Call::JobReachedTerminalState(status) => outbox.send(from, Call::ShutDownCluster(*status)),
            _ => unknown_call("the application", call, from),
        }
    }
}
