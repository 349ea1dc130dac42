//! Time-to-live of each kind of state, on both backends.

use super::*;
use crate::state::lsm::LsmOptions;
use crate::state::{StateDescriptor, StateKind};

const TTL: StateTtlConfig = StateTtlConfig {
    ttl_ms: 10,
    updates_on_read: false,
    returns_expired: false,
    cleans_snapshots: false,
    cleans_entries: 0,
    cleans_files: true,
};

/// State of one kind in both backends, at the key "a".
fn states(kind: StateKind, ttl: StateTtlConfig) -> [(KeyedState, StateId); 2] {
    let heap = KeyedState::for_subtask(128, 1, 0);
    let files = heap.clone().on_files("files".into(), LsmOptions::default());
    [heap, files].map(|mut state| {
        let id = state.register(&StateDescriptor { name: "s".into(), kind, ttl: Some(ttl) }).unwrap();
        state.set_current_key("a".into()).unwrap();
        (state, id)
    })
}

#[test]
fn values_end_and_reading_may_give_new_life() {
    for (mut state, id) in states(StateKind::Value, TTL) {
        state.update(id, 1.into()).unwrap();
        state.set_now(9);
        assert_eq!(state.value(id), Ok(1.into()));
        state.set_now(10);
        assert_eq!(state.value(id), Ok(Value::Null));
        assert_eq!(state.on_heap().entry_count(), 0, "what was read and is over is gone");
    }
    for (mut state, id) in states(StateKind::Value, StateTtlConfig { updates_on_read: true, ..TTL }) {
        state.update(id, 1.into()).unwrap();
        for now in [9, 18, 27] {
            state.set_now(now);
            assert_eq!(state.value(id), Ok(1.into()));
        }
        state.set_now(37);
        assert_eq!(state.value(id), Ok(Value::Null));
    }
    for (mut state, id) in states(StateKind::Value, StateTtlConfig { returns_expired: true, ..TTL }) {
        state.update(id, 1.into()).unwrap();
        state.set_now(50);
        assert_eq!(state.value(id), Ok(1.into()), "once more, as it was still there");
        assert_eq!(state.value(id), Ok(Value::Null));
    }
}

#[test]
fn each_element_of_a_list_has_its_own_time() {
    for (mut state, id) in states(StateKind::List, TTL) {
        for now in [0, 4, 8] {
            state.set_now(now);
            state.list_add(id, now.into()).unwrap();
        }
        state.set_now(14);
        assert_eq!(*state.list(id).unwrap(), [8.into()]);
        state.set_now(18);
        assert!(state.list(id).unwrap().is_empty());
        assert_eq!(state.on_heap().entry_count(), 0);
    }
}

#[test]
fn each_entry_of_a_map_has_its_own_time() {
    for (mut state, id) in states(StateKind::Map, TTL) {
        for now in [0, 4, 8] {
            state.set_now(now);
            state.map_put(id, now.into(), Value::Null).unwrap();
        }
        state.set_now(14);
        assert_eq!(state.map_contains(id, &0.into()), Ok(false));
        assert_eq!(state.map_contains(id, &8.into()), Ok(true));
        assert_eq!(state.map(id).unwrap().keys().cloned().collect::<Vec<_>>(), [8.into()]);
        assert_eq!(state.on_heap().entries().map(|entry| entry.value).collect::<Vec<_>>(), ["{8=null}"]);
        state.set_now(18);
        assert!(state.map(id).unwrap().is_empty());
        assert_eq!(state.on_heap().entry_count(), 0);
    }
}

#[test]
fn each_access_cleans_up_some_entries() {
    let [(mut state, id), _] = states(StateKind::Value, StateTtlConfig { cleans_entries: 5, ..TTL });
    for key in 0..50_i64 {
        state.set_current_key(key.into()).unwrap();
        state.update(id, key.into()).unwrap();
    }
    state.set_now(20);
    let mut left = state.entry_count();
    for _ in 0..30 {
        state.set_current_key(1000.into()).unwrap();
        state.value(id).unwrap();
        let now_left = state.entry_count();
        assert!(left - now_left <= 5, "{left} to {now_left}");
        left = now_left;
    }
    assert_eq!(left, 0, "nobody asked for them");
}

#[test]
fn files_that_are_merged_and_full_snapshots_leave_out_what_is_over() {
    let heap = KeyedState::for_subtask(128, 1, 0);
    let small = LsmOptions { write_buffer_bytes: 100, level0_runs_max: 1, ..LsmOptions::default() };
    let mut state = heap.on_files("files".into(), small);
    let ttl = StateTtlConfig { cleans_snapshots: true, ..TTL };
    let descriptor = StateDescriptor { name: "s".into(), kind: StateKind::Value, ttl: Some(ttl) };
    let id = state.register(&descriptor).unwrap();
    for key in 0..100_i64 {
        state.set_now(key);
        state.set_current_key(key.into()).unwrap();
        state.update(id, key.into()).unwrap();
    }
    let kept = state.on_heap().entry_count();
    assert!((10..60).contains(&kept), "{kept} of 100 are left");
    assert_eq!(state.without_expired().entry_count(), 10);
}

#[test]
fn what_had_no_times_gets_them_and_what_had_loses_them() {
    for (mut state, id) in states(StateKind::List, TTL) {
        state.list_add(id, 1.into()).unwrap();
        state.set_now(5);
        let without = StateDescriptor { name: "s".into(), kind: StateKind::List, ttl: None };
        assert_eq!(state.register(&without), Ok(id));
        state.set_now(100);
        assert_eq!(*state.list(id).unwrap(), [1.into()]);
        assert_eq!(state.register(&StateDescriptor { ttl: Some(TTL), ..without }), Ok(id));
        state.set_now(109);
        assert_eq!(*state.list(id).unwrap(), [1.into()], "it lives from then on");
        state.set_now(110);
        assert!(state.list(id).unwrap().is_empty());
    }
}
