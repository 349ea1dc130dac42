//! A JobManager process: it leads, or stands by, or is gone.
//!
//! Flink: `ClusterEntrypoint`; its Dispatcher, ResourceManager and JobMasters are there as long as it leads.

use std::rc::Rc;

use super::dispatcher::Dispatcher;
use super::fencing::{FencingToken, Leader};
use super::high_availability::Contender;
use super::job_master::JobMaster;
use super::process::Process;
use super::resource_manager::ResourceManager;
use crate::base::ids::JobManagerId;
use crate::checkpoint::storage::file_system::FileAnswer;

/// What a process that leads, or thinks that it does, is made of.
#[derive(Clone)]
pub struct Components {
    pub dispatcher: Dispatcher,
    pub resource_manager: ResourceManager,
    pub job_master: Rc<JobMaster>,
}

/// See the module.
#[derive(Clone)]
pub struct JobManager {
    pub id: JobManagerId,
    pub process: Process,
    /// How often it was started again.
    pub life: u32,
    /// The session in which it leads, as far as it knows, and since when.
    pub session: Option<FencingToken>,
    pub leads_since: u64,
    /// Whether there is a JobMaster in it.
    pub has_job: bool,
    /// What it is made of, while another one leads.
    pub components: Option<Components>,
    /// What files it has asked for while it does nothing.
    pub held: Vec<FileAnswer>,
}

impl JobManager {
    /// One that stands by.
    pub const fn standby(id: JobManagerId, life: u32, process: Process) -> Self {
        Self {
            id,
            process,
            life,
            session: None,
            leads_since: 0,
            has_job: false,
            components: None,
            held: Vec::new(),
        }
    }

    /// One that has led from the start.
    pub fn leading(leader: Leader, process: Process) -> Self {
        let standby = Self::standby(leader.job_manager, 0, process);
        Self { session: Some(leader.session), has_job: true, ..standby }
    }

    /// As the coordination service knows it.
    pub const fn contender(&self) -> Contender {
        (self.id, self.life)
    }

    /// As others know it, while it leads.
    pub fn leader(&self) -> Option<Leader> {
        self.session.map(|session| Leader { job_manager: self.id, session })
    }

    /// Whether it was killed, or stood still, at any time.
    pub const fn was_disturbed(&self) -> bool {
        self.life > 0 || !self.is_active() || self.session.is_none()
    }

    /// Whether it does anything.
    pub const fn is_active(&self) -> bool {
        self.process.is_alive() && self.process.paused_since().is_none()
    }
}
