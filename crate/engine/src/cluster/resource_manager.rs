//! Hands the slots of the cluster's TaskManagers to the job. Flink: `ResourceManager`, `SlotManager`.
//!
//! So far: first fit in the order of registration; TaskManagers are neither started nor released here.

use super::rpc::{Address, Call, Outbox, unknown_call};
use crate::base::ids::TaskManagerId;

/// See the module.
#[derive(Clone, Debug)]
pub struct ResourceManager {
    /// TaskManagers that the cluster is made of; fewer may have registered.
    expected: u32,
    registered: Vec<Worker>,
    required_slots: u32,
    requested_slots: u32,
}

#[derive(Clone, Debug)]
struct Worker {
    id: TaskManagerId,
    slots: u32,
    taken: u32,
}

impl ResourceManager {
    /// One that waits for so many TaskManagers.
    pub const fn new(expected: u32) -> Self {
        Self { expected, registered: Vec::new(), required_slots: 0, requested_slots: 0 }
    }

    /// Takes a call.
    pub fn receive(&mut self, from: Address, call: &Call, outbox: &mut Outbox) {
        match (from, call) {
            (Address::TaskExecutor(id), Call::RegisterTaskExecutor { slots }) => {
                self.registered.push(Worker { id, slots: *slots, taken: 0 });
                outbox.send(from, Call::TaskExecutorRegistered);
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
        let lost: u32 =
            self.registered.iter().filter(|worker| worker.id == id).map(|worker| worker.taken).sum();
        self.registered.retain(|worker| worker.id != id);
        self.requested_slots -= lost;
        self.meet_requirements(outbox);
    }

    fn meet_requirements(&mut self, outbox: &mut Outbox) {
        for worker in &mut self.registered {
            while self.requested_slots < self.required_slots && worker.taken < worker.slots {
                outbox.send(Address::TaskExecutor(worker.id), Call::RequestSlot { slot: worker.taken });
                worker.taken += 1;
                self.requested_slots += 1;
            }
        }
        let is_complete = self.registered.len() as u32 == self.expected;
        if is_complete && self.requested_slots < self.required_slots {
            let available = self.registered.iter().map(|worker| worker.slots).sum();
            outbox.send(Address::JobMaster, Call::NotEnoughResources { available });
            self.required_slots = self.requested_slots;
        }
    }
}
