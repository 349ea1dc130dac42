//! Random timers: those of a keyed function fire when their time has come, once each, in the order of their times.
//!
//! A seed gives an input, a function that sets and deletes timers by what is in a record, and a cluster. What must
//! come out is reckoned by a list of the times that are set, for each key. In event time all of it is known; in
//! processing time it follows from when each record came. `cargo soak timers --seed N` replays one.

use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use weir_engine::base::ids::FunctionId;
use weir_engine::cluster::job_status::JobStatus;
use weir_engine::graph::api::{DataStreamUtils, StreamExecutionEnvironment};
use weir_engine::graph::compiled::{CompiledJob, compile};
use weir_engine::graph::error::ApiError;
use weir_engine::graph::operator_spec::{KeySelector, SinkSpec};
use weir_engine::graph::windowing::TimeDomain;
use weir_engine::operator::context::OperatorContext;
use weir_engine::operator::function::{Method, UserError};
use weir_engine::operator::native::NativeFunctions;
use weir_engine::record::Value;
use weir_engine::scenario::Scenario;
use weir_engine::sim::Sim;
use weir_engine::state::namespace::Namespace;

use super::arrival::{self, ARRIVALS, arrivals_by_key};
use super::functions::digest_in;
use super::input::{self, Course, Marked, digest_of};
use super::reference::Arrival;
use super::source::{self, Watermarks};
use super::{RESULTS, TICKS_MAX, by_key, collected};
use crate::Tally;
use crate::Trial;
use crate::cluster::{self, Load};
use crate::dice::{Dice, mix};
use crate::run::is_starved;

/// What a function does with its timers, as a rule that both it and the reference follow.
#[derive(Clone, Copy, Debug)]
struct Rule {
    domain: TimeDomain,
    /// Timers are set for up to so many ms after a record, in event time also before it.
    span: i64,
}

/// A change of the timers of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Set(i64),
    Delete(i64),
}

impl Rule {
    /// What a record brings about.
    fn on_record(self, time: i64, digest: i64) -> impl Iterator<Item = Change> {
        (0..4).filter_map(move |nth| {
            let drawn = mix(digest as u64, nth) >> 8;
            let ahead = (drawn >> 8) as i64 % self.span;
            match (self.domain, drawn % 5) {
                (_, 0) => None,
                (_, 1) => Some(Change::Delete(time + ahead)),
                // Perhaps one that the watermark has passed.
                (TimeDomain::EventTime, 2) => Some(Change::Set(time - ahead)),
                _ => Some(Change::Set(time + ahead)),
            }
        })
    }

    /// What a timer brings about; there is an end to it.
    fn on_timer(self, timer: i64) -> Option<Change> {
        match (self.domain, timer.rem_euclid(6)) {
            // In event time it may be the watermark's own turn again.
            (_, 0) => Some(Change::Set(timer + 1 + timer.rem_euclid(self.span))),
            (_, 3) => Some(Change::Delete(timer + 2)),
            _ => None,
        }
    }
}

/// What comes out for a record and for a timer: the key, which it is, its time, and the time that it is then.
fn line(key: i64, what: i64, time: i64, now: i64) -> Value {
    Value::tuple([key, what, time, now].map(Value::Long))
}

const RECORD: i64 = 0;
const TIMER: i64 = 1;

/// A random job with timers, with the cluster that it runs on.
pub struct TimerSeed {
    rule: Rule,
    records: Vec<Marked>,
    watermarks: Watermarks,
    compiled: CompiledJob,
    functions: Rc<NativeFunctions>,
    scenario: Scenario,
}

impl Trial for TimerSeed {
    type Counts = TimerCounts;
    const COMMAND: &'static str = "cargo soak timers";

