//! JobManager processes that are killed, stand still, go on, or start again, and what TaskManagers do then.
//!
//! Contract: a process that is gone takes its Dispatcher, its ResourceManager and its JobMaster with it; what is said to
//! it is lost. TaskManagers notice by the heartbeats that do not come, or hear who leads instead. One that goes on after
//! another was made the leader acts as if it still led, until it hears of it. Flink: `ClusterEntrypoint`, `TaskExecutor`'s
//! heartbeat listeners.

use std::rc::Rc;

use super::command::Command;
use super::cursor::Actor;
use super::world::World;
use crate::base::ids::JobManagerId;
use crate::base::own::own_seldom;
use crate::checkpoint::storage::file_system::{FileAnswer, FileOwner};
use crate::cluster::dispatcher::Dispatcher;
use crate::cluster::fencing::FencingToken;
use crate::cluster::heartbeat::{HEARTBEAT_INTERVAL_TICKS, HEARTBEAT_TIMEOUT_TICKS};
use crate::cluster::high_availability::Notification;
use crate::cluster::job_manager::{Components, JobManager};
use crate::cluster::job_master::JobMaster;
use crate::cluster::process::{Life, ProcessKind};
use crate::cluster::process_fault::ProcessFault;
use crate::cluster::rpc::{Address, Envelope, Outbox};
use crate::cluster::task_executor::TaskExecutor;
use crate::cluster::task_executor::leaders::OwnTime;

impl World {
    /// Makes a fault of a JobManager happen, if it is not so already.
    pub(super) fn apply_job_manager_fault(&mut self, id: JobManagerId, fault: ProcessFault) {
        let process = &self.job_managers[id.index()].process;
        let (is_alive, is_paused) = (process.is_alive(), process.paused_since().is_some());
        let happens = match fault {
            ProcessFault::StartJobManager(_) => !is_alive && self.may_start_again(),
            ProcessFault::PauseJobManager(_) => is_alive && !is_paused,
            ProcessFault::ResumeJobManager(_) => is_alive && is_paused,
            _ => is_alive,
        };
        if !happens {
            return;
        }
        let who = self.name_of_job_manager(id);
        self.log_fault_of(&who, &fault.to_string());
        self.topology_version += 1;
        match fault {
            ProcessFault::StartJobManager(_) => self.start_job_manager(id),
            ProcessFault::PauseJobManager(_) => {
                self.expect_silence(id);
                let now = self.tick;
                self.job_manager_mut(id).process.pause(now);
                self.hear_master(Some(now));
            }
            ProcessFault::ResumeJobManager(_) => self.resume_job_manager(id),
            ProcessFault::StopJobManager(_) => self.stop_job_manager(id),
            _ => self.end_job_manager(id, Life::Killed),
        }
    }

    /// On YARN it would be in no container; and an application that has ended is not begun again.
    fn may_start_again(&self) -> bool {
        let runs_main = self.deployment().submitter() == Address::Application;
        self.yarn.is_none() && !(runs_main && self.job_status().is_globally_terminal())
    }

    pub(super) fn job_manager_mut(&mut self, id: JobManagerId) -> &mut JobManager {
        &mut own_seldom(&mut self.job_managers)[id.index()]
    }

    /// Nothing is heard of a process from now on: TaskManagers that it leads, and the coordination service, give it time.
    fn expect_silence(&mut self, id: JobManagerId) {
        let contender = self.job_managers[id.index()].contender();
        for place in 0..self.executors.len() {
            // One that is cut off hears of nobody already.
            if self.executors[place].cut_off_since.is_none() {
                self.expect_silence_at(place, id);
            }
        }
        if let Some(options) = self.fixed.scenario.high_availability {
            let at = self.tick + u64::from(options.session_timeout_ticks);
            self.notify_at(at, Notification::SessionExpired(contender));
        }
    }

    /// A TaskManager hears nothing of a JobManager from now on, and gives it up after a while.
    pub(super) fn expect_silence_at(&mut self, place: usize, id: JobManagerId) {
        let process = &self.job_managers[id.index()];
        let manager_since = process.manager_since;
        let latency = u64::from(self.fixed.scenario.rpc_latency_ticks);
        let since = |from: u64| {
            let beats = self.tick.saturating_sub(from) / HEARTBEAT_INTERVAL_TICKS;
            from + beats * HEARTBEAT_INTERVAL_TICKS + latency + HEARTBEAT_TIMEOUT_TICKS
        };
        let job_master = self.job_master.started_at().map(since);
        let executor = &mut self.executors[place];
        let knows =
            |address| process.leader_at(address).is_some_and(|it| executor.leader_of(address) == Some(it));
        let (by_job, by_manager) = (knows(Address::JobMaster), knows(Address::ResourceManager));
        if executor.is_alive() && (by_job || by_manager) {
            let job_master = job_master.filter(|_| by_job);
            let manager = by_manager.then(|| since(manager_since));
            own_seldom(executor).expect_silence(job_master, manager);
        }
    }

