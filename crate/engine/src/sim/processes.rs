//! Faults of processes and tasks: a task that is made to fail, a TaskManager that is killed or started, and who notices
//! when.
//!
//! Contract: what a killed process had is gone at once, and with it what was on its way to and from it over the
//! network. Its peers notice by their connections, JobMaster and ResourceManager by their heartbeats. What is said to
//! it meanwhile is lost; a task that is submitted to it fails. Flink: `TaskManagerRunner`, `DeadLettersActor`.

use std::rc::Rc;

use super::cursor::Actor;
use super::world::{TaskPlace, World};
use crate::base::ids::{ExecutionAttemptId, TaskManagerId};
use crate::base::own::own_seldom;
use crate::base::sort;
use crate::checkpoint::failure_reason::CheckpointFailureReason;
use crate::checkpoint::storage::file_system::FileOwner;
use crate::cluster::heartbeat::{Notice, Sign};
use crate::cluster::link::Link;
use crate::cluster::process::{Life, Process, ProcessKind};
use crate::cluster::process_fault::{ProcessFault, Slowed};
use crate::cluster::rpc::{Address, Call, Envelope, Outbox};
use crate::cluster::task_executor::TaskExecutor;
use crate::network::error::NetworkError;
use crate::task::message::Mail;
use crate::task::stream_task::StreamTask;
use crate::trace::{TraceEvent, TraceKind};

impl World {
    /// Makes a fault happen.
    pub(super) fn apply_process_fault(&mut self, fault: ProcessFault) {
        match fault {
            ProcessFault::FailTask(task) => {
                let Some(place) = self.place_of(task) else { return };
                let name = self.task_name(task);
                self.log_fault_of(&name, &fault.to_string());
                let message = "Exception: The task was made to fail by hand.";
                self.with_task(place, |task, _| task.post(Mail::Fail(message.into())));
            }
            ProcessFault::KillTaskManager(id)
            | ProcessFault::StopTaskManager(id)
            | ProcessFault::PauseTaskManager(id)
            | ProcessFault::ResumeTaskManager(id) => self.apply_task_manager_fault(id, fault),
            ProcessFault::Slow(who, factor) => self.slow_down(who, factor),
            ProcessFault::CutOffTaskManager(id) | ProcessFault::ReconnectTaskManager(id) => {
                self.apply_cut(id, fault);
            }
            // On YARN it would be in no container.
            ProcessFault::StartTaskManager if self.yarn.is_some() => {}
            ProcessFault::StartTaskManager => self.start_task_manager(),
            ProcessFault::LoseNodeManager(node) => self.lose_node_manager(node),
            ProcessFault::RevokeResourceManager => self.revoke_resource_manager(),
            ProcessFault::KillJobManager(id)
            | ProcessFault::StopJobManager(id)
            | ProcessFault::PauseJobManager(id)
            | ProcessFault::ResumeJobManager(id)
            | ProcessFault::StartJobManager(id) => self.apply_job_manager_fault(id, fault),
        }
    }

    /// Makes a fault of a TaskManager happen, if it is not so already.
    fn apply_task_manager_fault(&mut self, id: TaskManagerId, fault: ProcessFault) {
        // One that was not started yet is none.
        let (is_alive, now) = (self.is_alive(id), self.tick);
        let can_run = is_alive && self.can_run(id);
        let happens = match fault {
            ProcessFault::KillTaskManager(_) => is_alive,
            ProcessFault::ResumeTaskManager(_) => is_alive && !can_run,
            _ => can_run,
        };
        if !happens {
            return;
        }
        self.log_fault_of(&Address::TaskExecutor(id).to_string(), &fault.to_string());
        self.topology_version += 1;
        match fault {
            ProcessFault::KillTaskManager(_) => {
                self.end_task_manager(id, Life::Killed);
                // Of one that is cut off nobody hears that, either.
                let hears = self.executors[id.index()].cut_off_since.is_none();
                self.notices.extend(
                    self.watching().filter(|_| hears).map(|(by, from)| Notice::of_killed(id, now, by, from)),
                );
            }
            ProcessFault::StopTaskManager(_) => {
                let mut outbox = Outbox::default();
                let cause: Rc<str> = "FlinkException: The TaskExecutor is shutting down.".into();
                for gateway in [Address::ResourceManager, Address::JobMaster] {
                    outbox.send(gateway, Call::DisconnectTaskManager { cause: Rc::clone(&cause) });
                }
                self.post(Address::TaskExecutor(id), &mut outbox);
                self.end_task_manager(id, Life::Stopped);
                self.notices.retain(|notice| notice.task_manager != id);
            }
            ProcessFault::PauseTaskManager(_) => {
                own_seldom(&mut self.executors[id.index()]).process_mut().pause(now);
                self.miss(id);
            }
            _ => {
                own_seldom(&mut self.executors[id.index()]).process_mut().resume();
                self.note_answers(id);
            }
        }
    }

