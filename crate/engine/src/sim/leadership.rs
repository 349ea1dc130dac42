//! Who leads: sessions with the coordination service that expire, a process that takes the lead, what it reads, and who
//! hears of it.
//!
//! Contract: from the end of a session to the next leader passes what the service takes to tell it; a new leader reads
//! dirty job results, plans and checkpoints, one after the other, before it starts the JobMaster. TaskManagers look for
//! the JobMaster once it schedules. Flink: `DefaultLeaderElectionService`, `ZooKeeperLeaderElectionDriver`,
//! `SessionDispatcherLeaderProcess`, `JobMasterServiceLeadershipRunner`, `DefaultLeaderRetrievalService`.

use std::rc::Rc;

use super::cursor::Actor;
use super::world::{World, new_job_master};
use crate::base::ids::{JobManagerId, TaskManagerId};
use crate::base::own::own_seldom;
use crate::cluster::dispatcher::Dispatcher;
use crate::cluster::fencing::{FencingToken, Leader};
use crate::cluster::high_availability::{
    Component, Contender, CoordinationService, HighAvailabilityOptions, JobResult, Notification, Recovery,
};
use crate::cluster::job_manager::{Components, JobManager};
use crate::cluster::job_master::JobMaster;
use crate::cluster::job_status::JobStatus;
use crate::cluster::process::ProcessKind;
use crate::cluster::rpc::{Address, Call, Outbox};
use crate::scenario::Scenario;
use crate::trace::{TraceEvent, TraceKind};

/// What the coordination service is called in the trace.
const SERVICE: &str = "HA services";
/// When a client tries again that could not submit. Flink: `rest.retry.delay`, `rest.retry.max-attempts`.
const SUBMIT_RETRY_TICKS: u64 = 3_000;
const SUBMIT_RETRIES_MAX: u64 = 20;

/// Who leads at tick 0.
pub(super) fn first_leader(scenario: &Scenario) -> Leader {
    match scenario.high_availability {
        Some(_) => {
            Leader { job_manager: JobManagerId(0), session: FencingToken::of_election(scenario.seed, 1) }
        }
        None => Leader::ONLY,
    }
}

/// The JobManagers at tick 0: the first leads, the others wait in their order.
pub(super) fn at_start(scenario: &Scenario) -> (Leader, Vec<JobManager>, Option<Rc<CoordinationService>>) {
    let (leader, process) = (first_leader(scenario), scenario.process(ProcessKind::JobManager));
    let standby = |id| JobManager::standby(JobManagerId(id), 0, process);
    let others = (1..scenario.job_managers()).map(standby);
    let job_managers: Vec<JobManager> =
        std::iter::once(JobManager::leading(leader, process)).chain(others).collect();
    let coordination = scenario.high_availability.map(|_| {
        let mut service = CoordinationService::default();
        for process in &job_managers {
            service.join(process.contender());
        }
        service.elect(scenario.seed);
        Rc::new(service)
    });
    (leader, job_managers, coordination)
}

impl World {
    /// The process of the components that are at hand.
    pub(super) fn current(&self) -> &JobManager {
        &self.job_managers[self.leader.job_manager.index()]
    }

    /// Whether there is a JobMaster in the process that leads, or led last.
    pub fn has_job_master(&self) -> bool {
        self.current().has_job
    }

    /// Whether the components at hand are those of a process that leads, as the service knows it.
    pub(super) fn holds_lead(&self) -> bool {
        let first = self.coordination().and_then(CoordinationService::first);
        first == Some(self.current().contender())
    }

    pub(super) fn service_mut(&mut self) -> &mut CoordinationService {
        own_seldom(self.coordination.as_mut().expect("only processes with such a service hear of it"))
    }

    fn options(&self) -> HighAvailabilityOptions {
        self.fixed.scenario.high_availability.expect("only processes with such a service hear of it")
    }

    pub(super) fn latency(&self) -> u64 {
        u64::from(self.options().latency_ticks)
    }

    /// Somebody will learn something.
    pub(super) fn notify_at(&mut self, at: u64, notification: Notification) {
        self.notification_count += 1;
        self.notifications.insert((at, self.notification_count), notification);
    }

    /// When something that is announced will be.
    pub fn notification_at(&self, wanted: &Notification) -> Option<u64> {
        self.notifications.iter().find(|(_, it)| *it == wanted).map(|(&(at, _), _)| at)
    }

