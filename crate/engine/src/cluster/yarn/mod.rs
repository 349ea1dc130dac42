//! YARN, as far as Flink uses it, and an application on it: who asks for containers, who allots them, what is in them.
//!
//! Contract: whoever polls does so at fixed intervals, counted from when it began to; a poll that brings nothing to
//! either side changes nothing and is not played. NodeManagers report in turn, and a container is allotted on the first
//! one that reports and has room. Flink: `YarnResourceManagerDriver`, `YarnClusterDescriptor`; Hadoop: the
//! `CapacityScheduler`, `ContainerManager`.

pub mod call;
mod master;

use crate::base::ids::TaskManagerId;
use crate::checkpoint::storage::FileWrite;
use crate::checkpoint::storage::file_system::{FileOwner, FileRequest};
use crate::cluster::rpc::{Address, Call, Outbox, unknown_call};

use call::{ApplicationState, ContainerId, YarnCall};
use master::ApplicationMaster;

/// `yarn.scheduler.minimum-allocation-mb`: containers are multiples of it.
const ALLOCATION_MB_MIN: u32 = 1024;
/// `yarn.resourcemanager.nodemanagers.heartbeat-interval-ms`.
const NODE_HEARTBEAT_TICKS: u64 = 1000;
/// How often the client asks what has become of the application.
const REPORT_TICKS: u64 = 250;
/// The directory of the application's files.
const STAGING: &str = "hdfs:/user/flink/.flink/application_0001";

/// What of YARN is a choice.
#[derive(Clone, Copy, Debug)]
pub struct YarnOptions {
    /// NodeManagers of the cluster.
    pub node_managers: u32,
    /// Memory of each for containers. YARN: `yarn.nodemanager.resource.memory-mb`.
    pub node_memory_mb: u32,
    /// Memory of the ApplicationMaster. Flink: `jobmanager.memory.process.size`.
    pub master_memory_mb: u32,
}

impl Default for YarnOptions {
    fn default() -> Self {
        Self { node_managers: 2, node_memory_mb: 8192, master_memory_mb: 1600 }
    }
}

/// How far a container is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerState {
    /// It is the application's, and nothing is in it.
    Acquired,
    /// Its NodeManager fetches so many files still.
    Localizing(u32),
    Running,
    /// What was in it is gone; whether YARN knows.
    Complete {
        is_reported: bool,
    },
}

/// A container of the application.
#[derive(Clone, Debug)]
pub struct Container {
    pub id: ContainerId,
    /// Its NodeManager, counted from 0.
    pub node: u32,
    pub state: ContainerState,
    /// The TaskManager in it.
    pub task_manager: Option<TaskManagerId>,
    /// Its TaskManager has said who it is.
    has_registered: bool,
    /// Flink counts it as gone already.
    is_given_up: bool,
}

/// What is to be done besides what is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum YarnAction {
    /// The process of a container begins.
    Start(ContainerId),
    /// It ends.
    Stop(ContainerId),
    /// The ApplicationMaster hears that what was in a container is gone. Flink: `onWorkerTerminated`.
    WorkerTerminated(ContainerId),
    /// The ApplicationMaster is done.
    Leave,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Yarn {
    options: YarnOptions,
    /// Of a TaskManager, as its container has it.
    worker_memory_mb: u32,
    /// What the client uploads.
    files: Vec<FileWrite>,
    uploaded: usize,
    state: ApplicationState,
    submitted_at: u64,
    /// What the client knows, and when it asked last.
    reported: (ApplicationState, u64),
    containers: Vec<Container>,
    /// Container requests that are not met, the ApplicationMaster's own among them.
    asked: u32,
    /// By NodeManager: when it reported last.
    beats: Vec<u64>,
    /// What the ApplicationMaster is told next.
    allocated: Vec<ContainerId>,
    completed: Vec<ContainerId>,
    master: ApplicationMaster,
}

impl Yarn {
    /// A cluster without applications, and what is to be uploaded of this one.
    pub fn new(options: YarnOptions, worker_memory_mb: u32, files: Vec<(&str, Vec<u8>)>) -> Self {
        let file = |(name, bytes): (&str, Vec<u8>)| FileWrite {
            path: format!("{STAGING}/{name}").into(),
            bytes: bytes.into(),
        };
        Self {
            worker_memory_mb,
            files: files.into_iter().map(file).collect(),
            uploaded: 0,
            state: ApplicationState::New,
            submitted_at: 0,
            reported: (ApplicationState::New, 0),
            containers: Vec::new(),
            asked: 0,
            beats: (0..options.node_managers).map(|node| u64::from(node) * 100).collect(),
            allocated: Vec::new(),
            completed: Vec::new(),
            master: ApplicationMaster::default(),
            options,
        }
    }

    /// The number of NodeManagers.
    pub const fn node_managers(&self) -> u32 {
        self.options.node_managers
    }

    /// The containers, by their ids.
    pub fn containers(&self) -> &[Container] {
        &self.containers
    }

    /// The state of the application.
    pub const fn state(&self) -> ApplicationState {
        self.state
    }

