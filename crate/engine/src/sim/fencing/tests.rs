//! Calls of a session that is over: they change nothing, and if they did, that would be seen.

use std::rc::Rc;

use super::*;
use crate::base::ids::{ExecutionAttemptId, TaskId, TaskManagerId};
use crate::cluster::fencing::FencingToken;
use crate::cluster::job_status::JobStatus;
use crate::graph::api::StreamExecutionEnvironment;
use crate::graph::compiled::compile;
use crate::network::barrier::{SavepointFormat, SnapshotType};
use crate::operator::native::NativeFunctions;
use crate::scenario::Scenario;
use crate::sim::checkers::StaleCall;
use crate::sim::world::Fixed;
use crate::task::message::TaskFailure;
use crate::task::state::ExecutionState;
use crate::trace::TraceKind;

/// A job in the midst of it, and a call that deployed one of its tasks.
fn running() -> (World, Call) {
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.set_parallelism(2).expect("two are fine");
    env.from_sequence(1, 200).and_then(|numbers| numbers.rebalance()).expect("a job").print(None);
    let scenario = Scenario { task_managers: 2, slots_per_task_manager: 2, ..Scenario::small(3) };
    let job = compile(&env.job().expect("a job")).expect("it compiles");
    let functions = Rc::new(NativeFunctions::default());
    let mut world = World::new(Fixed::of(&job, functions, scenario).expect("it can run"));
    let mut submitted = None;
    while world.tick() < 40 {
        let is_submission = |call: &&Call| matches!(call, Call::SubmitTask(_));
        let first = world.rpc.on_the_way().map(|envelope| &envelope.call).find(is_submission).cloned();
        submitted = submitted.or(first);
        world.finish_tick();
    }
    assert_eq!(world.job_status(), JobStatus::Running);
    (world, submitted.expect("tasks were submitted"))
}

/// Whatever would do harm.
fn calls(submit: Call) -> Vec<(Address, Address, Call)> {
    let execution = ExecutionAttemptId { task: TaskId(0), attempt: 0 };
    let task_executor = Address::TaskExecutor(TaskManagerId(0));
    let failure = Some(TaskFailure::of_text("Exception: late".to_owned()));
    let failed = Call::UpdateTaskExecutionState { execution, state: ExecutionState::Failed, failure };
    let savepoint = Call::RequestCheckpoint {
        snapshot: SnapshotType::SavepointTerminate,
        format: SavepointFormat::Canonical,
        target: None,
    };
    let to_job_master = [failed, Call::RequestSplit(execution), Call::OfferSlots { slots: vec![1] }];
    let to_resource_manager = [
        Call::RegisterTaskExecutor { slots: 2, allocated: Vec::new() },
        Call::NotifySlotsAvailable { slots: vec![0] },
    ];
    let from_job_master =
        [submit, Call::CancelTask(execution), Call::FreeSlots, Call::SlotsRejected { slots: vec![0] }];
    let required = Call::DeclareRequiredResources { slots: 9 };
    let mut all = vec![
        (Address::Client, Address::Dispatcher, savepoint),
        (Address::Client, Address::Dispatcher, Call::CancelJob),
        (Address::JobMaster, Address::ResourceManager, required),
        (Address::ResourceManager, task_executor, Call::RequestSlot { slot: 1 }),
    ];
    all.extend(to_job_master.map(|call| (task_executor, Address::JobMaster, call)));
    all.extend(to_resource_manager.map(|call| (task_executor, Address::ResourceManager, call)));
    all.extend(from_job_master.map(|call| (Address::JobMaster, task_executor, call)));
    all
}

/// Receives a call as of another session.
fn receive_stale(world: &mut World, (from, to, call): (Address, Address, Call)) -> Result<(), String> {
    let leader = Leader { session: FencingToken::of_election(9, 9), ..Leader::ONLY };
    let envelope =
        Envelope { from, to, leader, sent_at: world.tick(), number: u64::MAX, answers: None, call };
    let stale = StaleCall::find(world, &envelope).expect("it is of another session");
    world.receive(&Rc::new(envelope));
    stale.check(world)
}

#[test]
fn stale_calls_have_no_effect_and_are_recorded_as_such() {
    let (mut world, submit) = running();
    for call in calls(submit) {
        let text = format!("{} to {}", call.0, call.1);
        receive_stale(&mut world, call).unwrap_or_else(|fault| panic!("{fault}"));
        let event = world.trace().events().iter_from(0).last().cloned().expect("it is recorded");
        assert_eq!((event.kind, format!("{} to {}", event.from, event.to)), (TraceKind::Ignored, text));
        let session = FencingToken::of_election(9, 9).to_string();
        assert!(event.text.contains(&session) && event.text.contains("Exception: "), "{}", event.text);
    }
    while world.next_event_at().is_some() && world.tick() < 2000 {
        world.finish_tick();
    }
    assert_eq!((world.job_status(), world.output().len()), (JobStatus::Finished, 200));
}

#[test]
fn a_process_that_obeyed_them_would_be_found_out() {
    let (world, submit) = running();
    // A task that is submitted twice stops the engine by itself.
    let harmful = calls(submit).into_iter().filter(|(_, _, call)| !matches!(call, Call::SubmitTask(_)));
    for call in harmful {
        let text = format!("{} to {}", call.0, call.1);
        let mut world = world.clone();
        world.is_fencing_broken = true;
        let fault = receive_stale(&mut world, call).expect_err(&text);
        assert!(fault.ends_with("of a session that is over"), "{fault}");
    }
}