    fn new(number: u64) -> Self {
        let mut dice = Dice::new(number, 13);
        let step_max = dice.pick(&[1, 3, 10, 30]);
        let disorder = dice.pick(&[0, 1, 5, 20]) * step_max;
        let records = input::draw(&mut dice, Course { disorder, step_max, grain: 1 });
        let watermarks = if dice.once_in(3) {
            Watermarks::Marked
        } else {
            Watermarks::Punctuated(disorder / i64::from(dice.between(1, 4)))
        };
        let domain = dice.pick(&[TimeDomain::EventTime, TimeDomain::ProcessingTime]);
        let rule = Rule { domain, span: i64::from(dice.magnitude(2, 40)) * step_max };
        let mut functions = NativeFunctions::default();
        let compiled = build(rule, (&records, watermarks), &mut functions, &mut dice)
            .unwrap_or_else(|error| panic!("the job is refused: {}", error.message));
        let functions = Rc::new(functions);
        let files = Rc::default();
        let bytes = 1000 * records.len() as u64;
        let load = Load { files: &files, operators: &["timers".into()], bytes, is_batch: false };
        let probe = submit(&compiled, &functions, cluster::roomy(&load, 64));
        let slots = probe.world().job_master().slots().groups().len() as u32;
        let scenario = cluster::random(number, &load, slots, probe.world());
        Self { rule, records, watermarks, compiled, functions, scenario }
    }

    fn outline(&self) -> String {
        let Self { rule, records, watermarks, scenario, .. } = self;
        let first = format!("{} records, {watermarks:?}, {rule:?}", records.len());
        std::iter::once(first).chain(cluster::outline(scenario)).collect::<Vec<_>>().join("\n")
    }

    fn run(&self) -> TimerCounts {
        let mut sim = submit(&self.compiled, &self.functions, self.scenario.clone());
        let ends = sim.run_to_end(TICKS_MAX);
        if is_starved(sim.world()) {
            return TimerCounts { inputs: 1, starved: 1, ..TimerCounts::default() };
        }
        let status = sim.world().job_status();
        assert!(ends && status == JobStatus::Finished, "the job is {status}");
        let results = collected(&sim, RESULTS);
        let mut results = by_key(&results);
        let is_event_time = self.rule.domain == TimeDomain::EventTime;
        let by_key =
            if is_event_time { self.event_time_by_key() } else { arrivals_by_key(&sim, &self.records) };
        let mut counts = TimerCounts {
            inputs: 1,
            in_processing_time: u64::from(!is_event_time),
            records: self.records.len() as u64,
            ..TimerCounts::default()
        };
        for (key, mut arrivals) in by_key {
            let due = lines(self.rule, key, &arrivals).len();
            arrivals.push(Arrival::Watermark(i64::MAX));
            let all = lines(self.rule, key, &arrivals);
            let got = results.remove(&*format!("({key}")).unwrap_or_default();
            // A job that ends forgets the timers of the clock that are not due yet; what is due by then may fire.
            let least = if is_event_time { all.len() } else { due };
            let is_enough = (least..=all.len()).contains(&got.len());
            let is_begun = got.iter().zip(&all).all(|(&got, expected)| got == expected);
            assert!(is_enough && is_begun, "of key {key} came {got:?}, and {all:?} was to come");
            counts.fired +=
                got.iter().filter(|line| line.contains(&format!("({key},{TIMER},"))).count() as u64;
        }
        assert!(results.is_empty(), "there are results of keys that no record has: {results:?}");
        counts
    }
}

impl TimerSeed {
    fn event_time_by_key(&self) -> BTreeMap<i64, Vec<Arrival>> {
        let keys = self.records.iter().map(|marked| marked.record.key);
        let mut by_key: BTreeMap<i64, Vec<Arrival>> = keys.map(|key| (key, Vec::new())).collect();
        for arrival in self.watermarks.arrivals(&self.records) {
            match arrival {
                Arrival::Record(record) => by_key.entry(record.key).or_default().push(arrival),
                Arrival::Watermark(_) => by_key.values_mut().for_each(|arrivals| arrivals.push(arrival)),
            }
        }
        by_key
    }
}

/// What comes out for a key.
fn lines(rule: Rule, key: i64, arrivals: &[Arrival]) -> Vec<String> {
    let (mut now, mut set, mut lines): (i64, Vec<i64>, Vec<Value>) = (i64::MIN, Vec::new(), Vec::new());
    let change = |set: &mut Vec<i64>, change: Change| match change {
        Change::Set(time) if set.contains(&time) => {}
        Change::Set(time) => set.push(time),
        Change::Delete(time) => set.retain(|&other| other != time),
    };
    // In processing time it is always the time of the record or of the timer.
    let shown = |now: i64| if rule.domain == TimeDomain::EventTime { now } else { 0 };
    for arrival in arrivals {
        match *arrival {
            Arrival::Record(record) => {
                lines.push(line(key, RECORD, record.timestamp, shown(now)));
                let changes = rule.on_record(record.timestamp, digest_of(record.number));
                changes.for_each(|one| change(&mut set, one));
            }
            Arrival::Watermark(watermark) if watermark <= now => {}
            Arrival::Watermark(watermark) => {
                now = watermark;
                while let Some(&first) = set.iter().min().filter(|&&first| first <= now) {
                    set.retain(|&other| other != first);
                    lines.push(line(key, TIMER, first, shown(now)));
                    rule.on_timer(first).into_iter().for_each(|one| change(&mut set, one));
                }
            }
        }
    }
    lines.iter().map(ToString::to_string).collect()
}

