//! Checkpoints made by hand, given to jobs that fit and to jobs that do not.

use std::rc::Rc;

use super::{OperatorStates, assign, check};
use crate::base::ids::{OperatorId, VertexIdx};
use crate::checkpoint::coordinator::tests::topology;
use crate::checkpoint::coordinator::topology::{CheckpointEdge, CheckpointOperator, CheckpointTopology};
use crate::checkpoint::handles::{
    ChannelStateHandle, KeyGroupsStateHandle, KeyedStateHandle, OperatorStateEntries, OperatorStateHandle,
    OperatorStateMode, OperatorSubtaskState, StreamStateHandle,
};
use crate::checkpoint::operator_state::OperatorState;
use crate::graph::job_graph::SubtaskStateMapper;
use crate::state::key_groups::range_for_operator;

const MAP: OperatorId = OperatorId([2; 16]);

fn bytes() -> StreamStateHandle {
    StreamStateHandle::Bytes([0; 200].into())
}

/// The state of an operator of so many subtasks, each with all its key groups and one entry of a list.
fn operator(id: OperatorId, parallelism: u32, max_parallelism: u32) -> OperatorState {
    let mut state = OperatorState::new(id, &"old".into(), parallelism, max_parallelism);
    for subtask in 0..parallelism {
        let range = range_for_operator(max_parallelism, parallelism, subtask);
        let offsets = (0..u64::from(range.group_count())).collect();
        let keyed = KeyedStateHandle::KeyGroups(KeyGroupsStateHandle { range, offsets, data: bytes() });
        let list = OperatorStateEntries {
            name: "list".into(),
            mode: OperatorStateMode::SplitDistribute,
            offsets: [u64::from(subtask)].into(),
        };
        let list = OperatorStateHandle { states: [list].into(), data: bytes() };
        let given = OperatorSubtaskState { keyed: vec![keyed], operator: vec![list], ..Default::default() };
        state.subtasks.insert(subtask, given);
    }
    state
}

fn states(operators: impl IntoIterator<Item = OperatorState>) -> OperatorStates {
    operators.into_iter().map(|state| (state.id, state)).collect()
}

/// The map's vertex with another parallelism; its tasks are not told of.
fn rescaled(parallelism: u32) -> CheckpointTopology {
    let mut topology = topology();
    topology.vertices[1].parallelism = parallelism;
    topology
}

/// The key groups and the entries of lists of each new subtask.
fn given(topology: &CheckpointTopology, states: &OperatorStates) -> Vec<(String, usize)> {
    let snapshots = assign(topology, VertexIdx(1), states, 1);
    let of = |state: &OperatorSubtaskState| {
        let ranges: Vec<String> = state
            .keyed
            .iter()
            .map(|handle| format!("{}-{}", handle.range().start, handle.range().end))
            .collect();
        let lists = state.operator.iter().flat_map(|handle| handle.states.iter());
        (ranges.join(" "), lists.map(|list| list.offsets.len()).sum())
    };
    snapshots.iter().map(|restore| restore.state.get(MAP).map_or((String::new(), 0), of)).collect()
}

fn refusal(topology: &CheckpointTopology, states: &OperatorStates, allow: bool) -> String {
    check(topology, states, "sp-1", allow).err().unwrap_or_default()
}

#[test]
fn state_goes_where_its_key_groups_go() {
    let two = states([operator(MAP, 2, 128)]);
    let of = |parallelism| given(&rescaled(parallelism), &two);
    assert_eq!(of(2), [("0-63".into(), 1), ("64-127".into(), 1)]);
    assert_eq!(of(1), [("0-63 64-127".into(), 2)]);
    let three: Vec<(String, usize)> =
        [("0-42", 1), ("43-63 64-85", 1), ("86-127", 0)].map(|(ranges, n)| (ranges.into(), n)).into();
    assert_eq!(of(3), three);
}

#[test]
fn an_operator_is_found_by_the_id_that_the_user_gave_first() {
    let mut topology = topology();
    let by_user = OperatorId([9; 16]);
    topology.vertices[1].operators[0].user_defined_id = Some(by_user);
    assert_eq!(given(&topology, &states([operator(by_user, 2, 128)]))[0].1, 1);
    assert_eq!(given(&topology, &states([operator(MAP, 2, 128)]))[0].1, 1, "else by the one that was made");
}

#[test]
fn state_that_nobody_takes_is_refused_unless_allowed() {
    let lost = states([operator(OperatorId([7; 16]), 1, 128)]);
    let refused = refusal(&topology(), &lost, false);
    assert!(refused.contains("Cannot map checkpoint/savepoint state for operator 0707"), "{refused}");
    assert_eq!(refusal(&topology(), &lost, true), "");
    let empty = states([OperatorState::new(OperatorId([7; 16]), &"old".into(), 1, 128)]);
    assert_eq!(refusal(&topology(), &empty, false), "", "nothing would be lost");
}

#[test]
fn another_max_parallelism_is_adopted_or_refused() {
    let state = states([operator(MAP, 2, 64)]);
    let mut topology = topology();
    assert!(refusal(&topology, &state, true).contains("Max parallelism mismatch"));
    topology.vertices[1].is_max_parallelism_derived = true;
    assert_eq!(refusal(&topology, &state, false), "");
    topology.vertices[1].parallelism = 65;
    let refused = refusal(&topology, &state, false);
    assert!(
        refused.contains("The maximum parallelism (64) of the restored state is lower than"),
        "{refused}"
    );
}

