//! Jobs whose parallelism follows the slots: what they commit is what they commit undisturbed.

use std::rc::Rc;

use weir_engine::base::choice::Driver;
use weir_engine::base::ids::TaskManagerId;
use weir_engine::cluster::job_status::JobStatus;
use weir_engine::cluster::process_fault::ProcessFault;
use weir_engine::graph::api::StreamExecutionEnvironment;
use weir_engine::graph::checkpoint_settings::CheckpointingMode;
use weir_engine::graph::compiled::compile;
use weir_engine::graph::error::ApiError;
use weir_engine::graph::operator_spec::{DeliveryGuarantee, Field, KeySelector, SinkSpec, SourceSpec};
use weir_engine::graph::watermark_strategy::{WatermarkGeneration, WatermarkStrategy};
use weir_engine::inspect::sentence::sentence;
use weir_engine::operator::native::NativeFunctions;
use weir_engine::record::Value;
use weir_engine::scenario::{Scenario, ScenarioCommand};
use weir_engine::scheduler::adaptive::slot_allocator::ParallelismBounds;
use weir_engine::scheduler::options::{AdaptiveOptions, SchedulerKind, SchedulerOptions};
use weir_engine::sim::Sim;
use weir_engine::trace::TraceKind;

const RECORDS: i64 = 400;
const KEYS: i64 = 7;
/// Clusters that change at random.
const SEEDS: u64 = 4;

/// An adaptive scheduler that does not wait long.
fn scheduler(kind: SchedulerKind) -> SchedulerOptions {
    let default = SchedulerOptions::default();
    let adaptive = AdaptiveOptions { stabilization_ticks: 100, cooldown_ticks: 50, ..default.adaptive };
    SchedulerOptions { kind, adaptive, ..default }
}

/// `numbers, 200 a second → keyBy(n % 7) → sum → table`, of parallelism 4, on TaskManagers of two slots.
fn job(task_managers: u32, interval: Option<i64>, scenario: Scenario) -> Result<Sim, ApiError> {
    let mut functions = NativeFunctions::default();
    // Equal numbers for each key: its sums are the same in whichever order they come.
    let number = functions.add_with_method(|_, args, _| match args[0] {
        Value::Long(n) => Ok(Value::Long(n % KEYS)),
        _ => Ok(Value::Null),
    });
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.set_parallelism(4)?.set_max_parallelism(8)?;
    if let Some(interval) = interval {
        env.enable_checkpointing(interval, CheckpointingMode::ExactlyOnce)?;
    }
    env.configure([
        ("restart-strategy.type", "fixed-delay"),
        ("restart-strategy.fixed-delay.attempts", "9"),
        ("restart-strategy.fixed-delay.delay", "30 ms"),
    ])?;
    let source =
        SourceSpec::DataGenerator { function: number, count: RECORDS, records_per_second: Some(200.0) };
    let numbers = env.from_source(source, WatermarkStrategy::of(WatermarkGeneration::None), "numbers");
    let sums = numbers.key_by(KeySelector::Identity).sum(Field::Position(0));
    sums.sink_to(SinkSpec::Table { name: "once".into(), guarantee: DeliveryGuarantee::ExactlyOnce });
    let scenario = Scenario { task_managers, slots_per_task_manager: 2, ..scenario };
    Ok(Sim::submit(&compile(&env.job()?)?, Rc::new(functions), scenario).expect("the job can run"))
}

fn rows(sim: &Sim) -> Vec<i64> {
    let lines = sim.world().output().iter_from(0);
    let mut rows: Vec<i64> =
        lines.filter(|line| &*line.stream == "once").map(|line| line.text.parse().expect("a sum")).collect();
    rows.sort_unstable();
    rows
}

/// What must be committed: of each key the sums so far.
fn expected() -> Vec<i64> {
    let mut rows = Vec::new();
    for key in 0..KEYS {
        let mut sum = 0;
        for n in (0..RECORDS).filter(|n| n % KEYS == key) {
            sum += n % KEYS;
            rows.push(sum);
        }
    }
    rows.sort_unstable();
    rows
}

fn parallelism(sim: &Sim) -> Vec<u32> {
    sim.world().plan().vertices.iter().map(|vertex| vertex.parallelism).collect()
}

/// What the trace tells of the scheduler's states.
fn states(sim: &Sim) -> Vec<String> {
    let events = sim.world().trace().events().iter_from(0);
    let told = events.filter(|event| event.kind == TraceKind::Job && event.text.starts_with("Transition"));
    told.map(|event| event.text.rsplit(' ').next().unwrap_or_default().to_owned()).collect()
}

fn finish(sim: &mut Sim) {
    assert!(sim.run_to_end(400_000), "it ends: {}", sentence(sim.world()));
    assert_eq!(sim.world().job_status(), JobStatus::Finished, "{:?}", sim.world().job_master().failure());
}

const KILL: ProcessFault = ProcessFault::KillTaskManager(TaskManagerId(0));
const START: ProcessFault = ProcessFault::StartTaskManager;

