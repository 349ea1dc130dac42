//! JobManagers that are killed or stand still, with others that stand by and without: who leads then, and what becomes
//! of the job.

use std::rc::Rc;

use weir_engine::base::ids::{JobManagerId, TaskManagerId};
use weir_engine::cluster::high_availability::HighAvailabilityOptions;
use weir_engine::cluster::job_status::JobStatus;
use weir_engine::cluster::process_fault::{ProcessFault, Slowed};
use weir_engine::graph::api::StreamExecutionEnvironment;
use weir_engine::graph::checkpoint_settings::CheckpointingMode;
use weir_engine::graph::compiled::compile;
use weir_engine::graph::error::ApiError;
use weir_engine::graph::operator_spec::{DeliveryGuarantee, Field, KeySelector, SinkSpec, SourceSpec};
use weir_engine::graph::watermark_strategy::{WatermarkGeneration, WatermarkStrategy};
use weir_engine::inspect::leadership::job_managers;
use weir_engine::inspect::sentence::sentence;
use weir_engine::operator::native::NativeFunctions;
use weir_engine::record::Value;
use weir_engine::scenario::Scenario;
use weir_engine::scheduler::options::SchedulerKind;
use weir_engine::sim::Sim;
use weir_engine::sim::command::Command;

const TICKS_MAX: u64 = 400_000;
const FIRST: JobManagerId = JobManagerId(0);
const SECOND: JobManagerId = JobManagerId(1);

const TWO: Option<HighAvailabilityOptions> =
    Some(HighAvailabilityOptions { job_managers: 2, session_timeout_ticks: 100, latency_ticks: 2 });

/// `numbers, 200 a second → keyBy(n) → sum → table`, a checkpoint every 50 ms, with these faults.
fn job(ha: Option<HighAvailabilityOptions>, faults: &[(u64, ProcessFault)]) -> Result<Sim, ApiError> {
    job_with(ha, faults, None)
}

/// The same, of processes that take so long for a step of their start.
fn job_with(
    ha: Option<HighAvailabilityOptions>,
    faults: &[(u64, ProcessFault)],
    start_up_step_ticks: Option<u32>,
) -> Result<Sim, ApiError> {
    job_in(ha, faults, |scenario| scenario.start_up_step_ticks = start_up_step_ticks)
}

/// The same, in a scenario that differs.
fn job_in(
    ha: Option<HighAvailabilityOptions>,
    faults: &[(u64, ProcessFault)],
    change: impl FnOnce(&mut Scenario),
) -> Result<Sim, ApiError> {
    let mut functions = NativeFunctions::default();
    let pair = functions.add_with_method(|_, args, _| {
        let Value::Long(n) = args[0] else { panic!("no number") };
        Ok(Value::tuple([Value::Long(n), Value::Long(1)]))
    });
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.set_parallelism(2)?.enable_checkpointing(50, CheckpointingMode::ExactlyOnce)?;
    let same = functions.add_with_method(|_, args, _| Ok(args[0].clone()));
    let source = SourceSpec::DataGenerator { function: same, count: 60, records_per_second: Some(200.0) };
    let numbers = env.from_source(source, WatermarkStrategy::of(WatermarkGeneration::None), "numbers");
    let table = SinkSpec::Table { name: "once".into(), guarantee: DeliveryGuarantee::ExactlyOnce };
    numbers.map(pair).key_by(KeySelector::Field(0)).sum(Field::Position(1)).sink_to(table).name("once");
    let mut scenario = Scenario {
        task_managers: 2,
        slots_per_task_manager: 1,
        high_availability: ha,
        process_faults: faults.to_vec(),
        ..Scenario::small(7)
    };
    change(&mut scenario);
    Ok(Sim::submit(&compile(&env.job()?)?, Rc::new(functions), scenario).expect("the job can run"))
}

fn run(ha: Option<HighAvailabilityOptions>, faults: &[(u64, ProcessFault)]) -> Result<Sim, ApiError> {
    let mut sim = job(ha, faults)?;
    let ends = sim.run_to_end(if ha.is_some() { 120_000 } else { TICKS_MAX });
    assert!(ends, "it ends: {:#?}", story(&sim, &[""]));
    Ok(sim)
}

