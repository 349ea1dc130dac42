//! Makes the operators of a chain, not opened yet.

use std::rc::Rc;

use super::{ChainedOperator, OutputStatus};
use crate::base::choice::{Choice, Choices};
use crate::graph::job_graph as graph;
use crate::graph::job_graph::JobType;
use crate::graph::operator_spec::{KeySelector, OperatorSpec};
use crate::graph::state_backend_options::StateBackendType;
use crate::graph::windowing::{WindowAssigner, WindowStagger};
use crate::operator::context::{OperatorContext, SubtaskInfo};
use crate::operator::function::{UserError, UserFunctions};
use crate::operator::key::KeyExtractor;
use crate::record::WatermarkStatus;
use crate::state::keyed::{KeyedState, first_run};
use crate::state::lsm::LsmOptions;
use crate::task::descriptor::TaskDescriptor;
use crate::time::combined_watermark::CombinedWatermark;
use crate::time::latency::LatencyStats;

/// The operator of a descriptor, in the subtask of a task.
pub(super) fn build_operator(
    descriptor: &graph::ChainedOperator,
    task: &TaskDescriptor,
    functions: &Rc<dyn UserFunctions>,
) -> Result<ChainedOperator, UserError> {
    let keys = descriptor
        .keys
        .iter()
        .map(|key| key.as_ref().map(|key| KeyExtractor::new(key, functions.as_ref())).transpose())
        .collect::<Result<Vec<_>, _>>()?;
    let mut state = keyed_state(descriptor, task);
    // Keys of both inputs are of one type, which either may declare.
    let declared = descriptor.keys.iter().filter_map(|key| match key {
        Some(KeySelector::Function(id)) => {
            Some(functions.key_type(*id)).filter(|declared| !declared.is_null())
        }
        _ => None,
    });
    if let Some(declared) = declared.into_iter().next() {
        state.declare_key(declared);
    }
    let context = OperatorContext {
        subtask: Some(Rc::new(SubtaskInfo {
            operator_name: Rc::clone(&descriptor.name),
            task_name: Rc::clone(&task.name),
            operator_id: descriptor.id,
            subtask_idx: task.subtask_idx,
            parallelism: task.parallelism,
            max_parallelism: task.max_parallelism,
            attempt: task.attempt,
            time: task.time,
        })),
        functions: Some(Rc::clone(functions)),
        state,
        ..OperatorContext::default()
    };
    let operator = crate::operator::build(&descriptor.operator, task.job_type);
    let untold = OutputStatus { watermark: i64::MIN, status: WatermarkStatus::Active };
    Ok(ChainedOperator {
        descriptor: descriptor.clone(),
        operator,
        combined: (keys.len() == 2).then(CombinedWatermark::default),
        outputs: vec![untold; descriptor.outputs.len()],
        keys,
        context,
        records_in: 0,
        records_out: 0,
        latency: LatencyStats::default(),
    })
}

/// Draws by how much the windows of a subtask are staggered, where that is random.
pub(super) fn draw_stagger(chained: &mut ChainedOperator, choices: &mut Choices) {
    let OperatorSpec::Window(spec) = &chained.descriptor.operator else { return };
    if let WindowAssigner::Tumbling { size, stagger: WindowStagger::Random, .. } = spec.assigner {
        let parts = u32::try_from(size).unwrap_or(u32::MAX);
        chained.context.stagger_ms = Some(i64::from(choices.choose(parts, Choice::WindowStagger)));
    }
}

fn keyed_state(descriptor: &graph::ChainedOperator, task: &TaskDescriptor) -> KeyedState {
    if descriptor.keys.iter().all(Option::is_none) {
        return KeyedState::default();
    }
    let for_subtask = match task.job_type {
        JobType::Streaming => KeyedState::for_subtask,
        JobType::Batch => KeyedState::for_sorted_subtask,
    };
    let state = for_subtask(task.max_parallelism, task.parallelism, task.subtask_idx);
    let options = task.checkpoint.state_backend;
    // In batch, keys come one after another: there is nothing to put into files.
    if options.backend == StateBackendType::Hashmap || task.job_type == JobType::Batch {
        return state;
    }
    let id = format!("{}-{}", descriptor.id, task.subtask_idx);
    let restored = task.task_restore.as_ref().map_or(0, |restore| restore.checkpoint_id);
    let sizes = LsmOptions {
        write_buffer_bytes: options.write_buffer_bytes,
        first_run: first_run(restored, task.attempt),
        ..LsmOptions::default()
    };
    state.on_files(id.into(), sizes).writes_files(options.is_incremental)
}
