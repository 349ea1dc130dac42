//! State on files against state in tables, and snapshots from either into either.

use super::*;
use crate::base::prng::Prng;
use crate::record::Value;
use crate::state::keyed::snapshot::SnapshotLayout;
use crate::state::namespace::{Namespace, TimeWindow, Window};
use crate::state::{StateDescriptor, StateTtlConfig};

const SMALL: LsmOptions = LsmOptions {
    write_buffer_bytes: 300,
    level0_runs_max: 2,
    first_run: 1,
    target_file_bytes: 400,
    level1_bytes_max: 1500,
};

const KINDS: [(&str, StateKind, Option<i64>); 6] = [
    ("value", StateKind::Value, None),
    ("list", StateKind::List, None),
    ("map", StateKind::Map, None),
    ("value that ends", StateKind::Value, Some(40)),
    ("list that ends", StateKind::List, Some(40)),
    ("map that ends", StateKind::Map, Some(40)),
];

fn registered(mut state: KeyedState) -> KeyedState {
    for (name, kind, ttl_ms) in KINDS {
        let ttl = ttl_ms.map(|ttl_ms| StateTtlConfig {
            cleans_entries: 0,
            cleans_files: false,
            ..StateTtlConfig::new(ttl_ms).unwrap()
        });
        state.register(&StateDescriptor { name: name.into(), kind, ttl }).unwrap();
    }
    state
}

/// Does something to a state, and says what was seen.
fn step(state: &mut KeyedState, kind: StateKind, id: StateId, dice: [u32; 3]) -> String {
    let value = Value::Long(i64::from(dice[1]));
    let other = Value::from(&*format!("k{}", dice[2] % 5));
    match (kind, dice[0] % 8) {
        (_, 0) => state.clear(id).map(|()| String::new()),
        (StateKind::List, 1..=3) => state.list_add(id, value).map(|()| String::new()),
        (StateKind::List, 4) => state.list_update(id, vec![value, other]).map(|()| String::new()),
        (StateKind::List, _) => state.list(id).map(|list| format!("{list:?}")),
        (StateKind::Map, 1..=3) => state.map_put(id, other, value).map(|()| String::new()),
        (StateKind::Map, 4) => state.map_remove(id, &other).map(|()| String::new()),
        (StateKind::Map, 5) => state.map_get(id, &other).map(|found| found.to_string()),
        (StateKind::Map, 6) => state.map_contains(id, &other).map(|found| found.to_string()),
        (StateKind::Map, _) => state.map(id).map(|entries| {
            // Files give a map's entries in the order of their bytes.
            let mut entries: Vec<String> =
                entries.iter().map(|(key, value)| format!("{key}={value}")).collect();
            entries.sort();
            entries.join(",")
        }),
        (_, 1..=3) => state.update(id, value).map(|()| String::new()),
        (_, 4) => state.change(id, |kept| *kept = value).map(|()| String::new()),
        (_, _) => state.value(id).map(|found| found.to_string()),
    }
    .unwrap()
}

/// Random steps on all of them; each must see the same.
fn run(states: &mut [KeyedState], random: &mut Prng, now: &mut i64, steps: u32) {
    for _ in 0..steps {
        *now += i64::from(random.below(2));
        let key = Value::Long(i64::from(random.below(30)));
        let number = random.below(KINDS.len() as u32);
        let window = Window::Time(TimeWindow { start: 0, end: i64::from(random.below(2)) });
        let namespace = if random.below(2) == 0 { Namespace::Void } else { Namespace::Window(window) };
        let dice = [random.below(1000), random.below(1000), random.below(1000)];
        let kind = KINDS[number as usize].1;
        let seen = states.iter_mut().map(|state| {
            state.set_now(*now);
            state.set_current_key(key.clone()).unwrap();
            state.set_namespace(StateId(number), namespace);
            step(state, kind, StateId(number), dice)
        });
        let seen: Vec<String> = seen.collect();
        assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{key} {kind} {dice:?}: {seen:?}");
    }
}

fn entries(state: &KeyedState) -> Vec<String> {
    let heap = state.on_heap();
    let mut texts: Vec<String> = heap
        .entries()
        .map(|entry| {
            // The order in a map is each backend's own.
            let mut parts: Vec<&str> = entry.value.trim_matches(['{', '}']).split(", ").collect();
            if entry.state.starts_with("map") {
                parts.sort_unstable();
            }
            format!("{} {} {} {:?} {parts:?}", entry.state, entry.key_group, entry.key, entry.namespace)
        })
        .collect();
    texts.sort();
    texts
}

#[test]
fn files_and_tables_hold_the_same() {
    for seed in 0..20 {
        let mut random = Prng::new(seed);
        let max_parallelism = if seed % 2 == 0 { 128 } else { 300 };
        let heap = KeyedState::for_subtask(max_parallelism, 1, 0);
        let files = heap.clone().on_files("f".into(), SMALL);
        let mut states = [registered(heap), registered(files)];
        let mut now = 0;
        run(&mut states, &mut random, &mut now, 1500);
        assert_eq!(entries(&states[0]), entries(&states[1]), "seed {seed}");
        assert!(states[1].tree().unwrap().compactions() > 0);
        // A copy is a snapshot.
        let copies = states.clone();
        let before = entries(&copies[0]);
        run(&mut states, &mut random, &mut now, 300);
        assert_eq!((entries(&copies[0]), entries(&copies[1])), (before.clone(), before));
    }
}