#[test]
fn a_job_uses_what_there_is_and_grows_with_the_cluster() -> Result<(), ApiError> {
    let scheduler = scheduler(SchedulerKind::Reactive);
    let mut sim =
        job(1, Some(50), Scenario { scheduler, process_faults: vec![(400, START)], ..Scenario::small(7) })?;
    sim.advance(380);
    assert_eq!((sim.world().job_status(), parallelism(&sim)), (JobStatus::Running, vec![2, 2]));
    sim.advance(400);
    assert_eq!((sim.world().job_status(), parallelism(&sim)), (JobStatus::Running, vec![4, 4]));
    finish(&mut sim);
    assert_eq!(rows(&sim), expected());
    let all = [
        "WaitingForResources",
        "CreatingExecutionGraph",
        "Executing",
        "Restarting",
        "CreatingExecutionGraph",
        "Executing",
        "Finished",
    ];
    assert_eq!(states(&sim), all);
    Ok(())
}

#[test]
fn a_job_shrinks_with_the_cluster() -> Result<(), ApiError> {
    let scheduler = scheduler(SchedulerKind::Reactive);
    let mut sim =
        job(2, Some(50), Scenario { scheduler, process_faults: vec![(400, KILL)], ..Scenario::small(7) })?;
    sim.advance(390);
    assert_eq!(parallelism(&sim), [4, 4]);
    finish(&mut sim);
    assert_eq!((parallelism(&sim), rows(&sim)), (vec![2, 2], expected()));
    Ok(())
}

#[test]
fn adaptive_waits_for_its_slots_for_a_while_and_takes_what_came() -> Result<(), ApiError> {
    let scheduler = scheduler(SchedulerKind::Adaptive);
    let mut sim = job(1, Some(50), Scenario { scheduler, ..Scenario::small(7) })?;
    sim.advance(100);
    assert_eq!(sim.world().job_status(), JobStatus::Created);
    assert_eq!(
        sentence(sim.world()).to_string(),
        "The job has 2 slots and waits for more, for 9907 ms at most."
    );
    sim.advance(10_000);
    assert_eq!((sim.world().job_status(), parallelism(&sim)), (JobStatus::Running, vec![2, 2]));
    finish(&mut sim);
    assert_eq!(rows(&sim), expected());
    Ok(())
}

#[test]
fn requirements_are_changed_from_outside() -> Result<(), ApiError> {
    let command = |vertex, upper| ScenarioCommand::UpdateResourceRequirements {
        vertex,
        bounds: ParallelismBounds { lower: 1, upper },
    };
    let commands = vec![(300, command(0, 1)), (300, command(1, 3))];
    let scheduler = scheduler(SchedulerKind::Adaptive);
    let mut sim = job(2, Some(50), Scenario { scheduler, commands, ..Scenario::small(7) })?;
    sim.advance(290);
    assert_eq!(parallelism(&sim), [4, 4]);
    sim.advance(300);
    assert_eq!((sim.world().job_status(), parallelism(&sim)), (JobStatus::Running, vec![1, 3]));
    finish(&mut sim);
    assert_eq!(rows(&sim), expected());
    Ok(())
}

#[test]
fn a_job_without_slots_fails_when_its_time_is_over() -> Result<(), ApiError> {
    let scheduler = scheduler(SchedulerKind::Adaptive);
    let mut sim =
        job(1, None, Scenario { scheduler, process_faults: vec![(0, KILL)], ..Scenario::small(7) })?;
    assert!(sim.run_to_end(400_000));
    let failure = sim.world().job_master().failure().map(ToString::to_string);
    let expected = "NoResourceAvailableException: Not enough resources available for scheduling.";
    assert_eq!((sim.world().job_status(), failure.as_deref()), (JobStatus::Failed, Some(expected)));
    assert!((300_000..300_010).contains(&sim.world().tick()), "at tick {}", sim.world().tick());
    Ok(())
}

/// TaskManagers that come and go at random, with all that the seed decides besides.
#[test]
fn rescales_at_random_lose_nothing() -> Result<(), ApiError> {
    for seed in 0..SEEDS {
        let at = |n: u64| 60 + (seed * 97 + n * 211) % 1500;
        let mut process_faults = vec![(at(1), START), (at(2), KILL), (at(3) + 200, START)];
        if seed % 3 == 0 {
            process_faults.push((at(4), ProcessFault::PauseTaskManager(TaskManagerId(1))));
            process_faults.push((at(4) + 61_000, ProcessFault::ResumeTaskManager(TaskManagerId(1))));
        }
        let kind = if seed % 2 == 0 { SchedulerKind::Reactive } else { SchedulerKind::Adaptive };
        let scenario = Scenario {
            scheduler: scheduler(kind),
            process_faults,
            driver: Driver::Seeded,
            ..Scenario::small(seed)
        };
        let mut sim = job(2, Some(40), scenario)?;
        finish(&mut sim);
        assert_eq!(rows(&sim), expected(), "seed {seed}");
    }
    Ok(())
}
