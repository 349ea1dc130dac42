//! What ResourceManager and JobMaster do in their own time, and the TaskManagers that are started and stopped.
//!
//! Contract: a TaskManager that was asked for begins after the time that the scenario says, as one that is started by
//! hand does. One that is given back ends at once, and nobody is surprised. Flink: `ActiveResourceManager`.

use super::cursor::Actor;
use super::world::World;
use crate::base::limits::TASK_MANAGERS_MAX;
use crate::cluster::process::Life;
use crate::cluster::resource_manager::WorkerRequest;
use crate::cluster::rpc::{Address, Outbox};

impl World {
    /// Takes note of what the ResourceManager wants of what the cluster is deployed on.
    pub(super) fn order_workers(&mut self, requests: &[WorkerRequest]) {
        if self.yarn.is_some() && !requests.is_empty() {
            return self.order_containers(requests);
        }
        for &request in requests {
            let takes = match request {
                WorkerRequest::Start => self.scenario().slot_manager.worker_start_ticks,
                WorkerRequest::Stop(_) => 0,
            };
            self.workers_due.push((self.tick + 1 + takes, request));
        }
    }

    /// When a TaskManager begins or ends that the ResourceManager decided about.
    pub(super) fn next_worker(&self) -> Option<u64> {
        self.workers_due.iter().map(|&(at, _)| at).min()
    }

    /// At the start of a tick: one of those that are due.
    pub(super) fn worker_turn(&mut self) -> Option<Actor> {
        let place = self.workers_due.iter().position(|&(at, _)| at <= self.tick)?;
        match self.workers_due.remove(place).1 {
            WorkerRequest::Start if self.executors.len() < TASK_MANAGERS_MAX as usize => {
                self.start_task_manager();
            }
            WorkerRequest::Stop(id) if self.is_alive(id) => {
                self.log_fault_of(
                    &Address::TaskExecutor(id).to_string(),
                    "stopped: it was idle for too long",
                );
                self.end_task_manager(id, Life::Stopped);
                self.notices.retain(|notice| notice.task_manager != id);
            }
            WorkerRequest::Start | WorkerRequest::Stop(_) => {}
        }
        Some(Actor::Command)
    }

    /// The ResourceManager does what is due.
    pub(super) fn resource_manager_turn(&mut self) -> Option<Actor> {
        self.resource_manager.next_timer().filter(|&at| {
            at <= self.tick && self.job_manager().is_up() && self.job_manager().acts_at(self.tick)
        })?;
        let mut outbox = Outbox::default();
        self.resource_manager.run_timers(self.tick, &mut outbox);
        self.post(Address::ResourceManager, &mut outbox);
        Some(Actor::Rpc)
    }
}
