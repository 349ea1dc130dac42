//! Rules of Flink that no recorded program reaches: what is rejected, where it points, and ids by uid.

use std::collections::BTreeMap;

use crate::base::ids::{FunctionId, OperatorId};
use crate::graph::api::StreamExecutionEnvironment;
use crate::graph::checkpoint_settings::CheckpointingMode;
use crate::graph::compiled::{CompiledJob, compile};
use crate::graph::error::ApiError;
use crate::graph::job_graph::OutputTarget;
use crate::graph::job_graph::chaining::reasons_against;
use crate::graph::operator_spec::{DeliveryGuarantee, KeySelector, SinkSpec};
use crate::graph::stream_graph::EdgeIdx;
use crate::graph::transformation::RuntimeExecutionMode;
use crate::graph::windowing::{TimeDomain, WindowAssigner};
use crate::record::Value;

const F: FunctionId = FunctionId(0);

type Tested = Result<(), ApiError>;

fn environment() -> StreamExecutionEnvironment {
    StreamExecutionEnvironment::get_execution_environment()
}

fn graphs(env: &StreamExecutionEnvironment) -> Result<CompiledJob, ApiError> {
    compile(&env.job()?)
}

/// An error's beginning, and the transformations that it points at.
fn assert_rejected<T>(result: Result<T, ApiError>, message: &str, transformations: &[u32]) {
    let error = result.err().unwrap_or_else(|| panic!("not rejected: {message}"));
    assert!(error.message.starts_with(message), "{error}");
    assert_eq!(error.transformations.iter().map(|id| id.0).collect::<Vec<_>>(), transformations, "{error}");
}

#[test]
fn calls_that_flink_rejects() -> Tested {
    let env = environment();
    assert_rejected(env.set_parallelism(0), "The environment's parallelism is 0.", &[]);
    assert_rejected(env.set_max_parallelism(40_000), "The environment's max parallelism is 40000.", &[]);
    assert_rejected(env.from_data(Vec::new()), "fromData needs at least one element.", &[]);
    assert_rejected(env.from_data(vec![Value::Long(1), Value::Null]), "Element 2 of fromData is null.", &[]);
    assert_rejected(env.from_sequence(2, 1), "fromSequence(2, 1) starts after its end.", &[]);
    let source = env.from_sequence(1, 2)?;
    assert_rejected(
        source.clone().set_parallelism(-2),
        "The parallelism of \"Sequence Source\" is -2.",
        &[1],
    );
    assert_rejected(source.clone().set_max_parallelism(40_000), "The max parallelism of \"Sequence", &[1]);
    assert_rejected(source.clone().set_uid_hash("xyz"), "setUidHash got \"xyz\".", &[1]);
    assert_rejected(source.key_by(KeySelector::Identity).rebalance(), "A keyed stream is already", &[2]);
    let other = environment().from_sequence(1, 2)?;
    assert_rejected(source.union(&[(*other).clone()]), "union got a stream of another", &[1]);
    assert_rejected(source.connect(&other), "connect got a stream of another", &[1]);
    assert_rejected(source.connect(&source)?.process_keyed(F), "A KeyedCoProcessFunction needs both", &[1]);
    let window = WindowAssigner::tumbling(TimeDomain::EventTime, 10, 0)?;
    let all = source.window_all(window).reduce(F, None);
    assert_rejected(all.set_parallelism(2), "\"TumblingEventTimeWindows\" cannot run in parallel", &[4]);
    Ok(())
}

#[test]
fn jobs_that_flink_rejects() -> Tested {
    assert_rejected(environment().job(), "No operators defined in streaming topology.", &[]);

    let env = environment();
    env.from_sequence(1, 2)?.set_parallelism(3)?.set_max_parallelism(2)?.print(None).set_parallelism(1)?;
    assert_rejected(graphs(&env), "The parallelism of Source: Sequence Source (3) is higher", &[1]);

    let env = environment();
    env.set_runtime_mode(RuntimeExecutionMode::Batch);
    env.from_sequence(1, 2)?.set_buffer_timeout(5)?.rebalance()?.map(F).print(None);
    assert_rejected(graphs(&env), "Source: Sequence Source sets a buffer timeout of 5 ms", &[1]);

    let env = environment();
    env.enable_checkpointing(100, CheckpointingMode::ExactlyOnce)?;
    env.get_checkpoint_config().enable_unaligned_checkpoints(true);
    env.from_sequence(1, 2)?.partition_custom(F, KeySelector::Identity)?.map(F).print(None);
    assert_rejected(graphs(&env), "Unaligned checkpoints do not work with partitionCustom", &[3, 1]);

    let env = environment();
    env.from_sequence(1, 2)?.uid("a").key_by(KeySelector::Identity).sink_to(SinkSpec::Discard).uid("a");
    assert_rejected(graphs(&env), "The uid \"a\" is given twice", &[3, 1]);
    Ok(())
}

