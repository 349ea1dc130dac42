//! `_metadata`: everything that a job needs to start from a checkpoint, in one file.
//!
//! The body of the file ([`FileKind::Metadata`]): the checkpoint (id, when it was triggered and complete, of which type,
//! format and owner, each one byte), then its operators after their count, each with id, name, parallelism and max
//! parallelism, its coordinator's state, the numbers of its finished subtasks, and of its other subtasks the number and
//! the four lists of handles of [`OperatorSubtaskState`]. Where hooks of the master had state, it comes last: a tuple of
//! theirs, each of name, version and state. A handle begins with a byte for its kind; offsets and texts stand
//! after their length.
//! Contract: what is read is equal to what was written; what is not whole, or no such file, is refused and nothing of it
//! used. Flink: `MetadataV4Serializer`, `MetadataV2V3SerializerBase`.

use std::rc::Rc;

use super::coordinator::completed::{CompletedCheckpoint, SnapshotOwner};
use super::coordinator::hooks::parts_of;
use super::handles::{
    BackendFile, ChannelStateHandle, IncrementalKeyedStateHandle, KeyGroupsStateHandle, KeyedStateHandle,
    OperatorStateEntries, OperatorStateHandle, OperatorStateMode, OperatorSubtaskState, StreamStateHandle,
};
use super::operator_state::OperatorState;
use crate::base::ids::OperatorId;
use crate::base::ordered::SortedMap;
use crate::network::barrier::{SavepointFormat, SnapshotType};
use crate::record::Value;
use crate::state::bytes::{ByteReader, CorruptState, FileKind, begin_file, end_file, open_file};
use crate::state::bytes::{put_bytes, put_offsets, put_u32, put_u64, put_value};
use crate::state::key_groups::{KeyGroupRange, MAX_PARALLELISM_UPPER_BOUND};

/// In the order of their numbers in files.
const SNAPSHOT_TYPES: [SnapshotType; 5] = [
    SnapshotType::Checkpoint,
    SnapshotType::Savepoint,
    SnapshotType::SavepointSuspend,
    SnapshotType::SavepointTerminate,
    SnapshotType::FullCheckpoint,
];
const FORMATS: [SavepointFormat; 2] = [SavepointFormat::Canonical, SavepointFormat::Native];
const OWNERS: [SnapshotOwner; 3] = [SnapshotOwner::Job, SnapshotOwner::Job, SnapshotOwner::User];

/// The file of a checkpoint.
pub fn write(checkpoint: &CompletedCheckpoint) -> Rc<[u8]> {
    let mut file = begin_file(FileKind::Metadata);
    for number in [checkpoint.id, checkpoint.timestamp, checkpoint.completed_at] {
        put_u64(&mut file, number);
    }
    put_choice(&mut file, &SNAPSHOT_TYPES, &checkpoint.snapshot);
    put_choice(&mut file, &FORMATS, &checkpoint.format);
    put_choice(&mut file, &OWNERS, &checkpoint.owner);
    put_u32(&mut file, checkpoint.operators.len() as u32);
    for operator in checkpoint.operators.values() {
        put_operator(&mut file, operator);
    }
    if !checkpoint.master_states.is_empty() {
        put_value(&mut file, &Value::Tuple(Rc::clone(&checkpoint.master_states)));
    }
    end_file(file)
}

/// The checkpoint of a file in the directory `pointer`.
pub fn read(file: &[u8], pointer: &Rc<str>) -> Result<CompletedCheckpoint, CorruptState> {
    let mut body = open_file(file, FileKind::Metadata)?;
    let from = &mut body;
    let mut checkpoint = CompletedCheckpoint {
        id: from.u64()?,
        timestamp: from.u64()?,
        completed_at: from.u64()?,
        snapshot: take_choice(from, &SNAPSHOT_TYPES)?,
        format: take_choice(from, &FORMATS)?,
        owner: take_choice(from, &OWNERS)?,
        pointer: Rc::clone(pointer),
        operators: SortedMap::new(),
        master_states: Rc::new([]),
    };
    for _ in 0..from.count()? {
        let operator = take_operator(from)?;
        checkpoint.operators.insert(operator.id, operator);
    }
    if !from.is_empty() {
        checkpoint.master_states = match from.value()? {
            Value::Tuple(states) if states.iter().all(|state| parts_of(state).is_some()) => states,
            _ => return Err(CorruptState::Content("a hook of the master has no such state")),
        };
    }
    if body.is_empty() { Ok(checkpoint) } else { Err(CorruptState::Content("it goes on after its end")) }
}

