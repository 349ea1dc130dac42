//! Requirements met, workers asked for and given back, by the clock.

use super::SlotAction::{NotEnough, Request, StartWorker, StopWorker};
use super::*;

const fn tm(id: u32) -> TaskManagerId {
    TaskManagerId(id)
}

fn run_all(manager: &mut SlotManager, now: u64) -> Vec<SlotAction> {
    std::iter::from_fn(|| manager.run(now)).collect()
}

fn active() -> SlotManagerOptions {
    SlotManagerOptions {
        is_active: true,
        requirement_check_ticks: 50,
        declare_needed_ticks: 50,
        ..SlotManagerOptions::default()
    }
}

#[test]
fn the_first_free_slots_are_taken_in_the_order_of_registration() {
    let mut manager = SlotManager::new(SlotManagerOptions::default(), 2, 2);
    manager.register(tm(1), 2, &[], 0);
    manager.register(tm(0), 2, &[1], 0);
    manager.declare(3, 0);
    assert_eq!(run_all(&mut manager, 0), [Request(tm(1), 0), Request(tm(1), 1)]);
    assert_eq!((manager.next_timer(), run_all(&mut manager, 9).len()), (None, 0), "the third one it has");
}

#[test]
fn slots_are_spread_or_kept_together() {
    let of = |load_balance| {
        let options = SlotManagerOptions { load_balance, ..SlotManagerOptions::default() };
        let mut manager = SlotManager::new(options, 2, 2);
        manager.register(tm(0), 3, &[0], 0);
        manager.register(tm(1), 2, &[], 0);
        manager.declare(3, 0);
        run_all(&mut manager, 0)
    };
    assert_eq!(of(LoadBalanceMode::None), [Request(tm(0), 1), Request(tm(0), 2)]);
    assert_eq!(of(LoadBalanceMode::Slots), [Request(tm(1), 0), Request(tm(0), 1)], "1/3 before 1/2");
    assert_eq!(of(LoadBalanceMode::MinResources), [Request(tm(0), 1), Request(tm(0), 2)]);
}

#[test]
fn a_standalone_cluster_says_once_that_it_has_too_little() {
    let options = SlotManagerOptions { start_up_ticks: 300, ..SlotManagerOptions::default() };
    let mut manager = SlotManager::new(options, 1, 2);
    manager.declare(3, 0);
    assert_eq!((run_all(&mut manager, 0).len(), manager.next_timer()), (0, None), "none has registered");
    manager.register(tm(0), 2, &[], 10);
    assert_eq!(run_all(&mut manager, 10), [Request(tm(0), 0), Request(tm(0), 1)]);
    assert_eq!(manager.next_timer(), Some(300), "it hopes");
    assert_eq!(run_all(&mut manager, 300), [NotEnough(2)]);
    assert_eq!((run_all(&mut manager, 301).len(), manager.next_timer()), (0, None));
}

#[test]
fn workers_are_asked_for_after_both_debounces_and_given_back_when_idle() {
    let mut manager = SlotManager::new(active(), 0, 2);
    manager.declare(3, 100);
    assert_eq!((run_all(&mut manager, 149).len(), manager.next_timer()), (0, Some(150)));
    assert_eq!((run_all(&mut manager, 150).len(), manager.next_timer()), (0, Some(200)));
    assert_eq!(run_all(&mut manager, 200), [StartWorker, StartWorker]);
    manager.register(tm(0), 2, &[], 1000);
    manager.register(tm(1), 2, &[], 1001);
    assert_eq!(run_all(&mut manager, 1050), [Request(tm(0), 0), Request(tm(0), 1), Request(tm(1), 0)]);
    assert_eq!((manager.pending(), manager.next_timer()), (0, None));
    manager.declare(1, 2000);
    manager.free(tm(0), &[0, 1], 2000);
    assert_eq!((run_all(&mut manager, 2050).len(), manager.next_timer()), (0, Some(32_000)));
    assert_eq!(run_all(&mut manager, 32_000), [StopWorker(tm(0))]);
    assert_eq!(manager.next_timer(), None);
}

#[test]
fn a_worker_that_is_lost_is_asked_for_again_also_one_that_never_came() {
    let options = SlotManagerOptions { requirement_check_ticks: 0, declare_needed_ticks: 0, ..active() };
    let mut manager = SlotManager::new(options, 0, 1);
    manager.declare(1, 0);
    assert_eq!(run_all(&mut manager, 0), [StartWorker]);
    manager.unregister(tm(0), 5);
    assert_eq!(run_all(&mut manager, 5), [StartWorker]);
    manager.register(tm(1), 1, &[], 9);
    assert_eq!(run_all(&mut manager, 9), [Request(tm(1), 0)]);
    manager.unregister(tm(1), 20);
    assert_eq!(run_all(&mut manager, 20), [StartWorker]);
}

#[test]
fn a_reserve_is_kept() {
    let options =
        SlotManagerOptions { redundant: 1, requirement_check_ticks: 0, declare_needed_ticks: 0, ..active() };
    let mut manager = SlotManager::new(options, 0, 2);
    manager.declare(2, 0);
    assert_eq!(run_all(&mut manager, 0), [StartWorker, StartWorker]);
    manager.register(tm(0), 2, &[], 1);
    manager.register(tm(1), 2, &[], 1);
    assert_eq!(run_all(&mut manager, 1), [Request(tm(0), 0), Request(tm(0), 1)]);
    assert_eq!(manager.next_timer(), None, "the idle one is the reserve");
    manager.free(tm(0), &[0, 1], 10);
    manager.declare(0, 10);
    assert_eq!(
        (run_all(&mut manager, 10).len(), run_all(&mut manager, 90_000)),
        (0, vec![StopWorker(tm(0))])
    );
}
