//! Barriers in jobs that run: nothing that they overtook is lost, several are under way at once, and those that come to
//! nothing are given up by all.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use weir_engine::checkpoint::coordinator::statistics::CheckpointStatus;
use weir_engine::checkpoint::failure_reason::CheckpointFailureReason;
use weir_engine::cluster::job_master::checkpointing::Checkpoints;
use weir_engine::cluster::job_status::JobStatus;
use weir_engine::cluster::rpc::Call;
use weir_engine::graph::api::StreamExecutionEnvironment;
use weir_engine::graph::checkpoint_settings::CheckpointingMode;
use weir_engine::graph::compiled::compile;
use weir_engine::graph::error::ApiError;
use weir_engine::graph::operator_spec::{DeliveryGuarantee, Field, KeySelector, SinkSpec, SourceSpec};
use weir_engine::graph::watermark_strategy::{WatermarkGeneration, WatermarkStrategy};
use weir_engine::network::buffer::DataType;
use weir_engine::network::event::Event;
use weir_engine::network::message::NetworkMessage;
use weir_engine::operator::function::{Method, UserError};
use weir_engine::operator::native::NativeFunctions;
use weir_engine::record::Value;
use weir_engine::scenario::Scenario;
use weir_engine::sim::Sim;
use weir_engine::task::pace::Speed;
use weir_engine::task::stream_task::StreamTask;
use weir_engine::time::clock::processing_time;

/// Records of each of two sources.
const RECORDS: i64 = 30;
const TICKS_MAX: u64 = 20_000;

/// `left, right → connect → CoMap (slow; throws once, at a tick) → keyBy(n % 3) → count → tables`.
fn submit(
    throws_at: Option<u64>,
    rpc_latency_ticks: u32,
    change: impl FnOnce(&StreamExecutionEnvironment) -> Result<(), ApiError>,
) -> Result<Sim, ApiError> {
    let mut functions = NativeFunctions::default();
    let number = functions.add_with_method(|_, args, _| Ok(args[0].clone()));
    let one = functions.add_with_method(move |_, args, context| {
        let attempt = context.subtask.as_ref().map_or(0, |subtask| subtask.attempt);
        if throws_at.is_some_and(|at| attempt == 0 && context.now >= processing_time(at)) {
            return Err(UserError::new("it must fail once"));
        }
        let Value::Long(n) = args[0] else { return Err(UserError::new("no number")) };
        Ok(Value::tuple([Value::Long(n % 3), Value::Long(1)]))
    });
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.set_parallelism(2)?.enable_checkpointing(30, CheckpointingMode::ExactlyOnce)?;
    let options = vec![
        ("restart-strategy.type", "fixed-delay"),
        ("restart-strategy.fixed-delay.delay", "5 ms"),
        ("restart-strategy.fixed-delay.attempts", "9"),
    ];
    env.configure(options)?;
    change(&env)?;
    let source = |name: &str| {
        let spec =
            SourceSpec::DataGenerator { function: number, count: RECORDS, records_per_second: Some(300.0) };
        env.from_source(spec, WatermarkStrategy::of(WatermarkGeneration::None), name)
    };
    let both = source("left").rebalance()?.connect(&source("right").rebalance()?)?.map(one).name("both");
    let counts = both.key_by(KeySelector::Field(0)).sum(Field::Position(1));
    for (name, guarantee) in
        [("once", DeliveryGuarantee::ExactlyOnce), ("least", DeliveryGuarantee::AtLeastOnce)]
    {
        counts.sink_to(SinkSpec::Table { name: name.into(), guarantee }).name(name);
    }
    let mut scenario = Scenario {
        task_managers: 2,
        slots_per_task_manager: 1,
        segment_bytes: 64,
        rpc_latency_ticks,
        ..Scenario::small(7)
    };
    scenario.speeds.insert("both".into(), Speed::TicksPerRecord(6));
    let job = compile(&env.job()?)?;
    Ok(Sim::submit(&job, Rc::new(functions), scenario).expect("the job can run"))
}

fn finish(mut sim: Sim) -> Sim {
    assert!(sim.run_to_end(TICKS_MAX), "it ends");
    assert_eq!(sim.world().job_status(), JobStatus::Finished, "{:?}", sim.world().job_master().failure());
    sim
}