/// The same to its end, of processes that start.
fn starting(ha: Option<HighAvailabilityOptions>, faults: &[(u64, ProcessFault)]) -> Result<Sim, ApiError> {
    let mut sim = job_with(ha, faults, Some(1))?;
    assert!(sim.run_to_end(TICKS_MAX), "it ends: {:#?}", story(&sim, &[""]));
    Ok(sim)
}

/// What was committed.
fn rows(sim: &Sim) -> Vec<String> {
    let mut rows: Vec<String> = sim
        .world()
        .output()
        .iter_from(0)
        .filter(|line| &*line.stream == "once")
        .map(|line| line.text.to_string())
        .collect();
    rows.sort_unstable();
    rows
}

fn expected() -> Result<Vec<String>, ApiError> {
    let sim = run(None, &[])?;
    assert_eq!((sim.world().job_status(), rows(&sim).len()), (JobStatus::Finished, 60));
    Ok(rows(&sim))
}

/// The events whose texts hold one of these, in order, each with its tick.
fn story(sim: &Sim, wanted: &[&str]) -> Vec<String> {
    let events = sim.world().trace().events();
    let told = events.iter_from(0).filter(|event| wanted.iter().any(|text| event.text.contains(text)));
    told.map(|event| format!("{} {}: {}", event.tick, event.to, event.text)).collect()
}

/// When something happened first.
fn at(sim: &Sim, text: &str) -> u64 {
    let events = sim.world().trace().events();
    events.iter_from(0).find(|event| event.text.contains(text)).unwrap_or_else(|| panic!("{text}")).tick
}

#[test]
fn one_that_stands_by_takes_over_and_the_job_goes_on_from_its_last_checkpoint() -> Result<(), ApiError> {
    let sim = run(TWO, &[(150, ProcessFault::KillJobManager(FIRST))])?;
    assert_eq!((sim.world().job_status(), rows(&sim)), (JobStatus::Finished, expected()?));
    let order = [
        "killed",
        "session expired",
        "JobMaster leader changed to null",
        "granted leadership",
        "recovered the job's plan",
        "registerTaskExecutor, 1 slots, allocated 0",
        "recovered 1 checkpoints, the newest is",
        "JobMaster leader changed to JobManager 2",
        "offerSlots: accepted",
    ];
    let after = |text: &str| {
        let events = sim.world().trace().events();
        let found = events.iter_from(0).filter(|event| event.tick >= 150).find(|it| it.text.contains(text));
        found.unwrap_or_else(|| panic!("{text}: {:#?}", story(&sim, &["e"]))).tick
    };
    let ticks: Vec<u64> = order.map(after).to_vec();
    assert!(ticks.is_sorted(), "{ticks:?}");
    assert_eq!((ticks[1], ticks[3]), (250, 252), "the session lasts 100 ms, and the service takes 2");
    let leader = sim.world().leader();
    assert_eq!(leader.job_manager, SECOND);
    let views = job_managers(sim.world());
    assert_eq!(views.iter().map(|view| view.role).collect::<Vec<_>>(), ["killed", "leader"]);
    assert_eq!(views[1].session, leader.session.to_string());
    Ok(())
}

#[test]
fn without_one_that_stands_by_the_job_is_lost_and_task_managers_give_it_up() -> Result<(), ApiError> {
    let mut sim = job(None, &[(150, ProcessFault::KillJobManager(FIRST))])?;
    sim.advance(200);
    assert!(sim.world().job_is_lost());
    let text = sentence(sim.world()).to_string();
    assert!(text.starts_with("The job is lost: its JobManager is gone, none stood by"), "{text}");
    assert!(sim.run_to_end(TICKS_MAX));
    let silent = at(&sim, "The heartbeat of JobManager timed out.");
    assert!((50_000..50_010).contains(&silent), "{silent}");
    assert_eq!(at(&sim, "The slots of the job have timed out."), silent + 10_000);
    let ended = at(&sim, "Terminating now.");
    assert!((350_000..350_010).contains(&ended), "five minutes after it lost the ResourceManager: {ended}");
    assert!(sim.world().executors().iter().all(|executor| !executor.is_alive()));
    Ok(())
}