    /// The next notification that is heard, and when; those to a process that does nothing wait.
    pub(super) fn next_notification(&self) -> Option<(u64, (u64, u32))> {
        let heard_at = |(&key, notification): (&(u64, u32), &Notification)| {
            let process = match *notification {
                Notification::LeaderChanged(id, ..) => self.executors[id.index()].process(),
                Notification::Granted((id, _))
                | Notification::ManagerGranted((id, _))
                | Notification::ManagerChanged((id, _))
                | Notification::Revoked((id, _))
                | Notification::Read((id, _), _)
                | Notification::CleanedUp((id, _)) => &self.job_managers[id.index()].process,
                Notification::SessionExpired(_) | Notification::SubmitAgain => return Some((key.0, key)),
            };
            Some((process.next_act(key.0.max(self.tick))?, key))
        };
        self.notifications.iter().filter_map(heard_at).min()
    }

    /// Somebody learns something.
    pub(super) fn notification_turn(&mut self) -> Option<Actor> {
        let (_, key) = self.next_notification().filter(|&(at, _)| at <= self.tick)?;
        let notification = self.notifications.remove(&key)?;
        match notification {
            Notification::SessionExpired(contender) => self.expire(contender),
            Notification::Granted(contender) => {
                if self.is_first(contender) {
                    self.take_lead(contender);
                }
            }
            Notification::ManagerGranted(contender) => {
                if self.is_first(contender) {
                    self.grant_resource_manager(contender);
                }
            }
            Notification::ManagerChanged(contender) => self.on_manager_changed(contender),
            Notification::Revoked(contender) => self.revoke(contender),
            Notification::Read(contender, what) => {
                if self.is_first(contender) {
                    self.on_read(contender, what);
                }
            }
            Notification::LeaderChanged(id, component, leader) => {
                self.on_leader_changed(id, component, leader);
            }
            Notification::SubmitAgain => self.submit_again(),
            Notification::CleanedUp(contender) => {
                if self.is_first(contender) {
                    self.service_mut().clean_up();
                    self.log_leadership(
                        contender.0,
                        "job results: marked as clean, the plan and the checkpoints are deleted",
                    );
                }
            }
        }
        self.topology_version += 1;
        Some(Actor::Rpc)
    }

    pub(super) fn is_first(&self, contender: Contender) -> bool {
        let process = &self.job_managers[contender.0.index()];
        process.process.is_alive()
            && process.contender() == contender
            && self.coordination().and_then(CoordinationService::first) == Some(contender)
    }

    fn expire(&mut self, contender: Contender) {
        if !self.coordination().is_some_and(|service| service.knows(contender)) {
            return;
        }
        let led = self.service_mut().leave(contender);
        self.log_leadership(contender.0, "session expired");
        if led {
            let at = self.tick + self.latency();
            self.publish(Component::JobMaster, None, at);
            self.publish(Component::ResourceManager, None, at);
            self.grant();
        }
    }

    /// Whoever waits longest is told to lead.
    fn grant(&mut self) {
        if let Some(first) = self.coordination().and_then(CoordinationService::first) {
            self.notify_at(self.tick + self.latency(), Notification::Granted(first));
        }
    }

    /// A process waits for its turn.
    pub(super) fn join(&mut self, contender: Contender) {
        self.log_leadership(contender.0, "stands by");
        if self.service_mut().join(contender) {
            self.grant();
        }
    }

    /// TaskManagers hear who leads.
    pub(super) fn publish(&mut self, component: Component, leader: Option<Leader>, at: u64) {
        let alive = self.executors.iter().filter(|executor| executor.is_alive());
        for id in alive.map(|executor| executor.id()).collect::<Vec<_>>() {
            self.notify_at(at, Notification::LeaderChanged(id, component, leader));
        }
    }

    fn on_leader_changed(&mut self, id: TaskManagerId, component: Component, leader: Option<Leader>) {
        if !self.is_alive(id) {
            return;
        }
        if component == Component::ResourceManager {
            self.leave_resource_manager(id, leader);
        }
        let (now, mut outbox) = (self.tick, Outbox::default());
        let executor = own_seldom(&mut self.executors[id.index()]);
        match component {
            Component::ResourceManager => executor.on_resource_manager(leader, now, &mut outbox),
            Component::JobMaster => executor.on_job_master(leader, now, &mut outbox),
        }
        let text = match leader {
            Some(leader) => format!(
                "{component:?} leader changed to JobManager {} with session id {}",
                leader.job_manager.0 + 1,
                leader.session
            ),
            None => format!("{component:?} leader changed to null"),
        };
        self.log_told(&Address::TaskExecutor(id).to_string(), text);
        self.post(Address::TaskExecutor(id), &mut outbox);
    }