fn checkpoints(sim: &Sim) -> &Checkpoints {
    sim.world().job_master().checkpoints().expect("a streaming job has checkpoints")
}

fn tasks(sim: &Sim) -> impl Iterator<Item = &Rc<StreamTask>> {
    sim.world().executors().iter().flat_map(|executor| executor.tasks())
}

/// The rows of a table, and how often each is there.
fn rows(sim: &Sim, table: &str) -> BTreeMap<String, u32> {
    let mut rows = BTreeMap::new();
    for line in sim.world().output().iter_from(0).filter(|line| &*line.stream == table) {
        *rows.entry(line.text.to_string()).or_default() += 1;
    }
    rows
}

/// Whatever the order of the records: for each key 1, 2, 3 and so on.
fn expected() -> BTreeMap<String, u32> {
    let counts = (0..3).flat_map(|key| (1..=2 * RECORDS / 3).map(move |count| (key, count)));
    counts.map(|(key, count)| (format!("({key},{count})"), 1)).collect()
}

#[test]
fn a_failure_at_any_time_loses_nothing_that_barriers_overtook() -> Result<(), ApiError> {
    for timeout in [0, 5] {
        let mut in_flight = 0;
        for at in (45..260).step_by(11) {
            let sim = finish(submit(Some(at), 1, |env| {
                let config = env.get_checkpoint_config();
                config.enable_unaligned_checkpoints(true);
                config.set_aligned_checkpoint_timeout(timeout)
            })?);
            assert_eq!(rows(&sim, "once"), expected(), "time-out {timeout}, failure at {at}");
            let statistics = checkpoints(&sim).coordinator().statistics();
            let restored = statistics.restored().map_or(0, |restored| restored.id);
            let stats = statistics.history().iter().find(|stats| stats.id == restored);
            let bytes =
                stats.map_or(0, |stats| stats.sum(|metrics| metrics.bytes_persisted_during_alignment));
            in_flight += u32::from(bytes > 0);
        }
        assert!(in_flight > 8, "time-out {timeout}: {in_flight} restarts had records in flight");
    }
    Ok(())
}

#[test]
fn several_are_under_way_at_once_and_complete_in_their_order() -> Result<(), ApiError> {
    let mut sim = submit(Some(230), 1, |env| {
        let config = env.get_checkpoint_config();
        config.set_checkpoint_interval(10)?;
        config.set_max_concurrent_checkpoints(3)
    })?;
    let (mut most, mut completed) = (0, BTreeSet::new());
    while !sim.is_over() {
        sim.advance(1);
        assert!(sim.world().tick() < TICKS_MAX, "it ends");
        let coordinator = checkpoints(&sim).coordinator();
        most = most.max(coordinator.pending().len());
        if let Some(latest) = coordinator.store().latest() {
            assert!(completed.last().is_none_or(|&last| last <= latest.id), "{completed:?}");
            completed.insert(latest.id);
        }
    }
    assert_eq!((most, rows(&sim, "once")), (3, expected()));
    assert!(completed.len() > 3, "{completed:?}");
    Ok(())
}

