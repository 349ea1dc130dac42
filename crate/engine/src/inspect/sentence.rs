//! What is going on, in a sentence: the words under the picture, which a screen reader hears too.

use crate::cluster::job_master::JobFailure;
use crate::cluster::job_status::JobStatus;
use crate::sim::cursor::Actor;
use crate::sim::world::World;
use crate::task::state::ExecutionState;

/// Back-pressure from which on a task counts as back-pressured, per mille of its time. Flink: the border
/// between OK and LOW.
const BACK_PRESSURED_PER_MILLE: u32 = 100;
/// Work from which on a task counts as busy.
const BUSY_PER_MILLE: u32 = 800;

/// The state of the job, and the one thing about it that matters most.
pub fn sentence(world: &World) -> String {
    match world.job_status() {
        JobStatus::Initializing | JobStatus::Created => starting(world),
        JobStatus::Running => running(world),
        JobStatus::Failing | JobStatus::Failed => failed(world),
        JobStatus::Cancelling => "The job is being cancelled: its tasks close one after another.".to_owned(),
        JobStatus::Canceled => "The job was cancelled.".to_owned(),
        JobStatus::Finished => format!(
            "The job finished after {} ms: every source came to its end, and every record is through.",
            world.tick()
        ),
    }
}

fn starting(world: &World) -> String {
    if world.tick() == 0 && world.turn_number() == 0 {
        return "The cluster is up, and the client is about to submit the job. Step or run to begin."
            .to_owned();
    }
    "The job is submitted: the JobMaster registers with the ResourceManager, which hands out slots."
        .to_owned()
}

fn running(world: &World) -> String {
    let executions = world.job_master().executions();
    let count =
        |state: ExecutionState| executions.iter().filter(|execution| execution.state == state).count();
    let not_deployed = count(ExecutionState::Scheduled);
    if not_deployed == executions.len() {
        let slots = world.job_master().slots().required();
        return format!("The job waits for {slots} slot{}.", if slots == 1 { "" } else { "s" });
    }
    let starting = count(ExecutionState::Deploying) + count(ExecutionState::Initializing);
    if starting > 0 {
        return format!("{starting} of {} tasks are being deployed.", executions.len());
    }
    if let Some(cause) = cause_of_back_pressure(world) {
        return cause;
    }
    let now = match world.last_actor() {
        Some(Actor::Task { task, took_record: true, .. }) => {
            format!(" {} just took a record.", world.plan().executions[task.index()].name)
        }
        Some(Actor::Link { from, to }) => {
            format!(" A message moves between TaskManager {} and TaskManager {}.", from.0 + 1, to.0 + 1)
        }
        Some(Actor::Timer { task }) => format!(
            " The output flusher of {} made what it wrote visible.",
            world.plan().executions[task.index()].name
        ),
        _ => String::new(),
    };
    let finished = count(ExecutionState::Finished);
    if finished > 0 {
        return format!("{finished} of {} tasks are finished.{now}", executions.len());
    }
    match executions.len() {
        1 => format!("The job's one task is running and not back-pressured.{now}"),
        count => format!("All {count} tasks are running, none is back-pressured.{now}"),
    }
}

/// The first busy task downstream of a back-pressured one that is not back-pressured itself.
fn cause_of_back_pressure(world: &World) -> Option<String> {
    let plan = world.plan();
    let tasks = || (0..plan.executions.len() as u32).filter_map(|n| world.task(crate::base::ids::TaskId(n)));
    let pressed = tasks().find(|(task, _)| task.shares().back_pressured >= BACK_PRESSURED_PER_MILLE)?.0;
    let cause = tasks().map(|(task, _)| task).find(|task| {
        let shares = task.shares();
        shares.busy >= BUSY_PER_MILLE
            && shares.back_pressured < BACK_PRESSURED_PER_MILLE
            && task.descriptor().vertex > pressed.descriptor().vertex
    });
    let name = &pressed.descriptor().name;
    let share = pressed.shares().back_pressured / 10;
    Some(cause.map_or_else(
        || format!("{name} is back-pressured {share} % of its time: it waits for buffers."),
        |cause| {
            format!(
                "The slow part is {}: busy {} % of its time. {name} waits for it {share} % of its own.",
                cause.descriptor().name,
                cause.shares().busy / 10
            )
        },
    ))
}

fn failed(world: &World) -> String {
    match world.job_master().failure() {
        Some(JobFailure::Task { task, failure }) => format!(
            "The job failed: {} threw in {}: {}",
            failure.operator,
            world.plan().executions[task.index()].name,
            failure.error.message
        ),
        Some(JobFailure::NotEnoughSlots { required, available }) => format!(
            "The job failed: it needs {required} slots and the cluster has {available}. Give it more TaskManagers or \
             slots, or lower the parallelism."
        ),
        None => "The job failed.".to_owned(),
    }
}
