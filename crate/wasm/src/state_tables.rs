//! How state is given to subtasks of another parallelism, for checking it against what Flink's own classes answered.

use std::rc::Rc;

use wasm_bindgen::prelude::wasm_bindgen;
use weir_engine::checkpoint::repartition::repartition;
use weir_engine::graph::job_graph::SubtaskStateMapper;
use weir_engine::state::handle::{
    OperatorStateEntries, OperatorStateHandle, OperatorStateMode, StreamStateHandle,
};

/// For each new subtask how many entries it gets, and of each its old subtask and its place there. The mode is the
/// number of `OperatorStateHandle.Mode`.
#[wasm_bindgen(js_name = operatorStateRepartition)]
pub fn operator_state_repartition(mode: usize, entries_of_old: &[u32], parallelism: u32) -> Vec<u32> {
    let handle = |(subtask, &count): (u64, &u32)| {
        // The offset of an entry tells its subtask and its place.
        let offsets = (0..u64::from(count)).map(|place| subtask << 32 | place).collect();
        let entries =
            OperatorStateEntries { name: "state".into(), mode: OperatorStateMode::ALL[mode], offsets };
        vec![OperatorStateHandle { states: Rc::new([entries]), data: StreamStateHandle::Bytes(Rc::new([])) }]
    };
    let old: Vec<_> = (0..).zip(entries_of_old).map(handle).collect();
    let mut answer = Vec::new();
    for handles in repartition(&old, parallelism) {
        let states = handles.iter().flat_map(|handle| handle.states.iter());
        let offsets: Vec<u64> = states.flat_map(|state| state.offsets.iter().copied()).collect();
        answer.push(offsets.len() as u32);
        answer.extend(offsets.iter().flat_map(|&offset| [(offset >> 32) as u32, offset as u32]));
    }
    answer
}

/// The old subtasks whose channel state a new one takes; `undefined` where the mapper has none.
#[wasm_bindgen(js_name = oldSubtasks)]
pub fn old_subtasks(mapper: &str, new: u32, old_parallelism: u32, parallelism: u32) -> Option<Vec<u32>> {
    let mapper = SubtaskStateMapper::ALL.into_iter().find(|known| known.name() == mapper)?;
    mapper.old_subtasks(new, old_parallelism, parallelism)
}