#[test]
fn buffers_in_flight_stay_with_their_subtask() {
    let mut state = operator(MAP, 2, 128);
    let buffer = ChannelStateHandle {
        subtask_idx: 1,
        gate: 0,
        channel: 0,
        offsets: Rc::new([0]),
        size: 3,
        data: bytes(),
    };
    state.subtasks.get_mut(&1).expect("it is there").input_channels.push(buffer);
    let state = states([state]);
    assert_eq!(refusal(&topology(), &state, false), "");
    let snapshots = assign(&topology(), VertexIdx(1), &state, 1);
    let counts =
        [0, 1].map(|n: usize| snapshots[n].state.get(MAP).map_or(0, |state| state.input_channels.len()));
    assert_eq!(counts, [0, 1]);
}

#[test]
fn what_has_finished_starts_finished() {
    let finished = |id, parallelism| {
        let mut state = OperatorState::new(id, &"old".into(), parallelism, 128);
        state.finished.extend(0..parallelism);
        state
    };
    let source = finished(OperatorId([1; 16]), 2);
    let all = states([source.clone(), finished(MAP, 2)]);
    assert_eq!(refusal(&topology(), &all, false), "");
    assert!(
        assign(&topology(), VertexIdx(1), &all, 1).iter().all(|it| it.state.is_task_deployed_as_finished)
    );
    let mut running = topology();
    running.vertices[0].operators[0].id = OperatorId([5; 16]);
    assert!(refusal(&running, &all, true).contains("Illegal JobGraph modification"));
    let mut part = source;
    part.finished.remove(&1);
    let part = states([part]);
    assert!(!assign(&topology(), VertexIdx(0), &part, 1)[0].state.is_task_deployed_as_finished);
    let mut mixed = topology();
    let other = mixed.vertices[2].operators[0].clone();
    mixed.vertices[0].operators.push(other);
    assert!(refusal(&mixed, &all, false).contains("mixed operator finished state"));
}

/// The edge between the sources and the maps, with one buffer in flight at each end of it.
fn in_flight(downstream: SubtaskStateMapper) -> (CheckpointTopology, OperatorStates) {
    let buffer = |subtask_idx, channel| ChannelStateHandle {
        subtask_idx,
        gate: 0,
        channel,
        offsets: Rc::new([0]),
        size: 3,
        data: bytes(),
    };
    let [mut source, mut map] = [[1; 16], [2; 16]].map(|id| operator(OperatorId(id), 2, 128));
    source.subtasks.get_mut(&0).expect("it is there").result_subpartitions.push(buffer(0, 1));
    map.subtasks.get_mut(&1).expect("it is there").input_channels.push(buffer(1, 0));
    let mut topology = rescaled(3);
    let upstream = match downstream {
        SubtaskStateMapper::Unsupported => downstream,
        _ => SubtaskStateMapper::Arbitrary,
    };
    let (source_place, target) = (VertexIdx(0), VertexIdx(1));
    topology.edges.push(CheckpointEdge {
        source: source_place,
        partition: 0,
        target,
        gate: 0,
        upstream,
        downstream,
    });
    (topology, states([source, map]))
}

#[test]
fn records_in_flight_go_to_all_who_may_need_them() {
    let (topology, states) = in_flight(SubtaskStateMapper::Range);
    assert_eq!(refusal(&topology, &states, false), "");
    let maps = assign(&topology, VertexIdx(1), &states, 1);
    let buffers: Vec<usize> =
        maps.iter().map(|it| it.state.get(MAP).expect("it has state").input_channels.len()).collect();
    assert_eq!(buffers, [0, 1, 1], "those of the second half of the keys");
    let gate = maps[1].input_rescaling[0].as_ref().expect("there are more subtasks than there were");
    assert_eq!((&*gate.old_subtasks, &*gate.ambiguous), (&[0, 1][..], &[0, 1][..]));
    assert_eq!(gate.old_channels.iter().map(|old| old.to_vec()).collect::<Vec<_>>(), [[0], [1]]);
    let sources = assign(&topology, VertexIdx(0), &states, 1);
    let partition = sources[0].output_rescaling[0].as_ref().expect("those that read are others");
    let old: Vec<_> = partition.old_channels.iter().map(|old| old.to_vec()).collect();
    assert_eq!((&*partition.old_subtasks, &*partition.ambiguous), (&[0][..], &[][..]));
    assert_eq!(old, [vec![0], vec![0, 1], vec![1]]);
}

#[test]
fn nothing_is_shared_anew_where_nothing_changed_or_nothing_was_on_its_way() {
    let (mut topology, states) = in_flight(SubtaskStateMapper::Full);
    assert!(assign(&topology, VertexIdx(1), &states, 1)[0].input_rescaling[0].is_some());
    topology.vertices[1].parallelism = 2;
    assert!(assign(&topology, VertexIdx(1), &states, 1)[0].input_rescaling.is_empty());
    let (topology, _) = in_flight(SubtaskStateMapper::Full);
    let quiet = self::states([operator(OperatorId([1; 16]), 2, 128), operator(MAP, 2, 128)]);
    assert!(assign(&topology, VertexIdx(1), &quiet, 1)[0].input_rescaling.is_empty());
}

#[test]
fn records_in_flight_between_two_who_talk_to_each_other_alone_cannot_be_shared_anew() {
    let (mut topology, states) = in_flight(SubtaskStateMapper::Unsupported);
    let refused = refusal(&topology, &states, false);
    assert!(refused.starts_with("Cannot rescale the given pointwise partitioner.\n"), "{refused}");
    topology.vertices[1].parallelism = 2;
    assert_eq!(refusal(&topology, &states, false), "");
    let map = topology.vertices[1].operators[0].clone();
    topology.vertices[1].operators.insert(0, CheckpointOperator { id: OperatorId([8; 16]), ..map });
    let refused = refusal(&topology, &states, false);
    assert!(
        refused.contains("are now chained.\nThe following operators contain channel state: [0202"),
        "{refused}"
    );
}
