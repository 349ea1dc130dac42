//! Knows the TaskManagers of the cluster, and hands their slots to the job. Flink: `ResourceManager`.

use std::rc::Rc;

use super::rpc::{Address, Call, Outbox, unknown_call};
use super::slot_manager::{SlotAction, SlotManager};
use crate::base::ids::TaskManagerId;

/// See the module.
#[derive(Clone, Debug)]
pub struct ResourceManager {
    slots: SlotManager,
    /// Whether the JobMaster has registered, and has not left.
    has_job_master: bool,
}

/// What an active ResourceManager wants of what it is deployed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkerRequest {
    /// A new TaskManager. Flink: `ResourceManagerDriver#requestResource`.
    Start,
    /// The end of this one. Flink: `ResourceManagerDriver#releaseResource`.
    Stop(TaskManagerId),
}

impl ResourceManager {
    /// One with this SlotManager.
    pub const fn new(slots: SlotManager) -> Self {
        Self { slots, has_job_master: false }
    }

    /// Its SlotManager.
    pub const fn slot_manager(&self) -> &SlotManager {
        &self.slots
    }

    /// Takes a call.
    pub fn receive(&mut self, from: Address, call: &Call, now: u64, outbox: &mut Outbox) {
        match (from, call) {
            (Address::TaskExecutor(id), Call::RegisterTaskExecutor { slots, allocated }) => {
                self.slots.register(id, *slots, allocated, now);
                outbox.send(from, Call::TaskExecutorRegistered);
            }
            (Address::TaskExecutor(id), Call::NotifySlotsAvailable { slots }) => {
                self.slots.free(id, slots, now);
            }
            (Address::TaskExecutor(id), Call::DisconnectTaskManager { cause }) => {
                self.on_task_manager_lost(id, cause, now, outbox);
            }
            (Address::JobMaster, Call::RegisterJobMaster) => {
                self.has_job_master = true;
                outbox.send(from, Call::JobMasterRegistered);
            }
            (Address::JobMaster, Call::DeclareRequiredResources { slots }) => {
                // It leaves with its job. Flink: `disconnectJobManager`.
                self.has_job_master &= *slots > 0;
                self.slots.declare(*slots, now);
            }
            _ => unknown_call("the ResourceManager", call, from),
        }
        self.run_timers(now, outbox);
    }

    /// The cluster is made of at least so many TaskManagers now.
    pub fn expect(&mut self, task_managers: u32) {
        self.slots.expect(task_managers);
    }

    /// A TaskManager is gone: the JobMaster is told, and slots for those that it had are asked for elsewhere, as soon as
    /// there are any. Flink: `closeTaskManagerConnection`.
    pub fn on_task_manager_lost(
        &mut self,
        id: TaskManagerId,
        cause: &Rc<str>,
        now: u64,
        outbox: &mut Outbox,
    ) {
        if self.has_job_master && self.slots.workers().iter().any(|worker| worker.id == id) {
            let cause = Rc::clone(cause);
            outbox.send(Address::JobMaster, Call::TaskManagerLost { task_manager: id, cause });
        }
        self.slots.unregister(id, now);
        self.run_timers(now, outbox);
    }

    /// A TaskManager did not answer in time: another slot is looked for. Flink: `DefaultSlotStatusSyncer#allocateSlot`.
    pub fn on_ask_failed(&mut self, to: Address, call: &Call, now: u64, outbox: &mut Outbox) {
        if let (Address::TaskExecutor(id), Call::RequestSlot { slot }) = (to, call) {
            self.slots.free(id, &[*slot], now);
            self.run_timers(now, outbox);
        }
    }

    /// A TaskManager reports these slots as free, and all others as not.
    pub fn reconcile(&mut self, id: TaskManagerId, free: &[u32], now: u64, outbox: &mut Outbox) {
        if self.slots.report(id, free, now) {
            self.run_timers(now, outbox);
        }
    }

    /// When something is due that nobody has to say.
    pub fn next_timer(&self) -> Option<u64> {
        self.slots.next_timer()
    }

    /// Does what is due by now.
    pub fn run_timers(&mut self, now: u64, outbox: &mut Outbox) {
        while let Some(action) = self.slots.run(now) {
            match action {
                SlotAction::Request(id, slot) => {
                    outbox.send(Address::TaskExecutor(id), Call::RequestSlot { slot });
                }
                SlotAction::NotEnough(available) => {
                    outbox.send(Address::JobMaster, Call::NotEnoughResources { available });
                }
                SlotAction::StartWorker => outbox.request_worker(WorkerRequest::Start),
                SlotAction::StopWorker(id) => outbox.request_worker(WorkerRequest::Stop(id)),
            }
        }
    }
}
