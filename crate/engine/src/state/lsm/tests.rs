//! The tree against a map that does the same, and its files.

use std::collections::BTreeMap;

use super::*;
use crate::base::prng::Prng;

const SMALL: LsmOptions = LsmOptions {
    write_buffer_bytes: 60,
    level0_runs_max: 2,
    target_file_bytes: 100,
    first_run: 1,
    level1_bytes_max: 300,
};

const NEVER: IsExpired<'static> = &|_, _| false;

type Model = BTreeMap<Vec<u8>, Vec<u8>>;

fn contents(tree: &LsmTree, prefix: &[u8]) -> Model {
    tree.scan(prefix).into_iter().map(|(key, slot)| (key.to_vec(), slot.bytes.to_vec())).collect()
}

#[test]
fn it_holds_what_a_map_holds() {
    let mut random = Prng::new(11);
    for round in 0..60 {
        let mut tree = LsmTree::new(SMALL);
        let mut model = Model::new();
        for _ in 0..400 {
            let key = format!("k{}", random.below(40)).into_bytes();
            let value = vec![random.below(9) as u8; random.below(6) as usize];
            match random.below(5) {
                0 | 1 => {
                    tree.apply(&key, Change::Put, &value, NEVER);
                    model.insert(key, value);
                }
                2 | 3 => {
                    tree.apply(&key, Change::Append, &value, NEVER);
                    model.entry(key).or_default().extend(value);
                }
                _ => {
                    tree.apply(&key, Change::Delete, &[], NEVER);
                    model.remove(&key);
                }
            }
            if random.below(50) == 0 {
                tree.flush(NEVER);
            }
        }
        for key in 0..40 {
            let key = format!("k{key}").into_bytes();
            assert_eq!(tree.get(&key), model.get(&key).cloned(), "round {round}");
        }
        assert_eq!(contents(&tree, &[]), model);
        let threes: Model = model.into_iter().filter(|(key, _)| key.starts_with(b"k3")).collect();
        assert_eq!(contents(&tree, b"k3"), threes);
        assert!(tree.compactions() > 0 && tree.levels().len() > 1);
        let copy = reopened(&tree);
        assert_eq!(contents(&copy, b"k3"), threes);
    }
}

/// The same tree from its files.
fn reopened(tree: &LsmTree) -> LsmTree {
    let mut flushed = tree.clone();
    flushed.flush(NEVER);
    let numbers: Vec<Vec<u64>> =
        flushed.levels().iter().map(|runs| runs.iter().map(|run| run.number()).collect()).collect();
    let file = |number| {
        let mut runs = flushed.levels().iter().flatten();
        let found = runs.find(|run| run.number() == number);
        found.map(|run| Rc::clone(run.file())).ok_or(CorruptState::Content("no such run"))
    };
    LsmTree::of_levels(SMALL, open_levels(&numbers, &file).unwrap())
}

#[test]
fn runs_of_deeper_levels_lie_apart() {
    let mut tree = LsmTree::new(SMALL);
    let mut random = Prng::new(3);
    for _ in 0..3000 {
        tree.apply(&random.next_u64().to_be_bytes(), Change::Put, b"value", NEVER);
        for runs in tree.levels().iter().skip(1) {
            assert!(runs.windows(2).all(|pair| pair[0].bounds().1 < pair[1].bounds().0));
        }
    }
    assert_eq!(tree.scan(&[]).len(), 3000);
    assert!(tree.levels().len() > 2, "{} levels", tree.levels().len());
}

#[test]
fn a_snapshot_stays_as_it_was_and_shares_its_runs() {
    let mut tree = LsmTree::new(SMALL);
    for number in 0..50_u8 {
        tree.apply(&[number], Change::Put, &[number; 4], NEVER);
    }
    let snapshot = tree.clone();
    let before = contents(&snapshot, &[]);
    for number in 0..50_u8 {
        tree.apply(&[number], Change::Delete, &[], NEVER);
    }
    assert_eq!(contents(&snapshot, &[]), before);
    assert!(contents(&tree, &[]).is_empty());
}

#[test]
fn compaction_drops_what_is_expired() {
    let mut tree = LsmTree::new(SMALL);
    for number in 0..200_u8 {
        tree.apply(&[number], Change::Put, &[number], &|key, _| key[0] < 100);
    }
    assert!(tree.scan(&[]).len() < 200);
    assert!((100..200).all(|number: u8| tree.get(&[number]) == Some(vec![number])));
}

#[test]
fn a_damaged_run_is_refused() {
    let slot = Slot { change: Change::Put, bytes: [1, 2, 3].into() };
    let run = Run::build(1, [(&b"key"[..], &slot)]);
    let mut file = run.file().to_vec();
    *file.last_mut().unwrap() ^= 1;
    assert_eq!(Run::open(1, &file.into()).err(), Some(CorruptState::Checksum));
}
