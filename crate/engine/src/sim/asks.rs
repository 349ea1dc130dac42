//! Answers that do not come: calls are made again, or who made them deals with it; and what JobManager and TaskManagers
//! know of each other is compared with the heartbeats.
//!
//! Contract: an ask that times out is its maker's: it acts on the components of the process that made it, in the session
//! in which it was made, or on none. The comparison is made only for a while after something went wrong between
//! processes: as long as nothing did, it finds nothing.

use std::rc::Rc;

use super::cursor::Actor;
use super::world::World;
use crate::base::ids::{ExecutionAttemptId, TaskManagerId};
use crate::base::own::own_seldom;
use crate::cluster::ask::Ask;
use crate::cluster::heartbeat::HEARTBEAT_INTERVAL_TICKS;
use crate::cluster::job_manager::JobManager;
use crate::cluster::process::Process;
use crate::cluster::rpc::{Address, Call, Envelope, Outbox};
use crate::cluster::task_executor::TaskExecutor;
use crate::trace::{Fate, TraceKind};

/// How long after a fault heartbeats are played for what they report.
const RECONCILED_FOR_TICKS: u64 = 120_000;

impl World {
    /// When the next answer is waited for no more. When the job is over, nobody waits.
    pub(super) fn next_ask(&self) -> Option<u64> {
        if self.job_status().is_globally_terminal() {
            return None;
        }
        let ends = self.rpc.asks().iter().filter_map(|ask| self.ask_ends(ask));
        ends.chain(self.next_heartbeat()).min()
    }

