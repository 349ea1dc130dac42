//! JobManagers: who leads, who stands by, and what a job without a leader waits for, in words.

use crate::cluster::fencing::FencingToken;
use crate::cluster::high_availability::{CoordinationService, Notification};
use crate::cluster::job_manager::JobManager;
use crate::cluster::process::Life;
use crate::sim::world::World;

/// A JobManager, for the picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobManagerView {
    pub name: String,
    /// What it is: it starts, leads, stands by, is paused, killed or stopped.
    pub role: &'static str,
    /// Whether there is a JobMaster in it.
    pub has_job: bool,
    /// The session in which it leads, as far as it knows; empty without.
    pub session: String,
}

/// All of them, by id.
pub fn job_managers(world: &World) -> Vec<JobManagerView> {
    let view = |process: &JobManager| JobManagerView {
        name: format!("JobManager {}", process.id.0 + 1),
        role: role_of(process),
        has_job: process.has_job
            && (process.id != world.leader().job_manager || world.job_master().started_at().is_some()),
        session: process.session.as_ref().map(FencingToken::to_string).unwrap_or_default(),
    };
    world.job_managers().iter().map(view).collect()
}

fn role_of(process: &JobManager) -> &'static str {
    match process.session {
        _ if matches!(process.process.life(), Life::Stopped) => "stopped",
        _ if !process.process.is_alive() => "killed",
        Some(_) if process.process.paused_since().is_some() => "leader, paused",
        None if process.process.paused_since().is_some() => "standby, paused",
        _ if !process.process.is_up() => "starting",
        Some(_) => "leader",
        None => "standby",
    }
}

/// What is to be said of who leads, where that is what matters most.
pub fn sentence(world: &World) -> Option<String> {
    if world.job_status().is_globally_terminal() {
        return None;
    }
    if world.job_is_lost() {
        return Some(
            "The job is lost: its JobManager is gone, none stood by, and nobody else knows of the job. TaskManagers \
             notice it by the heartbeats that do not come, stop its tasks, and give its slots back."
                .to_owned(),
        );
    }
    let leader = &world.job_managers()[world.leader().job_manager.index()];
    let number = leader.id.0 + 1;
    let Some(service) = world.coordination() else {
        let is_gone = !leader.process.is_alive() && world.yarn().is_none();
        return is_gone
            .then(|| "The JobManager is gone: the client finds nobody to submit the job to.".to_owned());
    };
    if leader.session.is_some() && leader.process.paused_since().is_none() {
        let is_reading = service.has_plan && (!leader.has_job || world.job_master().started_at().is_none());
        let newest =
            service.checkpoints.last().map(|newest| format!(", which goes on from checkpoint {}", newest.id));
        return is_reading.then(|| {
            format!("JobManager {number} leads now, and recovers the job{}.", newest.unwrap_or_default())
        });
    }
    let what = if leader.process.is_alive() { "does not answer" } else { "is gone" };
    let others = world.job_managers().iter().filter(|it| it.id != leader.id && it.is_active());
    let next = match (service.first(), others.count()) {
        (_, 0) => "no other JobManager stands by: the job waits for one.".to_owned(),
        (Some(first), _) if first == leader.contender() || first.0 == leader.id => match expiry(world) {
            Some(at) => format!(
                "its session with the HA services expires in {} ms, and then another one takes the lead. Tasks run on until \
                 their TaskManagers hear of it.",
                at.saturating_sub(world.tick())
            ),
            None => "another one takes the lead.".to_owned(),
        },
        (Some(first), _) => {
            format!("its session has expired, and JobManager {} takes the lead.", first.0.0 + 1)
        }
        (None, _) => "its session has expired.".to_owned(),
    };
    Some(format!("JobManager {number} {what}: {next}"))
}

/// When the session of who leads expires.
fn expiry(world: &World) -> Option<u64> {
    let first = world.coordination().and_then(CoordinationService::first)?;
    world.notification_at(&Notification::SessionExpired(first))
}
