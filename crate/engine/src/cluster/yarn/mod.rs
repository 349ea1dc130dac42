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
use crate::cluster::task_executor::leaders::REGISTRATION_TIMEOUT_TICKS;

use call::{ApplicationState, ContainerId, YarnCall};
use master::ApplicationMaster;

/// `yarn.scheduler.minimum-allocation-mb`: containers are multiples of it.
const ALLOCATION_MB_MIN: u32 = 1024;
/// `yarn.resourcemanager.nodemanagers.heartbeat-interval-ms`.
const NODE_HEARTBEAT_TICKS: u64 = 1000;
/// How often the client asks what has become of the application.
const REPORT_TICKS: u64 = 250;
/// After how long a NodeManager or an ApplicationMaster counts as lost of which nothing is heard.
/// `yarn.nm.liveness-monitor.expiry-interval-ms`, `yarn.am.liveness-monitor.expiry-interval-ms`.
const EXPIRY_TICKS: u64 = 600_000;
/// How long a failed attempt counts. Flink: `yarn.application-attempt-failures-validity-interval`.
const FAILURES_VALID_TICKS: u64 = 10_000;
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
    /// So many attempts may fail. Flink: `yarn.application-attempts`, by default 2 with high availability, else 1.
    pub attempts: Option<u32>,
}

impl Default for YarnOptions {
    fn default() -> Self {
        Self { node_managers: 2, node_memory_mb: 8192, master_memory_mb: 1600, attempts: None }
    }
}

/// What comes next.
#[derive(Clone, Copy)]
enum Due {
    Poll(Address),
    Expiry(ContainerId),
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
    /// Whether it is, or was, the ApplicationMaster's.
    pub is_master: bool,
    /// The TaskManager in it.
    pub task_manager: Option<TaskManagerId>,
    /// Its TaskManager has said who it is.
    has_registered: bool,
    /// Flink counts it as gone already.
    is_given_up: bool,
    /// When Flink got it. What does not say who it is for too long is given up.
    acquired_at: Option<u64>,
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
    /// Whether TaskManagers outlive the ApplicationMaster: with high availability. Flink:
    /// `YarnClusterDescriptor#activateHighAvailabilitySupport`.
    keeps_containers: bool,
    /// What the client uploads.
    files: Vec<FileWrite>,
    uploaded: usize,
    state: ApplicationState,
    submitted_at: u64,
    /// What the client knows, and when it asked last.
    reported: (ApplicationState, u64),
    containers: Vec<Container>,
    /// Container requests that are not met, without the ApplicationMaster's own.
    asked: u32,
    wants_master: bool,
    /// By NodeManager: when it reported last, and since when it is gone.
    beats: Vec<(u64, Option<u64>)>,
    /// When attempts failed.
    failures: Vec<u64>,
    /// Since when nothing is heard of an ApplicationMaster that is there.
    silent_since: Option<u64>,
    /// What the ApplicationMaster is told next.
    allocated: Vec<ContainerId>,
    completed: Vec<ContainerId>,
    master: ApplicationMaster,
}

impl Yarn {
    /// A cluster without applications, and what is to be uploaded of this one.
    pub fn new(
        options: YarnOptions,
        keeps_containers: bool,
        worker_memory_mb: u32,
        files: Vec<(&str, Vec<u8>)>,
    ) -> Self {
        let file = |(name, bytes): (&str, Vec<u8>)| FileWrite {
            path: format!("{STAGING}/{name}").into(),
            bytes: bytes.into(),
        };
        Self {
            worker_memory_mb,
            keeps_containers,
            files: files.into_iter().map(file).collect(),
            uploaded: 0,
            state: ApplicationState::New,
            submitted_at: 0,
            reported: (ApplicationState::New, 0),
            containers: Vec::new(),
            asked: 0,
            wants_master: false,
            beats: (0..options.node_managers).map(|node| (first_beat(node), None)).collect(),
            failures: Vec::new(),
            silent_since: None,
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
        let used = self.containers.iter().filter(is_there).map(|it| self.memory(it.is_master)).sum();
        (used, self.options.node_memory_mb)
    }

    fn memory(&self, is_master: bool) -> u32 {
        let wanted = if is_master { self.options.master_memory_mb } else { self.worker_memory_mb };
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
        let is_master = container.is_master;
        let starter = if is_master { Address::YarnResourceManager } else { Address::ResourceManager };
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
            if container.is_master {
                (self.master, self.silent_since) = (ApplicationMaster::default(), None);
            }
        }
    }

    /// The container of the ApplicationMaster, if it is there.
    pub fn master(&self) -> Option<ContainerId> {
        let is_there = |container: &&Container| container.is_master && !container.is_complete();
        self.containers.iter().find(is_there).map(|container| container.id)
    }

