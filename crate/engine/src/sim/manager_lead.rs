//! A ResourceManager that loses its lead and is elected anew, while the JobMasters of its process go on.
//!
//! Contract: what it knew is gone with its session. TaskManagers and JobMasters hear who leads now, leave the one before,
//! which cannot hear it, and register again: a TaskManager with the slots that are in use, a JobMaster with all that its
//! job needs. Tasks notice nothing. Flink: `ResourceManagerServiceImpl`, `TaskExecutor#notifyOfNewResourceManagerLeader`,
//! `JobMaster#notifyOfNewResourceManagerLeader`.

use super::world::World;
use crate::base::ids::TaskManagerId;
use crate::cluster::fencing::Leader;
use crate::cluster::high_availability::{Component, Contender, Notification};
use crate::cluster::process::Life;
use crate::cluster::rpc::{Address, Call, Outbox};

impl World {
    /// It loses its lead, if it leads.
    pub(super) fn revoke_resource_manager(&mut self) {
        let (process, id) = (self.current(), self.leader.job_manager);
        if !process.is_active() || !process.process.is_up() || process.manager.is_none() {
            return;
        }
        let contender = process.contender();
        self.log_fault_of(&Address::ResourceManager.to_string(), "loses its lead");
        self.topology_version += 1;
        if !self.holds_lead() || self.yarn.is_some() {
            return self.end_job_manager(id, Life::Killed);
        }
        self.job_manager_mut(id).manager = None;
        self.renew_resource_manager();
        let at = self.tick + self.latency();
        self.publish(Component::ResourceManager, None, at);
        self.notify_at(at, Notification::ManagerChanged(contender));
        self.notify_at(at, Notification::ManagerGranted(contender));
    }

    /// One that knows nothing takes its place.
    fn renew_resource_manager(&mut self) {
        self.resource_manager = self.new_resource_manager();
        self.notices.retain(|notice| notice.by != Address::ResourceManager);
    }

    /// It leads again, in a session of its own.
    pub(super) fn grant_resource_manager(&mut self, contender: Contender) {
        let (seed, now) = (self.fixed.scenario.seed, self.tick);
        let session = self.service_mut().elect(seed);
        self.job_manager_mut(contender.0).lead_manager(session, now);
        self.log_granted(contender.0, "ResourceManager ", session);
        let at = now + 2 * self.latency();
        self.publish(Component::ResourceManager, Some(Leader { job_manager: contender.0, session }), at);
        self.notify_at(at, Notification::ManagerChanged(contender));
    }

    /// The JobMaster hears of it. Flink: `JobMaster#reconnectToResourceManager`.
    pub(super) fn on_manager_changed(&mut self, contender: Contender) {
        let process = self.job_manager_mut(contender.0);
        if process.contender() != contender || process.session.is_none() {
            return;
        }
        process.known_manager = process.manager;
        if process.has_job {
            self.as_job_manager(contender.0, &mut |world| {
                world.let_job_master(&mut |job_master, turn| job_master.connect_to_resource_manager(turn));
            });
        }
    }

    /// A TaskManager that another one leads, or none, says so to its ResourceManager. Flink:
    /// `TaskExecutor#closeResourceManagerConnection`.
    pub(super) fn leave_resource_manager(&mut self, id: TaskManagerId, leader: Option<Leader>) {
        let executor = &self.executors[id.index()];
        if executor.is_registered() && executor.leader_of(Address::ResourceManager) != leader {
            let mut outbox = Outbox::default();
            let cause = "FlinkException: ResourceManager leader changed to a new address".into();
            outbox.send(Address::ResourceManager, Call::DisconnectTaskManager { cause });
            self.post(Address::TaskExecutor(id), &mut outbox);
        }
    }
}
