//! The small jobs whose every tick is a moment to crash. Each row that they commit follows from the input alone,
//! and one that is processed twice gives a row twice and takes none away: so what a job commits can be compared, and at
//! least once it contains what must be there.

use weir_engine::base::ids::FunctionId;
use weir_engine::graph::api::{SingleOutputStreamOperator, StreamExecutionEnvironment};
use weir_engine::graph::compiled::{CompiledJob, compile};
use weir_engine::graph::error::ApiError;
use weir_engine::graph::operator_spec::{DeliveryGuarantee, Field, KeySelector, SinkSpec, SourceSpec};
use weir_engine::graph::watermark_strategy::{WatermarkGeneration, WatermarkStrategy};
use weir_engine::graph::windowing::{TimeDomain, WindowAssigner};
use weir_engine::operator::context::OperatorContext;
use weir_engine::operator::function::{Method, UserError};
use weir_engine::operator::native::NativeFunctions;
use weir_engine::record::Value;
use weir_engine::sim::Sim;
use weir_engine::state::namespace::Namespace;
use weir_engine::state::{StateId, StateKind};

/// The table that each job writes.
pub const TABLE: &str = "results";
/// How many ticks operators take for a record: records wait before them, and sources do not end at once.
pub const PACES: [(&str, u32); 10] = [
    ("counts", 2),
    ("pairs", 2),
    ("Source: lines", 9),
    ("Source: first", 5),
    ("Source: second", 4),
    ("Source: left", 6),
    ("Source: right", 5),
    ("Source: elements", 5),
    ("Source: rules", 9),
    ("Source: numbers", 3),
];

/// Which job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Job {
    WordCount,
    Windows,
    IntervalJoin,
    Broadcast,
    Sink,
}

impl Job {
    pub const ALL: [Self; 5] =
        [Self::WordCount, Self::Windows, Self::IntervalJoin, Self::Broadcast, Self::Sink];

    /// What the command calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::WordCount => "wordcount",
            Self::Windows => "windows",
            Self::IntervalJoin => "join",
            Self::Broadcast => "broadcast",
            Self::Sink => "sink",
        }
    }

    /// Builds it in an environment that is set up.
    pub fn build(
        self,
        env: &StreamExecutionEnvironment,
        functions: &mut NativeFunctions,
    ) -> Result<CompiledJob, ApiError> {
        self.build_with_lag(env, functions, 0)
    }

    /// The same, with records that may lag so many ms behind the newest: where a subtask reads the splits of several,
    /// one after the other, times do not rise.
    pub fn build_with_lag(
        self,
        env: &StreamExecutionEnvironment,
        functions: &mut NativeFunctions,
        lag_ms: i64,
    ) -> Result<CompiledJob, ApiError> {
        let results = match self {
            Self::WordCount => word_count(env, functions),
            Self::Windows => windows(env, functions, lag_ms)?,
            Self::IntervalJoin => interval_join(env, functions, lag_ms)?,
            Self::Broadcast => broadcast(env, functions, lag_ms)?,
            Self::Sink => sink(env, functions)?,
        };
        results.sink_to(SinkSpec::Table { name: TABLE.into(), guarantee: DeliveryGuarantee::ExactlyOnce });
        compile(&env.job()?)
    }
}

/// Lines → words → how often each came so far.
fn word_count(
    env: &StreamExecutionEnvironment,
    functions: &mut NativeFunctions,
) -> SingleOutputStreamOperator {
    const WORDS: [&str; 7] = ["to", "be", "or", "not", "that", "is", "question"];
    let lines = generated(env, functions, 26, "lines", None, |n| {
        let words = (0..3).map(|place| WORDS[(n * n + 2 * place) as usize % WORDS.len()]);
        Value::String(words.collect::<Vec<_>>().join(" ").into())
    });
    let words = functions.process(|method, line, context| {
        if let (Method::ProcessElement | Method::Apply, Value::String(line)) = (method, line) {
            line.split(' ').for_each(|word| context.collect(Value::tuple([word.into(), Value::Long(1)])));
        }
        Ok(())
    });
    lines.flat_map(words).key_by(KeySelector::Field(0)).sum(Field::Position(1)).name("counts")
}

/// Two sources → event-time windows by key → each element with its window.
fn windows(
    env: &StreamExecutionEnvironment,
    functions: &mut NativeFunctions,
    lag_ms: i64,
) -> Result<SingleOutputStreamOperator, ApiError> {
    let first = timed(env, functions, (40, lag_ms), "first", |n| n);
    let second = timed(env, functions, (40, lag_ms), "second", |n| n + 1000);
    let of_window = functions.apply(|arguments, context| {
        if let [_, window, Value::Tuple(elements)] = arguments {
            for element in elements.iter() {
                context.collect(Value::tuple([window.clone(), element.clone()]));
            }
        }
        Ok(Value::Null)
    });
    let assigner = WindowAssigner::tumbling(TimeDomain::EventTime, 25, 0)?;
    let keyed = first.union(&[(*second).clone()])?.key_by(KeySelector::Field(0));
    Ok(keyed.window(assigner).process(of_window).name("counts"))
}

