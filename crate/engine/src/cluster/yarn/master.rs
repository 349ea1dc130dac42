//! The ApplicationMaster's side of YARN: Flink's ResourceManager asks for a container for each TaskManager that it wants,
//! and starts one in each that it gets. Flink: `YarnResourceManagerDriver`.

use super::call::{ContainerId, YarnCall};
use super::{ContainerState, Yarn, YarnAction, after, say};
use crate::base::ids::TaskManagerId;
use crate::cluster::job_status::JobStatus;
use crate::cluster::rpc::{Address, Call, Outbox, unknown_call};

/// Flink: `yarn.heartbeat.interval`.
const HEARTBEAT_TICKS: u64 = 5000;
/// Flink: `yarn.heartbeat.container-request-interval`, as long as containers are asked for.
const REQUEST_HEARTBEAT_TICKS: u64 = 500;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct ApplicationMaster {
    registered_at: Option<u64>,
    last_beat: u64,
    /// Containers that are wanted and not asked for yet.
    to_ask: u32,
    /// Of those that were asked for, as many are to come.
    pending: u32,
    to_release: Vec<ContainerId>,
    /// It has said that the application is over.
    is_done: bool,
}

impl ApplicationMaster {
    /// When its next heartbeat is that brings something; `has_news`: YARN has something for it.
    pub(super) fn next_beat(&self, has_news: bool, now: u64) -> Option<u64> {
        let is_wanted = has_news || self.to_ask > 0 || !self.to_release.is_empty();
        let from = self.registered_at.filter(|_| is_wanted && !self.is_done)?;
        let waits = self.to_ask + self.pending > 0;
        let interval = if waits { REQUEST_HEARTBEAT_TICKS } else { HEARTBEAT_TICKS };
        Some(after(self.last_beat.max(from), from, interval, now))
    }

    pub(super) fn beat(&mut self, now: u64) -> YarnCall {
        self.last_beat = now;
        let ask = std::mem::take(&mut self.to_ask);
        self.pending += ask;
        YarnCall::Allocate { ask, release: std::mem::take(&mut self.to_release) }
    }
}

impl Yarn {
    /// The JobManager is up in its container. Flink: `initializeInternal`.
    pub fn register_master(&self, outbox: &mut Outbox) {
        say(outbox, Address::YarnResourceManager, YarnCall::RegisterApplicationMaster);
    }

    /// Another TaskManager is wanted. Flink: `requestResource`.
    pub const fn request_resource(&mut self) {
        self.master.to_ask += 1;
    }

    /// A TaskManager is not wanted any more. Flink: `releaseResource`.
    pub fn release_resource(&mut self, id: TaskManagerId, outbox: &mut Outbox) {
        if let Some(container) = self.container_of(id).map(|container| container.id) {
            self.give_up(container, outbox);
        }
    }

    /// A container is not wanted any more.
    pub(super) fn give_up(&mut self, id: ContainerId, outbox: &mut Outbox) {
        let container = &mut self.containers[id.index()];
        container.is_given_up = true;
        if !container.is_complete() {
            say(outbox, Address::NodeManager(container.node), YarnCall::StopContainer(id));
            self.master.to_release.push(id);
        }
    }

    /// The application is over. Flink: `deregisterApplication`; the files go, too.
    pub fn deregister(&mut self, status: JobStatus, outbox: &mut Outbox) {
        self.master.is_done = true;
        say(outbox, Address::YarnResourceManager, YarnCall::UnregisterApplicationMaster(status));
    }

    pub(super) fn on_master(&mut self, call: &YarnCall, now: u64, outbox: &mut Outbox) -> Vec<YarnAction> {
        match call {
            YarnCall::ApplicationMasterRegistered => self.master.registered_at = Some(now),
            YarnCall::ContainerStarted(_) => {}
            YarnCall::Allocated { allocated, completed } => {
                for &id in allocated {
                    self.on_allocated(id, now, outbox);
                }
                // Those that it gave back itself are no news.
                let lost = completed.iter().filter(|id| !self.containers[id.index()].is_given_up);
                return lost.map(|&id| YarnAction::WorkerTerminated(id)).collect();
            }
            YarnCall::ApplicationMasterUnregistered => return vec![YarnAction::Leave],
            _ => {
                unknown_call("the ApplicationMaster", &Call::Yarn(call.clone()), Address::YarnResourceManager)
            }
        }
        Vec::new()
    }

    /// Flink: `onContainersOfPriorityAllocated`, `startTaskExecutorInContainerAsync`, `returnExcessContainer`.
    fn on_allocated(&mut self, id: ContainerId, now: u64, outbox: &mut Outbox) {
        if self.master.pending == 0 {
            return self.master.to_release.push(id);
        }
        self.master.pending -= 1;
        let container = &mut self.containers[id.index()];
        container.acquired_at = Some(now);
        if container.state == ContainerState::Acquired {
            say(outbox, Address::NodeManager(container.node), YarnCall::StartContainer(id));
        }
    }
}
