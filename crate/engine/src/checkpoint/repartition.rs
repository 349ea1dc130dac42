//! Gives keyed and operator state to the subtasks of another parallelism.
//!
//! Contract: keyed state goes where its key groups go. An entry of a list goes to one subtask, in order, the rest of an
//! uneven division from subtask to subtask over all lists; a union list goes to all whole, in the order of the old
//! subtasks; of a broadcast list each takes one copy. With the same parallelism, lists stay where they are. Flink:
//! `RoundRobinOperatorStateRepartitioner`, `StateAssignmentOperation#extractIntersectingState`.

use std::rc::Rc;

use super::handles::{KeyedStateHandle, OperatorStateEntries, OperatorStateHandle, OperatorStateMode};
use crate::base::sort;
use crate::record::hash_order::in_order_of_hash_codes;
use crate::record::{Value, java_hash};
use crate::state::key_groups::KeyGroupRange;

/// The keyed state for a range of key groups, of what all old subtasks had.
pub fn keyed_state_of<'a>(
    old: impl IntoIterator<Item = &'a KeyedStateHandle>,
    range: KeyGroupRange,
) -> Vec<KeyedStateHandle> {
    old.into_iter().filter_map(|handle| handle.intersection(range)).collect()
}

/// A list of one old handle: the handle's number, and where the entries begin.
type Part = (usize, Rc<[u64]>);

/// A list by name, over all old subtasks.
struct NamedList {
    name: Rc<str>,
    mode: OperatorStateMode,
    parts: Vec<Part>,
}

/// What a new subtask gets, in the order in which it was given.
type Given = Vec<(usize, OperatorStateEntries)>;

/// The operator state of each new subtask, of what each old one had.
pub fn repartition(old: &[Vec<OperatorStateHandle>], parallelism: u32) -> Vec<Vec<OperatorStateHandle>> {
    let handles: Vec<&OperatorStateHandle> = old.iter().flatten().collect();
    let mut given: Vec<Given> = vec![Vec::new(); parallelism as usize];
    let lists = lists_by_name(&handles);
    let of = |mode| lists.iter().filter(move |list: &&NamedList| list.mode == mode);
    let is_rescaled = old.len() != parallelism as usize;
    if is_rescaled {
        split(of(OperatorStateMode::SplitDistribute), &mut given);
    } else {
        keep(old, OperatorStateMode::SplitDistribute, &mut given);
    }
    for list in of(OperatorStateMode::Union) {
        for new in &mut given {
            for part in &list.parts {
                give(new, list, part.0, Rc::clone(&part.1));
            }
        }
    }
    for list in of(OperatorStateMode::Broadcast) {
        // Where all old subtasks have it, each keeps its own.
        for (subtask, new) in given.iter_mut().enumerate() {
            let (handle, offsets) = &list.parts[subtask % list.parts.len()];
            give(new, list, *handle, Rc::clone(offsets));
        }
    }
    given.into_iter().map(|given| handles_of(given, &handles)).collect()
}

/// The lists that go through the same hands, each in the order of the old subtasks; names in the order of Java's maps.
fn lists_by_name(handles: &[&OperatorStateHandle]) -> Vec<NamedList> {
    let mut lists: Vec<NamedList> = Vec::new();
    for (number, handle) in handles.iter().enumerate() {
        for state in handle.states.iter() {
            let part = (number, Rc::clone(&state.offsets));
            match lists.iter_mut().find(|list| list.name == state.name && list.mode == state.mode) {
                Some(list) => list.parts.push(part),
                None => {
                    lists.push(NamedList {
                        name: Rc::clone(&state.name),
                        mode: state.mode,
                        parts: vec![part],
                    });
                }
            }
        }
    }
    let places: Vec<usize> = (0..lists.len()).collect();
    let hash_code = |place: usize| java_hash(&Value::String(Rc::clone(&lists[place].name)));
    let order = in_order_of_hash_codes(&places, hash_code);
    let mut lists: Vec<Option<NamedList>> = lists.into_iter().map(Some).collect();
    order.into_iter().filter_map(|place| lists[place].take()).collect()
}

/// Entries of lists, one list after the other. Flink: `repartitionSplitState`.
fn split<'a>(lists: impl Iterator<Item = &'a NamedList>, given: &mut [Given]) {
    let parallelism = given.len();
    let mut first = 0;
    for list in lists {
        let total: usize = list.parts.iter().map(|(_, offsets)| offsets.len()).sum();
        let (share, longer) = (total / parallelism, total % parallelism);
        let mut entries =
            list.parts.iter().flat_map(|(handle, offsets)| offsets.iter().map(|&at| (*handle, at)));
        for turn in 0..parallelism {
            let new = &mut given[(turn + first) % parallelism];
            let mut taken: Vec<(usize, u64)> =
                entries.by_ref().take(share + usize::from(turn < longer)).collect();
            while let Some(&(handle, _)) = taken.first() {
                let until = taken.iter().position(|(other, _)| *other != handle).unwrap_or(taken.len());
                let offsets = taken.drain(..until).map(|(_, offset)| offset).collect();
                give(new, list, handle, offsets);
            }
        }
        first = (first + longer) % parallelism;
    }
}

/// Each keeps what it had.
fn keep(old: &[Vec<OperatorStateHandle>], mode: OperatorStateMode, given: &mut [Given]) {
    let mut number = 0;
    for (handles, new) in old.iter().zip(given) {
        for handle in handles {
            let kept = handle.states.iter().filter(|state| state.mode == mode);
            new.extend(kept.map(|state| (number, state.clone())));
            number += 1;
        }
    }
}

