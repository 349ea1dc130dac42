//! Jobs and clusters that several tests run.

use std::rc::Rc;

use weir_engine::graph::api::StreamExecutionEnvironment;
use weir_engine::graph::checkpoint_settings::CheckpointingMode;
use weir_engine::graph::compiled::{CompiledJob, compile};
use weir_engine::graph::error::ApiError;
use weir_engine::graph::operator_spec::{DeliveryGuarantee, Field, KeySelector, SinkSpec, SourceSpec};
use weir_engine::graph::transformation::RuntimeExecutionMode;
use weir_engine::graph::watermark_strategy::{WatermarkGeneration, WatermarkStrategy};
use weir_engine::operator::function::UserError;
use weir_engine::operator::native::NativeFunctions;
use weir_engine::record::Value;
use weir_engine::scenario::Scenario;
use weir_engine::sim::Sim;
use weir_engine::time::clock::processing_time;

/// `fromSequence(1, n) → map(x mod keys) → keyBy → sum → print` on `parallelism`.
pub fn sum_by_key(
    mode: RuntimeExecutionMode,
    n: i64,
    keys: i64,
    parallelism: i32,
    scenario: Scenario,
) -> Result<Sim, ApiError> {
    let mut functions = NativeFunctions::default();
    let pair = functions.map(move |value| match value {
        Value::Long(n) => Value::tuple([Value::Long(n % keys), Value::Long(*n)]),
        other => panic!("the sequence gives Longs, not {other}"),
    });
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.set_parallelism(parallelism)?;
    env.set_runtime_mode(mode);
    env.from_sequence(1, n)?.map(pair).key_by(KeySelector::Field(0)).sum(Field::Position(1)).print(None);
    Ok(Sim::submit(&compile(&env.job()?)?, Rc::new(functions), scenario).expect("the job can run"))
}

/// Where the records of [`sums_in_tables`] go.
pub type Tables<'a> = &'a [(&'a str, DeliveryGuarantee)];

/// `n numbers, 200 a second → map(throws once, at a tick) → keyBy(x mod keys) → sum → tables`, p = 2, a checkpoint each
/// 50 ms.
pub fn sums_in_tables(
    n: i64,
    keys: i64,
    throws_at: Option<u64>,
    tables: Tables<'_>,
    change: impl FnOnce(&StreamExecutionEnvironment) -> Result<(), ApiError>,
) -> Result<(CompiledJob, NativeFunctions), ApiError> {
    let mut functions = NativeFunctions::default();
    let number = functions.add_with_method(|_, args, _| Ok(args[0].clone()));
    let pair = functions.add_with_method(move |_, args, context| {
        let attempt = context.subtask.as_ref().map_or(0, |subtask| subtask.attempt);
        if throws_at.is_some_and(|at| attempt == 0 && context.now >= processing_time(at)) {
            return Err(UserError::new("it must fail once"));
        }
        let Value::Long(n) = args[0] else { return Err(UserError::new("no number")) };
        Ok(Value::tuple([Value::Long(n % keys), Value::Long(n)]))
    });
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.set_parallelism(2)?.enable_checkpointing(50, CheckpointingMode::ExactlyOnce)?;
    env.configure([
        ("restart-strategy.type", "fixed-delay"),
        ("restart-strategy.fixed-delay.delay", "20 ms"),
    ])?;
    change(&env)?;
    let source = SourceSpec::DataGenerator { function: number, count: n, records_per_second: Some(200.0) };
    let numbers = env.from_source(source, WatermarkStrategy::of(WatermarkGeneration::None), "numbers");
    let sums = numbers.map(pair).key_by(KeySelector::Field(0)).sum(Field::Position(1));
    for &(name, guarantee) in tables {
        sums.sink_to(SinkSpec::Table { name: name.into(), guarantee }).name(name);
    }
    Ok((compile(&env.job()?)?, functions))
}

/// Two machines with a slot each.
pub fn two_machines() -> Scenario {
    Scenario { task_managers: 2, slots_per_task_manager: 1, ..Scenario::small(7) }
}

/// A cluster of the usual kind.
pub fn cluster(task_managers: u32, slots: u32) -> Scenario {
    Scenario { task_managers, slots_per_task_manager: slots, ..Scenario::small(42) }
}