fn put_choice<T: PartialEq>(out: &mut Vec<u8>, choices: &[T], choice: &T) {
    let place = choices.iter().position(|known| known == choice);
    out.push(place.expect("the table has all choices") as u8);
}

fn take_choice<T: Copy>(from: &mut ByteReader<'_>, choices: &[T]) -> Result<T, CorruptState> {
    let place = usize::from(from.u8()?);
    choices.get(place).copied().ok_or(CorruptState::Content("a number stands for nothing"))
}

fn put_operator(out: &mut Vec<u8>, operator: &OperatorState) {
    out.extend_from_slice(&operator.id.0);
    put_bytes(out, operator.name.as_bytes());
    put_u32(out, operator.parallelism);
    put_u32(out, operator.max_parallelism);
    out.push(u8::from(operator.coordinator.is_some()));
    if let Some(state) = &operator.coordinator {
        put_value(out, state);
    }
    put_offsets(out, &operator.finished.iter().map(|&subtask| u64::from(subtask)).collect::<Vec<_>>());
    put_u32(out, operator.subtasks.len() as u32);
    for (&subtask, state) in &operator.subtasks {
        put_u32(out, subtask);
        put_list(out, &state.keyed, put_keyed);
        put_list(out, &state.operator, put_operator_state);
        put_list(out, &state.input_channels, put_channel);
        put_list(out, &state.result_subpartitions, put_channel);
    }
}

fn take_operator(from: &mut ByteReader<'_>) -> Result<OperatorState, CorruptState> {
    let mut id = [0; 16];
    id.copy_from_slice(from.take(16)?);
    let mut operator = OperatorState::new(OperatorId(id), &from.text()?, from.u32()?, from.u32()?);
    if from.u8()? != 0 {
        operator.coordinator = Some(from.value()?);
    }
    operator.finished = from.offsets()?.iter().map(|&subtask| subtask as u32).collect();
    for _ in 0..from.count()? {
        let subtask = from.u32()?;
        let state = OperatorSubtaskState {
            keyed: take_list(from, take_keyed)?,
            operator: take_list(from, take_operator_state)?,
            input_channels: take_list(from, take_channel)?,
            result_subpartitions: take_list(from, take_channel)?,
            assigned: 0,
        };
        operator.subtasks.insert(subtask, state);
    }
    Ok(operator)
}

fn put_list<T>(out: &mut Vec<u8>, items: &[T], put: impl Fn(&mut Vec<u8>, &T)) {
    put_u32(out, items.len() as u32);
    for item in items {
        put(out, item);
    }
}

