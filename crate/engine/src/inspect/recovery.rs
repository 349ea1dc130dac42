//! What a job that is being restarted waits for, in a sentence: its delay, the end of old attempts, slots.

use std::rc::Rc;

use crate::base::ids::{TaskId, TaskManagerId};
use crate::cluster::job_master::adaptive::AdaptiveState;
use crate::inspect::sentence::{Sentence, name_tasks};
use crate::sim::world::World;

/// Why the job is being restarted, and what that waits for.
pub fn restarting(world: &World) -> Sentence {
    let job_master = world.job_master();
    let mut sentence = Sentence::default();
    sentence.say("The job is being restarted");
    if let Some(root) = job_master.history().entries().next_back().map(|entry| &entry.root) {
        if let Some(execution) = root.execution {
            sentence.say(" because ").task(world, execution.task).say(" failed");
        }
        sentence.say(format!(": {}", root.failure));
        if !root.failure.to_string().ends_with('.') {
            sentence.say(".");
        }
    } else {
        sentence.say(".");
    }
    if let Some(at) = job_master.next_restart() {
        let left = at.saturating_sub(world.tick());
        return sentence.say(format!(" Its tasks start again in {left} ms.")).clone();
    }
    let tasks: Vec<_> = job_master.still_to_end().collect();
    if !tasks.is_empty() {
        sentence.say(" Its delay is over, and it waits for the end of ");
        name_tasks(world, &tasks, &mut sentence);
        sentence.say(".");
    }
    sentence
}

/// What a job waits for whose parallelism follows the slots, and that does not run.
pub fn adapting(world: &World) -> Sentence {
    let (job_master, mut sentence) = (world.job_master(), Sentence::default());
    let Some(adaptive) = job_master.adaptive() else { return sentence };
    let slots = job_master.slots().offered().len();
    let left = |at: u64| at.saturating_sub(world.tick());
    match adaptive.state() {
        AdaptiveState::Restarting { parallelism: Some(_), .. } => sentence.say(format!(
            "The job is rescaled to {slots} slots: its tasks end, and start again from the newest checkpoint."
        )),
        AdaptiveState::Restarting { at: Some(at), .. } => {
            sentence.say(format!("All tasks have ended. The job goes on in {} ms.", left(*at)))
        }
        AdaptiveState::Restarting { .. } => return restarting(world),
        AdaptiveState::WaitingForResources { until } => {
            sentence.say(format!("The job has {slots} slots and waits for more"));
            match adaptive.manager().next_timer().into_iter().chain(*until).min() {
                Some(at) => sentence.say(format!(", for {} ms at most.", left(at))),
                None => sentence.say(", as long as it takes."),
            }
        }
        _ => sentence.say("The job is about to be deployed."),
    };
    sentence
}

/// The TaskManagers that do nothing, and how long that is taken for slow; those that are gone, until that is known.
pub fn name_paused(world: &World, sentence: &mut Sentence) {
    for executor in world.executors() {
        let cut_off = executor.cut_off_since.filter(|_| executor.is_alive());
        let state = match (executor.process().paused_since(), cut_off) {
            (Some(since), Some(_)) => Some((since, "paused, and cut off from the JobManager,")),
            (Some(since), None) => Some((since, "paused")),
            (None, since) => since.map(|since| (since, "cut off from the JobManager")),
        };
        if let Some((since, how)) = state {
            let so_far = world.tick() - since;
            sentence.task_manager(executor.id()).say(format!(" is {how} since {so_far} ms."));
            if let Some(at) = world.given_up_at(executor.id()) {
                let left = at.saturating_sub(world.tick());
                sentence.say(format!(" If it answers no heartbeat, the JobMaster gives it up in {left} ms."));
            }
            sentence.say("\n");
        }
        if !executor.is_alive() && has_tasks(world, executor.id()) {
            sentence.task_manager(executor.id()).say(" is gone, and nobody has noticed it yet.\n");
        }
    }
}

/// Whether tasks run there, as the JobMaster knows it.
fn has_tasks(world: &World, id: TaskManagerId) -> bool {
    let executions = world.job_master().executions().iter().enumerate();
    let mut live = executions.filter(|(_, execution)| !execution.state.is_terminal());
    live.any(|(place, _)| world.slot_of(TaskId(place as u32)).is_some_and(|slot| slot.task_manager == id))
}

/// What a streaming job waits for of which a part runs already.
pub fn waiting_for_slots(world: &World) -> Sentence {
    let job_master = world.job_master();
    let missing = job_master.slots().missing();
    let slots = if missing == 1 { "slot" } else { "slots" };
    let mut sentence = Sentence::default();
    sentence.say(format!("A part of the job waits for {missing} more {slots}; the rest runs."));
    if let Some(at) = job_master.slot_request_timeout() {
        let left = at.saturating_sub(world.tick());
        sentence.say(format!(" Start another TaskManager: in {left} ms the request times out."));
    }
    sentence
}

/// A failure, as the page tells of it.
#[derive(Clone, Debug)]
pub struct ExceptionView {
    /// When, in ms of virtual time.
    pub at: u64,
    /// The task; none: the job as a whole failed.
    pub task: Option<Rc<str>>,
    /// The TaskManager that it ran on.
    pub task_manager: Option<u32>,
    pub failure: String,
    /// Whether it came with the one before it, which is its root.
    pub is_concurrent: bool,
}

/// What failed, the newest first, each with what failed along with it. Flink: `JobExceptionsHandler`.
pub fn exceptions(world: &World) -> Vec<ExceptionView> {
    let mut views = Vec::new();
    for entry in world.job_master().history().entries().rev() {
        for (place, each) in std::iter::once(&entry.root).chain(&entry.concurrent).enumerate() {
            views.push(ExceptionView {
                at: each.at,
                task: each.name.clone(),
                task_manager: each.task_manager.map(|id| id.0),
                failure: each.failure.to_string(),
                is_concurrent: place > 0,
            });
        }
    }
    views
}

/// In how many ticks tasks start again that wait for a delay; 0: none does.
pub fn restarts_in(world: &World) -> u32 {
    let job_master = world.job_master();
    let rescaled = job_master.adaptive().and_then(|adaptive| match adaptive.state() {
        AdaptiveState::Restarting { at, .. } => *at,
        _ => None,
    });
    let at = job_master.next_restart().or(rescaled);
    at.map_or(0, |at| at.saturating_sub(world.tick()) as u32)
}
