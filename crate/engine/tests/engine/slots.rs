//! TaskManagers that are started where slots lack, and given back; slots that come late or never.

use std::rc::Rc;

use weir_engine::base::ids::{TaskId, TaskManagerId};
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

/// `u (4) → rescale → v (2)` and `w (2)`, with these keys of co-location and slot sharing group of `w`; the groups of the
/// last subtasks of `v` and `w`.
fn last_groups(key: Option<&str>, sharing: &str) -> Result<(u32, u32), ApiError> {
    let mut functions = NativeFunctions::default();
    let same = functions.map(Clone::clone);
    let env = StreamExecutionEnvironment::get_execution_environment();
    let v =
        env.from_sequence(1, 20)?.set_parallelism(4)?.rescale()?.map(same).name("v").set_parallelism(2)?;
    v.set_co_location_group_key(key).disable_chaining().print(None).set_parallelism(2)?;
    let w = env.from_sequence(1, 20)?.name("w").set_parallelism(2)?.slot_sharing_group(sharing);
    w.set_co_location_group_key(key).disable_chaining().print(None).set_parallelism(2)?;
    let scenario = Scenario { task_managers: 3, slots_per_task_manager: 2, ..Scenario::small(7) };
    let mut sim = Sim::submit(&compile(&env.job()?)?, Rc::new(functions), scenario).expect("the job can run");
    assert!(sim.run_to_end(100_000));
    assert_eq!((sim.world().job_status(), sim.world().output().len()), (JobStatus::Finished, 40));
    let group = |name: &str| {
        let executions = &sim.world().plan().executions;
        let place = executions.iter().position(|it| &*it.name == name).expect("it is a task");
        sim.world().job_master().slots().group_of(TaskId(place as u32))
    };
    Ok((group("v (2/2)"), group("Source: w (2/2)")))
}

#[test]
fn subtasks_that_are_co_located_share_a_slot() -> Result<(), ApiError> {
    let (v, w) = last_groups(None, "default")?;
    assert_ne!(v, w, "each is where its inputs are, or where there is room");
    let (v, w) = last_groups(Some("together"), "default")?;
    assert_eq!(v, w);
    let refused = last_groups(Some("together"), "another").expect_err("they cannot share slots");
    let words = "Cannot co-locate operators from different slot sharing groups";
    assert!(refused.to_string().starts_with(words), "{refused}");
    Ok(())
}