#[test]
fn without_others_one_that_starts_again_knows_nothing_of_the_job() -> Result<(), ApiError> {
    let faults = [(150, ProcessFault::KillJobManager(FIRST)), (400, ProcessFault::StartJobManager(FIRST))];
    let sim = run(None, &faults)?;
    assert!(sim.world().job_is_lost());
    assert!(sim.world().executors().iter().all(|executor| executor.is_alive()), "they found it again");
    let found = story(&sim, &["registerTaskExecutor: success"]);
    assert_eq!(found.len(), 4, "{found:#?}");
    Ok(())
}

#[test]
fn one_that_stood_still_for_too_long_is_fenced_and_stands_by() -> Result<(), ApiError> {
    let faults = [(150, ProcessFault::PauseJobManager(FIRST)), (300, ProcessFault::ResumeJobManager(FIRST))];
    let sim = run(TWO, &faults)?;
    assert_eq!((sim.world().job_status(), rows(&sim)), (JobStatus::Finished, expected()?));
    let events = sim.world().trace().events();
    assert!(events.iter_from(0).any(|event| event.tick == 302 && &*event.text == "SUSPENDED"));
    let stale = events.iter_from(0).filter(|event| event.kind.name() == "ignored").count();
    assert!(stale > 0, "what it said and what was said to it before has no effect");
    let roles: Vec<_> = job_managers(sim.world()).iter().map(|view| view.role).collect();
    assert_eq!(roles, ["standby", "leader"]);
    Ok(())
}

#[test]
fn one_that_stands_still_for_a_moment_goes_on() -> Result<(), ApiError> {
    let faults = [(150, ProcessFault::PauseJobManager(FIRST)), (240, ProcessFault::ResumeJobManager(FIRST))];
    for ha in [None, TWO] {
        let sim = run(ha, &faults)?;
        assert_eq!((sim.world().job_status(), rows(&sim)), (JobStatus::Finished, expected()?));
        assert_eq!(sim.world().leader().job_manager, FIRST);
        assert!(story(&sim, &["session expired", "RESTARTING"]).is_empty());
    }
    Ok(())
}

#[test]
fn one_that_was_killed_stands_by_again_and_is_the_next() -> Result<(), ApiError> {
    let faults = [
        (150, ProcessFault::KillJobManager(FIRST)),
        (200, ProcessFault::StartJobManager(FIRST)),
        (330, ProcessFault::KillJobManager(SECOND)),
    ];
    let sim = run(TWO, &faults)?;
    assert_eq!((sim.world().job_status(), rows(&sim)), (JobStatus::Finished, expected()?));
    assert_eq!(sim.world().leader().job_manager, FIRST);
    assert_eq!(story(&sim, &["granted leadership"]).len(), 2);
    Ok(())
}

#[test]
fn a_job_that_was_over_is_only_cleaned_up() -> Result<(), ApiError> {
    let over = at(&run(TWO, &[])?, "job results: FINISHED is written down as dirty");
    let sim = run(TWO, &[(over + 2, ProcessFault::KillJobManager(FIRST))])?;
    assert_eq!((sim.world().job_status(), rows(&sim)), (JobStatus::Finished, expected()?));
    let told = story(&sim, &["job results", "dirty"]);
    assert!(told[1].contains("JobManager 2: recovered a dirty job result: FINISHED"), "{told:#?}");
    assert!(told[2].ends_with("marked as clean, the plan and the checkpoints are deleted"), "{told:#?}");
    assert!(!sim.world().coordination().expect("it is on").has_plan);
    Ok(())
}

