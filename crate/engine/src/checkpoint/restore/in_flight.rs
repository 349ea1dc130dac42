//! Gives records that were in flight to the subtasks of another parallelism.
//!
//! Contract: what is in flight on an edge of which neither end changed stays where it was. Else producers and consumers
//! share it as the edge's mappers say, both ends in the same way; where several consumers get the same records, each is
//! told to keep its own. Flink: `TaskStateAssignment`, `StateAssignmentOperation#reDistributeInputChannelStates`.

use std::rc::Rc;

use super::assignment::{OperatorStates, state_of};
use crate::base::ids::VertexIdx;
use crate::checkpoint::coordinator::topology::{
    CheckpointEdge, CheckpointOperator, CheckpointTopology, CheckpointVertex,
};
use crate::checkpoint::handles::{ChannelStateHandle, InflightDataRescaling, OperatorSubtaskState};
use crate::checkpoint::operator_state::OperatorState;
use crate::graph::job_graph::SubtaskStateMapper;

/// Old subtasks by new one. Flink: `RescaleMappings`.
type Mapping = Rc<[Rc<[u32]>]>;

/// How both ends of an edge share what was in flight on it: producers, consumers.
type EdgeMapping = (Mapping, Mapping);

/// Whether records in flight can be given to the job's subtasks, and if not, why.
pub fn check(topology: &CheckpointTopology, states: &OperatorStates) -> Result<(), String> {
    for vertex in &topology.vertices {
        check_chain(vertex, states)?;
    }
    topology.edges.iter().try_for_each(|edge| mapping_of(topology, edge, states).map(drop))
}

/// What was in flight between two tasks cannot be between two operators of a chain.
fn check_chain(vertex: &CheckpointVertex, states: &OperatorStates) -> Result<(), String> {
    let last = vertex.operators.len() - 1;
    for (place, operator) in vertex.operators.iter().enumerate() {
        let mut subtasks = state_of(states, operator).into_iter().flat_map(|state| state.subtasks.values());
        if subtasks.any(|state| {
            (place > 0 && !state.input_channels.is_empty())
                || (place < last && !state.result_subpartitions.is_empty())
        }) {
            return Err(format!(
                "Cannot recover from unaligned checkpoint when topology changes, such that data exchanges with \
                 persisted data are now chained.\nThe following operators contain channel state: [{}]",
                operator.id
            ));
        }
    }
    Ok(())
}

/// What a subtask of a vertex is to know of each of its gates; nothing where all is as it was.
pub fn of_gates(
    topology: &CheckpointTopology,
    vertex: VertexIdx,
    states: &OperatorStates,
    subtask: u32,
) -> Vec<Option<InflightDataRescaling>> {
    let mut gates = Vec::new();
    for edge in topology.edges.iter().filter(|edge| edge.target == vertex) {
        if let Ok(Some((producers, consumers))) = mapping_of(topology, edge, states) {
            let ambiguous =
                if edge.downstream.is_ambiguous() { taken_by_several(&consumers) } else { Rc::new([]) };
            put(&mut gates, edge.gate, rescaling(&consumers, subtask, producers, ambiguous));
        }
    }
    gates
}

/// The same of each of its result partitions.
pub fn of_partitions(
    topology: &CheckpointTopology,
    vertex: VertexIdx,
    states: &OperatorStates,
    subtask: u32,
) -> Vec<Option<InflightDataRescaling>> {
    let mut partitions = Vec::new();
    for edge in topology.edges.iter().filter(|edge| edge.source == vertex) {
        if let Ok(Some((producers, consumers))) = mapping_of(topology, edge, states) {
            put(&mut partitions, edge.partition, rescaling(&producers, subtask, consumers, Rc::new([])));
        }
    }
    partitions
}

/// The channels of an operator that a new subtask takes, of what all old ones had.
pub fn channels_of(
    state: &OperatorState,
    subtask: u32,
    rescaling: &[Option<InflightDataRescaling>],
    channels: impl Fn(&OperatorSubtaskState) -> &Vec<ChannelStateHandle>,
) -> Vec<ChannelStateHandle> {
    let mut taken = Vec::new();
    for (&old, state) in &state.subtasks {
        for handle in channels(state) {
            let is_taken = match rescaling.get(handle.gate as usize) {
                Some(Some(rescaling)) => rescaling.old_subtasks.contains(&old),
                _ => old == subtask,
            };
            if is_taken {
                taken.push(handle.clone());
            }
        }
    }
    taken
}

fn rescaling(own: &Mapping, subtask: u32, others: Mapping, ambiguous: Rc<[u32]>) -> InflightDataRescaling {
    let old_subtasks = Rc::clone(&own[subtask as usize]);
    InflightDataRescaling { old_subtasks, old_channels: others, ambiguous }
}

fn put(places: &mut Vec<Option<InflightDataRescaling>>, place: u32, rescaling: InflightDataRescaling) {
    let place = place as usize;
    if places.len() <= place {
        places.resize(place + 1, None);
    }
    places[place] = Some(rescaling);
}

/// How what was in flight on an edge is shared; `None`: it stays where it was, or there is nothing.
fn mapping_of(
    topology: &CheckpointTopology,
    edge: &CheckpointEdge,
    states: &OperatorStates,
) -> Result<Option<EdgeMapping>, String> {
    let [source, target] = [edge.source, edge.target].map(|place| &topology.vertices[place.index()]);
    let state_of = |operator: Option<&CheckpointOperator>| state_of(states, operator?);
    let (tail, head) = (state_of(source.operators.last()), state_of(target.operators.first()));
    let old_parallelism = |vertex: &CheckpointVertex, state: Option<&OperatorState>| {
        state.map_or(vertex.parallelism, |it| it.parallelism)
    };
    let (producers, consumers) = (old_parallelism(source, tail), old_parallelism(target, head));
    let is_in_flight =
        subtasks(head).flat_map(|state| &state.input_channels).any(|handle| handle.gate == edge.gate)
            || subtasks(tail)
                .flat_map(|state| &state.result_subpartitions)
                .any(|handle| handle.gate == edge.partition);
    if !is_in_flight || (producers, consumers) == (source.parallelism, target.parallelism) {
        return Ok(None);
    }
    let mapping = |mapper: SubtaskStateMapper, old, vertex: &CheckpointVertex| {
        let new = vertex.parallelism;
        (0..new).map(|subtask| mapper.old_subtasks(subtask, old, new).map(Into::into)).collect()
    };
    let producers: Option<Mapping> = mapping(edge.upstream, producers, source);
    let consumers: Option<Mapping> = mapping(edge.downstream, consumers, target);
    let Some(both) = producers.zip(consumers) else {
        return Err(
            "Cannot rescale the given pointwise partitioner.\nDid you change the partitioner to forward \
                    or rescale?\nIt may also help to add an explicit shuffle()."
                .into(),
        );
    };
    Ok(Some(both))
}

fn subtasks(state: Option<&OperatorState>) -> impl Iterator<Item = &OperatorSubtaskState> {
    state.into_iter().flat_map(|state| state.subtasks.values())
}

/// Flink: `RescaleMappings#getAmbiguousTargets`.
fn taken_by_several(mapping: &Mapping) -> Rc<[u32]> {
    let takers = |old: u32| mapping.iter().filter(|taken| taken.contains(&old)).count();
    let all = mapping.iter().flat_map(|taken| taken.iter().copied()).max().map_or(0, |last| last + 1);
    (0..all).filter(|&old| takers(old) > 1).collect()
}
