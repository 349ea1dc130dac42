//! Processes start step by step, in the order of Flink's code, and act no more than their life lets them.

use std::rc::Rc;

use weir_engine::base::ids::TaskManagerId;
use weir_engine::base::ordered::map_of;
use weir_engine::cluster::job_status::JobStatus;
use weir_engine::cluster::process::ProcessKind;
use weir_engine::cluster::process_fault::{ProcessFault, Slowed};
use weir_engine::graph::api::StreamExecutionEnvironment;
use weir_engine::graph::compiled::compile;
use weir_engine::graph::error::ApiError;
use weir_engine::operator::native::NativeFunctions;
use weir_engine::scenario::Scenario;
use weir_engine::sim::Sim;
use weir_engine::task::pace::Speed;
use weir_engine::task::state::ExecutionState;

/// Enough for any of these runs.
const TICKS_MAX: u64 = 1_000_000;

/// Runs `fromSequence(1, 60) → print` with parallelism 2 on two TaskManagers of one slot.
fn run(scenario: Scenario) -> Result<Sim, ApiError> {
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.set_parallelism(2)?;
    env.configure([("restart-strategy.type", "fixed-delay")])?;
    env.from_sequence(1, 60)?.print(None);
    let scenario = Scenario { task_managers: 2, slots_per_task_manager: 1, ..scenario };
    let functions = Rc::new(NativeFunctions::default());
    let mut sim = Sim::submit(&compile(&env.job()?)?, functions, scenario).expect("the job can run");
    assert!(sim.run_to_end(TICKS_MAX));
    Ok(sim)
}

/// The steps of a process, with their ticks.
fn steps(sim: &Sim, who: &str) -> Vec<(u64, String)> {
    let events = sim.world().trace().events();
    let of_process =
        events.iter_from(0).filter(|event| event.kind.name() == "process" && &*event.from == who);
    of_process.map(|event| (event.tick, event.text.to_string())).collect()
}

/// When this was said first.
fn said_at(sim: &Sim, text: &str) -> u64 {
    let events = sim.world().trace().events();
    events.iter_from(0).find(|event| &*event.text == text).expect("it is said").tick
}

/// The steps of a kind, each so many ticks after the one before.
fn in_order(kind: ProcessKind, from: u64, step_ticks: u64) -> Vec<(u64, String)> {
    let steps = (1..).zip(kind.start_up());
    steps.map(|(number, step)| (from + number * step_ticks, (*step).to_owned())).collect()
}

#[test]
fn a_cluster_that_starts_goes_through_the_steps_of_flink() -> Result<(), ApiError> {
    let sim = run(Scenario { start_up_step_ticks: Some(3), ..Scenario::small(7) })?;
    assert_eq!(steps(&sim, "JobManager"), in_order(ProcessKind::JobManager, 0, 3));
    for who in ["TaskExecutor 1", "TaskExecutor 2"] {
        assert_eq!(steps(&sim, who), in_order(ProcessKind::TaskManager, 0, 3));
    }
    let up_at = 3 * ProcessKind::JobManager.start_up().len() as u64;
    assert_eq!(
        (said_at(&sim, "submitJob"), said_at(&sim, "registerTaskExecutor, 1 slots")),
        (up_at + 1, up_at + 1)
    );
    assert_eq!(sim.world().job_status(), JobStatus::Finished);
    Ok(())
}

#[test]
fn a_cluster_that_is_up_tells_of_no_start() -> Result<(), ApiError> {
    let sim = run(Scenario::small(7))?;
    assert_eq!((steps(&sim, "JobManager"), steps(&sim, "TaskExecutor 1")), (vec![], vec![]));
    assert_eq!(said_at(&sim, "submitJob"), 1);
    Ok(())
}

#[test]
fn a_task_manager_that_is_started_later_takes_its_steps_in_that_tick_or_in_their_time() -> Result<(), ApiError>
{
    let process_faults =
        vec![(30, ProcessFault::KillTaskManager(TaskManagerId(0))), (40, ProcessFault::StartTaskManager)];
    let sim = run(Scenario { process_faults: process_faults.clone(), ..Scenario::small(7) })?;
    assert_eq!(steps(&sim, "TaskExecutor 3"), in_order(ProcessKind::TaskManager, 40, 0));
    assert_eq!(sim.world().job_status(), JobStatus::Finished);

    let process_faults = process_faults.into_iter().map(|(at, fault)| (at + 100, fault)).collect();
    let at_once =
        vec![(0, ProcessFault::KillTaskManager(TaskManagerId(0))), (0, ProcessFault::StartTaskManager)];
    let sim = run(Scenario { process_faults: at_once, ..Scenario::small(7) })?;
    assert_eq!(steps(&sim, "TaskExecutor 3"), in_order(ProcessKind::TaskManager, 0, 0));
    assert_eq!(sim.world().job_status(), JobStatus::Finished);

    let start_up_step_ticks = Some(10);
    let sim = run(Scenario { process_faults, start_up_step_ticks, ..Scenario::small(7) })?;
    assert_eq!(steps(&sim, "TaskExecutor 3"), in_order(ProcessKind::TaskManager, 140, 10));
    Ok(())
}