    fn slow_down(&mut self, who: Slowed, factor: u32) {
        let (name, process) = match who {
            Slowed::TaskManager(id) => {
                if !self.is_alive(id) {
                    return;
                }
                let process = own_seldom(&mut self.executors[id.index()]).process_mut();
                (Address::TaskExecutor(id).to_string(), process)
            }
            who => {
                let id = if let Slowed::JobManager(id) = who { id } else { self.leader.job_manager };
                (self.name_of_job_manager(id), &mut self.job_manager_mut(id).process)
            }
        };
        if process.is_alive() {
            process.slow_down(factor);
            self.log_fault_of(&name, &ProcessFault::Slow(who, factor).to_string());
            self.topology_version += 1;
        }
    }

    /// Whether a TaskManager's process runs.
    pub fn is_alive(&self, id: TaskManagerId) -> bool {
        self.executors.get(id.index()).is_some_and(|executor| executor.is_alive())
    }

    /// Whether a TaskManager's process does anything.
    pub fn can_run(&self, id: TaskManagerId) -> bool {
        let process = self.executors[id.index()].process();
        process.is_alive() && process.paused_since().is_none()
    }

    /// Whether a TaskManager acts in this tick.
    pub(super) fn acts(&self, id: TaskManagerId) -> bool {
        self.executors[id.index()].process().acts_at(self.tick)
    }

    /// The process of who is called there; the client is outside.
    pub fn process_of(&self, envelope: &Envelope) -> Option<&Process> {
        match envelope.to {
            Address::TaskExecutor(id) => Some(self.executors[id.index()].process()),
            to => {
                let process = &self.job_managers[envelope.leader.job_manager.index()].process;
                to.is_flink().then_some(process)
            }
        }
    }

    /// The process of the JobManager that leads, or led last.
    pub fn job_manager(&self) -> &Process {
        &self.current().process
    }

    /// The same, to change it.
    pub(super) fn process_mut(&mut self) -> &mut Process {
        &mut self.job_manager_mut(self.leader.job_manager).process
    }

    /// When a process takes the next step of its start.
    pub(super) fn next_step(&self) -> Option<u64> {
        let task_managers = self.executors.iter().map(|executor| executor.process());
        let job_managers = self.job_managers.iter().map(|it| &it.process);
        job_managers.chain(task_managers).filter_map(Process::next_step).min()
    }

    /// A process takes a step of its start.
    pub(super) fn step_turn(&mut self) -> Option<Actor> {
        if self.next_step().is_none_or(|at| at > self.tick) {
            return None;
        }
        let (now, step_ticks) = (self.tick, self.fixed.scenario.start_up_step_ticks.unwrap_or_default());
        let is_due = |process: &Process| process.next_step().is_some_and(|at| at <= now);
        if let Some(place) = self.job_managers.iter().position(|it| is_due(&it.process)) {
            let id = self.job_managers[place].id;
            let step = self.job_manager_mut(id).process.step(now, step_ticks)?;
            let who = self.name_of_job_manager(id);
            self.log_note(TraceKind::Process, &who, step);
            if self.job_managers[place].process.is_up() {
                self.on_job_manager_up(id);
            }
            return Some(Actor::Rpc);
        }
        let place = self.executors.iter().position(|executor| is_due(executor.process()))?;
        let executor = own_seldom(&mut self.executors[place]);
        let step = executor.process_mut().step(now, step_ticks)?;
        let executor = Rc::clone(&self.executors[place]);
        let who = Address::TaskExecutor(executor.id()).to_string();
        self.log_note(TraceKind::Process, &who, step);
        if executor.process().is_up() {
            self.register(&executor);
        }
        Some(Actor::Rpc)
    }

    /// A TaskManager says who it is.
    pub(super) fn register(&mut self, executor: &TaskExecutor) {
        let mut outbox = Outbox::default();
        executor.register(&mut outbox);
        own_seldom(&mut self.executors[executor.id().index()]).expect_registration(self.tick);
        self.note_registration(executor.id());
        self.post(Address::TaskExecutor(executor.id()), &mut outbox);
    }

