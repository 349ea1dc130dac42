//! Worlds that are broken on purpose: the checker says so, each time in other words.

use std::rc::Rc;

use super::check;
use crate::base::ids::TaskManagerId;
use crate::cluster::rpc::{Address, Call, Envelope, Outbox};
use crate::graph::api::StreamExecutionEnvironment;
use crate::graph::compiled::compile;
use crate::operator::native::NativeFunctions;
use crate::scenario::Scenario;
use crate::sim::world::{Fixed, World};
use crate::task::descriptor::TaskDescriptor;

const FIRST: Address = Address::TaskExecutor(TaskManagerId(0));
const SECOND: Address = Address::TaskExecutor(TaskManagerId(1));

/// A job in the midst of it, on two TaskManagers of one slot, and what deployed its first source, on the first of them.
fn running() -> (World, Rc<TaskDescriptor>) {
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.set_parallelism(2).expect("two are fine");
    env.from_sequence(1, 200).and_then(|numbers| numbers.rebalance()).expect("a job").print(None);
    let scenario = Scenario { task_managers: 2, slots_per_task_manager: 1, ..Scenario::small(3) };
    let job = compile(&env.job().expect("a job")).expect("it compiles");
    let functions = Rc::new(NativeFunctions::default());
    let mut world = World::new(Fixed::of(&job, functions, scenario).expect("it can run"));
    while world.tick() < 40 {
        world.finish_tick();
        check(&world).expect("nothing is broken");
    }
    let descriptor = Rc::clone(world.executors()[0].tasks()[0].descriptor());
    (world, descriptor)
}

/// A call that nobody meant to make arrives in the session at hand.
fn receive(world: &mut World, from: Address, to: Address, call: Call) {
    let envelope = Envelope {
        from,
        to,
        leader: world.leader(),
        sent_at: world.tick(),
        number: u64::MAX,
        answers: None,
        call,
    };
    world.receive(&Rc::new(envelope));
}

fn fault(world: &World) -> String {
    check(world).expect_err("it is broken")
}

#[test]
fn a_task_needs_its_slot() {
    let (mut world, _) = running();
    receive(&mut world, Address::JobMaster, FIRST, Call::FreeSlots);
    assert!(fault(&world).ends_with("lives in slot 0 of 0, which is free"), "{}", fault(&world));
}

#[test]
fn a_slot_is_no_two_subtasks_of_a_vertex() {
    let (mut world, descriptor) = running();
    receive(&mut world, Address::JobMaster, SECOND, Call::SubmitTask(descriptor));
    assert!(fault(&world).ends_with("shares slot 0 with another subtask"), "{}", fault(&world));
}

#[test]
fn an_attempt_that_is_not_the_current_one_does_not_live() {
    let (mut world, descriptor) = running();
    let mut outbox = Outbox::default();
    let id = descriptor.execution();
    world.with_job_master(&mut outbox, &mut |job_master, turn| {
        let state = crate::task::state::ExecutionState::Failed;
        let call = Call::UpdateTaskExecutionState { execution: id, state, failure: None };
        job_master.receive(FIRST, &call, turn);
    });
    assert!(fault(&world).contains("attempt 0 of Source"), "{}", fault(&world));
}

#[test]
fn what_a_job_master_has_given_up_is_told_to_the_task_manager() {
    let (mut world, _) = running();
    let mut outbox = Outbox::default();
    world.with_job_master(&mut outbox, &mut |job_master, turn| {
        job_master.on_task_manager_lost(TaskManagerId(1), "nobody is told", turn);
    });
    assert_eq!(fault(&world), "the JobMaster does not have slot 0 of 1, which is Active");
}

#[test]
fn what_the_resource_manager_takes_to_be_free_is_free() {
    let (mut world, _) = running();
    let declared = Call::DeclareRequiredResources { slots: 0 };
    receive(&mut world, Address::JobMaster, Address::ResourceManager, declared);
    let available = Call::NotifySlotsAvailable { slots: vec![0] };
    receive(&mut world, FIRST, Address::ResourceManager, available);
    assert_eq!(fault(&world), "slot 0 of 0 is promised: false, and at the TaskManager Active");
}