#[test]
fn a_slow_task_manager_takes_calls_and_records_in_every_tenth_tick() -> Result<(), ApiError> {
    let slow =
        |who| Scenario { process_faults: vec![(15, ProcessFault::Slow(who, 10))], ..Scenario::small(7) };
    let usual = run(Scenario::small(7))?.world().tick();
    let sim = run(slow(Slowed::TaskManager(TaskManagerId(1))))?;
    let events = sim.world().trace().events();
    let to_slow = events.iter_from(0).filter(|event| &*event.to == "TaskExecutor 2" && event.tick > 15);
    let ticks: Vec<u64> =
        to_slow.filter(|event| event.kind.name() == "rpc").map(|event| event.tick).collect();
    assert!(!ticks.is_empty() && ticks.iter().all(|tick| tick % 10 == 0), "{ticks:?}");
    let lines: Vec<u64> = sim
        .world()
        .output()
        .iter_from(0)
        .filter(|line| line.text.starts_with("2>"))
        .map(|l| l.tick)
        .collect();
    assert!(lines.windows(2).all(|pair| pair[0] < 15 || pair[1] - pair[0] == 10), "{lines:?}");
    assert!(sim.world().tick() > 5 * usual, "{} ticks, and {usual} as a rule", sim.world().tick());
    assert_eq!(sim.world().output().len(), 60);

    let sim = run(slow(Slowed::Leader))?;
    let to_job_master =
        |event: &&weir_engine::trace::TraceEvent| &*event.to == "JobMaster" && event.tick > 15;
    let events = sim.world().trace().events();
    assert!(
        events
            .iter_from(0)
            .filter(to_job_master)
            .all(|event| event.kind.name() != "rpc" || event.tick % 10 == 0)
    );
    assert_eq!(sim.world().job_status(), JobStatus::Finished);
    Ok(())
}

#[test]
fn a_task_manager_that_stops_says_so_and_nobody_waits_for_its_heartbeats() -> Result<(), ApiError> {
    let process_faults =
        vec![(20, ProcessFault::StopTaskManager(TaskManagerId(1))), (21, ProcessFault::StartTaskManager)];
    let sim = run(Scenario { process_faults, ..Scenario::small(7) })?;
    let history: Vec<String> =
        sim.world().job_master().history().entries().map(|entry| entry.root.failure.to_string()).collect();
    assert!(history[0].contains("The TaskExecutor is shutting down."), "{history:?}");
    assert_eq!(
        said_at(&sim, "disconnectTaskManager: FlinkException: The TaskExecutor is shutting down."),
        21
    );
    assert_eq!(sim.world().job_status(), JobStatus::Finished);
    assert!(sim.world().tick() < 5000);
    Ok(())
}

/// `fromSequence(1, 400) → slow → print`, the source on another TaskManager than what reads it.
fn far_from_its_reader(faults: &[(u64, ProcessFault)]) -> Result<Sim, ApiError> {
    let mut functions = NativeFunctions::default();
    let same = functions.map(Clone::clone);
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.set_parallelism(1)?;
    env.configure([("restart-strategy.type", "fixed-delay")])?;
    let numbers = env.from_sequence(1, 400)?.slot_sharing_group("a");
    numbers.rebalance()?.map(same).name("slow").slot_sharing_group("b").print(None);
    let scenario = Scenario {
        task_managers: 2,
        slots_per_task_manager: 1,
        segment_bytes: 96,
        speeds: map_of([("slow".into(), Speed::TicksPerRecord(9))]),
        process_faults: faults.to_vec(),
        ..Scenario::small(7)
    };
    Ok(Sim::submit(&compile(&env.job()?)?, Rc::new(functions), scenario).expect("the job can run"))
}

/// It is there when the TaskManager goes on, also where the JobManager has given it up meanwhile: nobody else would
/// write it again.
#[test]
fn what_a_finished_task_has_written_outlives_the_loss_of_the_job_manager() -> Result<(), ApiError> {
    let mut sim = far_from_its_reader(&[])?;
    while sim.world().job_master().executions()[0].state != ExecutionState::Finished {
        sim.advance(1);
    }
    let ended_at = sim.world().tick();
    let mut waited = 0;
    for tick in (ended_at..ended_at + 100).step_by(20) {
        let first = TaskManagerId(0);
        let pause = (tick, ProcessFault::PauseTaskManager(first));
        let mut sim = far_from_its_reader(&[pause, (tick + 70_000, ProcessFault::ResumeTaskManager(first))])?;
        assert!(sim.run_to_end(TICKS_MAX), "it ends, with a pause at tick {tick}");
        assert_eq!(sim.world().job_status(), JobStatus::Finished);
        waited += u32::from(sim.world().tick() > 70_000);
    }
    assert!(waited > 0, "a reader has waited for the rest");
    Ok(())
}
