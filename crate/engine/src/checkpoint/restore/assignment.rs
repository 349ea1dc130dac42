//! Gives the state of a checkpoint to the subtasks of a job.
//!
//! Contract: operators are matched by their ids, the one that `setUidHash` gave before the one that was made. Keyed
//! state goes by key groups, operator state as its mode says, buffers in flight as `in_flight` says. What does not fit
//! is refused in Flink's words before anything starts. Flink: `StateAssignmentOperation`,
//! `Checkpoints#loadAndValidateCheckpoint`, `VertexFinishedStateChecker`.

use crate::base::ids::{OperatorId, VertexIdx};
use crate::base::ordered::{SortedMap, SortedSet, set_of};
use crate::checkpoint::coordinator::topology::{CheckpointOperator, CheckpointTopology, CheckpointVertex};
use crate::checkpoint::handles::{
    JobManagerTaskRestore, OperatorStateHandle, OperatorSubtaskState, TaskStateSnapshot,
};
use crate::checkpoint::operator_state::OperatorState;
use crate::checkpoint::repartition::{keyed_state_of, repartition};
use crate::checkpoint::restore::in_flight;
use crate::state::key_groups::range_for_operator;

/// The operators of a checkpoint, by id.
pub type OperatorStates = SortedMap<OperatorId, OperatorState>;

/// The state of an operator, if the checkpoint has some.
pub fn state_of<'a>(states: &'a OperatorStates, operator: &CheckpointOperator) -> Option<&'a OperatorState> {
    let by_user = operator.user_defined_id.and_then(|id| states.get(&id));
    by_user.or_else(|| states.get(&operator.id))
}

/// Whether a job can start from this, and if not, why. `path`: what the snapshot is called.
pub fn check(
    topology: &CheckpointTopology,
    states: &OperatorStates,
    path: &str,
    allow_non_restored_state: bool,
) -> Result<(), String> {
    let operators = || topology.vertices.iter().flat_map(|vertex| &vertex.operators);
    let known = set_of(operators().filter_map(|operator| state_of(states, operator)).map(|state| state.id));
    for state in states.values() {
        if !known.contains(&state.id) && state.has_state() && !allow_non_restored_state {
            return Err(format!(
                "Failed to rollback to checkpoint/savepoint {path}. Cannot map checkpoint/savepoint state for \
                 operator {} to the new program, because the operator is not available in the new program. If you \
                 want to allow to skip this, you can set the --allowNonRestoredState option on the CLI.",
                state.id
            ));
        }
    }
    for vertex in &topology.vertices {
        for operator in &vertex.operators {
            if let Some(state) = state_of(states, operator) {
                check_parallelism(vertex, operator, state, path)?;
            }
        }
    }
    in_flight::check(topology, states)?;
    check_finished(topology, states)
}

/// Flink: `StateAssignmentOperation#checkParallelismPreconditions`, `Checkpoints#loadAndValidateCheckpoint`.
fn check_parallelism(
    vertex: &CheckpointVertex,
    operator: &CheckpointOperator,
    state: &OperatorState,
    path: &str,
) -> Result<(), String> {
    let is_adopted = vertex.is_max_parallelism_derived && state.max_parallelism >= vertex.parallelism;
    if vertex.max_parallelism != state.max_parallelism && !is_adopted {
        if vertex.is_max_parallelism_derived {
            return Err(format!(
                "The state for task {} can not be restored. The maximum parallelism ({}) of the restored state is \
                 lower than the configured parallelism ({}). Please reduce the parallelism of the task to be lower \
                 or equal to the maximum parallelism.",
                vertex.name, state.max_parallelism, vertex.parallelism
            ));
        }
        return Err(format!(
            "Failed to rollback to checkpoint/savepoint {path}. Max parallelism mismatch between checkpoint/savepoint \
             state and new program. Cannot map operator {} with max parallelism {} to new program with max \
             parallelism {}. This indicates that the program has been changed in a non-compatible way after the \
             checkpoint/savepoint.",
            operator.id, state.max_parallelism, vertex.max_parallelism
        ));
    }
    Ok(())
}

