//! Calls and answers that are lost or late: the job runs on, or says what it failed of, and in time.

use std::rc::Rc;

use weir_engine::base::ids::TaskManagerId;
use weir_engine::cluster::ask::RpcFault;
use weir_engine::cluster::job_status::JobStatus;
use weir_engine::cluster::process_fault::ProcessFault;
use weir_engine::graph::api::StreamExecutionEnvironment;
use weir_engine::graph::compiled::compile;
use weir_engine::graph::error::ApiError;
use weir_engine::graph::operator_spec::{Field, KeySelector};
use weir_engine::operator::native::NativeFunctions;
use weir_engine::scenario::Scenario;
use weir_engine::sim::Sim;
use weir_engine::trace::{Fate, TraceEvent};

/// Enough for any of these runs.
const TICKS_MAX: u64 = 200_000;
/// An answer that is waited for, three tries of a cancellation, two heartbeats, and what a restart takes.
const BOUND_TICKS: u64 = 10_000 + 30_000 + 20_000 + 5_000;

/// Runs `fromSequence(1, 12) → keyBy → sum → print`, with parallelism 2 on two TaskManagers of one slot.
fn run(restarts: &str, scenario: Scenario) -> Result<Sim, ApiError> {
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.set_parallelism(2)?;
    env.configure([
        ("restart-strategy.type", "fixed-delay"),
        ("restart-strategy.fixed-delay.attempts", restarts),
        ("restart-strategy.fixed-delay.delay", "20 ms"),
    ])?;
    env.from_sequence(1, 12)?.key_by(KeySelector::Identity).sum(Field::Position(0)).print(None);
    let scenario = Scenario { task_managers: 2, slots_per_task_manager: 1, ..scenario };
    let functions = Rc::new(NativeFunctions::default());
    let mut sim = Sim::submit(&compile(&env.job()?)?, functions, scenario).expect("the job can run");
    sim.run_to_end(TICKS_MAX);
    Ok(sim)
}

fn with(number: u64, delay_ticks: Option<u64>) -> Scenario {
    Scenario { rpc_faults: vec![RpcFault { number, delay_ticks }], ..Scenario::small(7) }
}

fn events(sim: &Sim, is_meant: impl Fn(&TraceEvent) -> bool) -> Vec<(u64, String)> {
    let events = sim.world().trace().events();
    events
        .iter_from(0)
        .filter(|event| is_meant(event))
        .map(|event| (event.tick, event.text.to_string()))
        .collect()
}

/// The n-th call or answer is the first of which this is said.
fn number_of(text: &str) -> Result<u64, ApiError> {
    for number in 1..200 {
        let sim = run("0", with(number, None))?;
        if events(&sim, |event| event.fate == Fate::Lost)
            .first()
            .is_some_and(|(_, lost)| lost.starts_with(text))
        {
            return Ok(number);
        }
    }
    panic!("nothing that is lost is {text}")
}

#[test]
fn every_call_of_a_submission_lost_or_late_costs_no_more_than_its_time() -> Result<(), ApiError> {
    let calls = run("10", Scenario::small(7))?.world().rpc().counted();
    assert!(calls > 50, "{calls} calls and answers");
    for number in 1..=calls {
        for delay_ticks in [None, Some(15_000)] {
            let sim = run("10", with(number, delay_ticks))?;
            let (status, tick) = (sim.world().job_status(), sim.world().tick());
            assert_eq!(status, JobStatus::Finished, "call {number}, {delay_ticks:?}");
            assert!(tick < BOUND_TICKS, "call {number}, {delay_ticks:?}: {tick} ticks");
            assert!(sim.world().output().len() >= 12, "call {number}, {delay_ticks:?}");
        }
        let sim = run("0", with(number, None))?;
        let why = sim.world().job_master().failure().map(ToString::to_string);
        match sim.world().job_status() {
            JobStatus::Finished => assert_eq!(why, None),
            JobStatus::Failed => assert!(why.is_some_and(|why| !why.is_empty()), "call {number}"),
            status => panic!("call {number}: the job is {status}"),
        }
    }
    Ok(())
}

