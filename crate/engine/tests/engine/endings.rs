//! However and whenever a job ends, it ends whole: each task is over, and every segment is back.

use std::rc::Rc;

use weir_engine::base::choice::Driver;
use weir_engine::base::ordered::map_of;
use weir_engine::cluster::job_status::JobStatus;
use weir_engine::graph::api::StreamExecutionEnvironment;
use weir_engine::graph::compiled::compile;
use weir_engine::graph::error::ApiError;
use weir_engine::graph::operator_spec::{KeySelector, SinkSpec};
use weir_engine::operator::function::{Method, UserError};
use weir_engine::operator::native::NativeFunctions;
use weir_engine::record::Value;
use weir_engine::scenario::Scenario;
use weir_engine::sim::Sim;
use weir_engine::sim::command::Command;
use weir_engine::task::memory::options::MemoryOptions;
use weir_engine::task::pace::Speed;
use weir_engine::time::clock::processing_time;

/// Enough for any of these jobs.
const TICKS_MAX: u64 = 1_000_000;
/// More than the jobs take when nothing happens to them.
const TICKS_OF_A_JOB: u64 = 100;

/// Which of the two functions throws.
#[derive(Clone, Copy, Debug)]
enum Thrower {
    /// Before the exchange: in the chain of the source.
    Producer,
    /// Behind it.
    Consumer,
}

/// `fromSequence → flatMap(a text each) → keyBy → process → discard`: p = 2, all over TaskManagers with segments of 64
/// bytes, records of up to 3,000, so that the
/// writer waits with records in hand. A function throws at a tick, if it is asked to.
fn texts_by_key(scenario: Scenario, throws: Option<(Thrower, u64)>) -> Result<Sim, ApiError> {
    let mut functions = NativeFunctions::default();
    let throw_at = move |thrower: Thrower, now: i64| match (throws, thrower) {
        (Some((Thrower::Producer, tick)), Thrower::Producer)
        | (Some((Thrower::Consumer, tick)), Thrower::Consumer)
            if now >= processing_time(tick) =>
        {
            Err(UserError::new("it is time"))
        }
        _ => Ok(()),
    };
    let text = functions.process(move |method, value, context| {
        if let (Method::Apply, Value::Long(n)) = (method, value) {
            throw_at(Thrower::Producer, context.now)?;
            context.collect(("x".repeat((n * 137 % 3000) as usize).as_str(), *n).into());
        }
        Ok(())
    });
    let same = functions.process(move |method, value, context| {
        if method == Method::ProcessElement {
            throw_at(Thrower::Consumer, context.now)?;
            context.collect(value.clone());
        }
        Ok(())
    });
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.set_parallelism(2)?;
    env.set_buffer_timeout(5)?;
    env.from_sequence(1, 60)?
        .flat_map(text)
        .key_by(KeySelector::Field(1))
        .process(same)
        .name("slow")
        .sink_to(SinkSpec::Discard);
    Ok(Sim::submit(&compile(&env.job()?)?, Rc::new(functions), scenario).expect("the job can run"))
}

/// Two TaskManagers of one slot, so that half of the channels lead over a link, or one of two.
fn cluster(seed: u64) -> Scenario {
    let task_managers = if seed.is_multiple_of(3) { 1 } else { 2 };
    Scenario {
        speeds: map_of([("slow".into(), Speed::TicksPerRecord(2))]),
        task_managers,
        slots_per_task_manager: 2 / task_managers,
        segment_bytes: 64,
        driver: Driver::Seeded,
        default_speed: Speed::RecordsPerTick(2),
        ..Scenario::small(seed)
    }
}

/// Runs to the end: what has ended holds no memory. Answers how it ended.
fn end_of(mut sim: Sim, what: &str) -> JobStatus {
    assert!(sim.run_to_end(TICKS_MAX), "{what}: it does not end");
    let world = sim.world();
    assert!(world.job_status().is_globally_terminal(), "{what}: the job is {}", world.job_status());
    for executor in world.executors() {
        assert!(executor.tasks().iter().all(|task| task.state().is_terminal()), "{what}");
        let pools = executor.shuffle().network_pool();
        assert_eq!(
            (pools.free(), pools.required()),
            (pools.total(), 0),
            "{what}: {} keeps segments",
            executor.id()
        );
    }
    world.job_status()
}

#[test]
fn a_job_can_be_cancelled_at_any_tick() -> Result<(), ApiError> {
    let mut was_blocked = 0;
    for tick in 0..TICKS_OF_A_JOB {
        let mut sim = texts_by_key(cluster(tick), None)?;
        sim.advance(tick);
        let tasks = sim.world().executors().iter().flat_map(|executor| executor.tasks());
        was_blocked += tasks.filter(|task| task.is_blocked()).count();
        sim.command(Command::CancelJob);
        let status = end_of(sim, &format!("cancelled at tick {tick}"));
        let is_late = status == JobStatus::Finished && tick > TICKS_OF_A_JOB * 2 / 3;
        assert!(status == JobStatus::Canceled || is_late, "cancelled at tick {tick}: {status}");
    }
    assert!(was_blocked > 5, "tasks are cancelled with a record in hand: {was_blocked}");
    Ok(())
}

#[test]
fn a_function_can_throw_at_any_tick() -> Result<(), ApiError> {
    for thrower in [Thrower::Producer, Thrower::Consumer] {
        let mut failed = 0;
        for tick in 0..TICKS_OF_A_JOB {
            let sim = texts_by_key(cluster(tick), Some((thrower, tick)))?;
            let status = end_of(sim, &format!("the {thrower:?} throws at tick {tick}"));
            let is_late = status == JobStatus::Finished && tick > TICKS_OF_A_JOB * 2 / 3;
            assert!(
                status == JobStatus::Failed || is_late,
                "the {thrower:?} throws at tick {tick}: {status}"
            );
            failed += u64::from(status == JobStatus::Failed);
        }
        assert!(failed > TICKS_OF_A_JOB / 2, "it still worked at tick {failed}");
    }
    Ok(())
}

/// From no memory at all to enough: a deployment that finds none fails the job, and gives back what it had got.
#[test]
fn any_lack_of_memory_fails_a_job_and_nothing_else() -> Result<(), ApiError> {
    let mut failed = 0;
    for segments in 1..40 {
        let size = format!("{}b", segments * 64);
        let mut memory = MemoryOptions::of_distribution();
        for key in ["taskmanager.memory.network.min", "taskmanager.memory.network.max"] {
            memory.set(key, &size).expect("a size");
        }
        let sim = texts_by_key(Scenario { memory, ..cluster(segments) }, None)?;
        let status = end_of(sim, &format!("{segments} segments"));
        assert!(matches!(status, JobStatus::Failed | JobStatus::Finished), "{segments} segments: {status}");
        failed += u64::from(status == JobStatus::Failed);
    }
    assert!((3..30).contains(&failed), "{failed} of 39 sizes do not suffice");
    Ok(())
}
