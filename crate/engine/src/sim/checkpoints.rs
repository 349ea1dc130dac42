//! Checkpoints of whole jobs, whatever the mode, the cluster and the order of turns: what tasks hand in is enough to
//! begin again, and nothing is lost or counted twice.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::checkers::Checkers;
use super::world::{Fixed, World};
use crate::base::choice::Driver;
use crate::base::ids::{ExecutionAttemptId, TaskId};
use crate::base::ordered::SortedSet;
use crate::base::own::own_seldom;
use crate::base::prng::Prng;
use crate::checkpoint::failure_reason::CheckpointFailureReason;
use crate::checkpoint::handles::{JobManagerTaskRestore, TaskStateSnapshot};
use crate::checkpoint::metrics::CheckpointMetrics;
use crate::cluster::job_status::JobStatus;
use crate::cluster::rpc::{Address, Call, Outbox};
use crate::graph::api::StreamExecutionEnvironment;
use crate::graph::checkpoint_settings::CheckpointingMode;
use crate::graph::compiled::{CompiledJob, compile};
use crate::graph::operator_spec::{Field, KeySelector};
use crate::network::barrier::{CheckpointBarrier, CheckpointOptions, SnapshotType};
use crate::operator::native::NativeFunctions;
use crate::record::Value;
use crate::scenario::Scenario;
use crate::task::pace::Speed;
use crate::task::state::ExecutionState;
use crate::task::stream_task::StreamTask;

const TICKS_MAX: u64 = 6_000;
const NUMBERS: i64 = 300;
const KEYS: i64 = 5;
const SEEDS: u64 = 10;

/// How checkpoints are taken.
#[derive(Clone, Copy, Debug)]
struct How {
    is_exactly_once: bool,
    is_unaligned: bool,
    aligned_timeout_ms: u64,
}

const MODES: [How; 4] = [
    How { is_exactly_once: true, is_unaligned: false, aligned_timeout_ms: 0 },
    How { is_exactly_once: true, is_unaligned: true, aligned_timeout_ms: 0 },
    How { is_exactly_once: true, is_unaligned: true, aligned_timeout_ms: 12 },
    How { is_exactly_once: false, is_unaligned: false, aligned_timeout_ms: 0 },
];

/// What the tasks handed in, by checkpoint.
type HandedIn = BTreeMap<u64, BTreeMap<TaskId, (CheckpointMetrics, Rc<TaskStateSnapshot>)>>;

/// A run whose JobMaster triggers what the test wants, and collects what comes.
struct Run {
    world: World,
    checkers: Checkers,
    handed_in: HandedIn,
    restore: Option<(u64, BTreeMap<TaskId, Rc<TaskStateSnapshot>>)>,
}

/// `fromSequence → rebalance → map → keyBy → sum → keyBy → sum → print`.
fn job(how: How) -> (CompiledJob, NativeFunctions) {
    let mut functions = NativeFunctions::default();
    let pair = functions.map(|value| match value {
        Value::Long(n) => Value::tuple([Value::Long(n % KEYS), Value::Long(*n)]),
        other => panic!("the sequence gives Longs, not {other}"),
    });
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.set_parallelism(2).expect("two are fine");
    let config = env.get_checkpoint_config();
    config.enable_unaligned_checkpoints(how.is_unaligned);
    if !how.is_exactly_once {
        config.set_checkpointing_consistency_mode(CheckpointingMode::AtLeastOnce);
    }
    let numbers = env.from_sequence(1, NUMBERS).expect("a sequence");
    let sums = numbers
        .rebalance()
        .expect("numbers are not keyed")
        .map(pair)
        .key_by(KeySelector::Field(0))
        .sum(Field::Position(1));
    sums.print(None);
    (compile(&env.job().expect("a job")).expect("it compiles"), functions)
}

fn scenario(seed: u64) -> Scenario {
    let mut random = Prng::new(seed);
    Scenario {
        driver: Driver::Seeded,
        task_managers: 1 + random.below(2),
        slots_per_task_manager: 2,
        segment_bytes: 64 + random.below(200),
        default_speed: if random.below(2) == 0 { Speed::RecordsPerTick(2) } else { Speed::TicksPerRecord(2) },
        ..Scenario::small(seed)
    }
}

