//! Within how many ticks a job runs again, as its configuration has it.

use weir_engine::base::limits::{ASK_TIMEOUT_TICKS, REGISTRATION_TIMEOUT_TICKS_MAX};
use weir_engine::cluster::heartbeat::{HEARTBEAT_INTERVAL_TICKS, HEARTBEAT_TIMEOUT_TICKS};
use weir_engine::cluster::process::ProcessKind;

use super::case::{Case, HIGH_AVAILABILITY, On, RESTART_DELAY_TICKS, Story};
use super::search::{Moment, SILENCE_TICKS, Victim};

/// Calls, one after the other, from a JobMaster that starts, or a restart, to tasks that run: it registers, declares,
/// slots are asked for, offered, accepted; tasks are submitted, and tell of three states.
const CALLS: u64 = 10;
/// Ticks to read what tasks begin with, and to read a record that is under way.
const RESTORE_TICKS: u64 = 60;
/// YARN: `yarn.nm.liveness-monitor.expiry-interval-ms`.
const EXPIRY_TICKS: u64 = 600_000;
/// On YARN, from the exit of one container to the process in the next one: NodeManagers tell of it each second, the
/// ApplicationMaster asks every five, and another ApplicationMaster may have to come first.
const POLLS_TICKS: u64 = 12_000;
/// Heartbeats that cannot be delivered until a process counts as gone.
const FAILED_RPCS: u64 = 2;

/// For how many ticks, counted from the last thing that goes wrong, the job may be down.
///
/// What is gone is noticed after a while (`detection`). A restart that began before that may fail, and the next one
/// comes after its delay: so it is one delay more. Then slots are asked for and tasks deployed.
pub fn bound(case: Case, moment: Moment) -> u64 {
    let scenario = case.scenario();
    let step = u64::from(scenario.start_up_step_ticks.unwrap_or_default());
    let process_start = step * ProcessKind::TaskManager.start_up().len() as u64;
    let start = process_start + CALLS * u64::from(scenario.rpc_latency_ticks) + RESTORE_TICKS;
    let rescale = match case.story {
        // To go on with what a cluster that changes has: cooldown, stabilization, and a checkpoint as the trigger.
        Story::Rescale => {
            let adaptive = scenario.scheduler.adaptive;
            adaptive.cooldown_ticks + adaptive.stabilization_ticks + 2 * start
        }
        _ => 0,
    };
    // What is asked for comes later than what goes wrong, maybe; and is asked for again.
    let asked = match case.story {
        Story::Cancel => case.asked_at().saturating_sub(moment.last_tick()) + 2_000,
        Story::Rescale => case.asked_at().saturating_sub(moment.last_tick()),
        Story::Run | Story::Stop => 0,
    };
    let election =
        u64::from(HIGH_AVAILABILITY.session_timeout_ticks) + 8 * u64::from(HIGH_AVAILABILITY.latency_ticks);
    let missed = HEARTBEAT_TIMEOUT_TICKS + HEARTBEAT_INTERVAL_TICKS;
    let detection = match moment.victim {
        // The job was not submitted yet, or its main submits it once more. TaskManagers that had registered miss the
        // heartbeats first.
        Victim::ResourceManager | Victim::RestartedJobManager if !case.is_available => missed,
        // The job goes on without the ResourceManager, and who asked one before for slots asks the next one.
        Victim::JobManager
        | Victim::StoppedJobManager
        | Victim::RestartedJobManager
        | Victim::ResourceManager => election,
        // Others have noticed before it goes on.
        Victim::SilentJobManager => election.saturating_sub(SILENCE_TICKS),
        Victim::TaskManager(_) => FAILED_RPCS * HEARTBEAT_INTERVAL_TICKS,
        Victim::SilentTaskManager(_) => missed.saturating_sub(SILENCE_TICKS),
        // Of what was lost each asks again in its time.
        Victim::CutOff(_) => {
            let noticed = missed.saturating_sub(moment.cut_off_for());
            noticed.clamp(REGISTRATION_TIMEOUT_TICKS_MAX, 2 * (ASK_TIMEOUT_TICKS + HEARTBEAT_INTERVAL_TICKS))
        }
        // Who leads may be on it, and YARN waits for its heartbeats first.
        Victim::NodeManager(_) => EXPIRY_TICKS + election,
        Victim::Link(_) => scenario.connection_timeout_ticks,
    };
    let polls = if case.on == On::Yarn { POLLS_TICKS } else { 0 };
    polls + detection + RESTART_DELAY_TICKS + start + rescale + asked
}
