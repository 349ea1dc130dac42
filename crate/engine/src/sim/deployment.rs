//! How the run begins and ends, by how the cluster is deployed.
//!
//! Contract: who submits the job is up before it does; a cluster that is for one job ends after it, JobManager first.
//! Flink: `ClusterEntrypoint#shutDownAsync`, `DispatcherResourceManagerComponent#deregisterApplicationAndClose`.

use super::world::World;
use crate::cluster::deployment::{Application, Deployment};
use crate::cluster::high_availability::Notification;
use crate::cluster::job_status::JobStatus;
use crate::cluster::phase;
use crate::cluster::process::Life;
use crate::cluster::rpc::{Address, Call, Outbox};
use crate::cluster::yarn::call::YarnCall;
use crate::trace::TraceKind;

impl World {
    /// How the cluster is deployed.
    pub fn deployment(&self) -> Deployment {
        self.fixed.scenario.deployment
    }

    /// Before the first tick: what is up begins.
    pub(super) fn begin(&mut self) {
        if self.yarn.is_some() {
            self.process_mut().end(Life::Stopped);
            let mut outbox = Outbox::default();
            outbox.send(Address::YarnResourceManager, Call::Yarn(YarnCall::CreateApplication));
            return self.post(Address::Client, &mut outbox);
        }
        for executor in self.executors.clone() {
            if executor.process().is_up() {
                self.register(&executor);
            }
        }
        if self.job_manager().is_up() {
            self.submit();
        }
    }

    /// The JobManager is up: the job is submitted, by the client or by its own main.
    pub(super) fn submit(&mut self) {
        self.register_on_yarn();
        self.hand_in();
    }

    /// The client, or the job's own main, submits the job.
    pub(super) fn hand_in(&mut self) {
        let mut outbox = Outbox::default();
        let submitter = self.deployment().submitter();
        match submitter {
            Address::Application => Application.execute(&mut outbox),
            _ => self.client.submit(&mut outbox),
        }
        self.post(submitter, &mut outbox);
    }

    /// The ResourceManager gives back what the cluster has. Flink: `ResourceManager#deregisterApplication`.
    pub(super) fn deregister(&mut self, status: JobStatus) {
        if self.yarn.is_some() {
            return self.deregister_on_yarn(status);
        }
        let mut outbox = Outbox::default();
        outbox.send(Address::Dispatcher, Call::ApplicationDeregistered);
        self.post(Address::ResourceManager, &mut outbox);
    }

    /// Another JobManager leads, and the job is over: its main comes to its end once more. Flink:
    /// `DuplicateJobSubmissionException#isGloballyTerminated`.
    pub(super) fn end_application(&mut self, status: JobStatus) {
        if self.deployment().submitter() == Address::Application {
            let mut outbox = Outbox::default();
            outbox.send(Address::Dispatcher, Call::ShutDownCluster(status));
            self.post(Address::Application, &mut outbox);
        }
    }

    /// The JobManager's process ends. Another one that stands by finds the job's result, and ends, too.
    pub(super) fn leave(&mut self) {
        let contender = self.current().contender();
        self.process_mut().end(Life::Stopped);
        if self.coordination.is_some() {
            self.job_manager_mut(contender.0).resign();
            self.notify_at(self.tick, Notification::SessionExpired(contender));
        }
        self.topology_version += 1;
        self.log_note(TraceKind::Process, "JobManager", "ends");
    }

    /// The phase of something, where it belongs to this one of a job's life.
    pub(super) fn phase(&self, of_job: u8) -> u8 {
        if self.yarn.is_some() { phase::on_yarn(of_job) } else { of_job }
    }

    /// The phase of what a process says of itself.
    pub(super) fn phase_of_process(&self, who: &str) -> u8 {
        let is_over = self.job_status().is_globally_terminal();
        match (who, is_over) {
            (_, true) => self.phase(phase::RELEASE),
            ("JobManager", false) if self.yarn.is_some() => phase::YARN_REGISTER,
            _ => self.phase(0),
        }
    }
}
