//! Random joins: window joins, coGroups and interval joins give what they are by definition.
//!
//! A seed gives two inputs, a join and a cluster. What comes out is every pair whose times and keys say so, or each
//! window's two sides: reckoned from the finished inputs, whose records are in the order that their watermarks
//! promise, so that none is late. `cargo soak joins --seed N` replays one.

use std::fmt;
use std::rc::Rc;

use weir_engine::base::ids::FunctionId;
use weir_engine::cluster::job_status::JobStatus;
use weir_engine::graph::api::{SingleOutputStreamOperator, StreamExecutionEnvironment};
use weir_engine::graph::compiled::{CompiledJob, compile};
use weir_engine::graph::error::ApiError;
use weir_engine::graph::operator_spec::{KeySelector, SinkSpec, SourceSpec};
use weir_engine::graph::watermark_strategy::{WatermarkGeneration, WatermarkStrategy};
use weir_engine::graph::windowing::{SessionGap, TimeDomain, WindowAssigner};
use weir_engine::operator::native::NativeFunctions;
use weir_engine::record::Value;
use weir_engine::scenario::Scenario;
use weir_engine::sim::Sim;

use super::functions::{self, digest_in};
use super::input::{self, Course, Marked, digest_of};
use super::reference::{Arrival, Assigner, Definition, Record, Trigger, outcome};
use super::{TICKS_MAX, collected};
use crate::Tally;
use crate::Trial;
use crate::cluster::{self, Load};
use crate::dice::Dice;
use crate::run::is_starved;

const RESULTS: &str = "results";

/// What is joined with what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Join {
    /// Each pair in a window.
    Window(Assigner),
    /// Both sides of a window.
    CoGroup(Assigner),
    /// Records whose times differ by no less and no more than this, or by more and less.
    Interval { lower: i64, upper: i64, open: [bool; 2] },
}

/// A random join with the cluster that it runs on.
pub struct JoinSeed {
    join: Join,
    sides: [Vec<Marked>; 2],
    compiled: CompiledJob,
    functions: Rc<NativeFunctions>,
    scenario: Scenario,
}

impl Trial for JoinSeed {
    type Counts = JoinCounts;
    const COMMAND: &'static str = "cargo soak joins";

    fn new(number: u64) -> Self {
        let mut dice = Dice::new(number, 12);
        let step_max = dice.pick(&[1, 3, 10, 30]);
        let join = draw_join(&mut dice, step_max);
        let disorder = dice.pick(&[0, 1, 5, 20]) * step_max;
        // A session's end is never the time of a record: whether the two meet would be up to the order of turns.
        let course = Course { disorder, step_max, grain: 2 };
        let sides = [0, 1].map(|side| of_side(input::draw(&mut dice, course), side));
        let mut functions = NativeFunctions::default();
        let compiled = build(join, &sides, disorder + 2, &mut functions, &mut dice)
            .unwrap_or_else(|error| panic!("the job is refused: {}", error.message));
        let functions = Rc::new(functions);
        let files = Rc::default();
        let bytes = 1000 * sides.iter().map(Vec::len).sum::<usize>() as u64;
        let load = Load { files: &files, operators: &["join".into()], bytes, is_batch: false };
        let probe = submit(&compiled, &functions, cluster::roomy(&load, 64));
        let slots = probe.world().job_master().slots().groups().len() as u32;
        let scenario = cluster::random(number, &load, slots, probe.world());
        Self { join, sides, compiled, functions, scenario }
    }

    fn outline(&self) -> String {
        let [left, right] = self.sides.each_ref().map(Vec::len);
        let first = format!("{left} and {right} records, {:?}", self.join);
        std::iter::once(first).chain(cluster::outline(&self.scenario)).collect::<Vec<_>>().join("\n")
    }

    fn run(&self) -> JoinCounts {
        let mut sim = submit(&self.compiled, &self.functions, self.scenario.clone());
        let ends = sim.run_to_end(TICKS_MAX);
        let records = self.sides.iter().map(Vec::len).sum::<usize>() as u64;
        if is_starved(sim.world()) {
            return JoinCounts { joins: 1, starved: 1, ..JoinCounts::default() };
        }
        let status = sim.world().job_status();
        assert!(ends && status == JobStatus::Finished, "the job is {status}");
        let mut expected: Vec<String> = self.results().iter().map(ToString::to_string).collect();
        let mut got = collected(&sim, RESULTS);
        expected.sort_unstable();
        got.sort_unstable();
        let differs = (0..expected.len().max(got.len())).find(|&at| expected.get(at) != got.get(at));
        if let Some(at) = differs {
            panic!("result {at} is {:?}, and {:?} was to come", got.get(at), expected.get(at));
        }
        let kind = match self.join {
            Join::Window(_) => 0,
            Join::CoGroup(_) => 1,
            Join::Interval { .. } => 2,
        };
        let mut by_kind = [0; 3];
        by_kind[kind] = 1;
        JoinCounts { joins: 1, by_kind, records, results: got.len() as u64, starved: 0 }
    }
}

