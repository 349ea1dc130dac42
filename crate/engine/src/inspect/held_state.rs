//! What a checkpoint holds, and what the job has now in the same words: what restoring the one would change in the other.
//!
//! Contract: of what a checkpoint holds the bytes are read, as a task would read them that is restored. What operators
//! hand in only when they are asked for it (lists, but for the splits of a source) is not told of now.

use std::rc::Rc;

use super::checkpoints::coordinator;
use super::watermarks::{namespace_text, time_text};
use crate::base::ids::{OperatorId, TaskId};
use crate::checkpoint::coordinator::completed::CompletedCheckpoint;
use crate::checkpoint::coordinator::hooks::parts_of;
use crate::checkpoint::handles::{ChannelStateHandle, OperatorSubtaskState, StreamStateHandle};
use crate::checkpoint::operator_state::OperatorState;
use crate::graph::windowing::TimeDomain;
use crate::operator::context::OperatorContext;
use crate::operator::function::UserError;
use crate::operator::snapshot::{RestoredState, initialize};
use crate::operator::source::{READER_STATE, position_text};
use crate::record::Value;
use crate::sim::world::World;
use crate::state::StateFault;
use crate::state::keyed::KeyedState;
use crate::task::chain::OperatorChain;
use crate::time::timers::InternalTimerService;

/// Entries that are told; more would not be read.
const ENTRIES_MAX: usize = 2000;

/// What an entry is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldKind {
    Keyed,
    Timer,
    /// A split, and how far it was read; of the coordinator, one that nobody has yet.
    Split,
    /// Of a list of the operator.
    List,
    /// Buffers that were on their way.
    InFlight,
    /// Of a hook of the master.
    Master,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub operator: Rc<str>,
    pub kind: HeldKind,
    /// `None`: it belongs to the coordinator of the operator, not to a subtask.
    pub subtask_idx: Option<u32>,
    /// Of a keyed state.
    pub key_group: u32,
    /// The state's, the list's, the channel's.
    pub name: Rc<str>,
    pub key: String,
    pub namespace: String,
    pub value: String,
}

/// What a checkpoint holds that is kept, in the order of the job; or why it cannot be read.
pub fn of_checkpoint(world: &World, id: u64) -> Option<Result<Vec<Held>, UserError>> {
    let kept = coordinator(world)?.store().checkpoints().iter().find(|checkpoint| checkpoint.id == id)?;
    let mut all = Vec::new();
    for id in operators_in_order(world, kept) {
        if let Err(error) = put_operator(world, &kept.operators[&id], &mut all) {
            return Some(Err(error));
        }
    }
    for (name, version, state) in kept.master_states.iter().filter_map(parts_of) {
        let mut entries = Entries { operator: &"JobMaster".into(), subtask_idx: None, all: &mut all };
        entries.put(HeldKind::Master, name, format!("version {version}"), String::new(), state.to_string());
    }
    Some(Ok(all))
}

/// What the job has now.
pub fn of_now(world: &World) -> Vec<Held> {
    let mut all = Vec::new();
    for (execution, id) in world.plan().executions.iter().zip((0..).map(TaskId)) {
        let Some((task, _)) = world.task(id) else { continue };
        let operators = task.chain().map_or(&[][..], OperatorChain::operators);
        for (place, operator) in operators.iter().enumerate() {
            let subtask_idx = Some(execution.subtask_idx);
            let mut entries = Entries { operator: operator.name(), subtask_idx, all: &mut all };
            if place == 0 {
                task.splits().iter().for_each(|split| entries.put_split(position_text(&split.to_value())));
            }
            entries.put_keyed(operator.state());
            entries.put_timers(operator.timers());
        }
    }
    for (vertex, enumerator) in world.job_master().enumerators() {
        let operator = &world.plan().vertices[vertex as usize].chain[0].name;
        let mut entries = Entries { operator, subtask_idx: None, all: &mut all };
        enumerator.remaining().for_each(|split| entries.put_split(position_text(&split.to_value())));
    }
    all
}

