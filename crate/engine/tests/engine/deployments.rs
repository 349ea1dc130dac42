//! How a cluster begins and ends by its deployment, and the twelve phases, as the trace has them.

use std::rc::Rc;

use weir_engine::base::ids::TaskManagerId;
use weir_engine::cluster::deployment::Deployment;
use weir_engine::cluster::job_status::JobStatus;
use weir_engine::cluster::process_fault::ProcessFault;
use weir_engine::cluster::yarn::call::ApplicationState;
use weir_engine::cluster::yarn::{Container, YarnOptions};
use weir_engine::graph::api::StreamExecutionEnvironment;
use weir_engine::graph::compiled::compile;
use weir_engine::graph::error::ApiError;
use weir_engine::operator::native::NativeFunctions;
use weir_engine::scenario::Scenario;
use weir_engine::sim::Sim;

/// Runs `fromSequence(1, last) → print` with parallelism 2, one slot a TaskManager.
fn run(last: i64, scenario: Scenario) -> Result<Sim, ApiError> {
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.set_parallelism(2)?;
    env.configure([("restart-strategy.type", "fixed-delay")])?;
    env.from_sequence(1, last)?.print(None);
    let scenario = Scenario { task_managers: 2, slots_per_task_manager: 1, ..scenario };
    let functions = Rc::new(NativeFunctions::default());
    let mut sim = Sim::submit(&compile(&env.job()?)?, functions, scenario).expect("the job can run");
    sim.seek(60_000, 0);
    Ok(sim)
}

fn on_yarn() -> Scenario {
    let options = YarnOptions { node_memory_mb: 4096, ..YarnOptions::default() };
    Scenario { deployment: Deployment::Yarn(options), start_up_step_ticks: Some(20), ..Scenario::small(7) }
}

/// When each phase of those from `first` on begins.
fn phases(sim: &Sim, first: u8) -> Vec<u64> {
    let events = sim.world().trace().events();
    let begin = |phase| events.iter_from(0).position(|event| event.phase == phase).map(|place| place as u64);
    (first..first + 12).map(|phase| begin(phase).expect("each phase is there")).collect()
}

/// Where these stand in the trace, each after the one before.
fn assert_in_order(sim: &Sim, texts: &[&str]) {
    let events = sim.world().trace().events();
    let mut events = events.iter_from(0);
    for text in texts {
        assert!(events.any(|event| event.text.starts_with(text)), "{text} does not come in its turn");
    }
}

fn count(sim: &Sim, beginning: &str) -> usize {
    sim.world().trace().events().iter_from(0).filter(|event| event.text.starts_with(beginning)).count()
}

#[test]
fn a_job_goes_through_twelve_phases() -> Result<(), ApiError> {
    for deployment in [Deployment::Session, Deployment::Application] {
        let sim = run(20, Scenario { deployment, ..Scenario::small(7) })?;
        assert_eq!(sim.world().job_status(), JobStatus::Finished);
        assert!(phases(&sim, 1).is_sorted(), "{:?}", phases(&sim, 1));
    }
    Ok(())
}

#[test]
fn an_application_submits_its_own_job_and_the_cluster_ends_with_it() -> Result<(), ApiError> {
    let sim = run(20, Scenario { deployment: Deployment::Application, ..Scenario::small(7) })?;
    let mut events = sim.world().trace().events().iter_from(0);
    assert!(events.all(|event| &*event.from != "Client" && &*event.to != "Client"), "there is none");
    let end = ["job reached FINISHED", "shutDownCluster FINISHED", "deregisterApplication FINISHED", "ends"];
    assert_in_order(&sim, &[&["submitJob"], &end[..]].concat());
    assert!(!sim.world().job_manager().is_alive());
    let session = run(20, Scenario::small(7))?;
    assert!(session.world().job_manager().is_alive(), "a session goes on");
    Ok(())
}

#[test]
fn an_application_on_yarn_goes_through_twelve_phases() -> Result<(), ApiError> {
    let sim = run(20, on_yarn())?;
    assert_eq!(sim.world().job_status(), JobStatus::Finished);
    assert!(phases(&sim, 13).is_sorted(), "{:?}", phases(&sim, 13));
    let texts = "createApplication|create hdfs:|submitApplication|getApplicationReport: ACCEPTED|\
                 startContainer container_000001|open hdfs:|configuration loaded|waits for jobs|\
                 registerApplicationMaster|declareRequiredResources|getApplicationReport: RUNNING|\
                 allocate, 2 container requests|allocate: allocated container_000002|\
                 startContainer container_000002|configuration loaded|registerTaskExecutor|requestSlot|offerSlots|\
                 submitTask|job reached FINISHED|unregisterApplicationMaster: FINISHED, SUCCEEDED|\
                 cleanUpContainer";
    assert_in_order(&sim, &texts.split('|').collect::<Vec<_>>());
    let yarn = sim.world().yarn().expect("it is on YARN");
    assert_eq!(yarn.state(), ApplicationState::Finished(JobStatus::Finished));
    assert!(yarn.containers().iter().all(Container::is_complete));
    assert!(sim.world().executors().iter().all(|executor| !executor.is_alive()));
    assert!(sim.world().file_system().files().next().is_none(), "the application's files are gone");
    Ok(())
}

#[test]
fn a_container_that_is_killed_is_asked_for_again() -> Result<(), ApiError> {
    let killed = (4000, ProcessFault::KillTaskManager(TaskManagerId(0)));
    let sim = run(30_000, Scenario { process_faults: vec![killed], ..on_yarn() })?;
    assert_eq!(sim.world().job_status(), JobStatus::Finished);
    assert_in_order(
        &sim,
        &[
            "killed",
            "nodeHeartbeat, complete: container_0000",
            "allocate: complete",
            "allocate, 1 container requests",
        ],
    );
    assert_eq!(sim.world().executors().len(), 3);
    assert_eq!(count(&sim, "registerTaskExecutor, "), 3);
    assert_eq!(count(&sim, "disconnectTaskManager TaskManager 1: Container container_0000"), 1);
    assert_eq!(count(&sim, "offerSlots: rejected"), 0, "the JobMaster knows that it lacks a slot");
    Ok(())
}

#[test]
fn what_is_idle_is_given_back_to_yarn() -> Result<(), ApiError> {
    let sim = run(20, Scenario { rpc_latency_ticks: 3, ..on_yarn() })?;
    assert_eq!(sim.world().job_status(), JobStatus::Finished, "it waits for nothing in the wrong order");
    Ok(())
}
