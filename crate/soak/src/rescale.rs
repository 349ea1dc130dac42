//! Restoring at every parallelism, from every kind of snapshot, into both backends: what is committed is what a run that
//! nothing disturbs commits.
//!
//! A seed is a place in the matrix of snapshot, backends, old and new parallelism, of a job with every kind of edge; then
//! of each of the small jobs, with their windows, timers, joins and broadcast state; beyond that the same again with
//! another cluster and another moment. A snapshot goes from run to run as a user takes it from page to page: saved as one
//! file, whose bytes are loaded. Its state is in files of the simulated file system, or in the JobManager's memory. Some
//! runs fail while they are restored, and of some another snapshot is taken as
//! soon as it is possible, for a third run. `cargo soak rescale --seed N` replays one.

use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use weir_engine::base::choice::Driver;
use weir_engine::base::ids::TaskId;
use weir_engine::checkpoint::coordinator::completed::CompletedCheckpoint;
use weir_engine::checkpoint::coordinator::request::SavepointFormat;
use weir_engine::checkpoint::handles::{OperatorSubtaskState, StreamStateHandle};
use weir_engine::checkpoint::restore::settings::RestoreSettings;
use weir_engine::cluster::job_status::JobStatus;
use weir_engine::cluster::process_fault::ProcessFault;
use weir_engine::graph::api::StreamExecutionEnvironment;
use weir_engine::graph::checkpoint_settings::CheckpointingMode;
use weir_engine::graph::compiled::{CompiledJob, compile};
use weir_engine::graph::error::ApiError;
use weir_engine::graph::operator_spec::{DeliveryGuarantee, Field, KeySelector, SinkSpec, SourceSpec};
use weir_engine::graph::watermark_strategy::{WatermarkGeneration, WatermarkStrategy};
use weir_engine::network::barrier::SnapshotType;
use weir_engine::operator::function::UserError;
use weir_engine::operator::native::NativeFunctions;
use weir_engine::record::Value;
use weir_engine::scenario::Scenario;
use weir_engine::sim::Sim;
use weir_engine::sim::command::Command;
use weir_engine::sim::file_needs::files_of;
use weir_engine::task::pace::Speed;

use crate::Tally;
use crate::Trial;
use crate::dice::Dice;
use crate::small_jobs::{Job, PACES};

/// Parallelisms of the matrix.
const PARALLELISM_MAX: u32 = 6;
const RECORDS: i64 = 240;
const KEYS: i64 = 7;
/// Of the job: the source, the two before the keys and behind them, and one behind each other edge.
const VERTICES: u32 = 6;
const TICKS_MAX: u64 = 200_000;
const REQUESTS_MAX: u32 = 200;
/// Longer than a small job in its own time.
const LAG_MS: i64 = 1000;

/// How a snapshot is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Aligned,
    Unaligned,
    /// Aligned until its time is out.
    TimedOut,
    /// The second of two, with the files of the first.
    Incremental,
    /// At least once: rows may come twice.
    AtLeastOnce,
    NativeSavepoint,
    CanonicalSavepoint,
    /// The job stops with it.
    Stop,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Backend {
    Heap,
    Files,
}

/// Every snapshot with the backend that wrote it and the one that reads it: only a canonical savepoint may change it.
const WAYS: [(Kind, Backend, Backend); 17] = {
    use Backend::{Files, Heap};
    [
        (Kind::Aligned, Heap, Heap),
        (Kind::Aligned, Files, Files),
        (Kind::Unaligned, Heap, Heap),
        (Kind::Unaligned, Files, Files),
        (Kind::TimedOut, Heap, Heap),
        (Kind::TimedOut, Files, Files),
        (Kind::Incremental, Files, Files),
        (Kind::AtLeastOnce, Heap, Heap),
        (Kind::AtLeastOnce, Files, Files),
        (Kind::NativeSavepoint, Heap, Heap),
        (Kind::NativeSavepoint, Files, Files),
        (Kind::CanonicalSavepoint, Heap, Heap),
        (Kind::CanonicalSavepoint, Heap, Files),
        (Kind::CanonicalSavepoint, Files, Heap),
        (Kind::CanonicalSavepoint, Files, Files),
        (Kind::Stop, Heap, Files),
        (Kind::Stop, Files, Heap),
    ]
};

