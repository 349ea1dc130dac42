//! Worlds that are broken on purpose: this checker says so, each time in other words, and no other one does.

use std::rc::Rc;

use crate::base::ids::TaskId;
use crate::checkpoint::handles::OperatorSubtaskState;
use crate::checkpoint::storage::file_system::{FileOwner, FileRequest};
use crate::checkpoint::storage::{CheckpointPlace, FileWrite};
use crate::cluster::job_status::JobStatus;
use crate::cluster::process_fault::ProcessFault;
use crate::cluster::rpc::{Address, Call, Envelope};
use crate::graph::api::StreamExecutionEnvironment;
use crate::graph::checkpoint_settings::{CheckpointSettings, CheckpointingMode};
use crate::graph::compiled::compile;
use crate::graph::operator_spec::{DeliveryGuarantee, Field, KeySelector, SinkSpec};
use crate::network::barrier::{CheckpointOptions, SnapshotType};
use crate::operator::native::NativeFunctions;
use crate::scenario::Scenario;
use crate::sim::checkers::Checkers;
use crate::sim::transactions::Transactions;
use crate::sim::world::{Fixed, World};
use crate::task::descriptor::TaskDescriptor;

/// `numbers → rebalance → keyBy(a tenth) → sum → table`, two subtasks each, with a checkpoint every 20 ms.
fn world(is_unaligned: bool) -> World {
    world_with(is_unaligned, &[])
}

fn world_with(is_unaligned: bool, more: &[(&'static str, &'static str)]) -> World {
    let mut functions = NativeFunctions::default();
    let same = functions.map(Clone::clone);
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.set_parallelism(2).expect("two are fine");
    env.enable_checkpointing(20, CheckpointingMode::ExactlyOnce).expect("20 ms are fine");
    env.get_checkpoint_config().enable_unaligned_checkpoints(is_unaligned);
    let options = [("restart-strategy.type", "fixed-delay"), ("restart-strategy.fixed-delay.delay", "9 ms")];
    env.configure(options.iter().chain(more).copied()).expect("they are options");
    let numbers = env.from_sequence(1, 200).expect("a sequence").map(same);
    let sums = numbers.rebalance().expect("numbers are not keyed").map(same);
    let sums = sums.key_by(KeySelector::Identity).sum(Field::Position(0));
    sums.sink_to(SinkSpec::Table { name: "sums".into(), guarantee: DeliveryGuarantee::ExactlyOnce });
    let job = compile(&env.job().expect("a job")).expect("it compiles");
    let scenario =
        Scenario { task_managers: 2, slots_per_task_manager: 1, segment_bytes: 64, ..Scenario::small(3) };
    World::new(Fixed::of(&job, Rc::new(functions), scenario).expect("it can run"))
}

/// Runs to the end and breaks something at the start of each tick. Answers how many channels were compared, or what
/// the first of all checkers says that finds something.
fn run(mut world: World, mut harm: impl FnMut(&mut World)) -> Result<u64, String> {
    let mut checkers = Checkers::default();
    while world.next_event_at().is_some() {
        assert!(world.tick() < 100_000, "it does not end");
        let next = world.next_event_at().unwrap_or(0);
        if next > world.tick() {
            world.jump(next);
        }
        harm(&mut world);
        checkers.find_fault(&world)?;
        world.finish_tick();
    }
    checkers.find_fault(&world)?;
    assert_eq!(world.job_status(), JobStatus::Finished);
    Ok(checkers.checkpoints.compared)
}

/// Changes what every task hands in.
fn change_states(world: &mut World, change: impl Fn(&mut OperatorSubtaskState)) {
    for envelope in world.rpc.on_the_way_mut() {
        if let Call::AcknowledgeCheckpoint { state, .. } = &mut envelope.call {
            Rc::make_mut(state).states_mut().for_each(&change);
        }
    }
}

/// The newest checkpoint that is complete.
fn newest(world: &World) -> u64 {
    let checkpoints = world.job_master().checkpoints().expect("it checkpoints");
    checkpoints.coordinator().store().latest().map_or(0, |latest| latest.id)
}

fn says(result: Result<u64, String>, text: &str) {
    let fault = result.expect_err("something is broken");
    assert!(fault.contains(text), "{fault}");
}

#[test]
fn a_run_that_nobody_breaks_holds() {
    for is_unaligned in [false, true] {
        let compared = run(world(is_unaligned), |_| ()).expect("nothing is broken");
        assert!(compared > 30, "{compared}");
        let fail = |world: &mut World| {
            if world.tick() == 90 {
                world.apply_process_fault(ProcessFault::FailTask(TaskId(2)));
            }
        };
        let compared = run(world(is_unaligned), fail).expect("what failed goes on");
        assert!(compared > 30, "{compared}");
    }
}

#[test]
fn a_task_that_does_not_wait_for_all_barriers_takes_no_consistent_cut() {
    let hurry = |world: &mut World| {
        for envelope in world.rpc.on_the_way_mut() {
            match &mut envelope.call {
                Call::SubmitTask(descriptor) => {
                    let mode = CheckpointingMode::AtLeastOnce;
                    let settings = CheckpointSettings::clone(&descriptor.checkpoint);
                    let checkpoint = Rc::new(CheckpointSettings { mode, ..settings });
                    *descriptor = Rc::new(TaskDescriptor { checkpoint, ..TaskDescriptor::clone(descriptor) });
                }
                Call::TriggerCheckpoint { barrier, .. } => {
                    barrier.options =
                        CheckpointOptions::for_config(SnapshotType::Checkpoint, false, false, 0);
                }
                _ => {}
            }
        }
    };
    says(run(world(false), hurry), "is no consistent cut");
}

