//! The recorded programs, written with the Rust twin of the API. Functions are never called here, so one
//! id stands for all of them.

use std::rc::Rc;

use crate::base::ids::FunctionId;
use crate::graph::api::{
    AsyncDataStream, DataStream, DataStreamUtils, KeyedStream, SingleOutputStreamOperator,
    StreamExecutionEnvironment, WindowedStream,
};
use crate::graph::error::ApiError;
use crate::graph::operator_spec::{Field, KeySelector};
use crate::graph::transformation::RuntimeExecutionMode;
use crate::graph::watermark_strategy::{WatermarkGeneration, WatermarkStrategy};
use crate::graph::windowing::{Evictor, SessionGap, TimeDomain, Trigger, WindowAssigner};
use crate::record::Value;

const F: FunctionId = FunctionId(0);
const KEY: KeySelector = KeySelector::Field(0);

type Built = Result<(), ApiError>;
type Stream = Result<SingleOutputStreamOperator, ApiError>;

/// Builds the program of a case in `env`; `None` for a name that is not known.
pub(super) fn build(name: &str, env: &StreamExecutionEnvironment) -> Option<Built> {
    if let Some(partitioning) = name.strip_prefix("partition_") {
        return Some(partition(partitioning, env));
    }
    let program = match name {
        "allowed_lateness"
        | "continuous_event_time_trigger"
        | "count_evictor"
        | "late_side_output"
        | "session_windows"
        | "sliding_windows"
        | "tumbling_offset_negative"
        | "tumbling_windows"
        | "tumbling_windows_no_lateness"
        | "bounded_out_of_orderness"
        | "window_aggregate_with_context"
        | "window_reduce_sum"
        | "window_all" => return Some(windows(name, env)),
        "co_group" | "window_join" | "interval_join" => return Some(joins(name, env)),
        "async_wait" => async_wait,
        "batch_diamond" => batch_diamond,
        "batch_wordcount" => batch_wordcount,
        "broadcast_state" => broadcast_state,
        "co_process_keyed" => co_process_keyed,
        "connect_co_map" => connect_co_map,
        "count_window" => count_window,
        "count_window_sliding" => count_window_sliding,
        "diamond" => diamond,
        "disable_chaining" => disable_chaining,
        "disable_operator_chaining" => disable_operator_chaining,
        "event_time_timers" => event_time_timers,
        "fan_out_sinks" => fan_out_sinks,
        "global_window_purging_trigger" => global_window_purging_trigger,
        "implicit_rebalance" => implicit_rebalance,
        "key_by_long" => key_by_long,
        "key_by_tuple" => key_by_tuple,
        "key_by_twice" => key_by_twice,
        "keyed_state_kinds" => keyed_state_kinds,
        "max_parallelism_per_operator" => max_parallelism_per_operator,
        "reinterpret_as_keyed" => reinterpret_as_keyed,
        "rolling_aggregates" => rolling_aggregates,
        "sequence_map_filter" => sequence_map_filter,
        "side_outputs" => side_outputs,
        "slot_sharing_groups" => slot_sharing_groups,
        "start_new_chain" => start_new_chain,
        "uids" => uids,
        "union" => union,
        "union_self" => union_self,
        "windowed_wordcount_graph" => windowed_wordcount,
        "wordcount" => wordcount,
        "wordcount_max_parallelism" => wordcount_max_parallelism,
        "wordcount_p4" => wordcount_p4,
        _ => return None,
    };
    Some(program(env))
}

fn data(env: &StreamExecutionEnvironment) -> Stream {
    env.from_data(vec![Value::Long(1), Value::Long(2)])
}

fn keyed_data(env: &StreamExecutionEnvironment) -> Result<KeyedStream, ApiError> {
    Ok(data(env)?.key_by(KEY))
}

fn watermarks(generation: WatermarkGeneration) -> WatermarkStrategy {
    WatermarkStrategy::of(generation).with_timestamp_assigner(F)
}

fn events(env: &StreamExecutionEnvironment) -> Stream {
    Ok(data(env)?.assign_timestamps_and_watermarks(watermarks(WatermarkGeneration::Generator(F))))
}

fn monotonous(env: &StreamExecutionEnvironment) -> Stream {
    Ok(data(env)?.assign_timestamps_and_watermarks(watermarks(WatermarkGeneration::Monotonous)))
}

fn tumbling(size: i64, offset: i64) -> Result<WindowAssigner, ApiError> {
    WindowAssigner::tumbling(TimeDomain::EventTime, size, offset)
}