    /// Who watches the TaskManagers, and since when.
    fn watching(&self) -> impl Iterator<Item = (Address, u64)> + use<> {
        let process = self.current();
        let started_at = self.job_master.started_at().filter(|_| process.has_job);
        let job_master = started_at.map(|from| (Address::JobMaster, from));
        let manager = process.manager.filter(|_| process.process.is_alive());
        job_master.into_iter().chain(manager.map(|_| (Address::ResourceManager, process.manager_since)))
    }

    /// Nothing is heard of a TaskManager from now on; of one that is cut off nothing was before.
    pub(super) fn miss(&mut self, id: TaskManagerId) {
        if self.hears(id) {
            let (now, latency) = (self.tick, u64::from(self.fixed.scenario.rpc_latency_ticks));
            let missed = |(by, from)| Notice::of_paused(id, now, by, from, latency);
            self.notices.extend(self.watching().map(missed));
        }
    }

    /// A TaskManager answers heartbeats again, if nothing else keeps it from that.
    pub(super) fn note_answers(&mut self, id: TaskManagerId) {
        if self.hears(id) && self.can_run(id) {
            self.notices.retain(|notice| notice.task_manager != id);
        }
    }

    pub(super) fn end_task_manager(&mut self, id: TaskManagerId, life: Life) {
        self.container_exited(id);
        self.lose_tasks(id);
        own_seldom(&mut self.executors[id.index()]).end(life);
    }

    /// All that a TaskManager has is gone, and its connections break.
    pub(super) fn lose_tasks(&mut self, id: TaskManagerId) {
        let executor = own_seldom(&mut self.executors[id.index()]);
        let tasks: Vec<_> = executor.tasks().iter().map(|task| task.descriptor().execution()).collect();
        executor.lose_tasks();
        own_seldom(&mut self.file_system)
            .forget(|owner| matches!(owner, FileOwner::Task(task) if tasks.contains(&task)));
        self.rebuild_places();
        self.topology_version += 1;
        for peer in (0..self.executors.len() as u32).map(TaskManagerId).filter(|&peer| peer != id) {
            let is_connected = self.link(id, peer).is_some_and(|link| !link.is_cut());
            self.link_mut(id, peer).reset();
            self.link_mut(peer, id).reset();
            if is_connected && self.is_alive(peer) {
                let executor = own_seldom(&mut self.executors[peer.index()]);
                executor
                    .shuffle_mut()
                    .connection_failed(id, |peer, _| NetworkError::ConnectionClosed { peer });
            }
        }
    }

    /// A new TaskManager, as those of the scenario are.
    pub(super) fn start_task_manager(&mut self) {
        let id = TaskManagerId(self.executors.len() as u32);
        let scenario = &self.fixed.scenario;
        let process = scenario.new_process(ProcessKind::TaskManager, self.tick);
        let executor = TaskExecutor::of_scenario(process, id, scenario.slots_per_task_manager, || {
            Ok((scenario.process_spec()?, scenario.network()?))
        });
        let mut executor = executor.expect("the scenario is checked before it runs");
        if self.coordination.is_some() {
            let who = [Address::ResourceManager, Address::JobMaster];
            executor.led_by(who.map(|who| self.current().leader_at(who).filter(|_| self.holds_lead())));
        }
        self.executors.push(Rc::new(executor));
        let speed = self.fixed.scenario.link_speed();
        let mut known: Vec<Option<Rc<Link>>> = self.links.drain(..).map(Some).collect();
        let ids = || (0..=id.0).map(TaskManagerId);
        let pairs = ids().flat_map(|from| ids().filter(move |&to| to != from).map(move |to| (from, to)));
        for (from, to) in pairs {
            let before =
                known.iter_mut().find(|link| link.as_ref().is_some_and(|l| l.from == from && l.to == to));
            let link = before.and_then(Option::take);
            self.links.push(link.unwrap_or_else(|| Rc::new(Link::new(from, to, speed))));
        }
        self.log_fault_of(
            &Address::TaskExecutor(id).to_string(),
            &ProcessFault::StartTaskManager.to_string(),
        );
        let alive = self.alive();
        self.resource_manager.expect(alive);
        self.topology_version += 1;
    }

    /// When the next loss of a TaskManager is noticed. When the job is over, nobody cares.
    pub(super) fn next_notice(&self) -> Option<u64> {
        let notice = self.notices.first().filter(|_| !self.job_status().is_globally_terminal())?;
        let process = &self.current().process;
        process.next_act(notice.at.max(self.tick)).filter(|_| process.is_alive())
    }

