//! How a cluster begins and ends by its deployment, and the twelve phases, as the trace has them.

use std::rc::Rc;

use weir_engine::base::ids::{JobManagerId, TaskManagerId};
use weir_engine::base::ordered::{SortedSet, set_of};
use weir_engine::cluster::deployment::Deployment;
use weir_engine::cluster::high_availability::HighAvailabilityOptions;
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
use weir_engine::task::pace::Speed;

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

/// YARN of three nodes that have room for two containers each, with high availability or without.
fn of_three_nodes(is_available: bool, faults: &[(u64, ProcessFault)]) -> Scenario {
    let options = YarnOptions { node_managers: 3, node_memory_mb: 4096, ..YarnOptions::default() };
    let one = HighAvailabilityOptions { job_managers: 1, session_timeout_ticks: 100, latency_ticks: 2 };
    Scenario {
        deployment: Deployment::Yarn(options),
        high_availability: is_available.then_some(one),
        process_faults: faults.to_vec(),
        ..on_yarn()
    }
}

const MASTER: JobManagerId = JobManagerId(0);

#[test]
fn an_application_master_that_is_gone_has_a_second_attempt_that_finds_its_containers() -> Result<(), ApiError>
{
    let sim = run(30_000, of_three_nodes(true, &[(4000, ProcessFault::KillJobManager(MASTER))]))?;
    assert_eq!(sim.world().job_status(), JobStatus::Finished);
    assert_in_order(
        &sim,
        &[
            "killed",
            "nodeHeartbeat, complete: container_000001",
            "startContainer container_000004",
            "configuration loaded",
            "granted leadership",
            "registerApplicationMaster",
            "recovered the job's plan",
            "submitTask",
            "unregisterApplicationMaster: FINISHED, SUCCEEDED",
        ],
    );
    assert_eq!(sim.world().executors().len(), 2, "the TaskManagers are those of the first attempt");
    let yarn = sim.world().yarn().expect("it is on YARN");
    assert_eq!(yarn.containers().iter().filter(|container| container.is_master).count(), 2);
    assert!(yarn.containers().iter().all(Container::is_complete));
    Ok(())
}

#[test]
fn without_high_availability_there_is_one_attempt() -> Result<(), ApiError> {
    let sim = run(30_000, of_three_nodes(false, &[(4000, ProcessFault::KillJobManager(MASTER))]))?;
    let yarn = sim.world().yarn().expect("it is on YARN");
    assert_eq!(yarn.state(), ApplicationState::Failed);
    assert!(yarn.containers().iter().all(Container::is_complete) && sim.world().job_is_lost());
    Ok(())
}

#[test]
fn attempts_that_fail_count_for_ten_seconds() -> Result<(), ApiError> {
    for (second, state) in
        [(8_000, ApplicationState::Failed), (16_000, ApplicationState::Finished(JobStatus::Finished))]
    {
        let faults = [4000, second].map(|at| (at, ProcessFault::KillJobManager(MASTER)));
        let sim = run(20_000, of_three_nodes(true, &faults))?;
        assert_eq!(sim.world().yarn().expect("it is on YARN").state(), state, "the second at {second}");
    }
    Ok(())
}

#[test]
fn what_is_on_a_node_that_is_lost_is_asked_for_elsewhere() -> Result<(), ApiError> {
    let mut sim = run(30_000, of_three_nodes(false, &[(4000, ProcessFault::LoseNodeManager(1))]))?;
    assert_eq!(sim.world().job_status(), JobStatus::Finished);
    let nodes: Vec<u32> = sim
        .world()
        .yarn()
        .expect("it is on YARN")
        .containers()
        .iter()
        .map(|container| container.node)
        .collect();
    assert_eq!((nodes[..3].iter().filter(|&&node| node == 1).count(), nodes.len()), (1, 4), "{nodes:?}");
    assert_ne!(nodes[3], 1, "the one that is lost gets none any more");
    let told = |sim: &Sim, text: &str| count(sim, text);
    assert_eq!(
        told(&sim, "ResourceManagerException: TaskManager with id"),
        1,
        "its heartbeats tell before YARN does"
    );
    // The ApplicationMaster's own node.
    let lost = ProcessFault::LoseNodeManager(0);
    let default_speed = Speed::TicksPerRecord(2000);
    sim = run(2000, Scenario { default_speed, ..of_three_nodes(true, &[(4000, lost)]) })?;
    sim.seek(800_000, 0);
    let yarn = sim.world().yarn().expect("it is on YARN");
    let masters: Vec<u32> =
        yarn.containers().iter().filter(|it| it.is_master).map(|container| container.node).collect();
    assert_eq!((masters.len(), yarn.state()), (2, ApplicationState::Running), "after ten minutes");
    assert_ne!(masters[1], 0);
    assert_eq!(sim.world().job_status(), JobStatus::Running);
    let nodes = weir_engine::inspect::topology::topology(sim.world()).nodes;
    let told = (&*nodes[0].name, nodes[1].name.starts_with("NodeManager 2: "));
    assert!(told.0.starts_with("NodeManager 1 (lost): ") && told.1, "{told:?}");
    Ok(())
}