#[test]
fn a_registration_is_made_again_after_times_that_double() -> Result<(), ApiError> {
    let rpc_faults = (1..=4).map(|number| RpcFault { number: number * 3 - 2, delay_ticks: None }).collect();
    let sim = run("0", Scenario { rpc_faults, ..Scenario::small(7) })?;
    let lost = events(&sim, |event| event.fate == Fate::Lost);
    assert!(lost[0].1.starts_with("registerTaskExecutor"), "{lost:?}");
    let late = events(&sim, |event| event.text.contains("timed out") && &*event.from == "TaskExecutor 1");
    assert_eq!(late[0].0, 100);
    assert_eq!(sim.world().job_status(), JobStatus::Finished);
    Ok(())
}

#[test]
fn a_task_whose_submission_is_lost_could_not_be_deployed() -> Result<(), ApiError> {
    let sim = run("0", with(number_of("submitTask")?, None))?;
    assert_eq!(sim.world().job_status(), JobStatus::Failed);
    let why = sim.world().job_master().failure().expect("it failed").to_string();
    assert!(why.contains("Cannot deploy task Source: Sequence Source (1/2) (attempt #0)"), "{why}");
    assert!(why.contains("not responding after a rpcTimeout of 10000 ms"), "{why}");
    Ok(())
}

#[test]
fn an_answer_after_its_time_is_late_and_has_no_effect() -> Result<(), ApiError> {
    let number = number_of("offerSlots: accepted")?;
    let sim = run("0", with(number, Some(20_000)))?;
    let ignored = events(&sim, |event| event.fate == Fate::Late);
    assert!(ignored.is_empty() || ignored[0].1.starts_with("offerSlots: accepted"), "{ignored:?}");
    let number = number_of("submitTask: acknowledged")?;
    let sim = run("10", with(number, Some(10_010)))?;
    let ignored = events(&sim, |event| event.fate == Fate::Late);
    assert_eq!(ignored.len(), 1, "{ignored:?}");
    assert!(ignored[0].1.starts_with("submitTask: acknowledged"), "{ignored:?}");
    assert_eq!(sim.world().job_status(), JobStatus::Finished);
    Ok(())
}

#[test]
fn a_task_that_runs_without_having_said_that_it_initializes_is_failed_at_once() -> Result<(), ApiError> {
    let lost = "updateTaskExecutionState Source: Sequence Source (1/2)";
    let number = number_of(lost)?;
    let sim = run("1", with(number, None))?;
    let fates = events(&sim, |event| event.fate == Fate::Lost);
    assert!(fates[0].1.contains("INITIALIZING"), "{fates:?}");
    let history: Vec<_> = sim.world().job_master().history().entries().collect();
    assert_eq!(history.len(), 1, "{history:?}");
    let root = &history[0].root;
    assert_eq!(
        root.failure.to_string(),
        "Exception: Concurrent unexpected state transition of task Source: Sequence Source (1/2) (attempt #0) from \
         DEPLOYING (expected INITIALIZING) to RUNNING while deployment was in progress."
    );
    // Long before the report itself has gone without its answer for too long.
    let waited = root.at - fates[0].0;
    assert!((1..20).contains(&waited), "{waited} ticks");
    let told = events(&sim, |event| event.tick >= root.at && event.text.starts_with("cancelTask"));
    assert!(told[0].1.contains("Source: Sequence Source (1/2)"), "{told:?}");
    assert_eq!(sim.world().job_status(), JobStatus::Finished);
    assert!(sim.world().tick() < 1_000, "{} ticks", sim.world().tick());
    Ok(())
}

#[test]
fn a_cancellation_is_tried_three_times() -> Result<(), ApiError> {
    let process_faults = vec![
        (9, ProcessFault::PauseTaskManager(TaskManagerId(1))),
        (12, ProcessFault::FailTask(weir_engine::base::ids::TaskId(0))),
    ];
    let sim = run("1", Scenario { process_faults, ..Scenario::small(7) })?;
    let tried = events(&sim, |event| {
        event.text.starts_with("TimeoutException: Invocation of [cancelTask Source: Sequence Source (2/2)]")
    });
    let ticks: Vec<u64> = tried.iter().map(|(tick, _)| *tick).collect();
    let after = |tries: u64| ticks.contains(&(ticks[0] + tries * 10_000));
    assert!(after(1) && after(2) && !after(3), "{ticks:?}");
    Ok(())
}
