//! Declared types: what is put, and what was restored.

use super::*;
use crate::state::keyed::SharingFiles;
use crate::state::keyed::snapshot::SnapshotLayout;
use crate::state::lsm::LsmOptions;
use crate::state::namespace::{Namespace, TimeWindow, Window};
use crate::state::ttl::StateTtlConfig;
use crate::state::{StateDescriptor, StateKind};

fn descriptor(kind: StateKind) -> StateDescriptor {
    StateDescriptor { name: "s".into(), kind, ttl: None }
}

fn empty(on_files: bool) -> KeyedState {
    let state = KeyedState::for_subtask(128, 1, 0);
    if on_files { state.on_files("b".into(), LsmOptions::default()) } else { state }
}

/// What was written, in a backend whose job has declared a type for keys.
fn restored(from: &mut KeyedState, on_files: bool, key_type: Value) -> Result<KeyedState, StateError> {
    let mut state = empty(on_files);
    state.declare_key(key_type);
    let mut no_queue = |_: &str, _: &[u8]| -> Result<(), StateError> { unreachable!("there are no timers") };
    if from.is_written_as_files() && on_files {
        let base = from.begin_snapshot(1, SharingFiles::ForwardBackward);
        let written = from.write_files(&base, &[]).unwrap();
        let file = |name: &str| {
            let found = written.files.iter().find(|file| &*file.0 == name).unwrap();
            Ok(Rc::clone(found.1.as_ref().unwrap()))
        };
        let place = (written.range, &written.backend_id, 1);
        state.read_files(place, &written.meta, &file, &mut no_queue)?;
    } else {
        let written = from.write(SnapshotLayout::Canonical, &[]).unwrap();
        state.read(written.range, &written.offsets, &written.bytes, &mut no_queue)?;
    }
    Ok(state)
}

#[test]
fn a_value_of_another_type_is_refused_and_nothing_changes() {
    for (was_on_files, on_files) in [(false, false), (true, true), (true, false), (false, true)] {
        let mut old = empty(was_on_files);
        let id = old.register(&descriptor(StateKind::Value)).unwrap();
        for (key, value) in [("a", Value::from(1)), ("b", "text".into())] {
            old.set_current_key(key.into()).unwrap();
            old.update(id, value).unwrap();
        }
        let mut new = restored(&mut old, on_files, Value::Null).unwrap();
        let id = new.register(&descriptor(StateKind::Value)).unwrap();
        let before: Vec<_> = new.on_heap().entries().collect();
        let the = if on_files { "The" } else { "For heap backends, the" };
        assert_eq!(
            new.declare(id, &"Long".into()).unwrap_err().to_string(),
            format!(
                "StateMigrationException: {the} new state serializer (LongSerializer) must not be incompatible with \
                 the old state serializer (StringSerializer)."
            )
        );
        assert_eq!(new.on_heap().entries().collect::<Vec<_>>(), before);
        new.declare(id, &Value::Null).unwrap();
        new.set_current_key("a".into()).unwrap();
        assert_eq!(new.value(id), Ok(1.into()));
    }
}

#[test]
fn a_key_of_another_type_is_refused_as_state_is_read() {
    for (was_on_files, on_files) in [(false, false), (true, true), (true, false), (false, true)] {
        let mut old = empty(was_on_files);
        let id = old.register(&descriptor(StateKind::Value)).unwrap();
        old.set_current_key("a".into()).unwrap();
        old.update(id, 1.into()).unwrap();
        assert!(restored(&mut old, on_files, "String".into()).is_ok());
        let refused = restored(&mut old, on_files, "Long".into()).unwrap_err().to_string();
        assert_eq!(
            refused,
            "StateMigrationException: The new key serializer (LongSerializer) must be compatible with the previous key \
             serializer (StringSerializer)."
        );
    }
}

#[test]
fn an_object_gets_new_fields_and_keeps_its_time() {
    let declared = Value::row([("sum", "Long".into()), ("unit", "String".into())]);
    for on_files in [false, true] {
        for ttl in [None, Some(StateTtlConfig::new(10).unwrap())] {
            let mut old = empty(on_files);
            let descriptor = StateDescriptor { ttl, ..descriptor(StateKind::List) };
            let id = old.register(&descriptor).unwrap();
            old.set_current_key("a".into()).unwrap();
            old.list_add(id, Value::row([("sum", 7.into()), ("count", 2.into())])).unwrap();
            let mut new = restored(&mut old, on_files, Value::Null).unwrap();
            let id = new.register(&descriptor).unwrap();
            new.set_now(9);
            new.declare(id, &declared).unwrap();
            new.set_current_key("a".into()).unwrap();
            let fit = Value::row([("sum", 7.into()), ("unit", Value::Null)]);
            assert_eq!(*new.list(id).unwrap(), [fit]);
            new.set_now(10);
            assert_eq!(new.list(id).unwrap().is_empty(), ttl.is_some(), "its time is that of before");
        }
    }
}