#[test]
fn whenever_the_leader_is_killed_or_stands_still_the_result_is_the_same() -> Result<(), ApiError> {
    let expected = expected()?;
    for tick in (0..520).step_by(61) {
        let killed = [(tick, ProcessFault::KillJobManager(FIRST))];
        let paused = [
            (tick, ProcessFault::PauseJobManager(FIRST)),
            (tick + 103 + tick % 40, ProcessFault::ResumeJobManager(FIRST)),
        ];
        let both = [
            killed[0],
            (tick + tick % 150, ProcessFault::KillTaskManager(TaskManagerId(0))),
            (tick + 200, ProcessFault::StartTaskManager),
        ];
        for faults in [&killed[..], &paused, &both] {
            let sim = run(TWO, faults)?;
            let result = (sim.world().job_status(), rows(&sim));
            assert_eq!(result, (JobStatus::Finished, expected.clone()), "tick {tick}: {faults:?}");
        }
    }
    Ok(())
}

#[test]
fn a_client_that_finds_no_job_manager_submits_to_the_next_leader() -> Result<(), ApiError> {
    let expected = expected()?;
    for fault in [ProcessFault::KillJobManager(FIRST), ProcessFault::PauseJobManager(FIRST)] {
        for tick in 0..25 {
            let faults = [(tick, fault), (tick + 70_000, ProcessFault::ResumeJobManager(FIRST))];
            let sim = starting(TWO, &faults)?;
            let result = (sim.world().job_status(), rows(&sim));
            assert_eq!(result, (JobStatus::Finished, expected.clone()), "tick {tick}: {fault:?}");
        }
    }
    Ok(())
}

#[test]
fn without_another_one_the_client_waits_for_a_job_manager_for_a_while() -> Result<(), ApiError> {
    for tick in 0..16 {
        let killed = (tick, ProcessFault::KillJobManager(FIRST));
        let again = (tick + 40, ProcessFault::StartJobManager(FIRST));
        let sim = starting(None, &[killed, again])?;
        let is_lost = sim.world().job_is_lost();
        assert_eq!(is_lost, tick > 12, "it was taken at tick 12, {tick}");
        assert!(is_lost || sim.world().job_status() == JobStatus::Finished, "tick {tick}");
        let sim = starting(None, &[killed])?;
        let told = sentence(sim.world()).to_string();
        assert!(told.contains("is gone"), "tick {tick}: {told}");
    }
    Ok(())
}

#[test]
fn what_a_client_says_to_a_leader_that_recovers_the_job_costs_no_checkpoint() -> Result<(), ApiError> {
    for tick in 250..266 {
        let mut sim = job(TWO, &[(150, ProcessFault::KillJobManager(FIRST))])?;
        sim.advance(tick);
        sim.command(Command::CancelJob);
        assert!(sim.run_to_end(120_000));
        let recovered = story(&sim, &["checkpoint to recover", "recovered 1 checkpoints"]);
        assert!(recovered[0].contains("the newest is"), "tick {tick}: {recovered:?}");
    }
    Ok(())
}

/// A TaskManager that registers again may be given a slot for a job whose JobMaster takes none any more.
#[test]
fn a_slot_that_no_job_master_takes_is_free_after_its_time() -> Result<(), ApiError> {
    let over = at(&run(None, &[])?, "FINISHED") + 70;
    for tick in 100..over {
        let faults = [
            (tick, ProcessFault::PauseJobManager(FIRST)),
            (tick + 70_000, ProcessFault::ResumeJobManager(FIRST)),
        ];
        if tick % 41 == 0 || tick + 80 > over {
            let sim = run(None, &faults)?;
            let all_free = sim.world().executors().iter().all(|it| it.slot_table().allocated().is_empty());
            assert!(all_free, "tick {tick}");
        }
    }
    Ok(())
}