fn windowed(env: &StreamExecutionEnvironment, assigner: WindowAssigner) -> Result<WindowedStream, ApiError> {
    Ok(events(env)?.key_by(KEY).window(assigner))
}

fn partition(name: &str, env: &StreamExecutionEnvironment) -> Built {
    let mut words = name.split('_');
    let kind = words.next().unwrap_or_default();
    let mut number = || words.next().and_then(|word| word.parse().ok());
    let (upstream, downstream) = match kind {
        "custom" => (3, 3),
        "forward" => (2, 2),
        _ => (number().unwrap_or_default(), number().unwrap_or_default()),
    };
    env.set_parallelism(upstream)?;
    let source = env.from_sequence(1, 12)?;
    match kind {
        "custom" => source.partition_custom(F, KeySelector::Identity)?.map(F).print(None),
        "forward" => source.forward()?.map(F).print(None),
        _ => {
            let up = source.map(F).name("up");
            let sent = match kind {
                "broadcast" => up.broadcast()?,
                "global" => up.global()?,
                "rebalance" => up.rebalance()?,
                "rescale" => up.rescale()?,
                _ => up.shuffle()?,
            };
            let down = sent.map(F).name("down").set_parallelism(downstream)?;
            down.print(None).set_parallelism(downstream)?
        }
    };
    Ok(())
}

fn windows(name: &str, env: &StreamExecutionEnvironment) -> Built {
    let operator = match name {
        "allowed_lateness" => windowed(env, tumbling(10, 0)?)?.allowed_lateness(4)?.process(F),
        "continuous_event_time_trigger" => {
            windowed(env, tumbling(20, 0)?)?.trigger(Trigger::ContinuousEventTime(4))?.process(F)
        }
        "count_evictor" => {
            let evictor = Evictor::Count { max: 2, after: false };
            windowed(env, tumbling(20, 0)?)?.evictor(evictor).process(F)
        }
        "late_side_output" => {
            let main = windowed(env, tumbling(10, 0)?)?.side_output_late_data("late").process(F);
            main.print(Some("win"));
            main.get_side_output("late")?.print(Some("late"));
            return Ok(());
        }
        "session_windows" => {
            let gap = SessionGap::Fixed(5);
            windowed(env, WindowAssigner::session(TimeDomain::EventTime, gap)?)?.process(F)
        }
        "sliding_windows" => {
            windowed(env, WindowAssigner::sliding(TimeDomain::EventTime, 10, 4, 0)?)?.process(F)
        }
        "tumbling_offset_negative" => windowed(env, tumbling(10, -3)?)?.process(F),
        "tumbling_windows" => windowed(env, tumbling(10, 0)?)?.process(F),
        "tumbling_windows_no_lateness" => {
            env.set_parallelism(2)?;
            windowed(env, tumbling(10, 0)?)?.process(F)
        }
        "bounded_out_of_orderness" => {
            env.set_parallelism(2)?;
            let strategy = watermarks(WatermarkGeneration::BoundedOutOfOrderness(5));
            let events = data(env)?.assign_timestamps_and_watermarks(strategy);
            events.key_by(KEY).window(tumbling(10, 0)?).process(F)
        }
        "window_aggregate_with_context" => windowed(env, tumbling(10, 0)?)?.aggregate(F, Some(F)),
        "window_reduce_sum" => windowed(env, tumbling(10, 0)?)?.sum(Field::Position(2)),
        _ => {
            env.set_parallelism(2)?;
            let events = events(env)?.set_parallelism(1)?;
            let sum = events.window_all(tumbling(20, 0)?).sum(Field::Position(2));
            sum.print(None).set_parallelism(1)?;
            return Ok(());
        }
    };
    operator.print(None);
    Ok(())
}

fn joins(name: &str, env: &StreamExecutionEnvironment) -> Built {
    let left = monotonous(env)?;
    let joined = if name == "interval_join" {
        // Its recorded Java keys each stream before it makes the next, which the ids show.
        let left = left.key_by(KEY);
        let right = monotonous(env)?.key_by(KEY);
        left.interval_join(&right)?.between(-2, 4)?.process(F)?
    } else {
        let right = monotonous(env)?;
        let streams = if name == "co_group" { left.co_group(&right)? } else { left.join(&right)? };
        streams.where_key(KEY).equal_to(KEY).window(tumbling(10, 0)?).apply(F)?
    };
    joined.print(None);
    Ok(())
}

fn async_wait(env: &StreamExecutionEnvironment) -> Built {
    AsyncDataStream::ordered_wait(&*env.from_sequence(1, 5)?, F, 1000, Some(10))?.print(None);
    Ok(())
}

