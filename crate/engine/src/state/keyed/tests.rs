//! Each kind of state, snapshots that do not change, and the views.

use super::*;
use crate::state::StateKind;

fn descriptor(name: &str, kind: StateKind) -> StateDescriptor {
    StateDescriptor { name: name.into(), kind, ttl: None }
}

fn state_of(kind: StateKind) -> (KeyedState, StateId) {
    let mut state = KeyedState::for_subtask(128, 1, 0);
    let id = state.register(&descriptor("s", kind)).unwrap();
    state.set_current_key("a".into()).unwrap();
    (state, id)
}

fn check_entries(state: &KeyedState, expected: &[&str]) {
    let entries: Vec<_> = state
        .entries()
        .map(|entry| format!("{} {}: {} = {}", entry.state, entry.key_group, entry.key, entry.value))
        .collect();
    assert_eq!(entries, expected);
    assert_eq!(state.entry_count(), expected.len());
}

#[test]
fn values_belong_to_their_key() {
    let (mut state, id) = state_of(StateKind::Value);
    assert_eq!(state.value(id), Ok(Value::Null));
    state.update(id, 1.into()).unwrap();
    state.set_current_key("b".into()).unwrap();
    assert_eq!(state.value(id), Ok(Value::Null));
    state.change(id, |value| *value = Value::Long(2)).unwrap();
    state.set_current_key("a".into()).unwrap();
    assert_eq!(state.value(id), Ok(1.into()));
    check_entries(&state, &["s 22: b = 2", "s 81: a = 1"]);
    state.update(id, Value::Null).unwrap();
    state.clear(id).unwrap();
    check_entries(&state, &["s 22: b = 2"]);
    assert_eq!(state.change(id, |value| value.is_null()), Ok(true));
    check_entries(&state, &["s 22: b = 2"]);
}

#[test]
fn lists_grow_and_empty_ones_leave_nothing() {
    let (mut state, id) = state_of(StateKind::List);
    assert!(state.list(id).unwrap().is_empty());
    state.list_add(id, 1.into()).unwrap();
    let before = state.list(id).unwrap();
    state.list_add_all(id, vec![2.into(), 3.into()]).unwrap();
    assert_eq!(before.len(), 1, "who iterates keeps what it saw");
    check_entries(&state, &["s 81: a = [1, 2, 3]"]);
    let null = state.list_add(id, Value::Null).unwrap_err().to_string();
    assert_eq!(null, "You cannot add null to a ListState (state \"s\").");
    state.list_update(id, vec![]).unwrap();
    check_entries(&state, &[]);
}

#[test]
fn maps_keep_the_order_of_insertion() {
    let (mut state, id) = state_of(StateKind::Map);
    for key in ["x", "y", "z"] {
        state.map_put(id, key.into(), 1.into()).unwrap();
    }
    state.map_put(id, "x".into(), 2.into()).unwrap();
    state.map_remove(id, &"y".into()).unwrap();
    state.map_remove(id, &"unknown".into()).unwrap();
    check_entries(&state, &["s 81: a = {x=2, z=1}"]);
    assert_eq!(state.map_get(id, &"x".into()), Ok(2.into()));
    assert_eq!(state.map_get(id, &"y".into()), Ok(Value::Null));
    assert_eq!(state.map_contains(id, &"z".into()), Ok(true));
    assert_eq!(state.map(id).unwrap().len(), 2);
    state.map_remove(id, &"x".into()).unwrap();
    state.map_remove(id, &"z".into()).unwrap();
    check_entries(&state, &[]);
}

#[test]
fn long_and_double_are_different_keys() {
    let (mut state, id) = state_of(StateKind::Value);
    state.set_current_key(0.into()).unwrap();
    state.update(id, "long".into()).unwrap();
    // The same hash code, hence the same key group.
    state.set_current_key(0.0.into()).unwrap();
    assert_eq!(state.value(id), Ok(Value::Null));
    state.update(id, "double".into()).unwrap();
    state.set_current_key(0.into()).unwrap();
    assert_eq!(state.value(id), Ok("long".into()));
}