#[test]
fn of_a_job_that_is_over_nothing_is_written_down_again() -> Result<(), ApiError> {
    let first = TaskManagerId(0);
    let faults =
        [(150, ProcessFault::PauseTaskManager(first)), (70_000, ProcessFault::ResumeTaskManager(first))];
    let mut sim = job(TWO, &faults)?;
    sim.advance(151);
    sim.command(Command::CancelJob);
    assert!(sim.run_to_end(TICKS_MAX));
    assert_eq!(sim.world().job_status(), JobStatus::Canceled);
    let over = at(&sim, "marked as clean, the plan and the checkpoints are deleted");
    assert!(over < 70_000, "the TaskManager offers its slots later");
    let service = sim.world().coordination().expect("it is on");
    assert!(service.checkpoints.is_empty() && !service.has_plan);
    Ok(())
}

#[test]
fn a_job_manager_that_is_stopped_gives_the_lead_up_at_once() -> Result<(), ApiError> {
    let stopped = [(150, ProcessFault::StopJobManager(FIRST))];
    let sim = run(TWO, &stopped)?;
    assert_eq!((sim.world().job_status(), rows(&sim)), (JobStatus::Finished, expected()?));
    assert!(
        at(&sim, "SUSPENDED") == 150 && at(&sim, "granted leadership") == 152,
        "nobody waits for a session"
    );
    let alone = run(None, &stopped)?;
    let told = sentence(alone.world()).to_string();
    assert!(alone.world().job_is_lost() && told.contains("is gone"), "{told}");
    assert_eq!(alone.world().job_status(), JobStatus::Suspended);
    Ok(())
}

/// For a moment, so long that calls are lost with their connection and time out, and until both sides give up.
#[test]
fn a_task_manager_that_is_cut_off_from_the_job_manager_costs_no_row() -> Result<(), ApiError> {
    let (id, rows_before) = (TaskManagerId(0), expected()?);
    let cut_off = |ticks| {
        let faults = [
            (150, ProcessFault::CutOffTaskManager(id)),
            (150 + ticks, ProcessFault::ReconnectTaskManager(id)),
        ];
        run(None, &faults)
    };
    for ticks in [20_u64, 15_000, 150_000] {
        let sim = cut_off(ticks)?;
        assert_eq!((sim.world().job_status(), rows(&sim)), (JobStatus::Finished, rows_before.clone()));
        let heard: Vec<String> =
            story(&sim, &[""]).into_iter().filter(|it| it.contains("TaskExecutor 1: ")).collect();
        assert!(!heard.is_empty());
        let gives_up = |text| !story(&sim, &[text]).is_empty();
        assert_eq!(gives_up("timed out."), ticks > 10_000, "at {ticks}: calls");
        assert_eq!(gives_up("The heartbeat of"), ticks > 60_000, "at {ticks}: heartbeats");
    }
    let mut sim = job(None, &[(150, ProcessFault::CutOffTaskManager(id))])?;
    sim.advance(200);
    let told = sentence(sim.world()).to_string();
    assert!(told.starts_with("TaskManager 1 is cut off from the JobManager since 50 ms."), "{told}");
    let mut both = sim.fork();
    both.command(Command::Process(ProcessFault::PauseTaskManager(id)));
    both.advance(5);
    let told = sentence(both.world()).to_string();
    let is_both = "TaskManager 1 is paused, and cut off from the JobManager, since 5 ms.";
    assert!(told.starts_with(is_both), "{told}");
    let name = &weir_engine::inspect::topology::topology(both.world()).task_managers[0].name;
    assert_eq!(&**name, "TaskManager 1 (paused, cut off)");
    Ok(())
}

