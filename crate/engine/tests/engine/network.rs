//! The network in whole runs: too little memory, channels without buffers of their own, buffers that are debloated.

use std::rc::Rc;

use weir_engine::cluster::job_master::JobFailure;
use weir_engine::cluster::job_status::JobStatus;
use weir_engine::graph::api::StreamExecutionEnvironment;
use weir_engine::graph::compiled::compile;
use weir_engine::graph::error::ApiError;
use weir_engine::graph::operator_spec::{Field, KeySelector};
use weir_engine::network::debloat::DebloatOptions;
use weir_engine::operator::native::NativeFunctions;
use weir_engine::record::Value;
use weir_engine::scenario::Scenario;
use weir_engine::sim::Sim;
use weir_engine::task::memory::options::MemoryOptions;
use weir_engine::task::memory::size::MemorySize;
use weir_engine::task::pace::Speed;

const TICKS_MAX: u64 = 1_000_000;

/// `fromSequence(1, n) → map(x mod 7) → keyBy → sum → print`, p = 2, the sum slow.
fn slow_sums(n: i64, scenario: Scenario) -> Result<Sim, ApiError> {
    let mut functions = NativeFunctions::default();
    let pair = functions.map(move |value| match value {
        Value::Long(n) => Value::tuple([Value::Long(n % 7), Value::Long(*n)]),
        other => panic!("the sequence gives Longs, not {other}"),
    });
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.set_parallelism(2)?;
    env.from_sequence(1, n)?
        .map(pair)
        .key_by(KeySelector::Field(0))
        .sum(Field::Position(1))
        .name("slow")
        .print(None);
    let mut scenario = Scenario { task_managers: 2, slots_per_task_manager: 1, ..scenario };
    scenario.speeds.insert("slow".into(), Speed::TicksPerRecord(4));
    Ok(Sim::submit(&compile(&env.job()?)?, Rc::new(functions), scenario).expect("the job can run"))
}

fn last_sums(sim: &Sim) -> Vec<String> {
    let mut lines: Vec<String> =
        sim.world().output().iter_from(0).map(|line| line.text.to_string()).collect();
    lines.sort();
    lines
}

fn messages(sim: &Sim, name: &str) -> usize {
    sim.world().messages().iter_from(0).filter(|crossing| crossing.contents.kind() == name).count()
}

#[test]
fn too_little_memory_is_flinks_error() -> Result<(), ApiError> {
    let memory = MemoryOptions {
        network_min: MemorySize::parse("128 kb").ok(),
        network_max: MemorySize::parse("128 kb").ok(),
        ..MemoryOptions::of_distribution()
    };
    let mut sim = slow_sums(10, Scenario { memory, ..Scenario::small(1) })?;
    assert!(sim.run_to_end(TICKS_MAX));
    assert_eq!(sim.world().job_status(), JobStatus::Failed);
    let Some(JobFailure::Task { failure, .. }) = sim.world().job_master().failure() else {
        panic!("a task failed");
    };
    assert_eq!(
        failure.error.message,
        "IOException: Insufficient number of network buffers: required 2, but only 0 available. The total number of \
         network buffers is currently set to 4 of 32768 bytes each."
    );
    assert!(sim.world().executors().iter().all(|executor| executor.shuffle().segments_in_use() == 0));
    Ok(())
}

#[test]
fn channels_without_buffers_of_their_own_are_told_of_the_backlog() -> Result<(), ApiError> {
    let scenario = || Scenario { segment_bytes: 64, ..Scenario::small(3) };
    let mut usual = slow_sums(300, scenario())?;
    let mut sim = slow_sums(300, Scenario { exclusive_buffers_per_channel: 0, ..scenario() })?;
    assert!(usual.run_to_end(TICKS_MAX) && sim.run_to_end(TICKS_MAX));
    assert_eq!(sim.world().job_status(), JobStatus::Finished);
    assert_eq!(sim.world().output().len(), usual.world().output().len());
    assert!(messages(&sim, "BacklogAnnouncement") > 0 && messages(&usual, "BacklogAnnouncement") == 0);
    assert!(sim.world().executors().iter().all(|executor| executor.shuffle().segments_in_use() == 0));
    Ok(())
}

#[test]
fn debloated_buffers_hold_less_and_lose_nothing() -> Result<(), ApiError> {
    let buffers_out = |sim: &Sim| {
        let tasks = sim.world().executors().iter().flat_map(|executor| {
            executor.tasks().iter().map(move |task| (executor.shuffle(), task.partitions()))
        });
        tasks
            .flat_map(|(shuffle, partitions)| partitions.iter().map(|&idx| shuffle.counters(idx).1))
            .sum::<u64>()
    };
    let mut usual = slow_sums(3000, Scenario::small(5))?;
    let debloat = Some(DebloatOptions { target_ticks: 50, ..DebloatOptions::default() });
    let mut sim = slow_sums(3000, Scenario { debloat, ..Scenario::small(5) })?;
    assert!(usual.run_to_end(TICKS_MAX) && sim.run_to_end(TICKS_MAX));
    assert_eq!(last_sums(&sim).len(), last_sums(&usual).len());
    assert!(messages(&sim, "NewBufferSize") > 1, "{} sizes announced", messages(&sim, "NewBufferSize"));
    assert!(buffers_out(&sim) > 3 * buffers_out(&usual), "{} and {}", buffers_out(&sim), buffers_out(&usual));
    Ok(())
}