    /// The container of a TaskManager.
    pub fn container_of(&self, id: TaskManagerId) -> Option<&Container> {
        self.containers.iter().find(|container| container.task_manager == Some(id))
    }

    /// A NodeManager's memory for containers, and how much of it is in use, in MB.
    pub fn memory_of(&self, node: u32) -> (u32, u32) {
        let is_there = |container: &&Container| {
            container.node == node && container.state != ContainerState::Complete { is_reported: true }
        };
        let used = self.containers.iter().filter(is_there).map(|container| self.memory(container.id)).sum();
        (used, self.options.node_memory_mb)
    }

    fn memory(&self, id: ContainerId) -> u32 {
        let wanted =
            if id == ContainerId::MASTER { self.options.master_memory_mb } else { self.worker_memory_mb };
        wanted.next_multiple_of(ALLOCATION_MB_MIN)
    }

    /// A file of the application has moved.
    pub fn on_file(&mut self, owner: FileOwner, now: u64, outbox: &mut Outbox) -> Option<YarnAction> {
        let FileOwner::Container(id) = owner else {
            self.uploaded += 1;
            if self.uploaded == self.files.len() {
                self.submitted_at = now;
                say(outbox, Address::YarnResourceManager, YarnCall::SubmitApplication);
            }
            return None;
        };
        let id = ContainerId(id);
        let container = &mut self.containers[id.index()];
        let ContainerState::Localizing(left) = container.state else { return None };
        container.state = ContainerState::Localizing(left - 1);
        if left > 1 {
            return None;
        }
        container.state = ContainerState::Running;
        let starter =
            if id == ContainerId::MASTER { Address::YarnResourceManager } else { Address::ResourceManager };
        say(outbox, starter, YarnCall::ContainerStarted(id));
        Some(YarnAction::Start(id))
    }

    /// The process of a container began, and is this TaskManager.
    pub fn started(&mut self, id: ContainerId, task_manager: TaskManagerId) {
        self.containers[id.index()].task_manager = Some(task_manager);
    }

    /// A TaskManager says who it is.
    pub fn note_registration(&mut self, id: TaskManagerId) {
        for container in self.containers.iter_mut().filter(|container| container.task_manager == Some(id)) {
            container.has_registered = true;
        }
    }

    /// Whether it did.
    pub fn has_registered(&self, id: TaskManagerId) -> bool {
        self.container_of(id).is_some_and(|container| container.has_registered)
    }

    /// The process of a container is gone: its NodeManager sees it at once.
    pub fn exited(&mut self, id: ContainerId) {
        let container = self.containers.get_mut(id.index());
        if let Some(container) = container.filter(|container| !container.is_complete()) {
            container.state = ContainerState::Complete { is_reported: false };
        }
    }

    /// Takes a call that is for somebody on YARN.
    pub fn receive(
        &mut self,
        (from, to): (Address, Address),
        call: &YarnCall,
        now: u64,
        outbox: &mut Outbox,
    ) -> Vec<YarnAction> {
        match (to, call) {
            (Address::YarnResourceManager, call) => self.on_resource_manager(from, call, outbox),
            (Address::NodeManager(_), YarnCall::StartContainer(id)) => self.localize(*id, outbox),
            (Address::NodeManager(_), YarnCall::StopContainer(id) | YarnCall::CleanUpContainer(id)) => {
                return vec![YarnAction::Stop(*id)];
            }
            (Address::Client, YarnCall::NewApplication) => {
                let writes = self.files.iter().cloned();
                writes.for_each(|file| outbox.request_file(FileOwner::Client, FileRequest::Write(file)));
            }
            (Address::Client, YarnCall::ApplicationReport(state)) => self.reported.0 = *state,
            (Address::ResourceManager, call) => return self.on_master(call, now, outbox),
            _ => unknown_call("YARN", &Call::Yarn(call.clone()), from),
        }
        Vec::new()
    }

    fn on_resource_manager(&mut self, from: Address, call: &YarnCall, outbox: &mut Outbox) {
        match call {
            YarnCall::CreateApplication => say(outbox, from, YarnCall::NewApplication),
            YarnCall::SubmitApplication => {
                self.state = ApplicationState::Accepted;
                self.asked = 1;
            }
            YarnCall::GetApplicationReport => say(outbox, from, YarnCall::ApplicationReport(self.state)),
            YarnCall::ContainerStarted(_) => {}
            YarnCall::NodeHeartbeat(completed) => {
                for &id in completed {
                    self.on_complete(id, outbox);
                }
                if let Address::NodeManager(node) = from {
                    self.assign(node, outbox);
                }
            }
            YarnCall::RegisterApplicationMaster => {
                self.state = ApplicationState::Running;
                say(outbox, from, YarnCall::ApplicationMasterRegistered);
            }
            YarnCall::Allocate { ask, release } => {
                self.asked += ask;
                for &id in release {
                    self.containers[id.index()].state = ContainerState::Complete { is_reported: true };
                }
                let allocated = std::mem::take(&mut self.allocated);
                let completed = std::mem::take(&mut self.completed);
                say(outbox, from, YarnCall::Allocated { allocated, completed });
            }
            YarnCall::UnregisterApplicationMaster(status) => {
                self.state = ApplicationState::Finished(*status);
                say(outbox, from, YarnCall::ApplicationMasterUnregistered);
                self.clean_up(outbox);
            }
            _ => unknown_call("YARN's ResourceManager", &Call::Yarn(call.clone()), from),
        }
    }