    fn take_lead(&mut self, contender: Contender) {
        let seed = self.fixed.scenario.seed;
        let session = self.service_mut().elect(seed);
        let before = self.leader.job_manager;
        let components = Components {
            dispatcher: Dispatcher,
            resource_manager: self.new_resource_manager(),
            job_master: Rc::clone(&self.job_master),
        };
        let old = self.replace_components(components);
        // One that does not know yet that it leads no more has what it had.
        let processes = own_seldom(&mut self.job_managers);
        if before != contender.0 && processes[before.index()].session.is_some() {
            processes[before.index()].components = Some(old);
        }
        processes[contender.0.index()].lead(session, self.tick);
        self.leader = Leader { job_manager: contender.0, session };
        self.notices.clear();
        self.log_granted(contender.0, "", session);
        self.register_on_yarn();
        let latency = self.latency();
        self.publish(Component::ResourceManager, Some(self.leader), self.tick + 2 * latency);
        self.notify_at(self.tick + latency, Notification::Read(contender, Recovery::DirtyJobResults));
    }

    fn on_read(&mut self, contender: Contender, what: Recovery) {
        let service = Rc::clone(self.coordination.as_ref().expect("it was read from"));
        let at = self.tick + self.latency();
        match what {
            Recovery::DirtyJobResults => match service.result {
                Some(JobResult { status, is_dirty: true }) => {
                    let text = format!("recovered a dirty job result: {status}, which is cleaned up");
                    self.log_leadership(contender.0, &text);
                    self.notify_at(at, Notification::CleanedUp(contender));
                    self.end_application(status);
                }
                _ => self.notify_at(at, Notification::Read(contender, Recovery::ExecutionPlans)),
            },
            Recovery::ExecutionPlans => {
                if service.result.is_none() {
                    let mut job_master = new_job_master(&self.fixed);
                    job_master.recover(service.elections() - 1, &[], 1);
                    self.install(job_master);
                    self.job_manager_mut(contender.0).has_job = true;
                }
                let text =
                    if service.has_plan { "recovered the job's plan" } else { "there is no plan to recover" };
                self.log_leadership(contender.0, text);
                let is_awaited = self.notification_at(&Notification::SubmitAgain).is_some();
                if service.has_plan {
                    self.notify_at(at, Notification::Read(contender, Recovery::Checkpoints));
                } else if !self.client.has_submitted && !is_awaited && service.result.is_none() {
                    // Who led before was gone, or stood still, before the client could submit the job.
                    self.notify_at(at, Notification::SubmitAgain);
                } else if let Some(JobResult { status, .. }) = service.result {
                    self.end_application(status);
                }
            }
            Recovery::Checkpoints => self.recover_job(contender, &service),
        }
    }

    /// The job goes on from the newest checkpoint. Its attempts have ids of their own.
    fn recover_job(&mut self, contender: Contender, service: &CoordinationService) {
        let fixed = Rc::clone(&self.fixed);
        let mut job_master = if service.checkpoints.is_empty() {
            new_job_master(&fixed)
        } else {
            JobMaster::new(Rc::new(fixed.plan.clone()), &fixed.scenario.files, &fixed.functions)
        };
        job_master.recover(service.elections() - 1, &service.checkpoints, service.next_checkpoint_id);
        self.install(job_master);
        let text = match service.checkpoints.last() {
            Some(newest) => format!(
                "recovered {} checkpoints, the newest is {}; the next id is {}",
                service.checkpoints.len(),
                newest.id,
                service.next_checkpoint_id
            ),
            None => {
                format!("there is no checkpoint to recover; the next id is {}", service.next_checkpoint_id)
            }
        };
        self.log_leadership(contender.0, &text);
        let mut outbox = Outbox::default();
        outbox.send(Address::JobMaster, Call::StartJobMaster);
        self.post(Address::Dispatcher, &mut outbox);
    }

    /// Another JobMaster is at hand. One that schedules adaptively begins with an execution graph of its own.
    fn install(&mut self, job_master: JobMaster) {
        let plan = job_master.adaptive().map(|_| Rc::clone(job_master.plan()));
        self.job_master = Rc::new(job_master);
        if let Some(plan) = plan {
            self.take_plan(plan);
        }
    }

    /// A process that was not heard of for too long goes on, and hears of it: it stops what it does, and stands by.
    fn revoke(&mut self, contender: Contender) {
        let process = &self.job_managers[contender.0.index()];
        if !process.process.is_alive() || process.contender() != contender {
            return;
        }
        let (leads, has_job) = (process.session.is_some(), process.has_job);
        if leads {
            self.log_leadership(contender.0, "leadership revoked");
            if has_job {
                self.as_job_manager(contender.0, &mut |world| {
                    world.let_job_master(&mut |job_master, turn| job_master.suspend(turn));
                });
            }
            self.job_manager_mut(contender.0).resign();
        }
        self.join(contender);
    }