#[test]
fn the_next_attempt_leads_where_the_first_never_became_a_process() -> Result<(), ApiError> {
    // The NodeManager is told of the container at 1002, and is gone.
    for at in 1001..1008 {
        let lost = [(at, ProcessFault::LoseNodeManager(0))];
        let mut sim = run(100, of_three_nodes(true, &lost))?;
        sim.seek(700_000, 0);
        let state = sim.world().yarn().expect("it is on YARN").state();
        assert_eq!(state, ApplicationState::Finished(JobStatus::Finished), "lost at {at}");
        assert!(sim.world().coordination().and_then(|it| it.result).is_some_and(|it| !it.is_dirty));
    }
    Ok(())
}

#[test]
fn an_application_whose_job_manager_is_killed_is_ended_by_the_next_one() -> Result<(), ApiError> {
    let two = HighAvailabilityOptions { job_managers: 2, session_timeout_ticks: 100, latency_ticks: 2 };
    for at in [1, 3, 200, 20_050] {
        let scenario = Scenario {
            deployment: Deployment::Application,
            high_availability: Some(two),
            process_faults: vec![(at, ProcessFault::KillJobManager(MASTER))],
            ..Scenario::small(7)
        };
        let sim = run(40_000, scenario)?;
        assert_eq!(sim.world().job_status(), JobStatus::Finished, "killed at {at}");
        assert!(sim.world().job_managers().iter().all(|it| !it.process.is_alive()), "killed at {at}");
    }
    Ok(())
}

/// Its process dies at any tick, and its supervisor starts it again soon: with no high availability nobody has kept the
/// job, and the main begins it once more, from nothing. The TaskManagers give the first JobMaster up after 50 s, and only
/// then the ResourceManager has their slots to give.
#[test]
fn an_application_that_nobody_has_kept_begins_once_more() -> Result<(), ApiError> {
    const LAST: i64 = 120;
    let scenario = |faults: &[(u64, ProcessFault)]| Scenario {
        deployment: Deployment::Application,
        process_faults: faults.to_vec(),
        ..Scenario::small(7)
    };
    let ends_at = run(LAST, scenario(&[]))?.world().tick();
    assert!(ends_at > 60, "{ends_at}");
    for at in (0..ends_at + 3).step_by(2) {
        let again = (at + 25, ProcessFault::StartJobManager(MASTER));
        let sim = run(LAST, scenario(&[(at, ProcessFault::KillJobManager(MASTER)), again]))?;
        let world = sim.world();
        assert_eq!(world.job_status(), JobStatus::Finished, "killed at {at}, {}", world.tick());
        assert!(world.job_managers().iter().all(|it| !it.process.is_alive()), "killed at {at}");
        let lines: SortedSet<String> = set_of(world.output().iter_from(0).map(|line| line.text.to_string()));
        let numbers = lines.iter().filter_map(|line| line.split("> ").last()?.parse::<i64>().ok());
        assert_eq!(set_of(numbers), set_of(1..=LAST), "killed at {at}");
        let submitted = count(&sim, "submitJob: acknowledged");
        let was_running = (16..ends_at - 10).contains(&at);
        if was_running {
            assert_eq!((submitted, world.tick() / 10_000), (2, 5), "killed at {at}");
            assert!(count(&sim, "The heartbeat of JobManager timed out.") > 0, "killed at {at}");
        }
    }
    Ok(())
}