    /// Whose an ask is: a process, or, with `Ok(None)`, one outside of the cluster; with an error nobody's any more, since
    /// that process or the session is over.
    fn asker<'a>(
        executors: &'a [Rc<TaskExecutor>],
        job_managers: &'a [JobManager],
        ask: &Ask,
    ) -> Result<Option<&'a Process>, ()> {
        let Envelope { from, to, leader, .. } = *ask.envelope;
        let (process, is_its) = match from {
            Address::TaskExecutor(id) => {
                let it = &executors[id.index()];
                (it.process(), it.leader_of(to) == Some(leader))
            }
            from if from.is_flink() => {
                let it = &job_managers[leader.job_manager.index()];
                let is_its = it.life == ask.life && it.session_between(from, to) == Some(leader);
                (&it.process, is_its && (from != Address::JobMaster || it.has_job))
            }
            _ => return Ok(None),
        };
        if is_its && process.is_alive() { Ok(Some(process)) } else { Err(()) }
    }

    fn ask_ends(&self, ask: &Ask) -> Option<u64> {
        let at = ask.deadline.max(self.tick);
        let asker = Self::asker(&self.executors, &self.job_managers, ask).ok()?;
        asker.map_or(Some(at), |process| process.next_act(at))
    }

    /// An answer is waited for no more, or a heartbeat reports.
    pub(super) fn ask_turn(&mut self) -> Option<Actor> {
        if self.next_ask().is_none_or(|at| at > self.tick) {
            return None;
        }
        let Self { rpc, executors, job_managers, .. } = self;
        rpc.keep_asks(&|ask| Self::asker(executors, job_managers, ask).is_ok());
        let is_over = |ask: &&Ask| self.ask_ends(ask) == Some(self.tick);
        let Some(ask) = self.rpc.asks().iter().find(is_over).cloned() else {
            self.reconcile();
            return Some(Actor::Rpc);
        };
        self.rpc.close(ask.envelope.number);
        self.rpc.note_disturbed(self.tick);
        match ask.envelope.from {
            Address::TaskExecutor(_) | Address::Client => self.end_ask(&ask),
            _ => self.as_job_manager(ask.envelope.leader.job_manager, &mut |world| world.end_ask(&ask)),
        }
        Some(Actor::Rpc)
    }

    /// There was no answer in time.
    fn end_ask(&mut self, ask: &Ask) {
        let Envelope { from, to, ref call, leader, number, .. } = *ask.envelope;
        let is_replaced = |later: &Ask| {
            let sent = &later.envelope;
            matches!(call, Call::DeclareRequiredResources { .. } | Call::RegisterTaskExecutor { .. })
                && sent.number > number
                && (sent.from, sent.to, sent.leader) == (from, to, leader)
                && std::mem::discriminant(&sent.call) == std::mem::discriminant(call)
        };
        if self.rpc.is_outdated(&ask.envelope) || self.rpc.asks().iter().any(is_replaced) {
            return;
        }
        let message = ask.timeout_message(&self.describe(&ask.envelope));
        if ask.next_try > 0 {
            self.log_between(TraceKind::Fault, (from, to), &message);
        }
        if let Some(pause) = ask.repeated_after() {
            let call = match from {
                Address::TaskExecutor(id) => self.executors[id.index()].registration(),
                _ => call.clone(),
            };
            // A client asks whoever leads by now.
            let leader = if from.is_flink() { leader } else { self.leader };
            let sent_at = self.tick + pause;
            self.send(Envelope { from, to, leader, sent_at, number, answers: None, call }, ask.next_try);
            return;
        }
        let mut outbox = Outbox::default();
        match from {
            Address::JobMaster => self.with_job_master(&mut outbox, &mut |job_master, turn| {
                job_master.on_ask_failed(to, call, &message, turn);
            }),
            Address::ResourceManager => {
                self.resource_manager.on_ask_failed(to, call, self.tick, &mut outbox);
            }
            Address::TaskExecutor(id) => {
                let now = self.tick;
                own_seldom(&mut self.executors[id.index()]).on_ask_failed(call, &message, now, &mut outbox);
            }
            _ => {}
        }
        self.post(from, &mut outbox);
    }

    /// Sends a call, after so many tries.
    pub(super) fn send(&mut self, envelope: Envelope, tries: u32) {
        let life = self.job_managers[envelope.leader.job_manager.index()].life;
        if let Some(lost) = self.rpc.send(envelope, life, tries) {
            self.log_lost(&lost);
        }
    }

    /// The next heartbeat whose reports may be news.
    fn next_heartbeat(&self) -> Option<u64> {
        let disturbed_at = self.rpc.disturbed_at().filter(|_| !self.job_is_lost())?;
        let since = self.job_master.started_at()?;
        let from = disturbed_at.max(self.reconciled_at).max(since);
        let at = since + ((from - since) / HEARTBEAT_INTERVAL_TICKS + 1) * HEARTBEAT_INTERVAL_TICKS;
        let is_news = at <= disturbed_at + RECONCILED_FOR_TICKS;
        is_news.then(|| self.job_manager().next_act(at)).flatten()
    }

    /// What each TaskManager has is compared with what JobMaster and ResourceManager think that it has. Flink:
    /// `ExecutionDeploymentReport`, `SlotReport` as payloads of the heartbeats.
    fn reconcile(&mut self) {
        self.reconciled_at = self.tick;
        for id in (0..self.executors.len() as u32).map(TaskManagerId) {
            let address = Address::TaskExecutor(id);
            if !self.can_run(id) || !self.hears(id) {
                continue;
            }
            let executor = Rc::clone(&self.executors[id.index()]);
            // What is on its way may be what is missed.
            let is_heard = |by| {
                executor.leader_of(by) == self.current().leader_at(by) && !self.rpc.is_between(address, by)
            };
            let (by_job, by_manager) = (is_heard(Address::JobMaster), is_heard(Address::ResourceManager));
            if by_job {
                let live = executor.tasks().iter().filter(|task| !task.state().is_terminal());
                let live: Vec<ExecutionAttemptId> = live.map(|task| task.descriptor().execution()).collect();
                self.let_job_master(&mut |job_master, turn| job_master.reconcile(id, &live, turn));
                self.reconcile_slots(id);
            }
            if by_manager {
                self.report_slots(id);
            }
        }
    }

    /// The ResourceManager hears which slots of a TaskManager are free.
    pub(super) fn report_slots(&mut self, id: TaskManagerId) {
        let free = self.executors[id.index()].slot_table().free_slots();
        let mut outbox = Outbox::default();
        self.resource_manager.reconcile(id, &free, self.tick, &mut outbox);
        self.post(Address::ResourceManager, &mut outbox);
    }

    /// What the JobMaster thinks that it has of a TaskManager is compared with what that one has. Flink:
    /// `AllocatedSlotReport`, the payload of the JobMaster's heartbeats.
    fn reconcile_slots(&mut self, id: TaskManagerId) {
        let offered = self.job_master.slots().offered().iter().filter(|slot| slot.task_manager == id);
        let reported: Vec<u32> = offered.map(|slot| slot.slot).collect();
        let mut outbox = Outbox::default();
        let missing = own_seldom(&mut self.executors[id.index()]).reconcile_slots(&reported, &mut outbox);
        self.post(Address::TaskExecutor(id), &mut outbox);
        for number in missing {
            let job = &self.plan.job_id;
            let who = Address::TaskExecutor(id);
            let text = format!("FlinkException: Slot {number} on {who} is not allocated by job {job}.");
            self.let_job_master(&mut |job_master, turn| {
                job_master.on_slots_lost(&|slot| (slot.task_manager, slot.slot) == (id, number), &text, turn);
            });
        }
    }

    /// Something that was sent will not arrive.
    pub(super) fn log_lost(&mut self, envelope: &Envelope) {
        self.log_call(Fate::Lost, envelope, self.describe(envelope));
    }

    /// Whether who gets a call knows nothing of the attempt that it is about.
    pub(super) fn is_unknown(&self, envelope: &Envelope) -> bool {
        // Flink: `TaskSubmissionException`, where no slot is allocated for the job.
        if let (Address::TaskExecutor(id), Call::SubmitTask(descriptor)) = (envelope.to, &envelope.call) {
            return self.executors[id.index()].slot_table().free_slots().contains(&descriptor.slot);
        }
        let Some(execution) = envelope.call.execution() else { return false };
        match envelope.to {
            Address::JobMaster => {
                let process = &self.job_managers[envelope.leader.job_manager.index()];
                !self.job_master_of(process).is_current(execution)
            }
            Address::TaskExecutor(id) => {
                self.is_alive(id) && !self.executors[id.index()].tasks().iter().any(|task| task.is(execution))
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests;