    fn on_complete(&mut self, id: ContainerId, outbox: &mut Outbox) {
        self.containers[id.index()].state = ContainerState::Complete { is_reported: true };
        if id != ContainerId::MASTER {
            self.completed.push(id);
        } else if !matches!(self.state, ApplicationState::Finished(_)) {
            // There is one attempt, unless Flink is configured for high availability. Flink: `yarn.application-attempts`.
            self.state = ApplicationState::Failed;
            self.clean_up(outbox);
        }
    }

    /// The application is over: its containers go.
    fn clean_up(&mut self, outbox: &mut Outbox) {
        self.asked = 0;
        for container in self.containers.iter().skip(1).filter(|container| !container.is_complete()) {
            say(outbox, Address::NodeManager(container.node), YarnCall::CleanUpContainer(container.id));
        }
    }

    /// Allots containers on a node as long as there is room.
    fn assign(&mut self, node: u32, outbox: &mut Outbox) {
        while self.asked > 0 && self.has_room(node) {
            self.asked -= 1;
            let id = ContainerId(self.containers.len() as u32 + 1);
            self.containers.push(Container {
                id,
                node,
                state: ContainerState::Acquired,
                task_manager: None,
                has_registered: false,
                is_given_up: false,
            });
            if id == ContainerId::MASTER {
                say(outbox, Address::NodeManager(node), YarnCall::StartContainer(id));
            } else {
                self.allocated.push(id);
            }
        }
    }

    fn has_room(&self, node: u32) -> bool {
        let (used, all) = self.memory_of(node);
        used + self.memory(ContainerId(self.containers.len() as u32 + 1)) <= all
    }

    /// The NodeManager fetches what the container needs.
    fn localize(&mut self, id: ContainerId, outbox: &mut Outbox) {
        self.containers[id.index()].state = ContainerState::Localizing(self.files.len() as u32);
        for file in &self.files {
            outbox.request_file(FileOwner::Container(id.0), FileRequest::Read(file.path.clone()));
        }
    }

    /// When somebody polls next to whom it brings something.
    pub fn next_timer(&self, now: u64) -> Option<u64> {
        self.polls(now).map(|(at, _)| at).min()
    }

    /// A poll that is due: who, to whom, what.
    pub fn poll(&mut self, now: u64) -> Option<(Address, Address, YarnCall)> {
        let (_, who) = self.polls(now).find(|&(at, _)| at <= now)?;
        let call = match who {
            Address::Client => {
                self.reported.1 = now;
                YarnCall::GetApplicationReport
            }
            Address::NodeManager(node) => {
                self.beats[node as usize] = now;
                YarnCall::NodeHeartbeat(self.exits_on(node).collect())
            }
            _ => self.master.beat(now),
        };
        Some((who, Address::YarnResourceManager, call))
    }

    fn polls(&self, now: u64) -> impl Iterator<Item = (u64, Address)> {
        let client = (self.submitted_at > 0 && self.reported.0 != self.state)
            .then(|| (after(self.reported.1, self.submitted_at, REPORT_TICKS, now), Address::Client));
        let is_wanted =
            |&node: &u32| self.exits_on(node).next().is_some() || self.asked > 0 && self.has_room(node);
        let nodes = (0..self.options.node_managers).filter(is_wanted).map(move |node| {
            let first = u64::from(node) * 100;
            (after(self.beats[node as usize], first, NODE_HEARTBEAT_TICKS, now), Address::NodeManager(node))
        });
        let has_news = !self.allocated.is_empty() || !self.completed.is_empty();
        let master = self.master.next_beat(has_news, now).map(|at| (at, Address::ResourceManager));
        client.into_iter().chain(nodes).chain(master)
    }

    /// Containers on a node that are complete, which YARN does not know.
    fn exits_on(&self, node: u32) -> impl Iterator<Item = ContainerId> {
        let is_news = move |container: &&Container| {
            container.node == node && container.state == ContainerState::Complete { is_reported: false }
        };
        self.containers.iter().filter(is_news).map(|container| container.id)
    }
}

impl Container {
    /// Whether nothing is in it any more.
    pub const fn is_complete(&self) -> bool {
        matches!(self.state, ContainerState::Complete { .. })
    }
}

/// The first poll from `now` on that comes after the one at `last`, of those at `first` and every `interval` later.
const fn after(last: u64, first: u64, interval: u64, now: u64) -> u64 {
    let earliest = if last + 1 > now { last + 1 } else { now };
    first + earliest.saturating_sub(first).div_ceil(interval) * interval
}

fn say(outbox: &mut Outbox, to: Address, call: YarnCall) {
    outbox.send(to, Call::Yarn(call));
}

/// Where the application's files are.
pub const fn staging() -> &'static str {
    STAGING
}

#[cfg(test)]
mod tests;
