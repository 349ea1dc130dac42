//! Jobs of several stages, in streaming and in batch, whose connections fail at any time: they end, in Flink's
//! words, and all that they held is back.

use std::rc::Rc;

use weir_engine::base::choice::Driver;
use weir_engine::base::ids::TaskManagerId;
use weir_engine::cluster::job_master::JobFailure;
use weir_engine::cluster::job_status::JobStatus;
use weir_engine::cluster::link_fault::{LinkFault, Links};
use weir_engine::graph::api::StreamExecutionEnvironment;
use weir_engine::graph::compiled::compile;
use weir_engine::graph::error::ApiError;
use weir_engine::graph::operator_spec::{Field, KeySelector};
use weir_engine::graph::transformation::RuntimeExecutionMode;
use weir_engine::operator::native::NativeFunctions;
use weir_engine::record::Value;
use weir_engine::scenario::{Scenario, ScheduledFault};
use weir_engine::sim::Sim;

const TICKS_MAX: u64 = 1_000_000;
const TASK_MANAGERS: u32 = 3;
/// Runs of each kind, each with its fault at another time.
const RUNS: u64 = 12;

/// Two sources, united, summed by key, spread to all, and printed, on three TaskManagers with small buffers.
fn run(mode: RuntimeExecutionMode, seed: u64, faults: &[(u64, LinkFault)]) -> Result<Sim, ApiError> {
    let mut functions = NativeFunctions::default();
    let pair = functions.map(|value| match value {
        Value::Long(n) => Value::tuple([Value::Long(n % 11), Value::Long(*n)]),
        other => panic!("the sequence gives Longs, not {other}"),
    });
    let same = functions.map(Clone::clone);
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.set_runtime_mode(mode);
    env.set_parallelism(TASK_MANAGERS as i32)?;
    env.set_buffer_timeout(4)?;
    let others = env.from_sequence(1000, 1060)?;
    let numbers = env.from_sequence(1, 90)?.union(&[(*others).clone()])?;
    let sums = numbers.map(pair).key_by(KeySelector::Field(0)).sum(Field::Position(1));
    sums.broadcast()?.map(same).rebalance()?.print(None);
    let link_faults = faults.iter().map(|&(at_tick, fault)| ScheduledFault { at_tick, fault }).collect();
    let scenario = Scenario {
        task_managers: TASK_MANAGERS,
        slots_per_task_manager: 1,
        segment_bytes: 128,
        driver: if seed == 0 { Driver::Default } else { Driver::Seeded },
        connection_timeout_ticks: 150,
        link_faults,
        ..Scenario::small(seed)
    };
    Ok(Sim::submit(&compile(&env.job()?)?, Rc::new(functions), scenario).expect("the job can run"))
}

/// The job has ended, and nothing of it is left; whether it failed.
fn check_ended(sim: &mut Sim, words: &str, when: &str) -> bool {
    assert!(sim.run_to_end(TICKS_MAX), "{when}: it does not end");
    let world = sim.world();
    for executor in world.executors() {
        let pool = executor.shuffle().network_pool();
        assert_eq!(pool.free(), pool.total(), "{when}: segments of {} are back", executor.id());
        assert!(
            executor.managed_memory().iter().all(|slot| slot.free() == slot.pages()),
            "{when}: pages are back"
        );
    }
    match world.job_master().failure() {
        None => assert_eq!(world.job_status(), JobStatus::Finished, "{when}"),
        Some(JobFailure::Task { failure, .. }) => {
            assert_eq!(world.job_status(), JobStatus::Failed, "{when}");
            assert!(failure.error.message.contains(words), "{when}: {}", failure.error.message);
        }
        Some(other) => panic!("{when}: {other:?}"),
    }
    world.job_status() == JobStatus::Failed
}

fn pair(number: u64) -> (TaskManagerId, TaskManagerId) {
    let (a, b) = [(0, 1), (1, 2), (2, 0)][number as usize % 3];
    (TaskManagerId(a), TaskManagerId(b))
}

#[test]
fn a_reset_at_any_time_ends_the_job() -> Result<(), ApiError> {
    for mode in [RuntimeExecutionMode::Streaming, RuntimeExecutionMode::Batch] {
        let mut failed = 0;
        let mut undisturbed = run(mode, 0, &[])?;
        check_ended(&mut undisturbed, "nothing", "undisturbed");
        for seed in 0..RUNS {
            let tick = 8 + seed * undisturbed.world().tick() / RUNS;
            let (a, b) = pair(seed);
            let mut sim = run(mode, seed, &[(tick, LinkFault::Reset { a, b })])?;
            let when = format!("{mode:?}, seed {seed}, reset at tick {tick}");
            failed += u64::from(check_ended(&mut sim, "Lost connection to task manager", &when));
        }
        assert!(failed > RUNS / 3, "{mode:?}: {failed} of {RUNS} jobs failed");
    }
    Ok(())
}

#[test]
fn a_cut_that_stays_ends_the_job() -> Result<(), ApiError> {
    for mode in [RuntimeExecutionMode::Streaming, RuntimeExecutionMode::Batch] {
        let mut failed = 0;
        let mut undisturbed = run(mode, 0, &[])?;
        check_ended(&mut undisturbed, "nothing", "undisturbed");
        for seed in 0..RUNS {
            let tick = 8 + seed * undisturbed.world().tick() / RUNS;
            let (from, to) = pair(seed);
            let cut = LinkFault::Cut(Links { from, to, both_ways: seed % 2 == 0 });
            let mut sim = run(mode, seed, &[(tick, cut)])?;
            let when = format!("{mode:?}, seed {seed}, cut at tick {tick}");
            failed += u64::from(check_ended(&mut sim, "TransportException", &when));
        }
        assert!(failed > RUNS / 3, "{mode:?}: {failed} of {RUNS} jobs failed");
    }
    Ok(())
}