fn take_list<T>(
    from: &mut ByteReader<'_>,
    take: impl Fn(&mut ByteReader<'_>) -> Result<T, CorruptState>,
) -> Result<Vec<T>, CorruptState> {
    (0..from.count()?).map(|_| take(from)).collect()
}

fn put_stream(out: &mut Vec<u8>, handle: &StreamStateHandle) {
    match handle {
        StreamStateHandle::Bytes(bytes) => {
            out.push(0);
            put_bytes(out, bytes);
        }
        StreamStateHandle::File { path, size } => {
            out.push(1);
            put_bytes(out, path.as_bytes());
            put_u64(out, *size);
        }
    }
}

fn take_stream(from: &mut ByteReader<'_>) -> Result<StreamStateHandle, CorruptState> {
    match from.u8()? {
        0 => Ok(StreamStateHandle::Bytes(from.bytes()?.into())),
        1 => Ok(StreamStateHandle::File { path: from.text()?, size: from.u64()? }),
        _ => Err(CorruptState::Content("a handle is of no kind")),
    }
}

fn put_range(out: &mut Vec<u8>, range: KeyGroupRange) {
    put_u32(out, range.start);
    put_u32(out, range.end);
}

fn take_range(from: &mut ByteReader<'_>) -> Result<KeyGroupRange, CorruptState> {
    let range = KeyGroupRange { start: from.u32()?, end: from.u32()? };
    if range.start <= range.end && range.end < MAX_PARALLELISM_UPPER_BOUND {
        Ok(range)
    } else {
        Err(CorruptState::Content("a range of key groups is none"))
    }
}

fn put_keyed(out: &mut Vec<u8>, handle: &KeyedStateHandle) {
    match handle {
        KeyedStateHandle::KeyGroups(handle) => {
            out.push(0);
            put_range(out, handle.range);
            put_offsets(out, &handle.offsets);
            put_stream(out, &handle.data);
        }
        KeyedStateHandle::Incremental(handle) => {
            out.push(1);
            put_range(out, handle.range);
            put_bytes(out, handle.backend_id.as_bytes());
            put_u64(out, handle.checkpoint_id);
            put_list(out, &handle.shared, put_file);
            put_list(out, &handle.private, put_file);
            put_stream(out, &handle.meta);
        }
    }
}

fn take_keyed(from: &mut ByteReader<'_>) -> Result<KeyedStateHandle, CorruptState> {
    match from.u8()? {
        0 => Ok(KeyedStateHandle::KeyGroups(KeyGroupsStateHandle {
            range: take_range(from)?,
            offsets: from.offsets()?,
            data: take_stream(from)?,
        })),
        1 => Ok(KeyedStateHandle::Incremental(Rc::new(IncrementalKeyedStateHandle {
            range: take_range(from)?,
            backend_id: from.text()?,
            checkpoint_id: from.u64()?,
            shared: take_list(from, take_file)?.into(),
            private: take_list(from, take_file)?.into(),
            meta: take_stream(from)?,
        }))),
        _ => Err(CorruptState::Content("a handle is of no kind")),
    }
}

fn put_file(out: &mut Vec<u8>, file: &BackendFile) {
    put_bytes(out, file.name.as_bytes());
    put_stream(out, &file.data);
    out.push(u8::from(file.is_placeholder));
}

fn take_file(from: &mut ByteReader<'_>) -> Result<BackendFile, CorruptState> {
    Ok(BackendFile { name: from.text()?, data: take_stream(from)?, is_placeholder: from.u8()? != 0 })
}

fn put_operator_state(out: &mut Vec<u8>, handle: &OperatorStateHandle) {
    put_list(out, &handle.states, |out, state| {
        put_bytes(out, state.name.as_bytes());
        put_choice(out, &OperatorStateMode::ALL, &state.mode);
        put_offsets(out, &state.offsets);
    });
    put_stream(out, &handle.data);
}

fn take_operator_state(from: &mut ByteReader<'_>) -> Result<OperatorStateHandle, CorruptState> {
    let states = take_list(from, |from| {
        let (name, mode) = (from.text()?, take_choice(from, &OperatorStateMode::ALL)?);
        Ok(OperatorStateEntries { name, mode, offsets: from.offsets()? })
    })?;
    Ok(OperatorStateHandle { states: states.into(), data: take_stream(from)? })
}

fn put_channel(out: &mut Vec<u8>, handle: &ChannelStateHandle) {
    for number in [handle.subtask_idx, handle.gate, handle.channel] {
        put_u32(out, number);
    }
    put_offsets(out, &handle.offsets);
    put_u64(out, handle.size);
    put_stream(out, &handle.data);
}

fn take_channel(from: &mut ByteReader<'_>) -> Result<ChannelStateHandle, CorruptState> {
    Ok(ChannelStateHandle {
        subtask_idx: from.u32()?,
        gate: from.u32()?,
        channel: from.u32()?,
        offsets: from.offsets()?,
        size: from.u64()?,
        data: take_stream(from)?,
    })
}

#[cfg(test)]
pub(super) mod tests;