/// Two sources → pairs of the same key whose times are near each other.
fn interval_join(
    env: &StreamExecutionEnvironment,
    functions: &mut NativeFunctions,
    lag_ms: i64,
) -> Result<SingleOutputStreamOperator, ApiError> {
    let left = timed(env, functions, (36, lag_ms), "left", |n| n).key_by(KeySelector::Field(0));
    let right = timed(env, functions, (36, lag_ms), "right", |n| n + 1000).key_by(KeySelector::Field(0));
    let pair = functions.apply(|arguments, context| {
        if let [left, right, ..] = arguments {
            context.collect(Value::tuple([left.clone(), right.clone()]));
        }
        Ok(Value::Null)
    });
    Ok(left.interval_join(&right)?.between(-12, 8)?.process(pair)?.name("pairs"))
}

/// Elements by key and rules for all: each element at once, and with each rule at the end.
fn broadcast(
    env: &StreamExecutionEnvironment,
    functions: &mut NativeFunctions,
    lag_ms: i64,
) -> Result<SingleOutputStreamOperator, ApiError> {
    let same = functions.map(Clone::clone);
    let elements =
        timed(env, functions, (50, lag_ms), "elements", |n| n).rebalance()?.map(same).name("pairs");
    let elements = elements.key_by(KeySelector::Field(0));
    let rules = generated(env, functions, 5, "rules", None, |n| Value::Long(n + 1)).set_parallelism(1)?;
    let rules = rules.broadcast_with_state(vec!["rules".into()])?;
    let function = functions.process(with_rules);
    Ok(elements.connect_broadcast(&rules)?.process_keyed(function)?.name("counts"))
}

fn with_rules(method: Method, value: &Value, context: &mut OperatorContext) -> Result<(), UserError> {
    let seen = |context: &mut OperatorContext| context.get_state(&"seen".into(), StateKind::List);
    match method {
        Method::First => {
            let list = seen(context)?;
            context.state.list_add(list, value.clone())?;
            context.register_timer(TimeDomain::EventTime, Namespace::Void, i64::MAX - 1)?;
            context.collect(value.clone());
        }
        Method::Second => {
            let rules = context.broadcast.as_mut().expect("the operator has broadcast state");
            rules.map_put(StateId(0), value.clone(), Value::Bool(true))?;
        }
        Method::OnTimer => {
            let list = seen(context)?;
            let elements = context.state.list(list)?;
            let rules =
                context.broadcast.as_mut().expect("the operator has broadcast state").map(StateId(0))?;
            for element in elements.iter() {
                for rule in rules.keys() {
                    context.collect(Value::tuple([element.clone(), rule.clone()]));
                }
            }
        }
        _ => {}
    }
    Ok(())
}

/// Numbers, handed around, into the table: the writer and what is before it are tasks of their own.
fn sink(
    env: &StreamExecutionEnvironment,
    functions: &mut NativeFunctions,
) -> Result<SingleOutputStreamOperator, ApiError> {
    let same = functions.map(Clone::clone);
    let numbers = generated(env, functions, 70, "numbers", None, Value::Long);
    Ok(numbers.rebalance()?.map(same).name("counts").rebalance()?.map(same))
}

/// Records `(key, time, number)`, whose times rise in each split, with how far they may lag behind.
fn timed(
    env: &StreamExecutionEnvironment,
    functions: &mut NativeFunctions,
    (count, lag_ms): (i64, i64),
    name: &str,
    number: impl Fn(i64) -> i64 + 'static,
) -> SingleOutputStreamOperator {
    let time_of = functions.map(|value| match value {
        Value::Tuple(fields) => fields[1].clone(),
        other => panic!("{other} is no record of the job"),
    });
    generated(env, functions, count, name, Some((time_of, lag_ms)), move |n| {
        Value::tuple([n % 3, 3 * n, number(n)].map(Value::Long))
    })
}

fn generated(
    env: &StreamExecutionEnvironment,
    functions: &mut NativeFunctions,
    count: i64,
    name: &str,
    time_of: Option<(FunctionId, i64)>,
    record: impl Fn(i64) -> Value + 'static,
) -> SingleOutputStreamOperator {
    let function = functions.map(move |number| match number {
        Value::Long(number) => record(*number),
        other => panic!("a generator gets a number, not {other}"),
    });
    let spec = SourceSpec::DataGenerator { function, count, records_per_second: None };
    let strategy = match time_of {
        Some((time_of, lag_ms)) => {
            let generation = WatermarkGeneration::BoundedOutOfOrderness(lag_ms);
            WatermarkStrategy::of(generation).with_timestamp_assigner(time_of)
        }
        None => WatermarkStrategy::of(WatermarkGeneration::None),
    };
    env.from_source(spec, strategy, name)
}

/// What a run has committed, in order.
pub fn rows(sim: &Sim) -> Vec<String> {
    let lines = sim.world().output().iter_from(0).filter(|line| &*line.stream == TABLE);
    let mut rows: Vec<String> = lines.map(|line| line.text.to_string()).collect();
    rows.sort_unstable();
    rows
}

/// The first of `must`, sorted, that `got`, sorted, does not have as often.
pub fn first_missing<'a>(got: &[String], must: &'a [String]) -> Option<&'a String> {
    let mut got = got.iter().peekable();
    must.iter().find(|row| {
        while got.next_if(|other| other < row).is_some() {}
        got.next_if_eq(row).is_none()
    })
}