fn give(new: &mut Given, list: &NamedList, handle: usize, offsets: Rc<[u64]>) {
    new.push((handle, OperatorStateEntries { name: Rc::clone(&list.name), mode: list.mode, offsets }));
}

/// One handle for each old one of which something was given.
fn handles_of(mut given: Given, handles: &[&OperatorStateHandle]) -> Vec<OperatorStateHandle> {
    sort::sort_by_key(&mut given, |(handle, _)| *handle);
    let mut result: Vec<OperatorStateHandle> = Vec::new();
    let mut rest = given.as_slice();
    while let Some(&(handle, _)) = rest.first() {
        let until = rest.partition_point(|(other, _)| *other == handle);
        let states = rest[..until].iter().map(|(_, state)| state.clone()).collect();
        result.push(OperatorStateHandle { states, data: handles[handle].data.clone() });
        rest = &rest[until..];
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::prng::Prng;
    use crate::checkpoint::handles::StreamStateHandle;
    use OperatorStateMode::{Broadcast, SplitDistribute, Union};

    /// An old subtask whose lists have entries at offsets that tell the subtask and the place.
    fn old_subtask(subtask: u64, lists: &[(&str, OperatorStateMode, u64)]) -> Vec<OperatorStateHandle> {
        let states = lists.iter().map(|&(name, mode, count)| OperatorStateEntries {
            name: name.into(),
            mode,
            offsets: (0..count).map(|place| 100 * subtask + place).collect(),
        });
        let data = StreamStateHandle::File { path: format!("old{subtask}").into(), size: 0 };
        vec![OperatorStateHandle { states: states.collect(), data }]
    }

    fn entries(handles: &[OperatorStateHandle], name: &str) -> Vec<u64> {
        let states = handles.iter().flat_map(|handle| handle.states.iter());
        states.filter(|state| &*state.name == name).flat_map(|state| state.offsets.iter().copied()).collect()
    }

    #[test]
    fn every_entry_has_one_home_in_its_order() {
        let mut random = Prng::new(7);
        for _ in 0..300 {
            let (old_parallelism, parallelism) = (1 + random.below(6), 1 + random.below(6));
            let counts: Vec<[u64; 2]> = (0..old_parallelism)
                .map(|_| [u64::from(random.below(6)), u64::from(random.below(6))])
                .collect();
            let old: Vec<_> = (0..)
                .zip(&counts)
                .map(|(subtask, &[a, b])| {
                    old_subtask(
                        subtask,
                        &[("a", SplitDistribute, a), ("b", SplitDistribute, b), ("u", Union, a)],
                    )
                })
                .collect();
            let new = repartition(&old, parallelism);
            assert_eq!(new.len() as u32, parallelism);
            for name in ["a", "b"] {
                let all_old: Vec<u64> = old.iter().flat_map(|handles| entries(handles, name)).collect();
                let mut all_new: Vec<u64> = new.iter().flat_map(|handles| entries(handles, name)).collect();
                all_new.sort_unstable();
                assert_eq!(all_new, all_old);
                let lengths = new.iter().map(|handles| entries(handles, name).len());
                if old_parallelism != parallelism {
                    let (least, most) = (lengths.clone().min().unwrap(), lengths.max().unwrap());
                    assert!(most - least <= 1, "{counts:?} to {parallelism}");
                }
            }
            let union: Vec<u64> = old.iter().flat_map(|handles| entries(handles, "u")).collect();
            assert!(new.iter().all(|handles| entries(handles, "u") == union));
        }
    }

    #[test]
    fn the_next_list_begins_where_the_one_before_had_no_more_to_give() {
        // Three subtasks share four entries of "a": the first gets two, so "b" begins at the second.
        let old = [old_subtask(0, &[("a", SplitDistribute, 4), ("b", SplitDistribute, 1)])];
        let new = repartition(&old, 3);
        let lengths = |name| new.iter().map(|handles| entries(handles, name).len()).collect::<Vec<_>>();
        assert_eq!((lengths("a"), lengths("b")), (vec![2, 1, 1], vec![0, 1, 0]));
    }

    #[test]
    fn broadcast_state_of_few_is_given_to_all() {
        let old = [old_subtask(0, &[]), old_subtask(1, &[("r", Broadcast, 2)]), old_subtask(2, &[])];
        assert!(repartition(&old, 3).iter().all(|handles| entries(handles, "r") == [100, 101]));
        let old = [old_subtask(0, &[("r", Broadcast, 1)]), old_subtask(1, &[("r", Broadcast, 1)])];
        let firsts: Vec<u64> = repartition(&old, 5).iter().map(|handles| entries(handles, "r")[0]).collect();
        assert_eq!(firsts, [0, 100, 0, 100, 0]);
    }

    #[test]
    fn keyed_state_goes_where_its_key_groups_go() {
        let handle = KeyedStateHandle::KeyGroups(crate::checkpoint::handles::KeyGroupsStateHandle {
            range: KeyGroupRange { start: 10, end: 19 },
            offsets: (0..10).collect(),
            data: StreamStateHandle::Bytes([].into()),
        });
        let given = keyed_state_of([&handle], KeyGroupRange { start: 15, end: 40 });
        let [KeyedStateHandle::KeyGroups(part)] = &given[..] else { panic!("{given:?}") };
        assert_eq!(
            (part.range, &*part.offsets),
            (KeyGroupRange { start: 15, end: 19 }, &[5, 6, 7, 8, 9][..])
        );
        assert!(keyed_state_of([&handle], KeyGroupRange { start: 20, end: 40 }).is_empty());
    }
}
