//! What a TaskManager has is compared with what the JobMaster reports.

use super::*;
use crate::cluster::process::ProcessKind;
use crate::cluster::slot_table::TaskSlotState;
use crate::operator::function::UserFunctions;
use crate::operator::native::NativeFunctions;
use crate::scenario::Scenario;

/// With two slots, of which the JobMaster has the first.
fn executor() -> TaskExecutor {
    let scenario = Scenario::small(1);
    let process = scenario.process(ProcessKind::TaskManager);
    let executor = TaskExecutor::of_scenario(process, TaskManagerId(0), 2, || {
        Ok((scenario.process_spec()?, scenario.network()?))
    });
    let mut executor = executor.expect("the scenario is right");
    let functions: Rc<dyn UserFunctions> = Rc::new(NativeFunctions::default());
    for call in [Call::RequestSlot { slot: 0 }, Call::SlotsAccepted { slots: vec![0] }] {
        let mut outbox = Outbox::default();
        executor.receive(Address::JobMaster, &call, &functions, &scenario.files, &mut outbox, |_, _| ());
    }
    assert_eq!(executor.slot_table().slots(), [TaskSlotState::Active, TaskSlotState::Free]);
    executor
}

#[test]
fn a_slot_whose_freeing_was_lost_is_freed_by_the_next_report() {
    let (mut executor, mut outbox) = (executor(), Outbox::default());
    assert!(executor.reconcile_slots(&[0], &mut outbox).is_empty() && outbox.take_calls().is_empty());
    assert!(executor.reconcile_slots(&[], &mut outbox).is_empty());
    assert_eq!(executor.slot_table().allocated(), [0_u32; 0]);
    let told = outbox.take_calls();
    let [(Address::ResourceManager, Call::NotifySlotsAvailable { slots })] = told.as_slice() else {
        panic!("the ResourceManager hears of it: {told:?}");
    };
    assert_eq!(slots, &[0]);
}

#[test]
fn a_slot_that_is_not_the_jobs_is_told_to_its_job_master() {
    let (mut executor, mut outbox) = (executor(), Outbox::default());
    assert_eq!(executor.reconcile_slots(&[0, 1], &mut outbox), [1]);
    assert!(outbox.take_calls().is_empty());
}