#[test]
fn what_is_put_is_of_the_declared_type() {
    let mut state = empty(false);
    let id = state.register(&descriptor(StateKind::Map)).unwrap();
    state.declare(id, &("String", "Long").into()).unwrap();
    state.declare_key("Long".into());
    let refused = state.set_current_key("a".into()).unwrap_err().to_string();
    assert_eq!(refused, "ClassCastException: a is a String, and what was declared takes a LongSerializer.");
    state.set_current_key(1.into()).unwrap();
    state.map_put(id, "x".into(), 1.into()).unwrap();
    assert!(matches!(*state.map_put(id, "x".into(), "y".into()).unwrap_err(), StateFault::ClassCast { .. }));
    assert!(matches!(*state.map_put(id, 1.into(), 1.into()).unwrap_err(), StateFault::ClassCast { .. }));
    assert_eq!(state.map_get(id, &"x".into()), Ok(1.into()));
}

#[test]
fn declared_types_are_told_of_states_that_hold_nothing() {
    for (was_on_files, on_files) in [(false, false), (true, true), (true, false), (false, true)] {
        let mut old = empty(was_on_files);
        old.declare_key("String".into());
        let list = old.register(&descriptor(StateKind::List)).unwrap();
        let map = old.register(&StateDescriptor { name: "m".into(), ..descriptor(StateKind::Map) }).unwrap();
        old.declare(list, &"Long".into()).unwrap();
        old.declare(map, &("String", "Long").into()).unwrap();
        let refused = restored(&mut old, on_files, "Long".into()).unwrap_err().to_string();
        assert!(refused.ends_with(
            "(LongSerializer) must be compatible with the previous key serializer (StringSerializer)."
        ));
        for key_type in ["String".into(), Value::Null] {
            // What was not asked for keeps its type over one more snapshot.
            let mut between = restored(&mut old, on_files, key_type).unwrap();
            let mut new = restored(&mut between, on_files, "String".into()).unwrap();
            let list = new.register(&descriptor(StateKind::List)).unwrap();
            let refused = new.declare(list, &"Double".into()).unwrap_err().to_string();
            assert!(
                refused.ends_with(
                    "new state serializer (DoubleSerializer) must not be incompatible with the old state serializer \
                     (LongSerializer)."
                ),
                "{refused}"
            );
            assert_eq!(new.declare(list, &"Long".into()), Ok(()));
            let map =
                new.register(&StateDescriptor { name: "m".into(), ..descriptor(StateKind::Map) }).unwrap();
            for other in [("String", "String"), ("Long", "Long")] {
                assert!(new.declare(map, &other.into()).is_err());
            }
            assert_eq!(new.declare(map, &("String", "Long").into()), Ok(()));
            new.set_current_key("a".into()).unwrap();
            assert!(new.list_add(list, "text".into()).is_err(), "it is checked as it was before");
            assert_eq!(new.declare(list, &Value::Null), Ok(()));
            assert_eq!(new.list_add(list, "text".into()), Ok(()));
        }
    }
}

#[test]
fn a_state_that_holds_nothing_keeps_the_type_of_its_namespaces() {
    let time = Namespace::Window(Window::Time(TimeWindow { start: 0, end: 10 }));
    let global = Namespace::Window(Window::Global);
    for (was_on_files, on_files) in [(false, false), (true, true), (true, false), (false, true)] {
        let mut old = empty(was_on_files);
        let [windows, nobody_says] = ["s", "older"].map(|name| {
            let descriptor = StateDescriptor { name: name.into(), ..descriptor(StateKind::List) };
            old.register(&descriptor).unwrap()
        });
        old.enter_namespace(windows, time).unwrap();
        let mut between = restored(&mut old, on_files, Value::Null).unwrap();
        let mut new = restored(&mut between, on_files, Value::Null).unwrap();
        let the = if on_files { "The" } else { "For heap backends, the" };
        for (other, name) in [(global, "GlobalWindow."), (Namespace::Void, "VoidNamespace")] {
            assert_eq!(
                new.enter_namespace(windows, other).unwrap_err().to_string(),
                format!(
                    "StateMigrationException: {the} new namespace serializer ({name}Serializer) must be compatible \
                     with the old namespace serializer (TimeWindow.Serializer)."
                )
            );
        }
        assert_eq!(new.enter_namespace(windows, time), Ok(()));
        assert_eq!(new.enter_namespace(windows, Namespace::Void), Ok(()), "only who asks first is asked");
        assert_eq!(new.enter_namespace(nobody_says, global), Ok(()));
        let mut last = restored(&mut new, on_files, Value::Null).unwrap();
        assert!(last.enter_namespace(nobody_says, time).is_err(), "now it is known");
        assert!(last.enter_namespace(windows, Namespace::Void).is_err());
    }
}
