//! Hands the slots of the cluster's TaskManagers to the job. Flink: `ResourceManager`, `FineGrainedSlotManager`,
//! `DefaultResourceAllocationStrategy`.
//!
//! Contract: a slot is promised to the job at most once; the job is given as many as it declared, first fit in the
//! order of registration. So far TaskManagers are neither started nor released here.

use super::rpc::{Address, Call, Outbox, unknown_call};
use crate::base::ids::TaskManagerId;

/// See the module.
#[derive(Clone, Debug)]
pub struct ResourceManager {
    /// TaskManagers that the cluster is made of; fewer may have registered.
    expected: u32,
    registered: Vec<Worker>,
    required_slots: u32,
}

/// A TaskManager that has registered.
#[derive(Clone, Debug)]
pub struct Worker {
    pub id: TaskManagerId,
    /// By slot: whether it is promised to the job.
    pub allocated: Vec<bool>,
}

impl ResourceManager {
    /// One that waits for so many TaskManagers.
    pub const fn new(expected: u32) -> Self {
        Self { expected, registered: Vec::new(), required_slots: 0 }
    }

    /// The TaskManagers that have registered, in the order in which they did.
    pub fn workers(&self) -> &[Worker] {
        &self.registered
    }

    /// Takes a call.
    pub fn receive(&mut self, from: Address, call: &Call, outbox: &mut Outbox) {
        match (from, call) {
            (Address::TaskExecutor(id), Call::RegisterTaskExecutor { slots, allocated }) => {
                // One that registers again has lost what it was before.
                self.registered.retain(|worker| worker.id != id);
                let allocated = (0..*slots).map(|slot| allocated.contains(&slot)).collect();
                self.registered.push(Worker { id, allocated });
                outbox.send(from, Call::TaskExecutorRegistered);
            }
            (Address::TaskExecutor(id), Call::NotifySlotsAvailable { slots }) => {
                for worker in self.registered.iter_mut().filter(|worker| worker.id == id) {
                    for &slot in slots {
                        worker.allocated[slot as usize] = false;
                    }
                }
            }
            (Address::JobMaster, Call::RegisterJobMaster) => outbox.send(from, Call::JobMasterRegistered),
            (Address::JobMaster, Call::DeclareRequiredResources { slots }) => self.required_slots = *slots,
            _ => unknown_call("the ResourceManager", call, from),
        }
        self.meet_requirements(outbox);
    }

    /// The cluster is made of at least so many TaskManagers now.
    pub fn expect(&mut self, task_managers: u32) {
        self.expected = self.expected.max(task_managers);
    }

    /// A TaskManager is gone: slots for those that it had are asked for elsewhere, as soon as there are any.
    pub fn on_task_manager_lost(&mut self, id: TaskManagerId, outbox: &mut Outbox) {
        self.registered.retain(|worker| worker.id != id);
        self.meet_requirements(outbox);
    }

    fn promised(&self) -> u32 {
        let of_worker = |worker: &Worker| worker.allocated.iter().filter(|&&is| is).count() as u32;
        self.registered.iter().map(of_worker).sum()
    }

    fn meet_requirements(&mut self, outbox: &mut Outbox) {
        let mut missing = self.required_slots.saturating_sub(self.promised());
        for worker in &mut self.registered {
            for (slot, allocated) in (0..).zip(&mut worker.allocated) {
                if missing > 0 && !*allocated {
                    *allocated = true;
                    missing -= 1;
                    outbox.send(Address::TaskExecutor(worker.id), Call::RequestSlot { slot });
                }
            }
        }
        if missing > 0 && self.registered.len() as u32 == self.expected {
            let available = self.registered.iter().map(|worker| worker.allocated.len() as u32).sum();
            outbox.send(Address::JobMaster, Call::NotEnoughResources { available });
            // It is said once.
            self.required_slots = self.promised();
        }
    }
}