impl Run {
    fn new(how: How, seed: u64) -> Self {
        let (job, functions) = job(how);
        let fixed = Fixed::of(&job, Rc::new(functions), scenario(seed)).expect("it can run");
        Self {
            world: World::new(fixed),
            checkers: Checkers::default(),
            handed_in: BTreeMap::new(),
            restore: None,
        }
    }

    fn tick(&mut self) {
        self.checkers.check(&self.world);
        let restore = self.restore.clone();
        for envelope in self.world.rpc.on_the_way_mut() {
            if let (Some((checkpoint_id, states)), Call::SubmitTask(descriptor)) =
                (&restore, &mut envelope.call)
            {
                let state = TaskStateSnapshot::clone(&states[&descriptor.task]);
                let restore = JobManagerTaskRestore {
                    checkpoint_id: *checkpoint_id,
                    state,
                    input_rescaling: Vec::new(),
                    output_rescaling: Vec::new(),
                };
                let descriptor = own_seldom(descriptor);
                (descriptor.task_restore, descriptor.is_restored) = (Some(Rc::new(restore)), true);
            }
            // The readers have their splits from the checkpoint.
            if let (Some(_), Call::AddSplit { execution, .. }) = (&restore, &envelope.call) {
                envelope.call = Call::NoMoreSplits(*execution);
            }
        }
        self.world.finish_tick();
        for envelope in self.world.rpc.on_the_way() {
            if let Call::AcknowledgeCheckpoint { execution, checkpoint, metrics, state } = &envelope.call {
                let tasks = self.handed_in.entry(*checkpoint).or_default();
                tasks.insert(execution.task, (*metrics, Rc::clone(state)));
            }
        }
    }

    /// Says something to the tasks of a job, all of them or its sources.
    fn tell(&mut self, sources_only: bool, call: impl Fn(ExecutionAttemptId) -> Call) {
        let mut outbox = Outbox::default();
        for executor in &self.world.executors {
            for task in executor.tasks() {
                if !sources_only || task.inputs().is_empty() {
                    outbox.send(Address::TaskExecutor(executor.id()), call(task.descriptor().execution()));
                }
            }
        }
        self.world.post(Address::JobMaster, &mut outbox);
    }

    fn trigger(&mut self, id: u64, how: How) {
        let options = CheckpointOptions::for_config(
            SnapshotType::Checkpoint,
            how.is_exactly_once,
            how.is_unaligned,
            how.aligned_timeout_ms,
        );
        let barrier = CheckpointBarrier { id, timestamp: self.world.tick, options };
        self.tell(true, |execution| Call::TriggerCheckpoint { execution, barrier });
    }

    fn is_complete(&self, id: u64) -> bool {
        let tasks = self.world.plan().executions.len();
        self.handed_in.get(&id).is_some_and(|handed_in| handed_in.len() == tasks)
    }

    fn run_until(&mut self, mut is_done: impl FnMut(&Self) -> bool) {
        while !is_done(self) {
            self.tick();
            assert!(self.world.tick < TICKS_MAX, "seed {}: nothing comes of it", self.world.scenario().seed);
        }
    }

    fn is_running(&self) -> bool {
        let mut tasks = self.world.executors.iter().flat_map(|executor| executor.tasks());
        let is_running = |task: &Rc<StreamTask>| {
            let reads = !task.inputs().is_empty() || task.records_in() > 0;
            task.state() == ExecutionState::Running && reads
        };
        self.world.places.len() == self.world.plan().executions.len() && tasks.all(is_running)
    }

    fn is_finished(&self) -> bool {
        self.world.job_status() == JobStatus::Finished
    }

    /// The greatest sum of each key.
    fn sums(&self) -> BTreeMap<i64, i64> {
        let mut sums = BTreeMap::new();
        for line in self.world.output().iter_from(0) {
            let text = line.text.rsplit('(').next().expect("a pair").trim_end_matches(')').to_owned();
            let (key, sum) = text.split_once(',').expect("a pair");
            let (key, sum) = (key.parse().expect("a number"), sum.parse().expect("a number"));
            let known = sums.entry(key).or_insert(0);
            *known = (*known).max(sum);
        }
        sums
    }
}