/// Places in the matrix of one job.
const PLACES: u64 = WAYS.len() as u64 * (PARALLELISM_MAX * PARALLELISM_MAX) as u64;

/// A place in the matrix.
pub struct RescaleSeed {
    /// A small one; else the one with every kind of edge.
    job: Option<Job>,
    kind: Kind,
    backends: [Backend; 3],
    parallelisms: [u32; 3],
    /// When the snapshot is asked for at the earliest.
    asked_at: u64,
    /// When another one is asked for in the second run, for a third one: records in flight may still be on their way to
    /// whom they belong to now.
    again_at: Option<u64>,
    /// Whether state is kept in files, all of it, or in the JobManager's memory.
    is_in_files: bool,
    scenarios: [Scenario; 3],
}

/// Totals over places of the matrix.
#[derive(Clone, Debug, Default)]
pub struct RescaleCounts {
    pub runs: u64,
    /// Runs that began with records in flight, and bytes of them.
    pub with_in_flight: u64,
    pub in_flight_bytes: u64,
    /// Of those, runs at another parallelism.
    pub in_flight_rescaled: u64,
    /// Bytes of the snapshots as they were saved, and files in them.
    pub saved_bytes: u64,
    pub saved_files: u64,
    /// Snapshots that were refused before one was taken.
    pub refused: u64,
}

impl Tally for RescaleCounts {
    fn add(&mut self, other: Self) {
        self.runs += other.runs;
        self.with_in_flight += other.with_in_flight;
        self.in_flight_bytes += other.in_flight_bytes;
        self.in_flight_rescaled += other.in_flight_rescaled;
        self.saved_bytes += other.saved_bytes;
        self.saved_files += other.saved_files;
        self.refused += other.refused;
    }
}

impl fmt::Display for RescaleCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { runs, with_in_flight, in_flight_bytes, in_flight_rescaled, refused, .. } = self;
        writeln!(f, "{runs} runs from a snapshot to the end, {refused} snapshots refused before")?;
        writeln!(f, "{} bytes saved and loaded, {} files in them", self.saved_bytes, self.saved_files)?;
        writeln!(
            f,
            "{with_in_flight} began with records in flight ({in_flight_bytes} bytes), {in_flight_rescaled} of them at \
             another parallelism"
        )
    }
}

impl Trial for RescaleSeed {
    type Counts = RescaleCounts;
    const COMMAND: &'static str = "cargo soak rescale";
    const SEEDS: u64 = PLACES * (1 + Job::ALL.len() as u64);

    fn new(seed: u64) -> Self {
        let (way, rest) = (seed % WAYS.len() as u64, seed / WAYS.len() as u64);
        let jobs: Vec<Option<Job>> = [None].into_iter().chain(Job::ALL.map(Some)).collect();
        let job = jobs[(seed / PLACES) as usize % jobs.len()];
        let (kind, from, to) = WAYS[way as usize];
        let side = u64::from(PARALLELISM_MAX);
        let mut dice = Dice::new(seed, 0);
        let [old, new] = [rest / side % side, rest % side].map(|place| place as u32 + 1);
        let parallelisms = [old, new, dice.between(1, PARALLELISM_MAX)];
        // A small job ends the sooner, the more subtasks it has.
        let asked_at = u64::from(dice.between(40, if job.is_some() { 60 + 180 / old } else { 240 }));
        let again_at = dice.once_in(2).then(|| u64::from(dice.between(8, 60)));
        let is_in_files = !dice.once_in(4);
        let mut scenarios = parallelisms.map(|parallelism| scenario(&mut dice, parallelism));
        if dice.once_in(3) {
            // While it is restored, or soon after: it begins with the same snapshot once more.
            let vertices = if job.is_some() { 2 } else { VERTICES };
            let task = TaskId(dice.below(vertices * new));
            let at = u64::from(dice.between(12, 90));
            // A task that fails while the job is stopped fails the job, whatever its restart strategy says, as in Flink.
            let is_stopping = kind == Kind::Stop && again_at.is_some_and(|again_at| at >= again_at);
            if !is_stopping {
                scenarios[1].process_faults.push((at, ProcessFault::FailTask(task)));
            }
        }
        Self { job, kind, backends: [from, to, to], parallelisms, asked_at, again_at, is_in_files, scenarios }
    }

