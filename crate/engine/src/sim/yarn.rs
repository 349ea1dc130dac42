//! YARN in the world: who polls when, and the processes that begin and end in containers.
//!
//! Contract: a container's process is gone as soon as it ends; Flink hears of it from YARN, unless its own heartbeats
//! tell earlier. Flink: `YarnResourceManagerDriver`, `ActiveResourceManager`.

use std::rc::Rc;

use super::cursor::Actor;
use super::world::World;
use crate::base::ids::TaskManagerId;
use crate::base::own::own_seldom;
use crate::checkpoint::storage::file_system::{FileAnswer, FileOwner, FileRequest};
use crate::cluster::job_status::JobStatus;
use crate::cluster::phase;
use crate::cluster::process::{Life, ProcessKind};
use crate::cluster::process_fault::ProcessFault;
use crate::cluster::resource_manager::WorkerRequest;
use crate::cluster::rpc::{Address, Call, Outbox};
use crate::cluster::yarn::call::{ContainerId, YarnCall};
use crate::cluster::yarn::{self, Yarn, YarnAction};
use crate::scenario::Scenario;
use crate::scheduler::plan::JobPlan;
use crate::trace::{TraceEvent, TraceKind};

impl World {
    /// The YARN cluster, if the job runs on one.
    pub fn yarn(&self) -> Option<&Yarn> {
        self.yarn.as_deref()
    }

    /// Lets YARN do something, says what `who` says of it, and does what follows.
    pub(super) fn with_yarn(
        &mut self,
        who: Address,
        step: &mut dyn FnMut(&mut Yarn, &mut Outbox) -> Vec<YarnAction>,
    ) {
        let Some(yarn) = &mut self.yarn else { return };
        let mut outbox = Outbox::default();
        let actions = step(own_seldom(yarn), &mut outbox);
        self.post(who, &mut outbox);
        for action in actions {
            self.topology_version += 1;
            match action {
                YarnAction::Start(id) => self.start_container(id),
                YarnAction::Stop(id) => self.stop_container(id),
                YarnAction::WorkerTerminated(id) => self.on_worker_terminated(id),
                YarnAction::Leave => {
                    let master = self.yarn().and_then(Yarn::master);
                    self.leave();
                    if let Some(id) = master {
                        self.stop_container(id);
                    }
                }
            }
        }
    }

    /// Somebody on YARN is told something.
    pub(super) fn receive_on_yarn(&mut self, from: Address, to: Address, call: &YarnCall) {
        let now = self.tick;
        self.with_yarn(to, &mut |yarn, outbox| yarn.receive((from, to), call, now, outbox));
        self.topology_version += 1;
    }

    /// Flink: `YarnResourceManagerDriver#deregisterApplication`.
    pub(super) fn deregister_on_yarn(&mut self, status: JobStatus) {
        self.with_yarn(Address::ResourceManager, &mut |yarn, outbox| {
            yarn.deregister(status, outbox);
            outbox.request_file(FileOwner::JobMaster, FileRequest::DeleteDirectory(yarn::staging().into()));
            Vec::new()
        });
    }

    /// Somebody polls.
    pub(super) fn yarn_turn(&mut self) -> Option<Actor> {
        let yarn = self.yarn.as_mut().filter(|yarn| yarn.next_timer(self.tick) == Some(self.tick))?;
        let now = self.tick;
        if let Some((from, to, call)) = own_seldom(yarn).poll(now) {
            let mut outbox = Outbox::default();
            outbox.send(to, Call::Yarn(call));
            self.post(from, &mut outbox);
        } else {
            self.with_yarn(Address::YarnResourceManager, &mut |yarn, outbox| {
                yarn.expire(now, outbox).into_iter().collect()
            });
        }
        Some(Actor::Rpc)
    }

    /// A file of the application has moved to or from HDFS.
    pub(super) fn on_yarn_file(&mut self, answer: &FileAnswer) {
        let Some(yarn) = &self.yarn else { return };
        let (who, phase, verb) = match answer.owner {
            FileOwner::Container(id) => {
                let container = &yarn.containers()[id as usize - 1];
                let phase = if container.is_master { phase::YARN_MASTER } else { phase::YARN_ALLOT };
                (Address::NodeManager(container.node), phase, "open")
            }
            _ => (Address::Client, phase::YARN_UPLOAD, "create"),
        };
        let text = match &answer.result {
            Ok(_) => format!("{verb} {}", answer.path),
            Err(error) => format!("{verb} {}: {error}", answer.path),
        };
        let between = (who.to_string().into(), "HDFS".into());
        let note = TraceEvent::note(self.tick, TraceKind::Rpc, between, text.into());
        self.trace.log(TraceEvent { phase, ..note });
        let (owner, now) = (answer.owner, self.tick);
        if answer.result.is_err() {
            // The container fails; a client gives up.
            if let FileOwner::Container(id) = owner {
                self.stop_container(ContainerId(id));
            }
            return;
        }
        self.with_yarn(who, &mut |yarn, outbox| yarn.on_file(owner, now, outbox).into_iter().collect());
    }

    fn start_container(&mut self, id: ContainerId) {
        let is_master = self.yarn().is_some_and(|yarn| yarn.master() == Some(id));
        match self.current().session {
            _ if !is_master => self.start_worker(id),
            // It was to lead, and no attempt before this one came as far as a process.
            Some(_) => {
                *self.process_mut() = self.fixed.scenario.new_process(ProcessKind::JobManager, self.tick);
            }
            None => self.start_job_manager(self.leader.job_manager),
        }
    }

    fn start_worker(&mut self, id: ContainerId) {
        let task_manager = TaskManagerId(self.executors.len() as u32);
        self.start_task_manager();
        if let Some(yarn) = &mut self.yarn {
            own_seldom(yarn).started(id, task_manager);
        }
    }