impl JoinSeed {
    /// What must come out, in any order.
    fn results(&self) -> Vec<Value> {
        let [left, right] = self.sides.each_ref().map(|side| side.iter().map(|marked| marked.record));
        match self.join {
            Join::Interval { lower, upper, open } => {
                let meets = |difference: i64| {
                    lower + i64::from(open[0]) <= difference && difference <= upper - i64::from(open[1])
                };
                let pairs = left.flat_map(|first| right.clone().map(move |second| (first, second)));
                pairs
                    .filter(|(first, second)| {
                        first.key == second.key && meets(second.timestamp - first.timestamp)
                    })
                    .map(|(first, second)| pair(&first, &second, [first.timestamp, second.timestamp]))
                    .collect()
            }
            Join::Window(assigner) => {
                let windows = windows_of(assigner, left.chain(right));
                let pairs = windows.iter().flat_map(|[first, second]| {
                    first.iter().flat_map(move |&a| second.iter().map(move |&b| [a, b]))
                });
                pairs
                    .map(|[a, b]| Value::tuple([a, b].map(|number| Value::Long(digest_of(number)))))
                    .collect()
            }
            Join::CoGroup(assigner) => windows_of(assigner, left.chain(right)).iter().map(groups).collect(),
        }
    }
}

/// The numbers of both sides' records in each window.
fn windows_of(assigner: Assigner, records: impl Iterator<Item = Record>) -> Vec<[Vec<i64>; 2]> {
    let definition =
        Definition { assigner, trigger: Trigger::End, purges: false, evictor: None, allowed_lateness: 0 };
    let arrivals = records.map(Arrival::Record).chain([Arrival::Watermark(i64::MAX)]);
    let firings = outcome(&definition, arrivals).firings;
    let split = |members: Vec<i64>| members.into_iter().partition(|number| number % 2 == 0);
    firings.into_iter().map(|firing| split(firing.members).into()).collect()
}

fn pair(first: &Record, second: &Record, times: [i64; 2]) -> Value {
    let [a, b] = [first, second].map(|record| Value::Long(digest_of(record.number)));
    Value::tuple([a, b, Value::Long(times[0]), Value::Long(times[1])])
}

/// How many there are of each side, and the sum of their digests.
fn groups(sides: &[Vec<i64>; 2]) -> Value {
    let of = |side: &Vec<i64>| {
        let sum = side.iter().fold(0_i64, |sum, &number| sum.wrapping_add(digest_of(number)));
        [Value::Long(side.len() as i64), Value::Long(sum)]
    };
    let [[a, b], [c, d]] = sides.each_ref().map(of);
    Value::tuple([a, b, c, d])
}

/// Even numbers on the first side, odd ones on the second; both begin at time 0.
fn of_side(records: Vec<Marked>, side: i64) -> Vec<Marked> {
    let first = records.first().map_or(0, |marked| marked.record.timestamp);
    let own = |Marked { record: Record { key, timestamp, number }, mark }| Marked {
        record: Record { key, timestamp: timestamp - first, number: 2 * number + side },
        mark,
    };
    records.into_iter().map(own).collect()
}

fn draw_join(dice: &mut Dice, step_max: i64) -> Join {
    let size = i64::from(dice.magnitude(2, 30)) * step_max;
    let assigner = match dice.below(3) {
        0 => Assigner::Sliding { size, slide: size, offset: i64::from(dice.below(size as u32)) },
        1 => {
            let slide = i64::from(dice.between((size / 6).max(1) as u32, size as u32));
            Assigner::Sliding { size, slide, offset: 0 }
        }
        _ => Assigner::Session { gap: 2 * i64::from(dice.magnitude(1, 8)) * step_max + 1, spread: 0 },
    };
    match dice.below(3) {
        0 => Join::Window(assigner),
        1 => Join::CoGroup(assigner),
        _ => {
            let lower = i64::from(dice.below(2 * size as u32)) - size;
            let open = [dice.once_in(3), dice.once_in(3)];
            Join::Interval { lower, upper: lower + 2 + i64::from(dice.below(size as u32)), open }
        }
    }
}

fn build(
    join: Join,
    sides: &[Vec<Marked>; 2],
    bound: i64,
    functions: &mut NativeFunctions,
    dice: &mut Dice,
) -> Result<CompiledJob, ApiError> {
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.set_buffer_timeout(dice.pick(&[-1, 0, 5, 100]))?;
    let left = source(&env, &sides[0], bound, functions, dice)?;
    let right = source(&env, &sides[1], bound, functions, dice)?;
    let key = KeySelector::Field(0);
    let joined = match join {
        Join::Interval { lower, upper, open } => {
            let (left, right) = (left.key_by(key.clone()), right.key_by(key));
            let mut between = left.interval_join(&right)?.between(lower, upper)?;
            if open[0] {
                between = between.lower_bound_exclusive();
            }
            if open[1] {
                between = between.upper_bound_exclusive();
            }
            between.process(pair_function(functions))?
        }
        Join::Window(assigner) => {
            let windowed = left.join(&right)?.where_key(key.clone()).equal_to(key);
            let function = functions.reduce(|first, second| {
                Value::tuple([first, second].map(|value| Value::Long(digest_in(value))))
            });
            windowed.window(engine_assigner(assigner)?).apply(function)?
        }
        Join::CoGroup(assigner) => {
            let windowed = left.co_group(&right)?.where_key(key.clone()).equal_to(key);
            windowed.window(engine_assigner(assigner)?).apply(group_function(functions))?
        }
    };
    let parallelism = dice.between(1, 4) as i32;
    let joined = joined.name("join").set_parallelism(parallelism)?;
    joined.sink_to(SinkSpec::Collect { name: RESULTS.into() }).set_parallelism(parallelism)?;
    compile(&env.job()?)
}

