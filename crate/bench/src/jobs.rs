//! The jobs that are measured and compared, written with the engine's own builder.

use std::rc::Rc;

use weir_engine::graph::api::StreamExecutionEnvironment;
use weir_engine::graph::compiled::compile;
use weir_engine::graph::error::ApiError;
use weir_engine::graph::operator_spec::{Field, KeySelector, SinkSpec};
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
        let keys = self.keys;
        let mut functions = NativeFunctions::default();
        let pair = functions.map(move |value| pair_of(value, keys));
        let env = StreamExecutionEnvironment::get_execution_environment();
        env.set_parallelism(self.parallelism)?;
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

/// The record that the map makes of a number, in the job and in the loop by hand.
#[inline]
pub fn pair_of(value: &Value, keys: i64) -> Value {
    match value {
        Value::Long(number) => Value::tuple([Value::Long(number % keys), Value::Long(*number)]),
        other => panic!("the sequence gives Longs, not {other}"),
    }
}