/// All of what several subtasks wrote, given to one that may be on files.
fn restored(written: &[Written], parallelism: u32, subtask: u32, on_files: bool) -> KeyedState {
    let mut state = KeyedState::for_subtask(128, parallelism, subtask);
    if on_files {
        state = state.on_files(format!("new{subtask}").into(), SMALL);
    }
    for written in written {
        let no_queue: OnQueueElement<'_> = &mut |_, _| panic!("there are no timers");
        match written {
            Written::KeyGroups(bytes) => {
                state.read(bytes.range, &bytes.offsets, &bytes.bytes, no_queue).unwrap();
            }
            Written::Files(files) => {
                let file = |name: &str| {
                    let found = files.files.iter().find(|(known, ..)| &**known == name);
                    found.and_then(|(_, bytes, _)| bytes.clone()).ok_or(CorruptState::Content("no such file"))
                };
                let from = (files.range, &files.backend_id, files.checkpoint_id);
                state.read_files(from, &files.meta, &file, no_queue).unwrap();
            }
        }
    }
    registered(state)
}

enum Written {
    KeyGroups(crate::state::keyed::snapshot::KeyedStateBytes),
    Files(IncrementalBytes),
}

/// As a tree of files, or in a layout.
fn write(state: &mut KeyedState, layout: Option<SnapshotLayout>) -> Written {
    if let Some(layout) = layout {
        return Written::KeyGroups(state.write(layout, &[]).unwrap());
    }
    let base = state.begin_snapshot(1, SharingFiles::NoSharing);
    Written::Files(state.write_files(&base, &[]).unwrap())
}

#[test]
fn from_every_snapshot_into_every_backend_at_every_parallelism() {
    let mut random = Prng::new(5);
    let mut state = registered(KeyedState::for_subtask(128, 1, 0).on_files("f".into(), SMALL));
    run(std::slice::from_mut(&mut state), &mut random, &mut 0, 800);
    let expected = entries(&state);
    assert!(expected.len() > 100);
    let all = [write(&mut state, Some(SnapshotLayout::Canonical))];
    for (old, old_on_files) in (1..=6).flat_map(|old| [(old, false), (old, true)]) {
        let native = (!old_on_files).then_some(SnapshotLayout::Native);
        let layouts = [native, Some(SnapshotLayout::Canonical)];
        let mut olds: Vec<_> = (0..old).map(|subtask| restored(&all, old, subtask, old_on_files)).collect();
        for layout in layouts {
            let written: Vec<Written> = olds.iter_mut().map(|state| write(state, layout)).collect();
            for (new, on_files) in (1..=6).flat_map(|new| [(new, false), (new, true)]) {
                let mut found: Vec<String> = (0..new)
                    .flat_map(|subtask| entries(&restored(&written, new, subtask, on_files)))
                    .collect();
                found.sort();
                let what =
                    format!("{old} subtasks {layout:?} into {new}, files: {old_on_files} to {on_files}");
                assert_eq!(found, expected, "{what}");
            }
        }
    }
}

#[test]
fn a_file_is_written_once_and_not_again_when_its_checkpoint_is_complete() {
    let mut state =
        registered(KeyedState::for_subtask(128, 1, 0).on_files("f".into(), LsmOptions::default()));
    let mut random = Prng::new(1);
    let mut now = 0;
    let mut checkpoint = |state: &mut KeyedState, id| {
        run(std::slice::from_mut(state), &mut random, &mut now, 30);
        let base = state.begin_snapshot(id, SharingFiles::ForwardBackward);
        state.write_files(&base, &[]).unwrap()
    };
    let new_files = |written: &IncrementalBytes| {
        let new = written.files.iter().filter(|(_, bytes, _)| bytes.is_some());
        new.map(|(name, ..)| name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(new_files(&checkpoint(&mut state, 1)), ["000001.sst"]);
    assert_eq!(new_files(&checkpoint(&mut state, 2)), ["000001.sst", "000002.sst"], "1 may fail still");
    state.on_checkpoint_complete(2);
    let third = checkpoint(&mut state, 3);
    assert_eq!(new_files(&third), ["000003.sst"]);
    assert_eq!(third.files.len(), 3);
    state.on_checkpoint_complete(3);
    // One that builds upon nothing writes all anew, and is a base itself.
    let base = state.begin_snapshot(5, SharingFiles::Forward);
    let full = state.write_files(&base, &[]).unwrap();
    assert_eq!((new_files(&full).len(), full.is_shared), (3, true));
    // A savepoint shares nothing, and is no base for what comes after it.
    let base = state.begin_snapshot(4, SharingFiles::NoSharing);
    let savepoint = state.write_files(&base, &[]).unwrap();
    assert_eq!((new_files(&savepoint).len(), savepoint.is_shared), (3, false));
    assert_eq!(new_files(&checkpoint(&mut state, 5)), ["000004.sst"]);
}

#[test]
fn who_goes_on_with_the_same_key_groups_goes_on_with_the_files() {
    let mut state =
        registered(KeyedState::for_subtask(128, 1, 0).on_files("f".into(), LsmOptions::default()));
    run(std::slice::from_mut(&mut state), &mut Prng::new(2), &mut 0, 100);
    let written = [write(&mut state, None)];
    let mut next = restored(&written, 1, 0, true);
    let base = next.begin_snapshot(7, SharingFiles::ForwardBackward);
    let again = next.write_files(&base, &[]).unwrap();
    assert_eq!(&*again.backend_id, "f");
    assert!(again.files.iter().all(|(_, bytes, _)| bytes.is_none()), "nothing is written again");
}