    fn outline(&self) -> String {
        let Self { kind, backends: [from, to, _], parallelisms: [old, new, last], asked_at, .. } = self;
        let again = self
            .again_at
            .map_or(String::new(), |at| format!("; the same again from tick {at} on, restored by {last}"));
        let fault = self.scenarios[1]
            .process_faults
            .first()
            .map_or(String::new(), |(at, fault)| format!("; {fault:?} at tick {at} of the second run"));
        let storage = if self.is_in_files { "files" } else { "memory" };
        format!(
            "{}: {kind:?} in {storage} of {old} subtasks on {from:?}, from tick {asked_at} on; restored by {new} on {to:?}{again}{fault}",
            self.job.map_or("every edge", Job::name)
        )
    }

    fn run(&self) -> RescaleCounts {
        let mut counts = RescaleCounts::default();
        let mut committed = Rows::new();
        let mut snapshot = None;
        for (run, asked_at) in [Some(self.asked_at), self.again_at, None].into_iter().enumerate() {
            let mut sim = self.submit(run, snapshot.take());
            counts.runs += u64::from(run > 0);
            let mut taken = None;
            if let Some(asked_at) = asked_at {
                sim.advance(asked_at);
                if self.kind == Kind::Incremental {
                    let _first_of_two = self.snapshot(&mut sim, &mut counts.refused);
                    sim.advance(30);
                }
                taken = self.snapshot(&mut sim, &mut counts.refused);
            }
            let Some((before, taken)) = taken else {
                assert!(sim.run_to_end(TICKS_MAX), "it does not end: {}", sentence(&sim));
                assert_eq!(sim.world().job_status(), JobStatus::Finished, "{}", sentence(&sim));
                add(&mut committed, rows(&sim));
                break;
            };
            add(&mut committed, before);
            let in_flight = in_flight_bytes(&taken);
            let is_rescaled = self.parallelisms[run] != self.parallelisms[run + 1];
            counts.with_in_flight += u64::from(in_flight > 0);
            counts.in_flight_bytes += in_flight;
            counts.in_flight_rescaled += u64::from(in_flight > 0 && is_rescaled);
            let is_file = |handle: &&StreamStateHandle| matches!(handle, StreamStateHandle::File { .. });
            counts.saved_files += files_of(&taken).filter(is_file).count() as u64;
            let file = sim.world().export_snapshot(taken.id).expect("it is kept");
            let file = file.unwrap_or_else(|error| panic!("it is not saved: {error}"));
            counts.saved_bytes += file.len() as u64;
            snapshot = Some(file);
        }
        compare(&self.expected(), &committed, self.kind == Kind::AtLeastOnce);
        counts
    }
}

impl RescaleSeed {
    fn submit(&self, run: usize, snapshot: Option<Rc<[u8]>>) -> Sim {
        let (job, functions) = self.job(run).unwrap_or_else(|error| panic!("{}", error.message));
        let scenario = self.scenarios[run].clone();
        let functions = Rc::new(functions);
        let sim = match snapshot {
            None => Sim::submit(&job, functions, scenario),
            Some(file) => Sim::submit_from_file(&job, functions, scenario, &file, RestoreSettings::default()),
        };
        sim.unwrap_or_else(|error| panic!("the job is refused: {error:?}"))
    }