    /// After the JobMaster at hand did something: what the next leader must know is written down.
    pub(super) fn write_down(&mut self, is_scheduling: bool) {
        if !self.holds_lead() {
            return;
        }
        let status = self.job_master.status();
        let job_master = Rc::clone(&self.job_master);
        let service = self.coordination().expect("it holds the lead");
        if status.is_globally_terminal() && service.result.is_none() {
            let contender = self.current().contender();
            self.service_mut().result = Some(JobResult { status, is_dirty: true });
            self.log_leadership(contender.0, &format!("job results: {status} is written down as dirty"));
            self.notify_at(self.tick + 2 * self.latency(), Notification::CleanedUp(contender));
        } else if job_master.started_at().is_some()
            && service.result.is_none()
            && service.is_behind(&job_master)
        {
            // One that is yet to be recovered knows of no checkpoint; of one that is over nothing is kept.
            self.service_mut().follow(&job_master);
        }
        if is_scheduling {
            let leader = Some(self.leader);
            self.publish(Component::JobMaster, leader, self.tick + 2 * self.latency());
        }
    }

    /// The Dispatcher takes the job: its plan is stored before anything is done with it. Answers whether it could be: not
    /// by a process that leads no more.
    pub(super) fn accept_job(&mut self) -> bool {
        if self.coordination.is_some() && !self.holds_lead() {
            return false;
        }
        if !self.current().has_job {
            let (id, life) = self.current().contender();
            let mut job_master = new_job_master(&self.fixed);
            // Of the job that an application's main has begun before, attempts may still run, and files are there: this
            // one's directory is the same, unlike in Flink, so that its checkpoints are numbered on.
            let before = self.job_master.checkpoints();
            job_master.recover(life, &[], before.map_or(1, |it| it.coordinator().next_id()));
            self.install(job_master);
            self.job_manager_mut(id).has_job = true;
        }
        if self.coordination().is_some_and(|service| !service.has_plan) {
            self.service_mut().has_plan = true;
            self.log_leadership(self.leader.job_manager, "the job's plan is stored");
        }
        true
    }

    /// Whether the job is here, is to be recovered, or has been here.
    pub(super) fn knows_job(&self) -> bool {
        let is_kept = self.coordination().is_some_and(|service| service.has_plan || service.result.is_some());
        is_kept || self.current().has_job && self.job_master.started_at().is_some()
    }

    /// The client could not submit: it tries again, for a while.
    pub(super) fn submit_later(&mut self) {
        if self.tick < SUBMIT_RETRY_TICKS * SUBMIT_RETRIES_MAX {
            self.notify_at(self.tick + SUBMIT_RETRY_TICKS, Notification::SubmitAgain);
        }
    }

    fn submit_again(&mut self) {
        // Another leader may have taken it meanwhile.
        if self.client.has_submitted {
            return;
        }
        // Nor does it wait for an answer of who led before.
        self.rpc.keep_asks(&|ask| !matches!(ask.envelope.call, Call::SubmitJob));
        self.hand_in();
    }

    /// Who is told something by the service.
    fn log_told(&mut self, who: &str, text: String) {
        let between = (SERVICE.into(), who.into());
        self.trace.log(TraceEvent::note(self.tick, TraceKind::Rpc, between, text.into()));
    }

    pub(super) fn log_granted(&mut self, id: JobManagerId, what: &str, session: FencingToken) {
        self.log_leadership(id, &format!("{what}granted leadership with session id {session}"));
    }

    pub(super) fn log_leadership(&mut self, id: JobManagerId, text: &str) {
        let who = self.name_of_job_manager(id);
        self.log_told(&who, text.to_owned());
    }

    /// Gives the components at hand away for others.
    pub(super) fn replace_components(&mut self, components: Components) -> Components {
        let Components { dispatcher, resource_manager, job_master } = components;
        Components {
            dispatcher: std::mem::replace(&mut self.dispatcher, dispatcher),
            resource_manager: std::mem::replace(&mut self.resource_manager, resource_manager),
            job_master: std::mem::replace(&mut self.job_master, job_master),
        }
    }

    /// Whether the job is gone for good: its JobManager is, and nobody knows of it any more.
    pub fn job_is_lost(&self) -> bool {
        let process = self.current();
        let is_kept = self.coordination().is_some_and(|service| service.has_plan);
        let is_there = process.process.is_alive() && process.has_job && process.session.is_some();
        let was_known = self.job_status() != JobStatus::Initializing || self.client.has_submitted;
        !is_there && !is_kept && was_known && !self.job_status().is_globally_terminal()
    }
}