fn expected() -> BTreeMap<i64, i64> {
    (0..KEYS).map(|key| (key, (1..=NUMBERS).filter(|n| n % KEYS == key).sum())).collect()
}

/// Takes checkpoints at some times, close to each other, and gives one of them up at times; then begins again with what
/// was handed in for the last complete one. Answers how many are complete, and how many bytes were in flight.
fn checkpoint_and_restore(how: How, seed: u64) -> (usize, u64) {
    let mut random = Prng::new(seed ^ 0x00C0_FFEE);
    let mut run = Run::new(how, seed);
    run.run_until(Run::is_running);
    for id in 1..=3 {
        for _ in 0..random.below(40) {
            run.tick();
        }
        run.trigger(id, how);
        if random.below(4) == 0 {
            run.tell(false, |execution| Call::NotifyCheckpointAborted { execution, checkpoint: id });
        }
    }
    run.run_until(|run| run.is_complete(3) || run.is_finished());
    let complete: Vec<u64> = (1..=3).filter(|&id| run.is_complete(id)).collect();
    let Some(last) = complete.last() else { return (0, 0) };
    let handed_in = &run.handed_in[last];
    let in_flight = handed_in.values().map(|(metrics, _)| metrics.bytes_persisted_during_alignment).sum();
    let states = handed_in.iter().map(|(&task, (_, state))| (task, Rc::clone(state))).collect();
    let mut again = Run::new(how, seed);
    again.restore = Some((*last, states));
    again.run_until(Run::is_finished);
    let mut sums = run.sums();
    for (key, sum) in again.sums() {
        let known = sums.entry(key).or_insert(0);
        *known = (*known).max(sum);
    }
    if how.is_exactly_once {
        assert_eq!(sums, expected(), "{how:?} seed {seed} checkpoint {last}");
    } else {
        assert!(expected().iter().all(|(key, sum)| sums[key] >= *sum), "{how:?} seed {seed}");
    }
    (complete.len(), in_flight)
}

#[test]
fn what_tasks_hand_in_is_enough_to_begin_again() {
    let (mut complete, mut in_flight) = ([0; MODES.len()], [0; MODES.len()]);
    for seed in 0..SEEDS {
        for (place, how) in MODES.into_iter().enumerate() {
            let (count, bytes) = checkpoint_and_restore(how, seed);
            complete[place] += count;
            in_flight[place] += bytes;
        }
    }
    assert!(complete.iter().all(|&count| count as u64 >= SEEDS), "few are complete: {complete:?}");
    assert_eq!((in_flight[0], in_flight[3]), (0, 0), "nothing is in flight where barriers are awaited");
    assert!(in_flight[1] > 0 && in_flight[2] > 0, "barriers overtook nothing: {in_flight:?}");
}

#[test]
fn one_that_the_sources_give_up_is_given_up_by_all_and_the_next_is_taken() {
    for how in MODES {
        let mut run = Run::new(how, 3);
        run.run_until(Run::is_running);
        run.tell(true, |execution| Call::NotifyCheckpointAborted { execution, checkpoint: 1 });
        for _ in 0..5 {
            run.tick();
        }
        run.trigger(1, how);
        let mut declined = SortedSet::new();
        for _ in 0..40 {
            run.tick();
            for envelope in run.world.rpc.on_the_way() {
                if let Call::DeclineCheckpoint { execution, checkpoint, reason, .. } = &envelope.call {
                    let cancelled = CheckpointFailureReason::DeclinedOnCancellationBarrier;
                    assert_eq!((*checkpoint, *reason), (1, cancelled), "{how:?}");
                    declined.insert(execution.task);
                }
            }
        }
        run.trigger(2, how);
        run.run_until(|run| run.is_complete(2));
        let readers = run.world.plan().executions.iter().filter(|it| !it.gates.is_empty()).count();
        assert_eq!((declined.len(), run.handed_in.contains_key(&1)), (readers, false), "{how:?}");
    }
}