    /// From this tick on nothing is heard of the ApplicationMaster, or, with `None`, something is again.
    pub const fn hear_master(&mut self, silent_since: Option<u64>) {
        self.silent_since = silent_since;
    }

    /// Whether a NodeManager is gone.
    pub fn has_lost(&self, node: u32) -> bool {
        self.beats[node as usize].1.is_some()
    }

    /// A NodeManager is gone from now on. Answers whether it was there.
    pub fn lose_node(&mut self, node: u32, now: u64) -> bool {
        let was_there = !self.has_lost(node);
        if was_there {
            self.beats[node as usize].1 = Some(now);
        }
        was_there
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
            (Address::YarnResourceManager, call) => self.on_resource_manager(from, call, now, outbox),
            // It hears nothing any more.
            (Address::NodeManager(node), _) if self.beats[node as usize].1.is_some() => {}
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

    fn on_resource_manager(&mut self, from: Address, call: &YarnCall, now: u64, outbox: &mut Outbox) {
        match call {
            YarnCall::CreateApplication => say(outbox, from, YarnCall::NewApplication),
            YarnCall::SubmitApplication => {
                self.state = ApplicationState::Accepted;
                self.wants_master = true;
            }
            YarnCall::GetApplicationReport => say(outbox, from, YarnCall::ApplicationReport(self.state)),
            YarnCall::ContainerStarted(_) => {}
            YarnCall::NodeHeartbeat(completed) => {
                for &id in completed {
                    self.on_complete(id, now, outbox);
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

    fn on_complete(&mut self, id: ContainerId, now: u64, outbox: &mut Outbox) {
        let container = &mut self.containers[id.index()];
        container.state = ContainerState::Complete { is_reported: true };
        if !container.is_master {
            self.completed.push(id);
        } else if !matches!(self.state, ApplicationState::Finished(_)) {
            let is_lost = self.beats[container.node as usize].1.is_some();
            self.end_attempt(is_lost, now, outbox);
        }
    }

    /// The ApplicationMaster went without a word: another attempt begins, if one may. One that went with its node counts
    /// for no failure. YARN: `RMAppImpl`'s `AttemptFailedTransition`, `CapacityScheduler#doneApplicationAttempt`.
    fn end_attempt(&mut self, is_lost: bool, now: u64, outbox: &mut Outbox) {
        self.asked = 0;
        if !is_lost {
            self.failures.push(now);
        }
        let attempts = self.options.attempts.unwrap_or(1 + u32::from(self.keeps_containers));
        let failures = self.failures.iter().filter(|&&at| now < at + FAILURES_VALID_TICKS).count() as u32;
        if attempts == 1 || failures >= attempts {
            self.state = ApplicationState::Failed;
            return self.clean_up(outbox);
        }
        self.state = ApplicationState::Accepted;
        self.wants_master = true;
        // What the one before did not hear of goes back.
        for id in std::mem::take(&mut self.allocated) {
            self.containers[id.index()].state = ContainerState::Complete { is_reported: true };
        }
        if !self.keeps_containers {
            self.clean_up(outbox);
        }
    }

    /// The application is over, or its attempt: its containers go.
    fn clean_up(&mut self, outbox: &mut Outbox) {
        for container in self.containers.iter().filter(|it| !it.is_master && !it.is_complete()) {
            say(outbox, Address::NodeManager(container.node), YarnCall::CleanUpContainer(container.id));
        }
    }

    /// Allots containers on a node as long as there is room, to an ApplicationMaster first.
    fn assign(&mut self, node: u32, outbox: &mut Outbox) {
        while self.has_room(node) {
            let is_master = std::mem::take(&mut self.wants_master);
            self.asked -= u32::from(!is_master);
            let id = ContainerId(self.containers.len() as u32 + 1);
            self.containers.push(Container {
                id,
                node,
                state: ContainerState::Acquired,
                is_master,
                task_manager: None,
                has_registered: false,
                is_given_up: false,
                acquired_at: None,
            });
            if is_master {
                say(outbox, Address::NodeManager(node), YarnCall::StartContainer(id));
            } else {
                self.allocated.push(id);
            }
        }
    }

    /// Whether a node, which is there, has room for a container that is wanted.
    fn has_room(&self, node: u32) -> bool {
        let (used, all) = self.memory_of(node);
        let is_wanted = self.wants_master || self.asked > 0;
        is_wanted && self.beats[node as usize].1.is_none() && used + self.memory(self.wants_master) <= all
    }

    /// The NodeManager fetches what the container needs, if that is wanted still.
    fn localize(&mut self, id: ContainerId, outbox: &mut Outbox) {
        let container = &mut self.containers[id.index()];
        if container.state != ContainerState::Acquired {
            return;
        }
        container.state = ContainerState::Localizing(self.files.len() as u32);
        for file in &self.files {
            outbox.request_file(FileOwner::Container(id.0), FileRequest::Read(file.path.clone()));
        }
    }

    /// When somebody polls next to whom it brings something, or is waited for no more.
    pub fn next_timer(&self, now: u64) -> Option<u64> {
        self.next_due(now).map(|(at, _)| at.max(now))
    }

    /// A poll that is due: who, to whom, what.
    pub fn poll(&mut self, now: u64) -> Option<(Address, Address, YarnCall)> {
        let Some((_, Due::Poll(who))) = self.next_due(now).filter(|&(at, _)| at <= now) else { return None };
        let call = match who {
            Address::Client => {
                self.reported.1 = now;
                YarnCall::GetApplicationReport
            }
            Address::NodeManager(node) => {
                self.beats[node as usize].0 = now;
                YarnCall::NodeHeartbeat(self.exits_on(node).collect())
            }
            _ => self.master.beat(now),
        };
        Some((who, Address::YarnResourceManager, call))
    }

    /// What comes next.
    fn next_due(&self, now: u64) -> Option<(u64, Due)> {
        let mut next: Option<(u64, Due)> = None;
        let mut consider = |at: Option<u64>, due: Due| {
            if let Some(at) = at
                && next.is_none_or(|(before, _)| at < before)
            {
                next = Some((at, due));
            }
        };
        if self.submitted_at > 0 && self.reported.0 != self.state {
            let at = after(self.reported.1, self.submitted_at, REPORT_TICKS, now);
            consider(Some(at), Due::Poll(Address::Client));
        }
        for (node, &(last, lost_at)) in (0..).zip(&self.beats) {
            if lost_at.is_none() && (self.has_room(node) || self.exits_on(node).next().is_some()) {
                let at = after(last, first_beat(node), NODE_HEARTBEAT_TICKS, now);
                consider(Some(at), Due::Poll(Address::NodeManager(node)));
            }
        }
        if self.silent_since.is_none() {
            let has_news = !self.allocated.is_empty() || !self.completed.is_empty();
            consider(self.master.next_beat(has_news, now), Due::Poll(Address::ResourceManager));
        }
        for container in &self.containers {
            let due = Due::Expiry(container.id);
            consider(self.lost_until(container), due);
            consider(container.registers_until(), due);
            if container.is_master && !container.is_complete() {
                consider(self.silent_since.map(|at| at + EXPIRY_TICKS), due);
            }
        }
        next
    }

    /// When YARN takes what is on a lost node to be complete.
    fn lost_until(&self, container: &Container) -> Option<u64> {
        let lost_at = self.beats[container.node as usize].1?;
        // As of its last heartbeat.
        let since = lost_at.saturating_sub(first_beat(container.node)) % NODE_HEARTBEAT_TICKS;
        (container.state != ContainerState::Complete { is_reported: true })
            .then(|| lost_at - since + EXPIRY_TICKS)
    }

    /// Gives up a container for which it is time.
    pub fn expire(&mut self, now: u64, outbox: &mut Outbox) -> Option<YarnAction> {
        let Some((_, Due::Expiry(id))) = self.next_due(now) else { return None };
        let container = &self.containers[id.index()];
        if container.registers_until().is_some_and(|at| at <= now) {
            self.give_up(id, outbox);
            return Some(YarnAction::WorkerTerminated(id));
        }
        if self.lost_until(container).is_none_or(|at| at > now) {
            return Some(YarnAction::Stop(id));
        }
        self.exited(id);
        self.on_complete(id, now, outbox);
        None
    }

    /// What is told of why a container is gone. Flink: `YarnResourceManagerDriver#getContainerCompletedCause`,
    /// `ActiveResourceManager#scheduleWorkerRegistrationTimeoutCheck`.
    pub fn cause(&self, id: ContainerId) -> String {
        let container = &self.containers[id.index()];
        let cause = if container.is_given_up {
            "Worker did not register in 300000 ms"
        } else if self.beats[container.node as usize].1.is_some() {
            "killed by YARN, being 'lost' due to node failures"
        } else {
            // As of a process that was killed by a signal.
            "marked as failed. Exit code:137"
        };
        format!("Container {id} {cause}.")
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
    /// Until when its TaskManager is to say who it is. Flink: `resourcemanager.taskmanager-registration.timeout`.
    fn registers_until(&self) -> Option<u64> {
        let is_awaited = !self.has_registered && !self.is_given_up;
        self.acquired_at.filter(|_| is_awaited).map(|at| at + REGISTRATION_TIMEOUT_TICKS)
    }

    /// Whether nothing is in it any more.
    pub const fn is_complete(&self) -> bool {
        matches!(self.state, ContainerState::Complete { .. })
    }
}

/// When a NodeManager reports first.
const fn first_beat(node: u32) -> u64 {
    node as u64 * 100
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
