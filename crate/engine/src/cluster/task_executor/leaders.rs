//! Who leads, as a TaskManager knows, and what it does when that changes.
//!
//! Contract: without a JobMaster the tasks of the job fail, and its slots stay its own for a while. Without a
//! ResourceManager the TaskManager looks for one, and ends when it finds none for too long. Flink:
//! `TaskExecutor#notifyOfNewResourceManagerLeader`, `#disconnectJobManagerConnection`, `#establishJobManagerConnection`,
//! `JobLeaderService`.

use super::{Outbox, TaskExecutor};
use crate::cluster::fencing::Leader;
use crate::cluster::rpc::{Address, Call};

/// For how long slots stay a job's that has no JobMaster. Flink: `taskmanager.slot.timeout`.
pub const SLOT_TIMEOUT_TICKS: u64 = 10_000;
/// Flink: `taskmanager.registration.timeout`.
pub const REGISTRATION_TIMEOUT_TICKS: u64 = 300_000;

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leaders {
    pub resource_manager: Option<Leader>,
    pub job_master: Option<Leader>,
    /// When the slots of a job without a JobMaster are free.
    slots_until: Option<u64>,
    /// When it ends, if it has found no ResourceManager by then.
    register_until: Option<u64>,
    /// When it gives the JobMaster and the ResourceManager up, of which nothing is heard.
    job_master_until: Option<u64>,
    resource_manager_until: Option<u64>,
}

impl Leaders {
    /// This ResourceManager and this JobMaster have led from the start.
    pub const fn known([resource_manager, job_master]: [Option<Leader>; 2]) -> Self {
        Self {
            resource_manager,
            job_master,
            slots_until: None,
            register_until: None,
            job_master_until: None,
            resource_manager_until: None,
        }
    }
}

/// What a TaskManager does when a time of its own has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnTime {
    SlotTimeout,
    RegistrationTimeout,
    JobMasterSilent,
    ResourceManagerSilent,
}

impl OwnTime {
    /// What the TaskManager says then, in Flink's words.
    pub const fn text(self) -> &'static str {
        match self {
            Self::SlotTimeout => "The slots of the job have timed out.",
            Self::RegistrationTimeout => {
                "Could not register at the ResourceManager within the specified maximum registration duration 300000 ms. \
                 This indicates a problem with this instance. Terminating now."
            }
            Self::JobMasterSilent => "The heartbeat of JobManager timed out.",
            Self::ResourceManagerSilent => "The heartbeat of ResourceManager timed out.",
        }
    }
}

impl TaskExecutor {
    /// The leader among those that this address stands for, as far as it knows one.
    pub const fn leader_of(&self, address: Address) -> Option<Leader> {
        match address {
            Address::ResourceManager => self.leaders.resource_manager,
            _ => self.leaders.job_master,
        }
    }

    /// From its start these lead, a ResourceManager and a JobMaster, or none.
    pub const fn led_by(&mut self, leaders: [Option<Leader>; 2]) {
        self.leaders = Leaders::known(leaders);
    }

    /// Whether it is registered with a ResourceManager. Flink: `establishedResourceManagerConnection`.
    pub const fn is_registered(&self) -> bool {
        self.leaders.register_until.is_none()
    }

    /// Another ResourceManager leads, or none.
    pub fn on_resource_manager(&mut self, leader: Option<Leader>, now: u64, outbox: &mut Outbox) {
        if self.leaders.resource_manager == leader {
            return;
        }
        self.leaders.resource_manager = leader;
        self.leaders.resource_manager_until = None;
        self.connect_again(now, outbox);
    }

    /// It has lost its ResourceManager, or never found it: it asks whoever leads, until it is answered.
    fn connect_again(&mut self, now: u64, outbox: &mut Outbox) {
        self.expect_registration(now);
        self.register(outbox);
    }

    /// From now on it waits for a ResourceManager. Flink: `startRegistrationTimeout`.
    pub const fn expect_registration(&mut self, now: u64) {
        self.leaders.register_until = Some(now + REGISTRATION_TIMEOUT_TICKS);
    }