#[test]
fn registration_is_by_name() {
    let (mut state, id) = state_of(StateKind::Value);
    assert_eq!(state.register(&descriptor("s", StateKind::Value)), Ok(id));
    assert_eq!(state.register(&descriptor("t", StateKind::List)), Ok(StateId(1)));
    let error = state.register(&descriptor("s", StateKind::Map)).unwrap_err().to_string();
    assert_eq!(
        error,
        "State \"s\" is a ValueState already and cannot be a MapState too: give one of the two another name."
    );
    let error = KeyedState::default().register(&descriptor("s", StateKind::Value)).unwrap_err();
    assert!(matches!(*error, StateFault::NotKeyed { .. }));
}

#[test]
fn no_key_no_state() {
    let (mut state, id) = state_of(StateKind::Value);
    state.clear_current_key();
    assert!(matches!(*state.value(id).unwrap_err(), StateFault::NoKey { .. }));
    assert!(matches!(*state.update(id, 1.into()).unwrap_err(), StateFault::NoKey { .. }));
}

#[test]
fn a_key_of_another_subtask_is_refused() {
    let mut state = KeyedState::for_subtask(128, 2, 1);
    assert_eq!(state.set_current_key("a".into()), Ok(()));
    assert_eq!(state.current_key_group(), Some(81));
    let error = state.set_current_key("b".into()).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("Key group 22 of key b is not in KeyGroupRange{startKeyGroup=64, endKeyGroup=127}:")
    );
}

#[test]
fn a_snapshot_stays_as_it_was() {
    let (mut state, id) = state_of(StateKind::Map);
    state.map_put(id, 1.into(), 1.into()).unwrap();
    let snapshot = state.clone();
    state.map_put(id, 1.into(), 2.into()).unwrap();
    state.set_current_key("b".into()).unwrap();
    state.map_put(id, 1.into(), 3.into()).unwrap();
    check_entries(&snapshot, &["s 81: a = {1=1}"]);
    check_entries(&state, &["s 22: b = {1=3}", "s 81: a = {1=2}"]);
}

#[test]
fn a_diff_names_what_changed() {
    let (mut state, id) = state_of(StateKind::Value);
    for (key, value) in [("a", 1), ("b", 2), ("c", 3), ("d", 4)] {
        state.set_current_key(key.into()).unwrap();
        state.update(id, value.into()).unwrap();
    }
    let before = state.clone();
    assert_eq!(state.diff(&before), []);
    state.set_current_key("a".into()).unwrap();
    state.update(id, 10.into()).unwrap();
    state.set_current_key("b".into()).unwrap();
    state.clear(id).unwrap();
    state.set_current_key("c".into()).unwrap();
    state.update(id, 3.into()).unwrap();
    state.set_current_key("e".into()).unwrap();
    state.update(id, 5.into()).unwrap();
    let new = state.register(&descriptor("t", StateKind::List)).unwrap();
    state.list_add(new, 6.into()).unwrap();
    let changes: Vec<_> = state
        .diff(&before)
        .into_iter()
        .map(|change| {
            let [before, after] = [change.before, change.after].map(|text| text.unwrap_or("-".into()));
            format!("{} {}: {before} to {after}", change.state, change.key)
        })
        .collect();
    assert_eq!(changes, ["s e: - to 5", "s b: 2 to -", "s a: 1 to 10", "t e: - to [6]"]);
}

#[test]
fn sorted_input_keeps_the_state_of_one_key() {
    let mut state = KeyedState::for_sorted_subtask(128, 1, 0);
    let id = state.register(&descriptor("s", StateKind::Value)).unwrap();
    for key in ["a", "a", "b"] {
        state.set_current_key(key.into()).unwrap();
        let count = state.value(id).unwrap();
        state.update(id, if count.is_null() { 1.into() } else { 2.into() }).unwrap();
    }
    check_entries(&state, &["s 22: b = 1"]);
}
