//! The graphs of jobs built by the Rust twin of the API, against ids that the real Flink gave.

use std::rc::Rc;

use weir_engine::base::ids::FunctionId;
use weir_engine::graph::api::StreamExecutionEnvironment;
use weir_engine::graph::compiled::compile;
use weir_engine::graph::error::ApiError;
use weir_engine::graph::operator_spec::{Field, KeySelector};
use weir_engine::record::Value;

const F: FunctionId = FunctionId(0);

/// Vertices as `name id operator-ids`, ids cut to their first eight digits.
fn vertices(env: &StreamExecutionEnvironment) -> Vec<String> {
    let job = env.job().expect("the job is built");
    let graphs = compile(&job).expect("the job is accepted");
    let short = |id: &dyn std::fmt::Display| id.to_string()[..8].to_owned();
    graphs
        .job_graph
        .vertices
        .iter()
        .map(|v| {
            let ids: Vec<String> = v.operator_ids.iter().map(|id| short(id)).collect();
            format!("{} {} [{}]", v.name, short(&v.id), ids.join(" "))
        })
        .collect()
}

fn rejected(env: &StreamExecutionEnvironment) -> ApiError {
    env.job().and_then(|job| compile(&job)).expect_err("the job is rejected")
}

#[test]
fn word_count_has_flinks_ids() -> Result<(), ApiError> {
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.from_data(vec![Value::String(Rc::from("to be"))])?
        .flat_map(F)
        .key_by(KeySelector::Field(0))
        .sum(Field::Position(1))
        .print(None);
    assert_eq!(
        vertices(&env),
        [
            "Source: Collection Source -> Flat Map cbc357cc [7df19f87 cbc357cc]",
            "Keyed Aggregation -> Sink: Print to Std. Out 90bea66d [17fbfcaa 90bea66d]",
        ]
    );
    Ok(())
}

#[test]
fn a_stream_united_with_itself_has_two_edges() -> Result<(), ApiError> {
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.set_parallelism(2)?;
    let a = env.from_sequence(1, 5)?.map(F);
    a.union(&[(*a).clone()])?.print(None);
    let graphs = compile(&env.job()?)?;
    assert_eq!(graphs.job_graph.edges.len(), 2);
    assert_ne!(graphs.job_graph.edges[0].data_set, graphs.job_graph.edges[1].data_set);
    Ok(())
}

#[test]
fn what_flink_rejects_is_rejected() -> Result<(), ApiError> {
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.from_sequence(1, 5)?.rebalance()?;
    let error = rejected(&env);
    assert!(error.message.starts_with("No operators defined in streaming topology."));
    assert_eq!(error.transformations.first().map(|id| id.0), Some(2));

    let env = StreamExecutionEnvironment::get_execution_environment();
    env.from_sequence(1, 5)?.set_parallelism(2)?.forward()?.map(F).set_parallelism(3)?.print(None);
    let error = rejected(&env);
    assert!(error.message.starts_with("forward() needs the same parallelism on both sides"), "{error}");
    assert_eq!(error.transformations.first().map(|id| id.0), Some(3));

    let env = StreamExecutionEnvironment::get_execution_environment();
    env.from_sequence(1, 5)?.uid("a").map(F).uid("a").print(None);
    assert!(rejected(&env).message.starts_with("The uid \"a\" is given twice"));
    Ok(())
}