    /// When the JobMaster gives up a TaskManager that does not answer, or is gone: when it notices, or is told.
    pub fn given_up_at(&self, id: TaskManagerId) -> Option<u64> {
        let latency = u64::from(self.fixed.scenario.rpc_latency_ticks);
        let of_it = self.notices.iter().filter(|notice| notice.task_manager == id);
        of_it.map(|it| if it.by == Address::JobMaster { it.at } else { it.at + latency }).min()
    }

    /// JobMaster or ResourceManager notices that a TaskManager is gone.
    pub(super) fn notice_turn(&mut self) -> Option<Actor> {
        self.next_notice().filter(|&at| at <= self.tick)?;
        let notice = self.notices.pop_first()?;
        // It is noticed once.
        self.notices.retain(|other| (other.by, other.task_manager) != (notice.by, notice.task_manager));
        let cause: Rc<str> = notice.message().into();
        let who = Address::TaskExecutor(notice.task_manager).to_string();
        let between = (notice.by.to_string().into(), who.into());
        self.trace.log(TraceEvent::note(self.tick, TraceKind::Fault, between, cause.clone()));
        let mut outbox = Outbox::default();
        if notice.by == Address::JobMaster {
            self.with_job_master(&mut outbox, &mut |job_master, turn| {
                job_master.on_task_manager_lost(notice.task_manager, &cause, turn);
            });
        } else {
            let (lost, now) = (notice.task_manager, self.tick);
            self.resource_manager.on_task_manager_lost(lost, &cause, now, &mut outbox);
        }
        // To one that is gone for good it would be in vain.
        if notice.sign == Sign::TimedOut {
            let call = match notice.by {
                Address::JobMaster => Call::DisconnectJobManager { cause },
                _ => Call::DisconnectResourceManager { cause },
            };
            outbox.send(Address::TaskExecutor(notice.task_manager), call);
        }
        self.post(notice.by, &mut outbox);
        Some(Actor::Rpc)
    }

    /// What was said to a process that is gone.
    pub(super) fn bounce(from: Address, to: TaskManagerId, call: &Call, outbox: &mut Outbox) {
        let answer = match call {
            Call::SubmitTask(descriptor) => {
                Call::Unreachable { task_manager: to, execution: descriptor.execution() }
            }
            Call::TriggerCheckpoint { execution, barrier } => {
                let reason = CheckpointFailureReason::TriggerCheckpointFailure;
                Call::DeclineCheckpoint { execution: *execution, checkpoint: barrier.id, reason, cause: None }
            }
            _ => return,
        };
        outbox.send(from, answer);
    }

    /// Takes away the attempts before `newest` that have ended, and answers where that one is then.
    pub(super) fn drop_replaced(&mut self, newest: ExecutionAttemptId) -> u32 {
        let is_replaced = |task: &StreamTask| {
            let id = task.descriptor().execution();
            id.task == newest.task && id.attempt < newest.attempt && task.state().is_terminal()
        };
        for executor in &mut self.executors {
            if executor.tasks().iter().any(|task| is_replaced(task)) {
                own_seldom(executor).drop_tasks(is_replaced);
            }
        }
        self.rebuild_places();
        self.place_of(newest.task).expect("it was deployed just now").place
    }

    /// Finds all tasks anew.
    pub(super) fn rebuild_places(&mut self) {
        let mut places = Vec::with_capacity(self.places.len());
        for (executor, tasks) in (0..).zip(self.executors.iter().map(|executor| executor.tasks())) {
            let place = |(place, task): (u32, &Rc<StreamTask>)| {
                (task.descriptor().execution(), TaskPlace { executor, place })
            };
            places.extend((0..).zip(tasks).map(place));
        }
        sort::sort_by_key(&mut places, |&(id, _)| id);
        self.places = Rc::new(places.into_iter().map(|(id, place)| (id.task, place)).collect());
    }

    pub(super) fn log_fault_of(&mut self, who: &str, text: &str) {
        self.log_note(TraceKind::Fault, who, text);
    }

    /// Notes something between two processes.
    pub(super) fn log_between(&mut self, kind: TraceKind, (from, to): (Address, Address), text: &str) {
        let ends = (from.to_string().into(), to.to_string().into());
        self.trace.log(TraceEvent::note(self.tick, kind, ends, text.into()));
    }

    pub(super) fn log_note(&mut self, kind: TraceKind, who: &str, text: &str) {
        let (who, text): (Rc<str>, _) = (who.into(), text.into());
        let phase = if kind == TraceKind::Process { self.phase_of_process(&who) } else { 0 };
        let note = TraceEvent::note(self.tick, kind, (Rc::clone(&who), who), text);
        self.trace.log(TraceEvent { phase, ..note });
    }
}