    /// From one source over every kind of edge: keyed, where keys are counted, as the user says, to one, point to point.
    fn job(&self, run: usize) -> Result<(CompiledJob, NativeFunctions), ApiError> {
        let mut functions = NativeFunctions::default();
        let number = functions.add_with_method(|_, args, _| Ok(args[0].clone()));
        let one = functions.map(|number| match number {
            Value::Long(n) => Value::tuple([Value::Long(n % KEYS), Value::Long(1)]),
            other => panic!("{other} is no number"),
        });
        let same = functions.map(Value::clone);
        let channel = functions.add_with_method(|_, args, _| match args {
            [Value::Long(key), Value::Long(channels)] => Ok(Value::Long(key % 5 % channels)),
            _ => Err(UserError::new("no number")),
        });
        let env = StreamExecutionEnvironment::get_execution_environment();
        env.set_parallelism(self.parallelisms[run] as i32)?;
        self.configure(&env, self.backends[run])?;
        if let Some(job) = self.job {
            env.set_buffer_timeout(4)?.set_auto_watermark_interval(5)?;
            return Ok((job.build_with_lag(&env, &mut functions, LAG_MS)?, functions));
        }
        let source =
            SourceSpec::DataGenerator { function: number, count: RECORDS, records_per_second: Some(800.0) };
        let numbers = env.from_source(source, WatermarkStrategy::of(WatermarkGeneration::None), "numbers");
        let sink =
            |name: &str| SinkSpec::Table { name: name.into(), guarantee: DeliveryGuarantee::ExactlyOnce };
        let counts = numbers.rebalance()?.map(one).key_by(KeySelector::Field(0)).sum(Field::Position(1));
        counts.name("counts").sink_to(sink("keyed"));
        numbers
            .partition_custom(channel, KeySelector::Identity)?
            .map(same)
            .name("chosen")
            .sink_to(sink("custom"));
        numbers.global()?.map(same).name("all").sink_to(sink("global"));
        numbers.rescale()?.map(same).name("near").sink_to(sink("rescale"));
        Ok((compile(&env.job()?)?, functions))
    }

    fn configure(&self, env: &StreamExecutionEnvironment, backend: Backend) -> Result<(), ApiError> {
        let config = env.get_checkpoint_config();
        // Later than the job ends, also after a restart, so that nothing but what is asked for is taken.
        config.set_checkpoint_interval(1_000_000)?;
        config.set_min_pause_between_checkpoints(1_000_000)?;
        config.set_force_unaligned_checkpoints(true);
        config.enable_unaligned_checkpoints(matches!(self.kind, Kind::Unaligned | Kind::TimedOut));
        if self.kind == Kind::AtLeastOnce {
            config.set_checkpointing_consistency_mode(CheckpointingMode::AtLeastOnce);
        }
        if self.kind == Kind::TimedOut {
            config.set_aligned_checkpoint_timeout(10)?;
        }
        env.configure([
            ("restart-strategy.type", "fixed-delay"),
            ("restart-strategy.fixed-delay.delay", "5 ms"),
            ("restart-strategy.fixed-delay.attempts", "9"),
        ])?;
        if self.is_in_files {
            env.configure([
                ("execution.checkpointing.dir", "hdfs:///checkpoints"),
                ("execution.checkpointing.data-inline-threshold", "0"),
            ])?;
        }
        if backend == Backend::Files {
            let incremental = if self.kind == Kind::Incremental { "true" } else { "false" };
            env.configure([
                ("state.backend.type", "rocksdb"),
                ("execution.checkpointing.incremental", incremental),
                ("state.backend.rocksdb.writebuffer.size", "1"),
            ])?;
        }
        Ok(())
    }

    /// Asks for a snapshot until there is one that is kept, or the job is over. Answers what was committed before it, too: its own
    /// commits begin a message later.
    fn snapshot(&self, sim: &mut Sim, refused: &mut u64) -> Option<(Rows, Rc<CompletedCheckpoint>)> {
        let (snapshot, format) = match self.kind {
            Kind::NativeSavepoint => (SnapshotType::Savepoint, SavepointFormat::Native),
            Kind::CanonicalSavepoint => (SnapshotType::Savepoint, SavepointFormat::Canonical),
            Kind::Stop => (SnapshotType::SavepointSuspend, SavepointFormat::Canonical),
            _ => (SnapshotType::Checkpoint, SavepointFormat::default()),
        };
        let mut last = None;
        for _ in 0..REQUESTS_MAX {
            let before = answers(sim).len();
            sim.command(Command::RequestCheckpoint { snapshot, format, target: None });
            let from = sim.world().tick();
            while answers(sim).len() == before {
                if sim.is_over() {
                    return None;
                }
                sim.advance(1);
                assert!(sim.world().tick() < from + TICKS_MAX, "no answer comes: {}", sentence(sim));
            }
            match &answers(sim)[before].result {
                Ok(snapshot) => {
                    let snapshot = Rc::clone(snapshot);
                    if self.kind == Kind::Stop {
                        assert!(sim.run_to_end(TICKS_MAX), "it does not stop: {}", sentence(sim));
                    }
                    // The last checkpoint goes with a job that ends at once.
                    let is_kept = sim.world().export_snapshot(snapshot.id).is_some();
                    assert!(is_kept || sim.world().job_status() == JobStatus::Finished, "it is kept");
                    return is_kept.then(|| (rows(sim), snapshot));
                }
                Err(reason) => last = Some(Rc::clone(reason)),
            }
            *refused += 1;
            if sim.world().job_status() == JobStatus::Finished {
                return None;
            }
            sim.advance(5);
        }
        panic!("no snapshot is taken, because of {last:?}: {}", sentence(sim));
    }