/// A task in the middle is told to begin, which is for tasks only whose producers have finished.
#[test]
fn a_state_that_has_not_seen_all_before_the_barrier_is_none_at_least_once() {
    let early = |world: &mut World| {
        let is_trigger = |it: &&Envelope| matches!(it.call, Call::TriggerCheckpoint { .. });
        let call = world.rpc.on_the_way().find(is_trigger).cloned();
        if let (Some(mut envelope), Some((task, executor))) = (call, world.task(TaskId(2)))
            && let Call::TriggerCheckpoint { execution, .. } = &mut envelope.call
        {
            (*execution, envelope.to) = (task.descriptor().execution(), Address::TaskExecutor(executor.id()));
            world.receive(&Rc::new(envelope));
        }
    };
    let world = || world_with(false, &[("execution.checkpointing.mode", "AT_LEAST_ONCE")]);
    run(world(), |_| ()).expect("nothing is broken");
    says(run(world(), early), "and the state has seen");
}

#[test]
fn records_in_flight_must_not_be_forgotten() {
    let inputs = |world: &mut World| change_states(world, |state| state.input_channels.clear());
    says(run(world(true), inputs), "is no consistent cut");
    let outputs = |world: &mut World| change_states(world, |state| state.result_subpartitions.clear());
    says(run(world(true), outputs), "is no consistent cut");
}

#[test]
fn records_in_flight_must_not_be_doubled() {
    let twice = |state: &mut OperatorSubtaskState| {
        let again = state.input_channels.clone();
        state.input_channels.extend(again);
    };
    says(run(world(true), |world| change_states(world, twice)), "is no consistent cut");
}

#[test]
fn ids_rise() {
    let again = |world: &mut World| {
        if newest(world) == 2 {
            world.job_master_mut().coordinator_mut().set_next_id(2);
        }
    };
    says(run(world(false), again), "begins after one with a higher id");
    let back = |world: &mut World| {
        if newest(world) == 3 {
            world.job_master_mut().coordinator_mut().set_newest_id(1);
        }
    };
    says(run(world(false), back), "checkpoint 1 is the newest");
}

#[test]
fn tasks_begin_with_the_newest_checkpoint() {
    let stale = |world: &mut World| {
        if world.tick() == 120 {
            let (older, now) = (newest(world) - 1, world.tick());
            let coordinator = world.job_master_mut().coordinator_mut();
            coordinator.report_restored(older, SnapshotType::Checkpoint, now);
        }
    };
    says(run(world(false), stale), "tasks begin with checkpoint");
}

#[test]
fn nothing_is_committed_before_its_checkpoint_is_complete() {
    let early = |world: &mut World| {
        if newest(world) == 2 {
            world.transactions.commit(&"sums".into(), "0-3-0".into(), 3);
        }
    };
    says(run(world(false), early), "is committed, and checkpoint 3 is not complete");
}

#[test]
fn nothing_is_committed_twice() {
    let again = |world: &mut World| {
        let first =
            world.transactions.committed().iter().next().map(|((_, name), &id)| (Rc::clone(name), id));
        if let Some((name, id)) = first.filter(|(_, id)| *id < newest(world)) {
            let other = name.replace("-0", "-1");
            world.transactions.commit(&"sums".into(), other.into(), id);
        }
    };
    says(run(world(false), again), "is committed twice");
}

#[test]
fn nothing_is_lost() {
    let forget = |world: &mut World| {
        if newest(world) > 2 {
            world.transactions = Transactions::default();
        }
    };
    says(run(world(false), forget), "is not committed");
}

/// The same job with its checkpoints in files, the last of which is kept when it has ended.
fn in_files() -> World {
    world_with(
        false,
        &[
            ("execution.checkpointing.dir", "hdfs:///c"),
            ("execution.checkpointing.data-inline-threshold", "0"),
        ],
    )
}

/// Has the file system do something for the JobMaster that the JobMaster did not ask for.
fn ask_of_files(world: &mut World, request: FileRequest) {
    let now = world.tick();
    Rc::make_mut(&mut world.file_system).submit(FileOwner::JobMaster, request, now);
}

#[test]
fn files_that_nobody_touches_hold() {
    run(in_files(), |_| ()).expect("nothing is broken");
}

#[test]
fn no_file_goes_that_a_kept_checkpoint_needs() {
    let delete = |world: &mut World| {
        let path =
            world.file_system().files().map(|(path, _)| path).find(|path| path.ends_with("/_metadata"));
        if let Some(path) = path.filter(|_| newest(world) == 2).cloned() {
            ask_of_files(world, FileRequest::Delete(path));
        }
    };
    says(run(in_files(), delete), "and it is deleted");
}

#[test]
fn no_file_stays_that_no_checkpoint_needs() {
    let is_two = |world: &World| newest(world) == 2;
    let has_ended = |world: &World| world.job_status() == JobStatus::Finished;
    let mut found_at_work = Vec::new();
    for is_time in [&is_two as &dyn Fn(&World) -> bool, &has_ended] {
        let (mut is_littered, mut runs) = (false, false);
        let fault = run(in_files(), |world| {
            runs = !has_ended(world);
            if is_time(world) && !is_littered {
                is_littered = true;
                let CheckpointPlace::FileSystem { directory, .. } = &world.plan().storage.place else {
                    panic!("its checkpoints are in files");
                };
                let path = format!("{directory}/chk-1/left-over").into();
                ask_of_files(world, FileRequest::Write(FileWrite { path, bytes: Rc::new([1]) }));
            }
        });
        says(fault, "left-over is kept, which no checkpoint needs");
        found_at_work.push(runs);
    }
    assert_eq!(found_at_work, [true, false], "it is found as soon as nothing is under way");
}
