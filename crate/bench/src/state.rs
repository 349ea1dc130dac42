//! Snapshots of many keys on files: all of them, and what of them changed.

use std::cell::RefCell;

use weir_engine::record::Value;
use weir_engine::state::keyed::snapshot::SnapshotLayout;
use weir_engine::state::keyed::{KeyedState, SharingFiles};
use weir_engine::state::lsm::LsmOptions;
use weir_engine::state::{StateDescriptor, StateError, StateId, StateKind};

/// A thousandth of RocksDB's buffer would make a thousand runs of this state: here it is a sixteenth.
const SIZES: LsmOptions = LsmOptions {
    write_buffer_bytes: 4 << 20,
    level0_runs_max: 4,
    target_file_bytes: 4 << 20,
    first_run: 1,
    level1_bytes_max: 16 << 20,
};

thread_local! {
    static STATE: RefCell<Option<Counts>> = const { RefCell::new(None) };
}

/// A number for each key.
struct Counts {
    state: KeyedState,
    id: StateId,
    checkpoint: u64,
}

impl Counts {
    fn new() -> Result<Self, StateError> {
        let mut state = KeyedState::for_subtask(128, 1, 0).on_files("bench".into(), SIZES);
        let name = "counts".into();
        let id = state.register(&StateDescriptor { name, kind: StateKind::Value, ttl: None })?;
        Ok(Self { state, id, checkpoint: 0 })
    }

    fn put(&mut self, keys: i64, value: i64) -> Result<(), StateError> {
        for key in 0..keys {
            self.state.set_current_key(Value::Long(key))?;
            self.state.update(self.id, Value::Long(value + key))?;
        }
        Ok(())
    }
}

fn with_state<R>(action: impl FnOnce(&mut Counts) -> R) -> R {
    STATE.with_borrow_mut(|state| action(state.as_mut().expect("open_state() comes first")))
}

/// A state of so many keys, of which a checkpoint is complete.
#[unsafe(no_mangle)]
pub extern "C" fn open_state(keys: i64) {
    let mut counts = Counts::new().expect("the state can be registered");
    counts.put(keys, 1 << 40).expect("the keys are the subtask's own");
    STATE.set(Some(counts));
    incremental_snapshot();
}

/// Gives so many keys another value.
#[unsafe(no_mangle)]
pub extern "C" fn change_state(keys: i64) {
    with_state(|counts| counts.put(keys, 1 << 41)).expect("the keys are the subtask's own");
}

/// Writes all keys, as a savepoint does; answers how many bytes that are.
#[unsafe(no_mangle)]
pub extern "C" fn full_snapshot() -> i64 {
    with_state(|counts| {
        let written = counts.state.write(SnapshotLayout::Canonical, &[]).expect("there is a state");
        written.bytes.len() as i64
    })
}

/// Takes a checkpoint that is complete then; answers how many bytes had to be written for it.
#[unsafe(no_mangle)]
pub extern "C" fn incremental_snapshot() -> i64 {
    with_state(|counts| {
        counts.checkpoint += 1;
        let base = counts.state.begin_snapshot(counts.checkpoint, SharingFiles::ForwardBackward);
        let written = counts.state.write_files(&base, &[]).expect("there is a state");
        counts.state.on_checkpoint_complete(counts.checkpoint);
        let files = written.files.iter().filter_map(|(_, bytes, _)| bytes.as_ref());
        files.map(|bytes| bytes.len()).sum::<usize>() as i64 + written.meta.len() as i64
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_is_less_than_everything() {
        open_state(100_000);
        let full = full_snapshot();
        change_state(1000);
        let incremental = incremental_snapshot();
        assert!(full > 1_500_000 && incremental * 20 < full, "{incremental} of {full}");
        assert!(incremental_snapshot() < 1000, "nothing changed");
    }
}
