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
use super::rpc::Address;
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
    /// The session in which it leads, as far as it knows.
    pub session: Option<FencingToken>,
    /// The same of its ResourceManager, which may be elected anew while it leads, and since when.
    pub manager: Option<FencingToken>,
    pub manager_since: u64,
    /// The session of the ResourceManager that its JobMaster is connected with.
    pub known_manager: Option<FencingToken>,
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
            manager: None,
            manager_since: 0,
            known_manager: None,
            has_job: false,
            components: None,
            held: Vec::new(),
        }
    }

    /// One that has led from the start.
    pub fn leading(leader: Leader, process: Process) -> Self {
        let mut leading = Self::standby(leader.job_manager, 0, process);
        leading.lead(leader.session, 0);
        leading.has_job = true;
        leading
    }

    /// It leads in this session, with all that it is made of, but for a JobMaster.
    pub const fn lead(&mut self, session: FencingToken, now: u64) {
        self.session = Some(session);
        self.known_manager = Some(session);
        self.has_job = false;
        self.lead_manager(session, now);
    }

    /// Its ResourceManager does.
    pub const fn lead_manager(&mut self, session: FencingToken, now: u64) {
        self.manager = Some(session);
        self.manager_since = now;
    }

    /// It leads no more, and what led is gone.
    pub fn resign(&mut self) {
        (self.session, self.manager, self.known_manager) = (None, None, None);
        (self.components, self.has_job) = (None, false);
        self.held.clear();
    }

    /// As the coordination service knows it.
    pub const fn contender(&self) -> Contender {
        (self.id, self.life)
    }

    /// As others know it, while it leads.
    pub fn leader(&self) -> Option<Leader> {
        self.in_session(self.session)
    }

    /// The same of what is at this address in it.
    pub fn leader_at(&self, address: Address) -> Option<Leader> {
        self.in_session(if address == Address::ResourceManager { self.manager } else { self.session })
    }

    /// In whose session something in it speaks to another. Flink: each connection names the session of who leads; the
    /// Dispatcher and its own ResourceManager are one process's.
    pub fn session_between(&self, from: Address, to: Address) -> Option<Leader> {
        self.in_session(match (from, to) {
            (Address::JobMaster, Address::ResourceManager) => self.known_manager,
            (Address::ResourceManager, Address::TaskExecutor(_)) => self.manager,
            _ => self.session,
        })
    }

    fn in_session(&self, session: Option<FencingToken>) -> Option<Leader> {
        session.map(|session| Leader { job_manager: self.id, session })
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
