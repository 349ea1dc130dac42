//! Takes jobs from clients and starts a JobMaster for each. Flink: `Dispatcher`.

use super::rpc::{Address, Call, Outbox, unknown_call};

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Dispatcher;

impl Dispatcher {
    /// Takes a call.
    /// `submitter` is who hears how the job ended.
    pub fn receive(&self, from: Address, call: &Call, submitter: Address, outbox: &mut Outbox) {
        match call {
            Call::SubmitJob => {
                outbox.send(from, Call::JobSubmitted);
                outbox.send(Address::JobMaster, Call::StartJobMaster);
            }
            Call::CancelJob | Call::RequestCheckpoint { .. } | Call::UpdateResourceRequirements { .. } => {
                outbox.send(Address::JobMaster, call.clone());
            }
            Call::JobReachedTerminalState(_) => outbox.send(submitter, call.clone()),
            Call::CheckpointAnswered { .. } => outbox.send(Address::Client, call.clone()),
            Call::ShutDownCluster(status) => {
                outbox.send(Address::ResourceManager, Call::DeregisterApplication(*status));
            }
            Call::ApplicationDeregistered => {}
            _ => unknown_call("the Dispatcher", call, from),
        }
    }
}

/// Submits the job and waits for its result. Flink: `ClusterClient`.
#[derive(Clone, Debug, Default)]
pub struct Client {
    /// Whether it knows that the job is submitted.
    pub has_submitted: bool,
}

impl Client {
    /// What the client says first.
    pub fn submit(&self, outbox: &mut Outbox) {
        outbox.send(Address::Dispatcher, Call::SubmitJob);
    }

    /// Takes an answer.
    pub fn receive(&mut self, from: Address, call: &Call) {
        match call {
            Call::JobSubmitted | Call::DuplicateJobSubmission => self.has_submitted = true,
            Call::JobReachedTerminalState(_) | Call::CheckpointAnswered { .. } => {}
            _ => unknown_call("the Client", call, from),
        }
    }
}
