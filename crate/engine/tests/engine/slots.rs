//! TaskManagers that are started where slots lack, and given back; slots that come late or never.

use std::rc::Rc;

use weir_engine::base::ids::TaskManagerId;
use weir_engine::cluster::job_status::JobStatus;
use weir_engine::cluster::process_fault::ProcessFault;
use weir_engine::cluster::slot_manager::SlotManagerOptions;
use weir_engine::graph::api::StreamExecutionEnvironment;
use weir_engine::graph::compiled::compile;
use weir_engine::graph::error::ApiError;
use weir_engine::operator::native::NativeFunctions;
use weir_engine::scenario::Scenario;
use weir_engine::sim::Sim;

/// `fromSequence(1, 300) → rebalance → print` with parallelism 3.
fn job(scenario: Scenario) -> Result<Sim, ApiError> {
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.set_parallelism(3)?;
    env.from_sequence(1, 300)?.rebalance()?.print(None);
    let functions = Rc::new(NativeFunctions::default());
    Ok(Sim::submit(&compile(&env.job()?)?, functions, scenario).expect("the job can run"))
}

/// Which TaskManagers there are, alive or not.
fn alive(sim: &Sim) -> Vec<bool> {
    sim.world().executors().iter().map(|executor| executor.is_alive()).collect()
}

/// An active ResourceManager with Flink's times, and nothing running yet.
fn active() -> Scenario {
    let slot_manager = SlotManagerOptions {
        is_active: true,
        worker_start_ticks: 1000,
        requirement_check_ticks: 50,
        declare_needed_ticks: 50,
        ..SlotManagerOptions::default()
    };
    Scenario { task_managers: 0, slots_per_task_manager: 2, slot_manager, ..Scenario::small(7) }
}

#[test]
fn task_managers_are_started_for_a_job_and_given_back_after_it() -> Result<(), ApiError> {
    let mut sim = job(active())?;
    sim.advance(1000);
    assert_eq!(alive(&sim), [false; 0]);
    assert_eq!(sim.world().resource_manager().slot_manager().pending(), 2);
    sim.advance(1000);
    assert_eq!((sim.world().job_status(), alive(&sim)), (JobStatus::Finished, vec![true, true]));
    assert_eq!(sim.world().output().len(), 300);
    assert!(sim.run_to_end(100_000));
    assert_eq!(alive(&sim), [false, false], "they were idle for half a minute");
    assert!((31_000..33_000).contains(&sim.world().tick()), "at tick {}", sim.world().tick());
    Ok(())
}

#[test]
fn a_task_manager_that_is_killed_is_asked_for_again() -> Result<(), ApiError> {
    let kill = ProcessFault::KillTaskManager(TaskManagerId(1));
    // It is killed when it has just come, and its slots are promised.
    let mut sim = job(Scenario { process_faults: vec![(1110, kill)], ..active() })?;
    sim.advance(25_000);
    assert_eq!((sim.world().job_status(), alive(&sim)), (JobStatus::Finished, vec![true, false, true]));
    Ok(())
}

#[test]
fn slots_that_a_job_does_not_need_any_more_are_given_back() -> Result<(), ApiError> {
    use weir_engine::graph::transformation::RuntimeExecutionMode;
    use weir_engine::scheduler::options::SchedulerOptions;

    let env = StreamExecutionEnvironment::get_execution_environment();
    env.set_parallelism(3)?;
    env.set_runtime_mode(RuntimeExecutionMode::Batch);
    // The stage before the sink has three subtasks, the sink one, which takes a while.
    let numbers = env.from_sequence(1, 300)?;
    numbers.rebalance()?.print(None).name("slow").set_parallelism(1)?;
    let mut scenario = Scenario { slots_per_task_manager: 3, ..Scenario::small(7) };
    scenario.scheduler = SchedulerOptions { slot_idle_timeout_ticks: 100, ..scenario.scheduler };
    let functions = Rc::new(NativeFunctions::default());
    let mut sim = Sim::submit(&compile(&env.job()?)?, functions, scenario).expect("the job can run");
    sim.advance(80);
    let slots = |sim: &Sim| {
        let table = sim.world().executors()[0].slot_table().allocated();
        (sim.world().job_master().slots().offered().len(), table)
    };
    assert_eq!(slots(&sim), (3, vec![0, 1, 2]));
    sim.advance(220);
    assert_eq!(sim.world().job_status(), JobStatus::Running);
    assert_eq!((slots(&sim).0, slots(&sim).1.len()), (1, 1));
    assert!(sim.run_to_end(100_000));
    assert_eq!((sim.world().job_status(), sim.world().output().len()), (JobStatus::Finished, 300));
    Ok(())
}