/// The records in one part for each subtask, with watermarks that all of them keep to.
fn source(
    env: &StreamExecutionEnvironment,
    records: &[Marked],
    bound: i64,
    functions: &mut NativeFunctions,
    dice: &mut Dice,
) -> Result<SingleOutputStreamOperator, ApiError> {
    let generation = if dice.once_in(2) {
        WatermarkGeneration::Generator(functions::punctuated(functions, bound))
    } else {
        WatermarkGeneration::BoundedOutOfOrderness(bound)
    };
    let time_of = functions.map(|value| match value {
        Value::Tuple(fields) => fields[1].clone(),
        other => panic!("{other} is no record of the job"),
    });
    let strategy = WatermarkStrategy::of(generation).with_timestamp_assigner(time_of);
    let values: Vec<Value> = records.iter().map(|marked| marked.to_value()).collect();
    let count = values.len() as i64;
    let function = functions.map(move |number| match number {
        Value::Long(number) => values[*number as usize].clone(),
        other => panic!("a generator gets a number, not {other}"),
    });
    let spec = SourceSpec::DataGenerator { function, count, records_per_second: None };
    env.from_source(spec, strategy, "source").set_parallelism(dice.between(1, 3) as i32)
}

fn pair_function(functions: &mut NativeFunctions) -> FunctionId {
    functions.apply(|arguments, context| {
        let [left, right, left_time, right_time] = arguments else { return Ok(Value::Null) };
        let [left, right] = [left, right].map(|value| Value::Long(digest_in(value)));
        context.collect(Value::tuple([left, right, left_time.clone(), right_time.clone()]));
        Ok(Value::Null)
    })
}

fn group_function(functions: &mut NativeFunctions) -> FunctionId {
    functions.apply(|arguments, context| {
        let [Value::Tuple(left), Value::Tuple(right)] = arguments else { return Ok(Value::Null) };
        let of = |side: &Rc<[Value]>| {
            let sum = side.iter().fold(0_i64, |sum, value| sum.wrapping_add(digest_in(value)));
            [Value::Long(side.len() as i64), Value::Long(sum)]
        };
        let [[a, b], [c, d]] = [of(left), of(right)];
        context.collect(Value::tuple([a, b, c, d]));
        Ok(Value::Null)
    })
}

fn engine_assigner(assigner: Assigner) -> Result<WindowAssigner, ApiError> {
    let domain = TimeDomain::EventTime;
    match assigner {
        Assigner::Sliding { size, slide, offset } if size == slide => {
            WindowAssigner::tumbling(domain, size, offset)
        }
        Assigner::Sliding { size, slide, offset } => WindowAssigner::sliding(domain, size, slide, offset),
        Assigner::Session { gap, .. } => WindowAssigner::session(domain, SessionGap::Fixed(gap)),
        Assigner::Global => Ok(WindowAssigner::Global),
    }
}

fn submit(compiled: &CompiledJob, functions: &Rc<NativeFunctions>, scenario: Scenario) -> Sim {
    Sim::submit(compiled, Rc::clone(functions) as _, scenario)
        .unwrap_or_else(|error| panic!("the job is refused: {error:?}"))
}

/// What the join soak has seen.
#[derive(Clone, Debug, Default)]
pub struct JoinCounts {
    pub joins: u64,
    /// Of them, window joins, coGroups and interval joins.
    pub by_kind: [u64; 3],
    pub records: u64,
    pub results: u64,
    pub starved: u64,
}

impl Tally for JoinCounts {
    fn add(&mut self, other: Self) {
        self.joins += other.joins;
        for (total, more) in self.by_kind.iter_mut().zip(other.by_kind) {
            *total += more;
        }
        self.records += other.records;
        self.results += other.results;
        self.starved += other.starved;
    }
}

impl fmt::Display for JoinCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, count) in [
            ("joins", self.joins),
            ("  of windows", self.by_kind[0]),
            ("  coGroups", self.by_kind[1]),
            ("  of intervals", self.by_kind[2]),
            ("  starved by overdraft", self.starved),
            ("records", self.records),
            ("results", self.results),
        ] {
            writeln!(f, "{what:25} {count}")?;
        }
        Ok(())
    }
}