#[test]
fn one_that_expires_is_given_up_by_all_and_leaves_nothing() -> Result<(), ApiError> {
    let mut sim = submit(None, 9, |env| {
        env.configure([
            ("execution.checkpointing.dir", "hdfs:///checkpoints"),
            ("execution.checkpointing.data-inline-threshold", "0"),
        ])?;
        let config = env.get_checkpoint_config();
        config.set_checkpoint_timeout(60)?;
        config.set_tolerable_checkpoint_failure_number(1000)
    })?;
    let (mut told, mut late) = (BTreeSet::new(), 0);
    while !sim.is_over() {
        sim.advance(1);
        assert!(sim.world().tick() < TICKS_MAX, "it ends");
        let coordinator = checkpoints(&sim).coordinator();
        let is_pending = |id: u64| coordinator.pending().iter().any(|pending| pending.id == id);
        for envelope in sim.world().rpc().on_the_way() {
            match &envelope.call {
                Call::NotifyCheckpointAborted { execution, checkpoint } => {
                    told.insert((*checkpoint, execution.task));
                }
                Call::AcknowledgeCheckpoint { checkpoint, .. } => late += u32::from(!is_pending(*checkpoint)),
                _ => {}
            }
        }
        // Whoever was told does not go on storing.
        for part in tasks(&sim).flat_map(|task| task.checkpointing().running()) {
            let stats = coordinator.statistics().history().iter().find(|stats| stats.id == part.checkpoint());
            let ended_at = stats.and_then(|stats| stats.ended_at);
            assert!(ended_at.is_none_or(|at| at + 12 >= sim.world().tick()), "{ended_at:?} {stats:?}");
        }
    }
    let expired = CheckpointStatus::Failed(CheckpointFailureReason::Expired);
    let expired_ids: Vec<u64> = {
        let history = checkpoints(&sim).coordinator().statistics().history();
        history.iter().filter(|stats| stats.status == expired).map(|stats| stats.id).collect()
    };
    let all_tasks = sim.world().plan().executions.len();
    assert!(expired_ids.len() > 1 && late > 0, "{expired_ids:?}, {late} answers were late");
    for id in expired_ids {
        let tasks = told.iter().filter(|(checkpoint, _)| *checkpoint == id).count();
        assert!(tasks > all_tasks / 2, "{tasks} of {all_tasks} tasks were told of {id}");
    }
    assert_eq!(rows(&sim, "once"), expected());
    assert_eq!(sim.world().file_system().files().count(), 0, "late answers leave no files");
    Ok(())
}

#[test]
fn at_least_once_nothing_waits_and_nothing_is_lost() -> Result<(), ApiError> {
    let mut sim = submit(Some(150), 1, |env| {
        env.get_checkpoint_config().set_checkpointing_consistency_mode(CheckpointingMode::AtLeastOnce);
        Ok(())
    })?;
    while !sim.is_over() {
        sim.advance(1);
        assert!(sim.world().tick() < TICKS_MAX, "it ends");
        for executor in sim.world().executors() {
            for gate in executor.tasks().iter().flat_map(|task| task.inputs().gates()) {
                let shuffle = executor.shuffle();
                // The mark behind what was restored is awaited on all channels; it comes first of all.
                let is_blocked = shuffle
                    .gate(gate)
                    .channels()
                    .iter()
                    .any(|channel| channel.is_blocked && sim.world().tick() < 150);
                assert!(!is_blocked, "a channel waits for a barrier at tick {}", sim.world().tick());
            }
        }
    }
    assert!(checkpoints(&sim).coordinator().statistics().restored().is_some_and(|it| it.id > 0));
    let rows = rows(&sim, "least");
    assert!(expected().keys().all(|row| rows.contains_key(row)), "{rows:?}");
    Ok(())
}

/// A source that ends early, whose records are counted at its end, and one that goes on.
fn with_an_early_end(throws_at: u64) -> Result<Sim, ApiError> {
    let mut functions = NativeFunctions::default();
    let number = functions.add_with_method(|_, args, _| Ok(args[0].clone()));
    let count = functions.add_with_method(|method, args, _| {
        let long = |place: usize| match args[place] {
            Value::Long(n) => n,
            _ => 0,
        };
        Ok(Value::Long(match method {
            Method::CreateAccumulator => 0,
            Method::Add => long(1) + 1,
            Method::Merge => long(0) + long(1),
            Method::GetResult => long(0),
            _ => return Ok(Value::Null),
        }))
    });
    let fails = functions.add_with_method(move |_, args, context| {
        let attempt = context.subtask.as_ref().map_or(0, |subtask| subtask.attempt);
        if attempt == 0 && context.now >= processing_time(throws_at) {
            return Err(UserError::new("it must fail once"));
        }
        Ok(args[0].clone())
    });
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.set_parallelism(2)?.enable_checkpointing(30, CheckpointingMode::ExactlyOnce)?;
    env.configure([
        ("restart-strategy.type", "fixed-delay"),
        ("restart-strategy.fixed-delay.delay", "5 ms"),
        ("restart-strategy.fixed-delay.attempts", "9"),
    ])?;
    let source = |name: &str, count| {
        let spec = SourceSpec::DataGenerator { function: number, count, records_per_second: Some(200.0) };
        env.from_source(spec, WatermarkStrategy::of(WatermarkGeneration::None), name)
    };
    let table = |name: &str| SinkSpec::Table { name: name.into(), guarantee: DeliveryGuarantee::ExactlyOnce };
    let few = source("few", 10);
    // In a chain of its own, for what is chained with it waits with it for the end.
    few.full_window_partition().aggregate(count)?.start_new_chain().sink_to(table("ends"));
    few.union(&[(*source("many", 60)).clone()])?.map(fails).sink_to(table("all"));
    let scenario = Scenario { task_managers: 2, slots_per_task_manager: 1, ..Scenario::small(7) };
    let job = compile(&env.job()?)?;
    Ok(Sim::submit(&job, Rc::new(functions), scenario).expect("the job can run"))
}

