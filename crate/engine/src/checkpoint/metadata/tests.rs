//! A checkpoint with every kind of handle, whole and damaged.

use super::*;
use crate::base::prng::Prng;

/// One with all kinds of handles.
pub fn checkpoint() -> CompletedCheckpoint {
    let range = KeyGroupRange { start: 64, end: 127 };
    let data = StreamStateHandle::File { path: "chk-3/a".into(), size: 70_000 };
    let inline = StreamStateHandle::Bytes([1, 2, 3].into());
    let file = BackendFile { name: "000001.sst".into(), data: data.clone(), is_placeholder: true };
    let channel = ChannelStateHandle {
        subtask_idx: 1,
        gate: 0,
        channel: 2,
        offsets: [4, 9].into(),
        size: 12,
        data: inline.clone(),
    };
    let key_groups = KeyGroupsStateHandle { range, offsets: (0..64).collect(), data: data.clone() };
    let state = OperatorSubtaskState {
        keyed: vec![
            KeyedStateHandle::KeyGroups(key_groups),
            KeyedStateHandle::Incremental(Rc::new(IncrementalKeyedStateHandle {
                range,
                backend_id: "backend".into(),
                checkpoint_id: 3,
                shared: [file.clone()].into(),
                private: [file].into(),
                meta: inline.clone(),
            })),
        ],
        operator: vec![OperatorStateHandle {
            states: OperatorStateMode::ALL
                .into_iter()
                .map(|mode| OperatorStateEntries { name: mode.name().into(), mode, offsets: [14].into() })
                .collect(),
            data: inline,
        }],
        input_channels: vec![channel.clone()],
        result_subpartitions: vec![channel],
        assigned: 0,
    };
    let mut operators = SortedMap::new();
    for number in 0..2 {
        let id = OperatorId([number; 16]);
        let mut operator = OperatorState::new(id, &"Window(…) ".into(), 2, 128);
        operator.coordinator = (number == 0).then(|| Value::tuple([1.into(), "split".into()]));
        operator.subtasks.insert(1, state.clone());
        operator.finished.insert(0);
        operators.insert(id, operator);
    }
    CompletedCheckpoint {
        id: 3,
        timestamp: 100,
        completed_at: 140,
        snapshot: SnapshotType::Savepoint,
        format: SavepointFormat::Native,
        owner: SnapshotOwner::User,
        pointer: "there".into(),
        operators,
        master_states: [Value::tuple(["offsets".into(), 7.into(), 5.into()])].into(),
    }
}

fn read_there(file: &[u8]) -> Result<CompletedCheckpoint, CorruptState> {
    read(file, &"there".into())
}

#[test]
fn what_is_read_is_what_was_written() {
    let checkpoint = checkpoint();
    let file = write(&checkpoint);
    assert_eq!(read_there(&file), Ok(checkpoint.clone()));
    let without_hooks = CompletedCheckpoint { master_states: Rc::new([]), ..checkpoint.clone() };
    assert_eq!(read_there(&write(&without_hooks)), Ok(without_hooks));
    for snapshot in SNAPSHOT_TYPES {
        let other = CompletedCheckpoint { snapshot, ..checkpoint.clone() };
        assert_eq!(read_there(&write(&other)).map(|read| read.snapshot), Ok(snapshot));
    }
}

#[test]
fn what_is_damaged_is_refused() {
    let file = write(&checkpoint());
    for length in (0..file.len()).step_by(7) {
        assert!(read_there(&file[..length]).is_err(), "{length} of {} bytes", file.len());
    }
    let mut random = Prng::new(1);
    for _ in 0..500 {
        let mut damaged = file.to_vec();
        let at = random.below(damaged.len() as u32) as usize;
        damaged[at] ^= 1 << random.below(8);
        assert!(read_there(&damaged).is_err(), "byte {at}");
    }
}

#[test]
fn what_no_writer_would_write_is_refused_too() {
    // Whole by its checksum, so that the reader of the body itself is asked.
    let file = write(&checkpoint());
    let body = &file[crate::state::bytes::HEADER_BYTES..file.len() - 8];
    let mut random = Prng::new(2);
    let mut refused = 0;
    for _ in 0..500 {
        let mut forged = begin_file(FileKind::Metadata);
        let at = random.below(body.len() as u32) as usize;
        forged.extend_from_slice(&body[..at]);
        forged.push(random.below(256) as u8);
        forged.extend_from_slice(body.get(at + 1 + random.below(2) as usize..).unwrap_or_default());
        refused += u32::from(read_there(&end_file(forged)).is_err());
    }
    assert!(refused > 100, "{refused} of 500 were refused, and none of the others failed otherwise");
}