    fn stop_container(&mut self, id: ContainerId) {
        let Some(yarn) = &mut self.yarn else { return };
        let container = yarn.containers()[id.0 as usize - 1].clone();
        if container.is_complete() {
            return;
        }
        own_seldom(yarn).exited(id);
        if let Some(task_manager) = container.task_manager {
            self.end_task_manager(task_manager, Life::Stopped);
        } else if container.is_master && self.job_manager().is_alive() {
            self.end_job_manager(self.leader.job_manager, Life::Killed);
        }
    }

    /// A NodeManager is gone with all that is on its machine, if it is not so already.
    pub(super) fn lose_node_manager(&mut self, node: u32) {
        let now = self.tick;
        let who = Address::NodeManager(node);
        let mut is_lost = false;
        self.with_yarn(who, &mut |yarn, _| {
            is_lost = yarn.lose_node(node, now);
            Vec::new()
        });
        if !is_lost {
            return;
        }
        self.log_fault_of(&who.to_string(), "lost");
        self.topology_version += 1;
        for place in 0..self.yarn().map_or(0, |yarn| yarn.containers().len()) {
            let Some(yarn) = &mut self.yarn else { return };
            let container = &yarn.containers()[place];
            let (id, task_manager, is_master) = (container.id, container.task_manager, container.is_master);
            if container.node != node || container.is_complete() {
                continue;
            }
            own_seldom(yarn).exited(id);
            if let Some(id) = task_manager {
                self.apply_process_fault(ProcessFault::KillTaskManager(id));
            } else if is_master {
                self.apply_process_fault(ProcessFault::KillJobManager(self.leader.job_manager));
            }
        }
    }

    /// The ApplicationMaster's process is gone: its container is complete.
    pub(super) fn master_exited(&mut self) {
        if let Some(yarn) = &mut self.yarn
            && let Some(master) = yarn.master()
        {
            own_seldom(yarn).exited(master);
        }
    }

    /// It does nothing from this tick on, or goes on.
    pub(super) fn hear_master(&mut self, silent_since: Option<u64>) {
        if let Some(yarn) = &mut self.yarn {
            own_seldom(yarn).hear_master(silent_since);
        }
    }

    /// The JobManager is up in its container, and leads: its ResourceManager registers.
    pub(super) fn register_on_yarn(&mut self) {
        self.with_yarn(Address::ResourceManager, &mut |yarn, outbox| {
            yarn.register_master(outbox);
            Vec::new()
        });
    }

    /// A TaskManager in a container registers.
    pub(super) fn note_registration(&mut self, id: TaskManagerId) {
        if let Some(yarn) = &mut self.yarn {
            own_seldom(yarn).note_registration(id);
        }
    }

    /// A TaskManager's process is gone: its container is complete.
    pub(super) fn container_exited(&mut self, id: TaskManagerId) {
        let Some(yarn) = &mut self.yarn else { return };
        if let Some(container) = yarn.container_of(id).map(|container| container.id) {
            own_seldom(yarn).exited(container);
        }
    }

    /// Flink: `ActiveResourceManager#onWorkerTerminated`.
    fn on_worker_terminated(&mut self, id: ContainerId) {
        let Some(yarn) = &self.yarn else { return };
        // One that was never started is known by nobody.
        let lost = yarn.containers()[id.0 as usize - 1].task_manager.unwrap_or(TaskManagerId(u32::MAX));
        let cause: Rc<str> = yarn.cause(id).into();
        let mut outbox = Outbox::default();
        // It may have said so itself, or its heartbeats may have.
        let is_known =
            |id| self.resource_manager.slot_manager().workers().iter().any(|worker| worker.id == id);
        if is_known(lost) || !yarn.has_registered(lost) {
            self.stop_watching(Address::ResourceManager, lost);
            self.resource_manager.on_task_manager_lost(lost, &cause, self.tick, &mut outbox);
        }
        self.post(Address::ResourceManager, &mut outbox);
    }

    /// Who knows that a TaskManager is gone does not watch it any more.
    pub(super) fn stop_watching(&mut self, by: Address, id: TaskManagerId) {
        self.notices.retain(|notice| (notice.by, notice.task_manager) != (by, id));
    }

    /// What the ResourceManager wants of YARN.
    pub(super) fn order_containers(&mut self, requests: &[WorkerRequest]) {
        self.with_yarn(Address::ResourceManager, &mut |yarn, outbox| {
            for request in requests {
                match *request {
                    WorkerRequest::Start => yarn.request_resource(),
                    WorkerRequest::Stop(id) => yarn.release_resource(id, outbox),
                }
            }
            Vec::new()
        });
    }
}

/// YARN before the application, with what the client has to upload.
pub(super) fn of_scenario(scenario: &Scenario, plan: &JobPlan) -> Option<Rc<Yarn>> {
    let options = scenario.deployment.yarn()?;
    let spec = scenario.process_spec().expect("the scenario is checked before it runs");
    let memory = spec.total_process().expect("the scenario is checked before it runs");
    let mut jar = plan.job_name.to_string();
    for vertex in &plan.vertices {
        jar.push('\n');
        jar.push_str(&vertex.name);
    }
    let (slots, bytes) = (scenario.slots_per_task_manager, memory.bytes());
    let configuration = format!(
        "taskmanager.numberOfTaskSlots: {slots}\ntaskmanager.memory.process.size: {bytes}b\nparallelism.default: 1\n"
    );
    let files = vec![("job.jar", jar.into_bytes()), ("config.yaml", configuration.into_bytes())];
    let megabytes = (bytes >> 20) as u32;
    Some(Rc::new(Yarn::new(options, scenario.high_availability.is_some(), megabytes, files)))
}