/// Flink: `VertexFinishedStateChecker`.
fn check_finished(topology: &CheckpointTopology, states: &OperatorStates) -> Result<(), String> {
    let mut finished: SortedSet<VertexIdx> = SortedSet::new();
    for (place, vertex) in (0..).map(VertexIdx).zip(&topology.vertices) {
        let count = vertex.operators.iter().filter(|operator| is_finished(states, operator)).count();
        if count == 0 {
            continue;
        }
        if count < vertex.operators.len() {
            return Err(format!(
                "Can not restore vertex {}({}) which contain mixed operator finished state.",
                vertex.name, vertex.id
            ));
        }
        let first = &topology.tasks[vertex.first_task.index()..][..vertex.parallelism as usize];
        let feeds = |task: &crate::base::ids::TaskId| topology.tasks[task.index()].vertex;
        if first.iter().flat_map(|task| &task.producers).any(|task| !finished.contains(&feeds(task))) {
            return Err(format!(
                "Illegal JobGraph modification. Cannot run a program with fully finished vertices predeceased with \
                 the ones not fully finished. Task vertex {}({})",
                vertex.name, vertex.id
            ));
        }
        finished.insert(place);
    }
    Ok(())
}

fn is_finished(states: &OperatorStates, operator: &CheckpointOperator) -> bool {
    state_of(states, operator).is_some_and(OperatorState::is_fully_finished)
}

/// What each subtask of a vertex begins with. Flink: `StateAssignmentOperation#assignStates`.
pub fn assign(
    topology: &CheckpointTopology,
    place: VertexIdx,
    states: &OperatorStates,
    checkpoint_id: u64,
) -> Vec<JobManagerTaskRestore> {
    let vertex = &topology.vertices[place.index()];
    let is_over = vertex.operators.iter().all(|operator| is_finished(states, operator));
    let begin = |subtask| {
        let mut state = TaskStateSnapshot::default();
        state.is_task_deployed_as_finished = is_over;
        JobManagerTaskRestore {
            checkpoint_id,
            state,
            input_rescaling: in_flight::of_gates(topology, place, states, subtask),
            output_rescaling: in_flight::of_partitions(topology, place, states, subtask),
        }
    };
    let mut restores: Vec<JobManagerTaskRestore> = (0..vertex.parallelism).map(begin).collect();
    for operator in &vertex.operators {
        let Some(state) = state_of(states, operator) else { continue };
        for (subtask, (restore, operator_state)) in
            (0..).zip(restores.iter_mut().zip(operator_states(vertex, state)))
        {
            let range = range_for_operator(state.max_parallelism, vertex.parallelism, subtask);
            let given = OperatorSubtaskState {
                keyed: keyed_state_of(state.subtasks.values().flat_map(|old| &old.keyed), range),
                operator: operator_state,
                input_channels: in_flight::channels_of(state, subtask, &restore.input_rescaling, |old| {
                    &old.input_channels
                }),
                result_subpartitions: in_flight::channels_of(
                    state,
                    subtask,
                    &restore.output_rescaling,
                    |old| &old.result_subpartitions,
                ),
                assigned: state.subtasks.get(&subtask).map_or(0, |old| old.assigned),
            };
            restore.state.put(operator.id, given);
        }
    }
    restores
}

/// The operator state of one operator, over the new subtasks.
fn operator_states(vertex: &CheckpointVertex, state: &OperatorState) -> Vec<Vec<OperatorStateHandle>> {
    let old = |subtask| state.subtasks.get(&subtask).map(|state| state.operator.clone()).unwrap_or_default();
    let old: Vec<_> = (0..state.parallelism).map(old).collect();
    repartition(&old, vertex.parallelism)
}

#[cfg(test)]
mod tests;