fn batch_diamond(env: &StreamExecutionEnvironment) -> Built {
    env.set_runtime_mode(RuntimeExecutionMode::Batch).set_parallelism(2)?;
    let head = env.from_sequence(1, 6)?.map(F).name("head");
    let left = head.rebalance()?.map(F).name("left");
    let right = head.key_by(KeySelector::Identity).reduce(F).name("right");
    let joined = left.union(&[(*right).clone()])?.key_by(KeySelector::Identity).reduce(F).name("join");
    joined.print(None);
    Ok(())
}

fn batch_wordcount(env: &StreamExecutionEnvironment) -> Built {
    env.set_runtime_mode(RuntimeExecutionMode::Batch).set_parallelism(2)?;
    wordcount(env)
}

fn broadcast_state(env: &StreamExecutionEnvironment) -> Built {
    env.set_parallelism(2)?;
    let keyed = keyed_data(env)?;
    let rules = data(env)?.broadcast_with_state(vec![Rc::from("rules")])?;
    keyed.connect_broadcast(&rules)?.process_keyed(F)?.print(None);
    Ok(())
}

fn co_process_keyed(env: &StreamExecutionEnvironment) -> Built {
    env.set_parallelism(2)?;
    let first = keyed_data(env)?;
    first.connect(&*keyed_data(env)?)?.process_keyed(F)?.print(None);
    Ok(())
}

fn connect_co_map(env: &StreamExecutionEnvironment) -> Built {
    env.set_parallelism(2)?;
    let first = env.from_sequence(1, 3)?;
    first.connect(&*data(env)?)?.map(F).print(None);
    Ok(())
}

fn count_window(env: &StreamExecutionEnvironment) -> Built {
    keyed_data(env)?.count_window(2)?.sum(Field::Position(1)).print(None);
    Ok(())
}

fn count_window_sliding(env: &StreamExecutionEnvironment) -> Built {
    keyed_data(env)?.count_window_sliding(3, 2)?.sum(Field::Position(1)).print(None);
    Ok(())
}

fn diamond(env: &StreamExecutionEnvironment) -> Built {
    env.set_parallelism(2)?;
    let head = env.from_sequence(1, 6)?.map(F).name("head");
    let even = head.filter(F).name("even");
    let odd: DataStream = (*head.filter(F).name("odd").map(F).name("neg")).clone();
    even.union(&[odd])?.key_by(KeySelector::Function(F)).reduce(F).print(None);
    Ok(())
}

fn disable_chaining(env: &StreamExecutionEnvironment) -> Built {
    let alone = env.from_sequence(1, 4)?.map(F).name("A").map(F).name("B").disable_chaining();
    alone.map(F).name("C").print(None);
    Ok(())
}

fn disable_operator_chaining(env: &StreamExecutionEnvironment) -> Built {
    env.disable_operator_chaining();
    env.from_sequence(1, 4)?.map(F).name("A").filter(F).name("B").print(None);
    Ok(())
}

fn event_time_timers(env: &StreamExecutionEnvironment) -> Built {
    events(env)?.key_by(KEY).process(F).print(None);
    Ok(())
}

fn fan_out_sinks(env: &StreamExecutionEnvironment) -> Built {
    let head = env.from_sequence(1, 3)?.map(F).name("head");
    head.print(Some("one"));
    head.map(F).name("twice").print(Some("two"));
    head.key_by(KeySelector::Identity).map(F).name("thrice").print(Some("three"));
    Ok(())
}

fn global_window_purging_trigger(env: &StreamExecutionEnvironment) -> Built {
    let trigger = Trigger::Purging(Rc::new(Trigger::Count(2)));
    let windows = keyed_data(env)?.window(WindowAssigner::Global).trigger(trigger)?;
    windows.sum(Field::Position(1)).print(None);
    Ok(())
}

fn implicit_rebalance(env: &StreamExecutionEnvironment) -> Built {
    env.set_parallelism(2)?;
    let wide = env.from_sequence(1, 6)?.map(F).map(F).set_parallelism(3)?;
    wide.print(None).set_parallelism(1)?;
    Ok(())
}

fn key_by_long(env: &StreamExecutionEnvironment) -> Built {
    env.set_parallelism(4)?;
    env.from_sequence(-20, 20)?.key_by(KeySelector::Identity).reduce(F).print(None);
    Ok(())
}

fn key_by_tuple(env: &StreamExecutionEnvironment) -> Built {
    env.set_parallelism(4)?;
    data(env)?.key_by(KeySelector::Function(F)).reduce(F).print(None);
    Ok(())
}