    /// What a run commits that nothing disturbs.
    fn expected(&self) -> Rows {
        if self.job.is_none() {
            return expected();
        }
        let mut sim = self.submit(0, None);
        assert!(sim.run_to_end(TICKS_MAX), "undisturbed, it does not end: {}", sentence(&sim));
        rows(&sim)
    }
}

fn answers(sim: &Sim) -> &[weir_engine::cluster::job_master::checkpointing::CheckpointAnswer] {
    sim.world().job_master().checkpoints().map_or(&[], |checkpoints| checkpoints.answers())
}

/// A cluster on which what reads is slower than what writes.
fn scenario(dice: &mut Dice, parallelism: u32) -> Scenario {
    let task_managers = dice.between(1, parallelism);
    let mut scenario = Scenario {
        driver: Driver::Seeded,
        task_managers,
        slots_per_task_manager: parallelism.div_ceil(task_managers),
        segment_bytes: 64 + dice.below(150),
        default_speed: Speed::RecordsPerTick(2),
        ..Scenario::small(dice.bits())
    };
    scenario.file_system.latency_ticks = dice.below(6);
    for (name, ticks) in PACES {
        scenario.speeds.insert(name.into(), Speed::TicksPerRecord(ticks));
    }
    for name in ["counts", "chosen", "all", "near"] {
        let ticks = dice.between(1, 1 + parallelism.min(3));
        scenario.speeds.insert(name.into(), Speed::TicksPerRecord(ticks));
    }
    scenario
}

fn in_flight_bytes(snapshot: &CompletedCheckpoint) -> u64 {
    let subtasks = snapshot.operators.values().flat_map(|operator| operator.subtasks.values());
    let channels = |state: &OperatorSubtaskState| {
        state.input_channels.iter().chain(&state.result_subpartitions).map(|it| it.size).sum::<u64>()
    };
    subtasks.map(channels).sum()
}

type Rows = BTreeMap<(String, String), u64>;

/// What each table has, and how often.
fn rows(sim: &Sim) -> Rows {
    let mut rows = Rows::new();
    for line in sim.world().output().iter_from(0).filter(|line| !line.stream.ends_with("(all)")) {
        *rows.entry((line.stream.to_string(), line.text.to_string())).or_default() += 1;
    }
    rows
}

/// Whatever the order in which numbers come: each once in every table, and for each key 1, 2, 3 and so on.
fn expected() -> Rows {
    let mut rows = Rows::new();
    for number in 0..RECORDS {
        for table in ["custom", "global", "rescale"] {
            rows.insert((table.to_owned(), number.to_string()), 1);
        }
        rows.insert(("keyed".to_owned(), format!("({},{})", number % KEYS, number / KEYS + 1)), 1);
    }
    rows
}

fn add(all: &mut Rows, more: Rows) {
    for (row, count) in more {
        *all.entry(row).or_default() += count;
    }
}

fn compare(expected: &Rows, got: &Rows, may_be_more: bool) {
    for row in expected.keys().chain(got.keys()) {
        let [expected, mut got] = [expected, got].map(|rows| rows.get(row).copied().unwrap_or(0));
        if may_be_more {
            got = got.min(expected);
        }
        assert_eq!(got, expected, "{} is in table {} so many times", row.1, row.0);
    }
}

fn sentence(sim: &Sim) -> String {
    weir_engine::inspect::sentence::sentence(sim.world()).to_string()
}
