//! The jobs that are measured and compared, written with the engine's own builder.

use std::rc::Rc;

use weir_engine::graph::api::StreamExecutionEnvironment;
use weir_engine::graph::compiled::compile;
use weir_engine::graph::error::ApiError;
use weir_engine::graph::operator_spec::{Field, KeySelector, SinkSpec};
use weir_engine::graph::watermark_strategy::{WatermarkGeneration, WatermarkStrategy};
use weir_engine::graph::windowing::{TimeDomain, WindowAssigner};
use weir_engine::operator::native::NativeFunctions;
use weir_engine::record::Value;
use weir_engine::scenario::Scenario;
use weir_engine::sim::Sim;
use weir_engine::task::pace::Speed;

/// `fromSequence(1, records) → map(n → (n mod keys, n)) → keyBy(0) → sum(1) → sink` on a cluster.
pub struct SequenceSum {
    pub records: i64,
    pub keys: i64,
    pub parallelism: i32,
    pub task_managers: u32,
    pub slots_per_task_manager: u32,
    /// How many records a task takes in a tick.
    pub records_per_tick: u32,
    pub sink: Sink,
}

/// Where the sums go.
#[derive(Clone, Copy)]
pub enum Sink {
    /// `sinkTo(new DiscardingSink())`.
    Discard,
    /// `print()`.
    Print,
}

impl SequenceSum {
    /// The run at its beginning.
    pub fn submit(&self) -> Result<Sim, ApiError> {
        self.submit_with(|_| Ok(()))
    }

    /// The same in an environment that `set_up` changes.
    pub fn submit_with(
        &self,
        set_up: impl FnOnce(&StreamExecutionEnvironment) -> Result<(), ApiError>,
    ) -> Result<Sim, ApiError> {
        let keys = self.keys;
        let mut functions = NativeFunctions::default();
        let pair = functions.map(move |value| pair_of(value, keys));
        let env = StreamExecutionEnvironment::get_execution_environment();
        env.set_parallelism(self.parallelism)?;
        set_up(&env)?;
        let sums = env
            .from_sequence(1, self.records)?
            .map(pair)
            .key_by(KeySelector::Field(0))
            .sum(Field::Position(1));
        match self.sink {
            Sink::Discard => sums.sink_to(SinkSpec::Discard),
            Sink::Print => sums.print(None),
        };
        let scenario = Scenario {
            task_managers: self.task_managers,
            slots_per_task_manager: self.slots_per_task_manager,
            default_speed: Speed::RecordsPerTick(self.records_per_tick),
            ..Scenario::small(1)
        };
        Ok(Sim::submit(&compile(&env.job()?)?, Rc::new(functions), scenario).expect("the job can run"))
    }
}

/// `fromSequence(0, records − 1)`, a time for each, `→ map(n → (n mod keys, n)) → keyBy(0) → window → sum(1) → discard`
/// on one TaskManager: each window has all keys.
pub struct WindowSum {
    pub records: i64,
    pub keys: i64,
    pub parallelism: i32,
    /// How many records the subtasks of a vertex take in a tick, all together.
    pub records_per_tick: u32,
}

/// Length of a window, in ms of event time.
pub const WINDOW_MS: i64 = 100;

impl WindowSum {
    /// The run at its beginning.
    pub fn submit(&self) -> Result<Sim, ApiError> {
        let keys = self.keys;
        let mut functions = NativeFunctions::default();
        let (records, parallelism) = (self.records, i64::from(self.parallelism));
        let time = functions.map(move |value| Value::Long(time_of(long_of(value), records, parallelism)));
        let pair = functions.map(move |value| pair_of(value, keys));
        let strategy = WatermarkStrategy::of(WatermarkGeneration::Monotonous).with_timestamp_assigner(time);
        let env = StreamExecutionEnvironment::get_execution_environment();
        env.set_parallelism(self.parallelism)?;
        env.from_sequence(0, self.records - 1)?
            .assign_timestamps_and_watermarks(strategy)
            .map(pair)
            .key_by(KeySelector::Field(0))
            .window(WindowAssigner::tumbling(TimeDomain::EventTime, WINDOW_MS, 0)?)
            .sum(Field::Position(1))
            .sink_to(SinkSpec::Discard);
        let scenario = Scenario {
            task_managers: 1,
            slots_per_task_manager: self.parallelism as u32,
            default_speed: Speed::RecordsPerTick(self.records_per_tick / self.parallelism as u32),
            ..Scenario::small(1)
        };
        Ok(Sim::submit(&compile(&env.job()?)?, Rc::new(functions), scenario).expect("the job can run"))
    }
}

/// The time of a number's record: a thousand of them a ms, of which each subtask of the source reads its share, since
/// the times of all the splits, which are as long as each other, go from the first to the last.
pub const fn time_of(number: i64, records: i64, parallelism: i64) -> i64 {
    number % (records / parallelism) * parallelism / 1000
}

fn long_of(value: &Value) -> i64 {
    match value {
        Value::Long(number) => *number,
        other => panic!("the sequence gives Longs, not {other}"),
    }
}

/// The record that the map makes of a number, in the job and in the loop by hand.
#[inline]
pub fn pair_of(value: &Value, keys: i64) -> Value {
    let number = long_of(value);
    Value::tuple([Value::Long(number % keys), Value::Long(number)])
}