fn key_by_twice(env: &StreamExecutionEnvironment) -> Built {
    env.set_parallelism(2)?;
    let once = env.from_sequence(1, 20)?.key_by(KeySelector::Function(F)).reduce(F);
    once.key_by(KeySelector::Function(F)).reduce(F).map(F).print(None);
    Ok(())
}

fn keyed_state_kinds(env: &StreamExecutionEnvironment) -> Built {
    keyed_data(env)?.process(F).print(None);
    Ok(())
}

fn max_parallelism_per_operator(env: &StreamExecutionEnvironment) -> Built {
    env.set_parallelism(2)?;
    let first = env.from_sequence(1, 6)?.map(F).name("A").set_max_parallelism(16)?;
    first.map(F).name("B").set_max_parallelism(32)?.print(None);
    Ok(())
}

fn reinterpret_as_keyed(env: &StreamExecutionEnvironment) -> Built {
    env.set_parallelism(2)?;
    let key = KeySelector::Function(F);
    let keyed = env.from_sequence(1, 10)?.key_by(key.clone()).map(F);
    DataStreamUtils::reinterpret_as_keyed_stream(&keyed, key).reduce(F).print(None);
    Ok(())
}

fn rolling_aggregates(env: &StreamExecutionEnvironment) -> Built {
    let keyed = keyed_data(env)?;
    let field = || Field::Position(1);
    keyed.min(field()).print(Some("min"));
    keyed.max(field()).print(Some("max"));
    keyed.min_by(field(), true).print(Some("minBy"));
    keyed.max_by(field(), true).print(Some("maxBy"));
    keyed.max_by(field(), false).print(Some("maxByLast"));
    Ok(())
}

fn sequence_map_filter(env: &StreamExecutionEnvironment) -> Built {
    env.set_parallelism(3)?;
    env.from_sequence(1, 30)?.map(F).filter(F).print(None);
    Ok(())
}

fn side_outputs(env: &StreamExecutionEnvironment) -> Built {
    env.set_parallelism(2)?;
    let main = env.from_sequence(1, 12)?.process(F);
    main.print(Some("main"));
    main.get_side_output("odd")?.map(F).print(Some("odd"));
    main.get_side_output("big")?.print(Some("big"));
    Ok(())
}

fn slot_sharing_groups(env: &StreamExecutionEnvironment) -> Built {
    let red = env.from_sequence(1, 4)?.map(F).name("A").slot_sharing_group("red").map(F).name("B");
    red.map(F).name("C").slot_sharing_group("default").print(None);
    Ok(())
}

fn start_new_chain(env: &StreamExecutionEnvironment) -> Built {
    let second = env.from_sequence(1, 4)?.map(F).name("A").map(F).name("B").start_new_chain();
    second.map(F).name("C").print(None);
    Ok(())
}

fn uids(env: &StreamExecutionEnvironment) -> Built {
    let mapped = env.from_sequence(1, 4)?.uid("src").map(F).uid("mapper");
    mapped.key_by(KeySelector::Function(F)).reduce(F).uid("reducer").print(None).uid("printer");
    Ok(())
}

fn union(env: &StreamExecutionEnvironment) -> Built {
    env.set_parallelism(2)?;
    let (a, b) = (env.from_sequence(1, 5)?, env.from_sequence(101, 105)?);
    a.union(&[(*b).clone()])?.map(F).name("plus one").print(None);
    Ok(())
}

fn union_self(env: &StreamExecutionEnvironment) -> Built {
    env.set_parallelism(2)?;
    let a = env.from_sequence(1, 5)?.map(F);
    a.union(&[(*a).clone()])?.print(None);
    Ok(())
}

fn windowed_wordcount(env: &StreamExecutionEnvironment) -> Built {
    env.set_parallelism(2)?;
    let words = data(env)?.name("lines").flat_map(F).name("tokenizer");
    let counts = words.key_by(KEY).count_window_sliding(250, 150)?.sum(Field::Position(1)).name("counter");
    counts.print(None).name("print-sink");
    Ok(())
}

fn wordcount(env: &StreamExecutionEnvironment) -> Built {
    data(env)?.flat_map(F).key_by(KEY).sum(Field::Position(1)).print(None);
    Ok(())
}

fn wordcount_max_parallelism(env: &StreamExecutionEnvironment) -> Built {
    env.set_parallelism(3)?.set_max_parallelism(7)?;
    wordcount(env)
}

fn wordcount_p4(env: &StreamExecutionEnvironment) -> Built {
    env.set_parallelism(4)?;
    wordcount(env)
}