    /// The process ends by itself. Flink: `ClusterEntrypoint#closeAsync`.
    fn stop_job_manager(&mut self, id: JobManagerId) {
        let process = &self.job_managers[id.index()];
        let contender = process.contender();
        if process.has_job && process.is_active() {
            self.as_job_manager(id, &mut |world| {
                world.let_job_master(&mut |job_master, turn| job_master.suspend(turn));
            });
        }
        self.end_job_manager(id, Life::Stopped);
        if self.coordination.is_some() {
            self.notify_at(self.tick, Notification::SessionExpired(contender));
        }
    }

    pub(super) fn end_job_manager(&mut self, id: JobManagerId, life: Life) {
        if self.job_managers[id.index()].process.paused_since().is_none() {
            self.expect_silence(id);
        }
        let process = self.job_manager_mut(id);
        let was_up = process.process.is_up();
        process.process.end(life);
        process.resign();
        self.master_exited();
        if self.leader.job_manager == id {
            self.notices.clear();
            own_seldom(&mut self.file_system).forget(|owner| owner == FileOwner::JobMaster);
            // The client finds nobody to submit the job to.
            if !was_up && self.deployment().submitter() == Address::Client {
                self.submit_later();
            }
        }
    }

    fn resume_job_manager(&mut self, id: JobManagerId) {
        self.hear_master(None);
        let process = self.job_manager_mut(id);
        process.process.resume();
        let (contender, held) = (process.contender(), std::mem::take(&mut process.held));
        let Some(options) = self.fixed.scenario.high_availability else {
            return self.go_on(id, &held);
        };
        if self.coordination().is_some_and(|service| service.knows(contender)) {
            self.notifications.retain(|_, it| *it != Notification::SessionExpired(contender));
            return self.go_on(id, &held);
        }
        // It does not know yet.
        let has_job = self.job_managers[id.index()].has_job;
        if has_job {
            self.as_job_manager(id, &mut |world| own_seldom(&mut world.job_master).depose());
        }
        let at = self.tick + u64::from(options.latency_ticks);
        self.notify_at(at, Notification::Revoked(contender));
    }

    /// Others hear of it again, and it gets what it had asked for.
    fn go_on(&mut self, id: JobManagerId, held: &[FileAnswer]) {
        let process = &self.job_managers[id.index()];
        if process.session.is_none() {
            return;
        }
        for executor in &mut self.executors {
            let knows = |address| {
                process.leader_at(address).is_some_and(|it| executor.leader_of(address) == Some(it))
            };
            let hears = executor.cut_off_since.is_none();
            if hears && (knows(Address::JobMaster) || knows(Address::ResourceManager)) {
                own_seldom(executor).expect_silence(None, None);
            }
        }
        for answer in held {
            self.job_master_file(answer);
        }
    }

    /// The JobMaster hears of a file that it asked for, as soon as it does anything.
    pub(super) fn job_master_file(&mut self, answer: &FileAnswer) {
        if self.current().process.paused_since().is_some() {
            let id = self.leader.job_manager;
            return self.job_manager_mut(id).held.push(answer.clone());
        }
        if self.current().has_job {
            self.let_job_master(&mut |job_master, turn| job_master.on_file(answer, turn));
        }
    }

    pub(super) fn start_job_manager(&mut self, id: JobManagerId) {
        let process = self.fixed.scenario.new_process(ProcessKind::JobManager, self.tick);
        let life = self.job_managers[id.index()].life + 1;
        *self.job_manager_mut(id) = JobManager::standby(id, life, process);
        if process.is_up() {
            self.on_job_manager_up(id);
        }
    }

    /// What it is called.
    pub(super) fn name_of_job_manager(&self, id: JobManagerId) -> String {
        match self.job_managers.len() {
            1 => "JobManager".to_owned(),
            _ => format!("JobManager {}", id.0 + 1),
        }
    }

    /// A process is through with its start.
    pub(super) fn on_job_manager_up(&mut self, id: JobManagerId) {
        let process = &self.job_managers[id.index()];
        if process.life == 0 {
            // One that stood still meanwhile is not waited for.
            if process.session.is_some() && !self.client.has_submitted {
                self.submit();
            }
            return;
        }
        let contender = process.contender();
        if self.coordination.is_some() {
            return self.join(contender);
        }
        // It knows nothing of what was before.
        let (dispatcher, resource_manager) = (Dispatcher, self.new_resource_manager());
        let job_master = Rc::clone(&self.job_master);
        self.replace_components(Components { dispatcher, resource_manager, job_master });
        let now = self.tick;
        self.job_manager_mut(id).lead(FencingToken::DEFAULT, now);
        // The main of an application runs once more.
        if self.deployment().submitter() == Address::Application {
            self.hand_in();
        }
    }

