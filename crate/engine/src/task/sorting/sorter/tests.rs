//! Sorters with more and with less memory than their records take.

use super::*;
use crate::base::prng::Prng;
use crate::network::disk::DiskOptions;

fn disk() -> Disk {
    Disk::new(DiskOptions { latency_ticks: 1, bytes_per_tick: 1000 })
}

fn settle_disk(disk: &mut Disk) {
    while let Some(next) = disk.next_completion(0) {
        disk.take_up(next);
        disk.complete_next(next);
    }
}

/// Sorts `count` random records of few keys; answers what came out, with the most memory that was in use.
fn sort(count: u64, memory_bytes: u64) -> (Vec<SortRecord>, Vec<SortRecord>, SorterState, usize) {
    let mut disk = disk();
    let options = SorterOptions { memory_bytes, block_bytes: 64, name: "sort".into() };
    let (mut sorter, mut random) = (ExternalSorter::new(options), Prng::new(count));
    let mut added = Vec::new();
    let mut files = 0;
    for number in 0..count {
        let key = vec![random.below(200) as u8; random.below(3) as usize];
        let element = vec![7; random.below(100) as usize];
        let record = SortRecord::new(
            &key,
            i64::from(random.below(4)),
            &[&number.to_be_bytes()[..], &element].concat(),
        );
        while !sorter.can_add(&disk) {
            settle_disk(&mut disk);
        }
        sorter.add(record.clone(), &mut disk);
        assert!(sorter.state().memory_bytes <= memory_bytes + 300);
        added.push(record);
        files = files.max(disk.files().count());
    }
    settle_disk(&mut disk);
    sorter.end(&mut disk);
    let mut taken = Vec::new();
    loop {
        while !sorter.settle(&mut disk) {
            assert!(
                !sorter.is_ready(&disk) || disk.next_completion(0).is_none(),
                "it says that it can get on"
            );
            settle_disk(&mut disk);
            assert!(sorter.is_ready(&disk), "nothing more comes from the disk");
        }
        let head = sorter.head().cloned();
        assert_eq!(head, sorter.take_head());
        match head {
            Some(record) => taken.push(record),
            None => break,
        }
    }
    let state = sorter.state();
    sorter.release(&mut disk);
    assert_eq!(disk.files().count(), 0);
    (added, taken, state, files)
}

#[test]
fn every_size_sorts_as_memory_does() {
    for (count, memory_bytes) in
        [(0, 1000), (1, 1000), (50, 100_000), (50, 1000), (300, 300), (300, 64), (3, 1)]
    {
        let (mut expected, sorted, state, _) = sort(count, memory_bytes);
        // In which order equal ones come, the quicksort's own tests say.
        let mut sorted = sorted;
        assert!(sorted.is_sorted_by(|a, b| a.order(b).is_le()), "{count} records in {memory_bytes} bytes");
        for records in [&mut sorted, &mut expected] {
            records.sort_by(|a, b| a.order(b).then_with(|| a.element().cmp(b.element())));
        }
        assert!(sorted == expected, "{count} records in {memory_bytes} bytes");
        assert_eq!((state.added, state.taken), (count, count));
    }
}

#[test]
fn what_fits_never_touches_the_disk() {
    let (_, _, state, files) = sort(50, 100_000);
    assert_eq!((state.runs, files), (0, 0));
}

#[test]
fn many_runs_are_merged_into_fewer_first() {
    let (_, _, state, _) = sort(300, 300);
    assert!(state.runs > 60, "{state:?}: more than the runs that were spilled");
}
