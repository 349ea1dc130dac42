//! What a call has no effect for: it is said in the name of a session that its receiver is not in.
//!
//! Flink: `FencedPekkoRpcActor`, and the checks of `TaskExecutor#submitTask`, `#requestSlot` and their siblings.

use super::world::World;
use crate::cluster::fencing::{Leader, mismatch};
use crate::cluster::rpc::{Address, Call, Envelope};

impl World {
    /// A call in words.
    pub(super) fn describe(&self, envelope: &Envelope) -> String {
        envelope.call.describe(&|task| self.task_name(task))
    }

    /// The session that the receiver of a call takes to be the right one for it; `None`: none is.
    pub(super) fn session_at(&self, envelope: &Envelope) -> Option<Leader> {
        match envelope.to {
            Address::TaskExecutor(id) => self.executors[id.index()].leader_of(envelope.from),
            to if !to.is_flink() => Some(envelope.leader),
            to => {
                let process = &self.job_managers[envelope.leader.job_manager.index()];
                let is_elected_apart = matches!(envelope.from, Address::JobMaster | Address::TaskExecutor(_));
                process.leader_at(if is_elected_apart { to } else { Address::Dispatcher })
            }
        }
    }

    /// Whether there is somebody in the process who takes it.
    fn is_there(&self, envelope: &Envelope) -> bool {
        let process = &self.job_managers[envelope.leader.job_manager.index()];
        match envelope.to {
            Address::JobMaster => process.has_job || process.session.is_none(),
            _ => true,
        }
    }

    /// Why a call that arrives has no effect, in Flink's words, if it has none.
    pub(super) fn reason_to_ignore(&self, envelope: &Envelope) -> Option<String> {
        let expected = self.session_at(envelope);
        #[cfg(test)]
        if self.is_fencing_broken {
            return None;
        }
        // It is lost, which is another matter.
        if self.process_of(envelope).is_some_and(|process| !process.is_alive()) {
            return None;
        }
        if !self.is_there(envelope) {
            return Some(unreachable(&self.describe(envelope), envelope.from, envelope.to));
        }
        if expected == Some(envelope.leader) {
            return None;
        }
        let (text, given) = (self.describe(envelope), envelope.leader.session);
        let expected = expected.map(|leader| leader.session);
        Some(match (&envelope.call, expected) {
            (Call::SubmitTask(_), Some(expected)) => format!(
                "{text}: TaskSubmissionException: Rejecting the task submission because the job manager leader id \
                 {given} does not match the expected job manager leader id {expected}."
            ),
            (Call::RequestSlot { .. }, _) => format!(
                "{text}: TaskManagerException: TaskManager is not connected to the resource manager {given}."
            ),
            _ => mismatch(&text, given, expected),
        })
    }
}

/// Flink: `RecipientUnreachableException`.
fn unreachable(call: &str, from: Address, to: Address) -> String {
    format!(
        "RecipientUnreachableException: Could not send message [{call}] from {from} to {to}, because the recipient is \
         unreachable. This can either mean that the recipient has been terminated or that the remote RpcService is \
         currently not reachable."
    )
}

#[cfg(test)]
mod tests;
