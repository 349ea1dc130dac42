//! Jobs and clusters that several tests run.

use std::rc::Rc;

use weir_engine::graph::api::StreamExecutionEnvironment;
use weir_engine::graph::compiled::compile;
use weir_engine::graph::error::ApiError;
use weir_engine::graph::operator_spec::{Field, KeySelector};
use weir_engine::graph::transformation::RuntimeExecutionMode;
use weir_engine::operator::native::NativeFunctions;
use weir_engine::record::Value;
use weir_engine::scenario::Scenario;
use weir_engine::sim::Sim;

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

/// A cluster of the usual kind.
pub fn cluster(task_managers: u32, slots: u32) -> Scenario {
    Scenario { task_managers, slots_per_task_manager: slots, ..Scenario::small(42) }
}
