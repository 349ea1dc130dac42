//! How far a batch job is, in words: which tasks wait for what.

use super::sentence::Sentence;
use crate::base::ids::TaskId;
use crate::cluster::job_master::Execution;
use crate::network::shuffle::ShuffleEnvironment;
use crate::sim::world::World;
use crate::task::state::ExecutionState;
use crate::task::stream_task::StreamTask;

/// Says which stages a batch job has behind it and before it, and what a running task is busy with.
pub(super) fn name_stages(world: &World, sentence: &mut Sentence) {
    let executions = world.job_master().executions();
    let count = |state: ExecutionState| executions.iter().filter(|e: &&Execution| e.state == state).count();
    let finished = count(ExecutionState::Finished);
    let running = count(ExecutionState::Running);
    sentence.say(format!("{finished} of {} tasks are finished, {running} running.", executions.len()));
    wait(sentence, count(ExecutionState::Scheduled), "for a slot");
    wait(sentence, count(ExecutionState::Created), "for results that are not complete");
    let tasks = (0..executions.len() as u32).map(TaskId);
    let busy = |id: TaskId| {
        let (task, executor) = world.task(id)?;
        Some((id, occupation(task, executor.shuffle())?))
    };
    if let Some((task, what)) = tasks.into_iter().find_map(busy) {
        sentence.say(" ").task(world, task).say(format!(" {what}."));
    }
}

fn wait(sentence: &mut Sentence, count: usize, what: &str) {
    match count {
        0 => {}
        1 => {
            sentence.say(format!(" 1 waits {what}."));
        }
        n => {
            sentence.say(format!(" {n} wait {what}."));
        }
    }
}

/// What a task does that is not seen in its records.
fn occupation(task: &StreamTask, shuffle: &ShuffleEnvironment) -> Option<String> {
    if task.is_leaving() {
        return Some("has written its last record and waits for the disk".to_owned());
    }
    let outputs = task.chain()?.outputs();
    if task.state() == ExecutionState::Running && (outputs.is_blocked() || !outputs.is_available(shuffle)) {
        return Some("cannot go on: the disk has not taken what it wrote".to_owned());
    }
    let states = || task.sorting().into_iter().flat_map(|sorting| sorting.states().map(|(_, state)| state));
    let reading = states().any(|state| !state.is_sorted);
    let (added, runs) = states().fold((0, 0), |(added, runs), s| (added + s.added, runs + s.runs));
    match (states().any(|state| state.is_spilling), reading) {
        (true, _) => Some(format!("has its memory full, and writes sorted run number {runs} to the disk")),
        (false, true) => {
            Some(format!("sorts its input by key before the first record is processed: {added} are there"))
        }
        (false, false) => None,
    }
}