#[test]
fn a_reactive_job_is_recovered_with_the_slots_that_there_are() -> Result<(), ApiError> {
    let reactive = |faults: &[(u64, ProcessFault)]| -> Result<Sim, ApiError> {
        let mut sim = job_in(TWO, faults, |scenario| scenario.scheduler.kind = SchedulerKind::Reactive)?;
        assert!(sim.run_to_end(TICKS_MAX), "it ends: {:#?}", story(&sim, &[""]));
        Ok(sim)
    };
    let undisturbed = rows(&reactive(&[])?);
    assert_eq!(undisturbed, expected()?);
    // A TaskManager goes with the JobManager: the next one makes another execution graph.
    let gone = (148, ProcessFault::KillTaskManager(TaskManagerId(1)));
    for faults in [
        &[(150, ProcessFault::KillJobManager(FIRST))][..],
        &[gone, (150, ProcessFault::KillJobManager(FIRST))],
    ] {
        let sim = reactive(faults)?;
        assert_eq!((sim.world().job_status(), rows(&sim)), (JobStatus::Finished, undisturbed.clone()));
        assert_eq!(sim.world().leader().job_manager, SECOND);
        let recovered = story(&sim, &["checkpoints, the newest is"]);
        assert!(!recovered.is_empty(), "it goes on from a checkpoint: {:?}", story(&sim, &["recover"]));
        let parallelism = sim.world().plan().vertices[0].parallelism;
        assert_eq!(parallelism, if faults.len() > 1 { 1 } else { 2 });
    }
    Ok(())
}

#[test]
fn a_resource_manager_that_is_elected_anew_disturbs_no_task() -> Result<(), ApiError> {
    let sim = run(TWO, &[(150, ProcessFault::RevokeResourceManager)])?;
    assert_eq!((sim.world().job_status(), rows(&sim)), (JobStatus::Finished, expected()?));
    let told = story(
        &sim,
        &[
            "loses its lead",
            "ResourceManager leader changed",
            "ResourceManager granted",
            "disconnectTaskManager",
            "registerTaskExecutor,",
            "registerJobMaster",
            "declareRequiredResources",
        ],
    );
    let after = &told[told.iter().position(|text| text.starts_with("150 ")).expect("it is told")..];
    let order = [
        "loses its lead",
        "ResourceManager leader changed to null",
        "ResourceManager granted leadership",
        "Ignoring message disconnectTaskManager",
        "ResourceManager leader changed to JobManager 1",
        "registerTaskExecutor, 1 slots, allocated 0",
        "registerJobMaster",
        "declareRequiredResources, 2 slots",
    ];
    let places = order.map(|text| after.iter().position(|it| it.contains(text)));
    assert!(places.iter().all(Option::is_some) && places[..5].is_sorted(), "{places:?} {after:#?}");
    assert_eq!(sim.world().job_master().failure_handler().restarts(), 0);
    assert_eq!(sim.world().leader().job_manager, FIRST, "the JobMaster's process leads as before");
    assert_eq!(
        story(&sim, &["Ignoring message disconnectTaskManager"]).len(),
        2,
        "nobody hears what TaskManagers say to the one before"
    );
    Ok(())
}

#[test]
fn a_task_manager_is_found_by_a_resource_manager_that_was_elected_anew() -> Result<(), ApiError> {
    let faults = [
        (150, ProcessFault::RevokeResourceManager),
        (152, ProcessFault::KillTaskManager(TaskManagerId(1))),
        (153, ProcessFault::StartTaskManager),
    ];
    let sim = run(TWO, &faults)?;
    assert_eq!((sim.world().job_status(), rows(&sim)), (JobStatus::Finished, expected()?));
    assert_eq!(sim.world().job_master().failure_handler().restarts(), 1);
    Ok(())
}

#[test]
fn without_high_availability_a_resource_manager_that_fails_ends_its_process() -> Result<(), ApiError> {
    let sim = run(None, &[(150, ProcessFault::RevokeResourceManager)])?;
    assert!(!sim.world().job_manager().is_alive() && sim.world().job_is_lost());
    Ok(())
}

#[test]
fn one_that_stands_by_and_is_slow_takes_the_lead_slowly() -> Result<(), ApiError> {
    let faults = [
        (10, ProcessFault::Slow(Slowed::JobManager(SECOND), 16)),
        (150, ProcessFault::KillJobManager(FIRST)),
    ];
    let sim = run(TWO, &faults)?;
    assert_eq!((sim.world().job_status(), rows(&sim)), (JobStatus::Finished, expected()?));
    assert_eq!((at(&sim, "session expired"), at(&sim, "granted leadership")), (250, 256));
    let told = at(&sim, "recovered the job's plan");
    assert!(told.is_multiple_of(16), "{told}");
    Ok(())
}