    /// The ResourceManager has answered, or is asked no more.
    pub(super) const fn on_registered(&mut self) {
        self.leaders.register_until = None;
    }

    /// Another JobMaster leads, or none.
    pub fn on_job_master(&mut self, leader: Option<Leader>, now: u64, outbox: &mut Outbox) {
        if self.leaders.job_master == leader {
            return;
        }
        if self.leaders.job_master.is_some() {
            self.disconnect_job_master("The JobManager lost leadership.", now);
        }
        self.leaders.job_master = leader;
        self.leaders.job_master_until = None;
        self.offer_again(outbox);
    }

    /// Nothing is heard of the process of these leaders any more, and at these times it is given up; `None`: it is back.
    pub const fn expect_silence(&mut self, job_master: Option<u64>, resource_manager: Option<u64>) {
        self.leaders.job_master_until = job_master;
        self.leaders.resource_manager_until = resource_manager;
    }

    /// Whether it is about to give its JobMaster up, of which nothing is heard.
    pub const fn hears_nothing(&self) -> bool {
        self.leaders.job_master_until.is_some()
    }

    /// One of its times has come. Answers whether it ends: it found no ResourceManager.
    pub fn on_own_time(&mut self, what: OwnTime, now: u64, outbox: &mut Outbox) -> bool {
        match what {
            OwnTime::JobMasterSilent => {
                self.leaders.job_master_until = None;
                self.disconnect_job_master("The heartbeat of JobManager timed out.", now);
                self.offer_again(outbox);
            }
            OwnTime::ResourceManagerSilent => {
                self.leaders.resource_manager_until = None;
                self.connect_again(now, outbox);
            }
            OwnTime::SlotTimeout => self.on_slot_timeout(outbox),
            OwnTime::RegistrationTimeout => {
                self.on_registered();
                return true;
            }
        }
        false
    }

    fn disconnect_job_master(&mut self, cause: &str, now: u64) {
        self.fail_tasks(cause);
        let has_slots = !self.slots.mark_inactive().is_empty();
        self.leaders.slots_until = has_slots.then_some(now + SLOT_TIMEOUT_TICKS);
    }

    pub(super) fn offer_again(&self, outbox: &mut Outbox) {
        let slots = self.slots.inactive();
        if !slots.is_empty() {
            outbox.send(Address::JobMaster, Call::OfferSlots { slots });
        }
    }

    /// A slot is the job's, and its JobMaster is to take it in time. Flink: `TaskSlotTable#allocateSlot`.
    pub fn await_job_master(&mut self, now: u64) {
        if self.slots.has_allocated() {
            self.leaders.slots_until.get_or_insert(now + SLOT_TIMEOUT_TICKS);
        }
    }

    /// When slots that no JobMaster has taken are free.
    pub const fn slots_until(&self) -> Option<u64> {
        self.leaders.slots_until
    }

    /// The JobMaster has taken slots, or does not want them.
    pub(super) fn on_slots_answered(&mut self) {
        if !self.slots.has_allocated() {
            self.leaders.slots_until = None;
        }
    }

    /// When it does something by itself.
    pub fn next_own_time(&self) -> Option<(u64, OwnTime)> {
        let Leaders { slots_until, register_until, .. } = self.leaders;
        let times = [
            (self.leaders.job_master_until, OwnTime::JobMasterSilent),
            (self.leaders.resource_manager_until, OwnTime::ResourceManagerSilent),
            (register_until, OwnTime::RegistrationTimeout),
            (slots_until, OwnTime::SlotTimeout),
        ];
        let set = times.into_iter().filter_map(|(at, what)| Some((at?, what)));
        set.min_by_key(|&(at, _)| at)
    }

    /// Its slots have waited for a JobMaster for too long.
    fn on_slot_timeout(&mut self, outbox: &mut Outbox) {
        self.leaders.slots_until = None;
        let slots = self.slots.free_allocated();
        if self.slots.allocated().is_empty() {
            self.shuffle.release_all_partitions();
        }
        outbox.send(Address::ResourceManager, Call::NotifySlotsAvailable { slots });
    }
}