    /// Does something with the components of a process, whoever leads.
    pub(super) fn as_job_manager(&mut self, id: JobManagerId, step: &mut dyn FnMut(&mut Self)) {
        if id == self.leader.job_manager {
            return step(self);
        }
        let process = self.job_manager_mut(id);
        let (Some(components), Some(leader)) = (process.components.take(), process.leader()) else { return };
        let at_hand = self.replace_components(components);
        let leading = std::mem::replace(&mut self.leader, leader);
        step(self);
        self.leader = leading;
        let components = self.replace_components(at_hand);
        self.job_manager_mut(id).components = Some(components);
    }

    /// When a call that is there at tick `at` is taken; what is said to a process that is gone is taken to be lost.
    pub(super) fn takes_call_at(
        executors: &[Rc<TaskExecutor>],
        job_managers: &[JobManager],
        envelope: &Envelope,
        at: u64,
    ) -> Option<u64> {
        let is_cut_off = |address| match address {
            Address::TaskExecutor(id) => executors[id.index()].cut_off_since.is_some(),
            _ => false,
        };
        if is_cut_off(envelope.from) || is_cut_off(envelope.to) {
            return None;
        }
        let process = match envelope.to {
            to if !to.is_flink() => return Some(at),
            Address::TaskExecutor(id) => executors[id.index()].process(),
            _ => &job_managers[envelope.leader.job_manager.index()].process,
        };
        process.next_act(at)
    }

    /// The JobMasters that act, whoever leads: their processes, and when each has something to do.
    fn job_master_timers(&self) -> impl Iterator<Item = (JobManagerId, u64)> {
        let acting = self.job_managers.iter().filter(|process| process.is_active() && process.has_job);
        acting.filter_map(|process| {
            let at = self.job_master_of(process).next_timer()?;
            Some((process.id, process.process.next_act(at.max(self.tick))?))
        })
    }

    /// The JobMaster in a process that has one.
    pub(super) fn job_master_of<'a>(&'a self, process: &'a JobManager) -> &'a JobMaster {
        process.components.as_ref().map_or(&self.job_master, |components| &components.job_master)
    }

    /// When a JobMaster has something to do that nobody has to say.
    pub(super) fn next_job_master_timer(&self) -> Option<u64> {
        self.job_master_timers().map(|(_, at)| at).min()
    }

    /// A JobMaster does what is due.
    pub(super) fn job_master_turn(&mut self) -> Option<Actor> {
        let (id, _) = self.job_master_timers().find(|&(_, at)| at <= self.tick)?;
        self.as_job_manager(id, &mut |world| {
            world.let_job_master(&mut |job_master, turn| {
                job_master.run_timers(turn);
            });
        });
        Some(Actor::Rpc)
    }

    fn own_times(&self) -> impl Iterator<Item = (usize, u64, OwnTime)> {
        let is_over = self.job_status().is_globally_terminal();
        let alive = self.executors.iter().enumerate().filter(|(_, it)| it.is_alive());
        alive.filter_map(move |(place, it)| {
            let (at, what) = it.next_own_time()?;
            // Nor does a TaskManager register once the job is over, as asks end with it.
            if is_over && what == OwnTime::RegistrationTimeout {
                return None;
            }
            Some((place, it.process().next_act(at.max(self.tick))?, what))
        })
    }

    /// When a TaskManager does something about its leaders by itself.
    pub(super) fn next_own_time(&self) -> Option<u64> {
        self.own_times().map(|(_, at, _)| at).min()
    }

    /// It does.
    pub(super) fn own_time_turn(&mut self) -> Option<Actor> {
        let (place, _, what) = self.own_times().find(|&(_, at, _)| at <= self.tick)?;
        let (now, mut outbox) = (self.tick, Outbox::default());
        let executor = own_seldom(&mut self.executors[place]);
        let id = executor.id();
        let who = Address::TaskExecutor(id);
        let ends = executor.on_own_time(what, now, &mut outbox);
        self.log_fault_of(&who.to_string(), what.text());
        self.post(who, &mut outbox);
        if ends {
            // Its tasks are in the middle of this tick.
            self.command(Command::Process(ProcessFault::KillTaskManager(id)));
        }
        Some(Actor::Rpc)
    }
}