#[test]
fn what_has_finished_stays_finished_after_a_failure() -> Result<(), ApiError> {
    let mut as_finished = 0;
    for at in [90, 120, 150, 190, 240, 290] {
        let mut sim = with_an_early_end(at)?;
        let mut finished = BTreeSet::new();
        while !sim.is_over() {
            sim.advance(1);
            assert!(sim.world().tick() < TICKS_MAX, "it ends");
            let restored = tasks(&sim).filter(|task| task.descriptor().is_finished_on_restore());
            finished.extend(restored.map(|task| task.descriptor().task));
        }
        as_finished += u32::from(!finished.is_empty());
        assert_eq!(
            sim.world().job_status(),
            JobStatus::Finished,
            "failure at {at}: {:?}",
            sim.world().job_master().failure()
        );
        let (ends, all) = (rows(&sim, "ends"), rows(&sim, "all"));
        assert_eq!(ends.values().sum::<u32>(), 2, "failure at {at}: each subtask counts once: {ends:?}");
        let counted: i64 = ends.iter().map(|(row, &times)| row.parse().unwrap_or(0) * i64::from(times)).sum();
        assert_eq!(counted, 10, "failure at {at}: {ends:?}");
        let times = |n: i64| all.get(&n.to_string()).copied().unwrap_or(0);
        assert!((0..60).all(|n| times(n) == 1 + u32::from(n < 10)), "failure at {at}: {all:?}");
    }
    assert!(as_finished > 2, "{as_finished} runs began with tasks that had finished");
    Ok(())
}

#[test]
fn barriers_overtake_only_where_records_can_be_given_to_others_later() -> Result<(), ApiError> {
    let mut functions = NativeFunctions::default();
    let number = functions.add_with_method(|_, args, _| Ok(args[0].clone()));
    let same = functions.map(Value::clone);
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.set_parallelism(2)?.enable_checkpointing(30, CheckpointingMode::ExactlyOnce)?;
    env.get_checkpoint_config().enable_unaligned_checkpoints(true);
    let spec = SourceSpec::DataGenerator { function: number, count: 40, records_per_second: Some(300.0) };
    let numbers = env.from_source(spec, WatermarkStrategy::of(WatermarkGeneration::None), "numbers");
    let near = numbers.set_parallelism(1)?.rescale()?.map(same);
    let sink = SinkSpec::Table { name: "all".into(), guarantee: DeliveryGuarantee::ExactlyOnce };
    near.key_by(KeySelector::Identity).reduce(functions.reduce(|_, last| last.clone())).sink_to(sink);
    let scenario = Scenario { task_managers: 2, slots_per_task_manager: 1, ..Scenario::small(7) };
    let mut sim = Sim::submit(&compile(&env.job()?)?, Rc::new(functions), scenario).expect("the job can run");
    let mut seen = BTreeSet::new();
    while !sim.is_over() {
        sim.advance(1);
        assert!(sim.world().tick() < TICKS_MAX, "it ends");
        for in_flight in sim.world().links().iter().flat_map(|link| link.in_flight()) {
            if let NetworkMessage::BufferResponse { buffer, .. } = &*in_flight.message
                && let DataType::Event(Event::CheckpointBarrier(barrier)) = buffer.data_type
            {
                let channel = &sim.world().plan().channels[in_flight.message.channel().index()];
                seen.insert((channel.ship_strategy.to_string(), barrier.options.alignment.name()));
            }
        }
    }
    let expected = [("HASH".to_owned(), "UNALIGNED"), ("RESCALE".to_owned(), "FORCED_ALIGNED")];
    assert_eq!(seen, BTreeSet::from(expected));
    Ok(())
}