/// As the job's vertices and chains have them, then those that the job does not know.
fn operators_in_order(world: &World, checkpoint: &CompletedCheckpoint) -> Vec<OperatorId> {
    let chains = world.plan().vertices.iter().flat_map(|vertex| vertex.chain.iter());
    let planned = chains.flat_map(|operator| operator.user_defined_id.into_iter().chain([operator.id]));
    let mut ids: Vec<OperatorId> = planned.filter(|id| checkpoint.operators.contains_key(id)).collect();
    let others: Vec<OperatorId> =
        checkpoint.operators.keys().filter(|id| !ids.contains(id)).copied().collect();
    ids.extend(others);
    ids
}

fn put_operator(world: &World, state: &OperatorState, all: &mut Vec<Held>) -> Result<(), UserError> {
    for (&subtask_idx, held) in &state.subtasks {
        let mut context = OperatorContext {
            state: KeyedState::for_subtask(state.max_parallelism, state.parallelism, subtask_idx),
            ..OperatorContext::default()
        };
        read(world, held, &mut context)?;
        let mut entries = Entries { operator: &state.name, subtask_idx: Some(subtask_idx), all };
        for (name, _, values) in context.operator_state.lists() {
            for value in values {
                if &**name == READER_STATE {
                    entries.put_split(position_text(value));
                } else {
                    entries.put(HeldKind::List, name, String::new(), String::new(), value.to_string());
                }
            }
        }
        entries.put_keyed(&context.state);
        entries.put_timers(&context.timers);
        entries.put_in_flight("input", &held.input_channels);
        entries.put_in_flight("output", &held.result_subpartitions);
    }
    if let Some(Value::Tuple(splits)) = &state.coordinator {
        let mut entries = Entries { operator: &state.name, subtask_idx: None, all };
        splits.iter().for_each(|split| entries.put_split(position_text(split)));
    }
    Ok(())
}

/// Reads what a subtask of an operator wrote, as one that is restored.
fn read(world: &World, held: &OperatorSubtaskState, context: &mut OperatorContext) -> Result<(), UserError> {
    let restored = RestoredState {
        checkpoint_id: 0,
        keyed: &held.keyed,
        operator: &held.operator,
        assigned: 0,
        read: &|handle| match handle {
            StreamStateHandle::Bytes(bytes) => Ok(Rc::clone(bytes)),
            StreamStateHandle::File { path, .. } => {
                let file = world.file_system().file(path);
                file.map(|file| Rc::clone(&file.bytes))
                    .ok_or_else(|| StateFault::Missing(Rc::clone(path)).into())
            }
        },
    };
    initialize(None, context, Some(restored))
}

/// Adds the entries of one operator in one subtask.
struct Entries<'a> {
    operator: &'a Rc<str>,
    subtask_idx: Option<u32>,
    all: &'a mut Vec<Held>,
}

impl Entries<'_> {
    fn put(&mut self, kind: HeldKind, name: &Rc<str>, key: String, namespace: String, value: String) {
        if self.all.len() < ENTRIES_MAX {
            let (operator, subtask_idx) = (Rc::clone(self.operator), self.subtask_idx);
            let name = Rc::clone(name);
            self.all.push(Held { operator, kind, subtask_idx, key_group: 0, name, key, namespace, value });
        }
    }

    fn put_split(&mut self, split: String) {
        self.put(HeldKind::Split, &"".into(), String::new(), String::new(), split);
    }

    fn put_keyed(&mut self, state: &KeyedState) {
        for entry in state.on_heap().entries().take(ENTRIES_MAX) {
            let namespace = namespace_text(entry.namespace);
            self.put(HeldKind::Keyed, &entry.state, entry.key.to_string(), namespace, entry.value);
            if let Some(last) = self.all.last_mut() {
                last.key_group = entry.key_group;
            }
        }
    }

    fn put_timers(&mut self, timers: &InternalTimerService) {
        for (domain, name) in
            [(TimeDomain::EventTime, "event time"), (TimeDomain::ProcessingTime, "processing time")]
        {
            for timer in timers.timers(domain) {
                let namespace = namespace_text(timer.namespace);
                let at = time_text(timer.timestamp);
                self.put(HeldKind::Timer, &name.into(), timer.key.to_string(), namespace, at);
            }
        }
    }

    fn put_in_flight(&mut self, side: &str, channels: &[ChannelStateHandle]) {
        for ChannelStateHandle { gate, channel, offsets, size, .. } in channels {
            let key = format!("{gate}.{channel}");
            let value = format!("{} buffers, {size} bytes", offsets.len());
            self.put(HeldKind::InFlight, &side.into(), key, String::new(), value);
        }
    }
}