fn build(
    rule: Rule,
    (records, watermarks): (&[Marked], Watermarks),
    functions: &mut NativeFunctions,
    dice: &mut Dice,
) -> Result<CompiledJob, ApiError> {
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.set_buffer_timeout(dice.pick(&[-1, 0, 5, 100]))?;
    let is_event_time = rule.domain == TimeDomain::EventTime;
    let sources = if is_event_time { 1 } else { dice.between(1, 4) };
    let input = (records, watermarks);
    let stream = source::source(&env, functions, input, (sources, !is_event_time), dice)?;
    let parallelism = dice.between(1, 4) as i32;
    let mut keyed = stream.key_by(KeySelector::Field(0));
    if !is_event_time {
        let stamped = keyed.process(arrival::stamp(functions)).name("clock").set_parallelism(parallelism)?;
        stamped.sink_to(SinkSpec::Collect { name: ARRIVALS.into() }).set_parallelism(parallelism)?;
        keyed = DataStreamUtils::reinterpret_as_keyed_stream(&stamped, KeySelector::Field(0));
    }
    let results = keyed.process(with_timers(rule, functions)).name("timers").set_parallelism(parallelism)?;
    results.sink_to(SinkSpec::Collect { name: RESULTS.into() }).set_parallelism(parallelism)?;
    compile(&env.job()?)
}

/// The function of the rule.
fn with_timers(rule: Rule, functions: &mut NativeFunctions) -> FunctionId {
    functions.process(move |method, value, context| {
        let key = context.state.current_key().cloned();
        let Some(Value::Long(key)) = key else { return Ok(()) };
        let now = if rule.domain == TimeDomain::EventTime { context.watermark } else { 0 };
        match (method, value) {
            (Method::ProcessElement, Value::Tuple(fields)) => {
                let Value::Long(time) = fields[1] else { panic!("{value} is no record of the job") };
                context.collect(line(key, RECORD, time, now));
                rule.on_record(time, digest_in(value)).try_for_each(|change| apply(rule, change, context))
            }
            (Method::OnTimer, Value::Long(time)) => {
                let time = *time;
                context.collect(line(key, TIMER, time, now));
                rule.on_timer(time).map_or(Ok(()), |change| apply(rule, change, context))
            }
            _ => Ok(()),
        }
    })
}

fn apply(rule: Rule, change: Change, context: &mut OperatorContext) -> Result<(), UserError> {
    match change {
        Change::Set(time) => context.register_timer(rule.domain, Namespace::Void, time),
        Change::Delete(time) => context.delete_timer(rule.domain, Namespace::Void, time),
    }
}

fn submit(compiled: &CompiledJob, functions: &Rc<NativeFunctions>, scenario: Scenario) -> Sim {
    Sim::submit(compiled, Rc::clone(functions) as _, scenario)
        .unwrap_or_else(|error| panic!("the job is refused: {error:?}"))
}

/// What the timer soak has seen.
#[derive(Clone, Debug, Default)]
pub struct TimerCounts {
    pub inputs: u64,
    pub in_processing_time: u64,
    pub records: u64,
    pub fired: u64,
    pub starved: u64,
}

impl Tally for TimerCounts {
    fn add(&mut self, other: Self) {
        self.inputs += other.inputs;
        self.in_processing_time += other.in_processing_time;
        self.records += other.records;
        self.fired += other.fired;
        self.starved += other.starved;
    }
}

impl fmt::Display for TimerCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, count) in [
            ("inputs", self.inputs),
            ("  in processing time", self.in_processing_time),
            ("  starved by overdraft", self.starved),
            ("records", self.records),
            ("timers fired", self.fired),
        ] {
            writeln!(f, "{what:25} {count}")?;
        }
        Ok(())
    }
}