#[test]
fn a_vertex_has_the_parallelisms_of_its_head() -> Tested {
    let env = environment();
    env.set_parallelism(2)?;
    env.from_sequence(1, 2)?.map(F).set_max_parallelism(1)?.print(None);
    let vertex = &graphs(&env)?.job_graph.vertices[0];
    assert_eq!((vertex.operators.len(), vertex.parallelism, vertex.max_parallelism), (3, 2, None));
    Ok(())
}

#[test]
fn the_writer_of_sink_to_is_an_operator() -> Tested {
    let env = environment();
    let keyed = env.from_sequence(1, 2)?.key_by(KeySelector::Identity);
    keyed.sink_to(SinkSpec::Discard).name("out");
    let graph = graphs(&env)?.stream_graph;
    let writer = graph.nodes.values().last().expect("the graph has nodes");
    // 1 source, 2 partition, 3 sink; 4 is the partition's virtual node.
    assert_eq!((writer.id.0, writer.transformation.0, &*writer.name), (5, 3, "out: Writer"));
    assert_eq!(writer.keys, [Some(KeySelector::Identity)]);
    assert!(graph.sinks.is_empty());
    Ok(())
}

#[test]
fn a_node_with_a_uid_does_not_wait_for_its_inputs() -> Tested {
    let env = environment();
    let slow = env.from_sequence(1, 2)?.map(F).name("slow").map(F).name("slower");
    let fast = env.from_sequence(1, 2)?;
    let joined = slow.union(&[(*fast).clone()])?.map(F).name("joined").uid("joined");
    joined.print(None);
    let graphs = graphs(&env)?;
    let ids: BTreeMap<&str, OperatorId> = graphs
        .job_graph
        .vertices
        .iter()
        .flat_map(|vertex| &vertex.operators)
        .map(|operator| (&*operator.name, operator.id))
        .collect();
    // By hand: the sources are 0 and 1, "slow" 2, and "joined" 3 although it reads "slower", which is 4.
    let mut expected = murmur3::murmur3_x64_128(&mut &4_u32.to_le_bytes()[..], 0).unwrap().to_le_bytes();
    for (byte, input) in expected.iter_mut().zip(ids["slow"].0) {
        *byte = byte.wrapping_mul(37) ^ input;
    }
    assert_eq!(ids["slower"].0, expected);
    Ok(())
}

#[test]
fn records_go_to_the_network_before_the_chain() -> Tested {
    let env = environment();
    let head = env.from_sequence(1, 2)?.map(F);
    head.print(None);
    head.key_by(KeySelector::Identity).map(F).print(None);
    let graphs = graphs(&env)?;
    let targets: Vec<OutputTarget> =
        graphs.job_graph.vertices[0].operators[1].outputs.iter().map(|output| output.target).collect();
    assert_eq!(targets, [OutputTarget::Partition(0), OutputTarget::Chained { operator: 2, input: 0 }]);
    Ok(())
}

#[test]
fn every_rule_against_chaining_is_named() -> Tested {
    let env = environment();
    env.set_chaining_across_max_parallelism(false).disable_operator_chaining();
    let left = env.from_sequence(1, 2)?.map(F).slot_sharing_group("red").disable_chaining();
    let united = left.rebalance()?.union(&[(*env.from_sequence(1, 2)?).clone()])?;
    united.map(F).slot_sharing_group("blue").set_max_parallelism(4)?.set_parallelism(3)?.print(None);
    let graph = graphs(&env)?.stream_graph;
    let edge = graph.edges.iter().position(|edge| edge.partitioner.name() == "REBALANCE").unwrap();
    let reasons = reasons_against(&graph, EdgeIdx(edge as u32)).join("\n");
    for words in [
        "has 2 inputs",
        "disableOperatorChaining",
        "slot sharing",
        "disableChaining",
        "parallelisms differ: 1 and 3",
        "max parallelisms differ",
        "REBALANCE",
    ] {
        assert!(reasons.contains(words), "{words} is not in:\n{reasons}");
    }
    Ok(())
}

#[test]
fn an_exactly_once_sink_has_a_committer_behind_its_writer() -> Tested {
    let env = environment();
    let sink = SinkSpec::Table { name: "t".into(), guarantee: DeliveryGuarantee::ExactlyOnce };
    env.from_sequence(1, 2)?.sink_to(sink).name("out").uid("u");
    let streaming = graphs(&env)?;
    let names: Vec<&str> = streaming.stream_graph.nodes.values().map(|node| &*node.name).collect();
    assert_eq!(names, ["Source: Sequence Source", "out: Writer", "out: Committer"]);
    assert_eq!(streaming.job_graph.vertices[0].operators.len(), 3, "one chain");

    // In batch the committer restarts alone, and reads again what it committed.
    env.set_runtime_mode(RuntimeExecutionMode::Batch);
    let batch = graphs(&env)?;
    assert!(batch.job_graph.edges.iter().any(|edge| edge.result_type.is_blocking()));
    assert_eq!(batch.job_graph.vertices[1].operators.len(), 1);
    Ok(())
}
