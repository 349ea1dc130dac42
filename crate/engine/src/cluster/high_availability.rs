//! What outlives a JobManager: who is to lead, and what the next leader needs to know.
//!
//! Contract: whoever has waited longest leads as long as its session with the service lasts; a session ends when
//! nothing was heard of its process for the time-out. What the leader writes is there at once, and for the next one;
//! what a process writes that leads no more is refused. Flink: `ZooKeeperLeaderElectionHaServices` over ZooKeeper (one
//! leader latch a process, the components' leader information under it), `ExecutionPlanStore`,
//! `CompletedCheckpointStore`, `CheckpointIDCounter`, `JobResultStore`.

use std::rc::Rc;

use super::fencing::{FencingToken, Leader};
use super::job_master::JobMaster;
use super::job_status::JobStatus;
use crate::base::ids::{JobManagerId, TaskManagerId};
use crate::checkpoint::coordinator::completed::CompletedCheckpoint;

/// Flink: `high-availability.type` and what goes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HighAvailabilityOptions {
    /// JobManagers: the one that leads first, and those that stand by.
    pub job_managers: u32,
    /// Flink: `high-availability.zookeeper.client.session-timeout`.
    pub session_timeout_ticks: u32,
    /// What the service takes for a read, or to tell a process of a change.
    pub latency_ticks: u32,
}

/// How a job ended, which is known until all that belonged to it is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobResult {
    pub status: JobStatus,
    /// Whether there is still something to clean up.
    pub is_dirty: bool,
}

/// One life of a process: whoever starts again has another session with the service.
pub type Contender = (JobManagerId, u32);

/// See the module.
#[derive(Clone, Debug)]
pub struct CoordinationService {
    /// The leader first, then who waits.
    contenders: Vec<Contender>,
    elections: u32,
    /// Whether the job's plan is stored.
    pub has_plan: bool,
    /// The checkpoints that are kept, oldest first.
    pub checkpoints: Vec<Rc<CompletedCheckpoint>>,
    /// The id of the next checkpoint.
    pub next_checkpoint_id: u64,
    pub result: Option<JobResult>,
}

impl Default for CoordinationService {
    fn default() -> Self {
        Self {
            contenders: Vec::new(),
            elections: 0,
            has_plan: false,
            checkpoints: Vec::new(),
            next_checkpoint_id: 1,
            result: None,
        }
    }
}

impl CoordinationService {
    /// A process waits for its turn to lead. Answers whether it has come.
    pub fn join(&mut self, contender: Contender) -> bool {
        self.contenders.push(contender);
        self.contenders.len() == 1
    }

    /// The session of a process has ended. Answers whether it led.
    pub fn leave(&mut self, contender: Contender) -> bool {
        let led = self.first() == Some(contender);
        self.contenders.retain(|&other| other != contender);
        led
    }

    /// Who is to lead.
    pub fn first(&self) -> Option<Contender> {
        self.contenders.first().copied()
    }

    /// Whether its session lasts.
    pub fn knows(&self, contender: Contender) -> bool {
        self.contenders.contains(&contender)
    }

    /// The session of the first, who takes the lead.
    pub fn elect(&mut self, seed: u64) -> FencingToken {
        self.elections += 1;
        FencingToken::of_election(seed, self.elections)
    }

    /// How many have led.
    pub const fn elections(&self) -> u32 {
        self.elections
    }

    /// Whether what the JobMaster knows is to be written down.
    pub fn is_behind(&self, job_master: &JobMaster) -> bool {
        let Some(checkpoints) = job_master.checkpoints() else { return false };
        let coordinator = checkpoints.coordinator();
        let (kept, stored) = (coordinator.store().checkpoints(), &self.checkpoints);
        coordinator.next_id() != self.next_checkpoint_id
            || kept.len() != stored.len()
            || kept.last().map(|newest| newest.id) != stored.last().map(|newest| newest.id)
    }

    /// Writes it down.
    pub fn follow(&mut self, job_master: &JobMaster) {
        if let Some(checkpoints) = job_master.checkpoints() {
            let coordinator = checkpoints.coordinator();
            self.checkpoints = coordinator.store().checkpoints().to_vec();
            self.next_checkpoint_id = coordinator.next_id();
        }
    }

    /// The job is over, and all that was known of it goes, but for how it ended.
    pub fn clean_up(&mut self) {
        self.has_plan = false;
        self.checkpoints.clear();
        self.next_checkpoint_id = 1;
        if let Some(result) = &mut self.result {
            result.is_dirty = false;
        }
    }
}

/// Something that a process learns from the service, or that a time-out brings, at its tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notification {
    /// The service has not heard of this process for too long.
    SessionExpired(Contender),
    /// This process is to lead.
    Granted(Contender),
    /// The ResourceManager of this process is to lead, again.
    ManagerGranted(Contender),
    /// The JobMaster in this process learns which ResourceManager leads.
    ManagerChanged(Contender),
    /// This process, which was not heard of, learns that it leads no more.
    Revoked(Contender),
    /// The new leader has read something.
    Read(Contender, Recovery),
    /// A TaskManager learns who leads.
    LeaderChanged(TaskManagerId, Component, Option<Leader>),
    /// The leader has deleted what belonged to the job.
    CleanedUp(Contender),
    /// The client, which could not submit the job, tries again.
    SubmitAgain,
}

/// What TaskManagers look for. Flink: `LeaderRetrievalService`s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Component {
    ResourceManager,
    JobMaster,
}

/// What a new leader reads, in this order. Flink: `SessionDispatcherLeaderProcess`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovery {
    DirtyJobResults,
    ExecutionPlans,
    Checkpoints,
}
