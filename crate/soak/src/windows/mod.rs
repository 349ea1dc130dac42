//! Random window jobs: what comes out is what windows are by definition.
//!
//! A seed gives an input, a window operator and a cluster. What must come out is reckoned from the finished input
//! by a reference that shares nothing with the runtime (`reference`), as far as it follows from the input alone
//! (`job::Known`). `cargo soak windows --seed N` replays one.

mod arrival;
mod counts;
mod functions;
mod input;
mod job;
mod joins;
mod reference;
mod source;
mod timers;

pub use counts::WindowCounts;
pub use joins::{JoinCounts, JoinSeed};
pub use timers::{TimerCounts, TimerSeed};

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use weir_engine::cluster::job_status::JobStatus;
use weir_engine::record::Value;
use weir_engine::scenario::Scenario;
use weir_engine::sim::Sim;
use weir_engine::sim::world::World;
use weir_engine::task::chain::{ChainedOperator, OperatorChain};

use crate::Trial;
use crate::cluster::{self, Load};
use crate::run::is_starved;
use arrival::arrivals_by_key;
use job::{Known, RESULTS, TOO_LATE, WINDOWS, WindowJob};
use reference::{Arrival, Definition, Firing, Outcome, Record, Trigger, outcome};

/// More ticks than any of these jobs takes. A job that stands still has its periodic watermarks all the same.
const TICKS_MAX: u64 = 5_000_000;

/// A random window job with the cluster that it runs on.
pub struct WindowSeed {
    job: WindowJob,
    scenario: Scenario,
}

impl Trial for WindowSeed {
    type Counts = WindowCounts;
    const COMMAND: &'static str = "cargo soak windows";

    fn new(number: u64) -> Self {
        let job =
            WindowJob::new(number).unwrap_or_else(|error| panic!("the job is refused: {}", error.message));
        let files = Rc::default();
        let bytes = 1000 * job.records.len() as u64;
        let load = Load { files: &files, operators: &job.operators, bytes, is_batch: false };
        let probe = submit(&job, cluster::roomy(&load, 64));
        let slots = probe.world().job_master().slots().groups().len() as u32;
        let scenario = cluster::random(number, &load, slots, probe.world());
        Self { job, scenario }
    }

    fn outline(&self) -> String {
        let lines: Vec<String> =
            self.job.outline.iter().cloned().chain(cluster::outline(&self.scenario)).collect();
        lines.join("\n")
    }

    fn run(&self) -> WindowCounts {
        let mut sim = submit(&self.job, self.scenario.clone());
        let ends = sim.run_to_end(TICKS_MAX);
        if is_starved(sim.world()) {
            return WindowCounts { inputs: 1, starved: 1, ..WindowCounts::default() };
        }
        let status = sim.world().job_status();
        let sentence = weir_engine::inspect::sentence::sentence(sim.world());
        assert!(ends && status == JobStatus::Finished, "the job is {status}: {sentence}");
        let job = &self.job;
        let results = collected(&sim, RESULTS);
        let outcome = match job.known {
            Known::LastFirings => {
                let records = job.records.iter().map(|marked| Arrival::Record(marked.record));
                outcome(&job.definition, records.chain([Arrival::Watermark(i64::MAX)]))
            }
            Known::Everything | Known::Firings => {
                outcome(&job.definition, job.watermarks.arrivals(&job.records))
            }
            Known::ByArrival => self.check_by_arrival(&sim, &results),
        };
        let mut counts = WindowCounts::of(job.known, job.records.len(), &outcome, job.has_side_output);
        match job.known {
            Known::Everything => self.check_everything(&outcome, &results),
            Known::Firings => self.check_firings(&outcome, &results),
            Known::LastFirings => {
                counts.early_firings = self.check_last_firings(&outcome, &results);
            }
            Known::ByArrival => {}
        }
        self.check_too_late(&sim, &outcome);
        counts
    }
}

impl WindowSeed {
    /// For each key: these lines in this order.
    fn check_everything(&self, outcome: &Outcome, results: &[String]) {
        let expected: Vec<String> = outcome
            .firings
            .iter()
            .map(|firing| line(self.result_of(firing), firing.last_ms(), firing.watermark))
            .collect();
        if matches!(self.job.definition.trigger, Trigger::Every(_)) {
            // Windows that overlap have times in common, and which of them comes first is the runtime's own.
            compare("results", &in_any_order(&expected), &in_any_order(results));
        } else {
            compare("results", &by_key(&expected), &by_key(results));
        }
    }

    /// These results, whenever.
    fn check_firings(&self, outcome: &Outcome, results: &[String]) {
        assert!(outcome.too_late.is_empty(), "the input is in order, and some of it is late");
        let expected: Vec<String> =
            outcome.firings.iter().map(|firing| timed(&self.result_of(firing), firing.last_ms())).collect();
        compare("results", &in_any_order(&expected), &in_any_order(&without_watermarks(results)));
    }

    /// For each key: these lines in this order, as far as the job goes. Windows that are open when it ends, and whose
    /// end has not come since a record of their key, may be computed or not. Answers what had to be.
    fn check_by_arrival(&self, sim: &Sim, results: &[String]) -> Outcome {
        // Lateness is of event time.
        let definition = Definition { allowed_lateness: 0, ..self.job.definition };
        let results = without_watermarks(results);
        let mut results = by_key(&results);
        let mut total = Outcome::default();
        for (key, mut arrivals) in arrivals_by_key(sim, &self.job.records) {
            let line_of = |firing: &Firing| timed(&self.result_of(firing), firing.last_ms());
            let due = outcome(&definition, arrivals.iter().copied());
            arrivals.push(Arrival::Watermark(i64::MAX));
            let all: Vec<String> = outcome(&definition, arrivals).firings.iter().map(line_of).collect();
            let got = results.remove(&*format!("(({key}")).unwrap_or_default();
            if matches!(definition.trigger, Trigger::Every(_)) {
                // Windows that overlap have times in common, and which of them comes first is the runtime's own.
                let due: Vec<String> = due.firings.iter().map(line_of).collect();
                check_contains("what came", &got, due.iter().map(String::as_str));
                check_contains("what may come", &all, got.iter().copied());
            } else {
                let is_enough = (due.firings.len()..=all.len()).contains(&got.len());
                let is_begun = got.iter().zip(&all).all(|(got, expected)| got == expected);
                assert!(is_enough && is_begun, "of key {key} came {got:?}, and {all:?} was to come");
            }
            total.add(due);
        }
        assert!(results.is_empty(), "there are results of keys that no record has: {results:?}");
        total
    }

    /// Each window's last result is this. Answers how many came before.
    fn check_last_firings(&self, outcome: &Outcome, results: &[String]) -> u64 {
        let results = without_watermarks(results);
        let last: BTreeMap<&str, &String> =
            results.iter().map(|result| (window_in(result), result)).collect();
        for firing in &outcome.firings {
            let expected = timed(&self.result_of(firing), firing.last_ms());
            let got = last.get(window_in(&expected));
            assert!(
                got.is_some_and(|&got| *got == expected),
                "the last result of a window is {got:?}, and {expected} was to come"
            );
        }
        let early = results.len() - outcome.firings.len();
        let final_windows: BTreeSet<String> = outcome
            .firings
            .iter()
            .map(|firing| window_in(&timed(&self.result_of(firing), firing.last_ms())).to_owned())
            .collect();
        let is_session = matches!(self.job.definition.assigner, reference::Assigner::Session { .. });
        let foreign = last.keys().find(|&&window| !final_windows.contains(window)).filter(|_| !is_session);
        assert!(foreign.is_none(), "there is a result of {foreign:?}, in which no record is");
        early as u64
    }

    fn check_too_late(&self, sim: &Sim, outcome: &Outcome) {
        let got = collected(sim, TOO_LATE);
        let dropped = dropped(sim.world());
        let count = outcome.too_late.len() as u64;
        if !self.job.has_side_output {
            assert!(got.is_empty() && dropped == count, "{dropped} records were dropped, not {count}");
            return;
        }
        assert!(dropped == 0, "{dropped} records were dropped, and there is a side output");
        let expected: Vec<String> = outcome
            .too_late
            .iter()
            .map(|&Record { number, timestamp, .. }| {
                timed(&self.job.records[number as usize].to_value(), timestamp)
            })
            .collect();
        compare("late records", &by_key(&expected), &by_key(&without_watermarks(&got)));
    }

    /// What the window's function emits.
    fn result_of(&self, firing: &Firing) -> Value {
        let span = firing.span.map_or(Value::Null, |(start, end)| (start, end).into());
        let digest = self.job.digest.of(&firing.members);
        let long = Value::Long;
        Value::tuple([long(firing.key), span, long(firing.members.len() as i64), long(digest)])
    }
}

impl Firing {
    fn last_ms(&self) -> i64 {
        self.span.map_or(i64::MAX, |(_, end)| end - 1)
    }
}

fn submit(job: &WindowJob, scenario: Scenario) -> Sim {
    Sim::submit(&job.compiled, Rc::clone(&job.functions) as _, scenario)
        .unwrap_or_else(|error| panic!("the job is refused: {error:?}"))
}

/// A line of output: a value, its time and the watermark that its receiver has.
fn line(value: Value, timestamp: i64, watermark: i64) -> String {
    Value::tuple([value, Value::Long(timestamp), Value::Long(watermark)]).to_string()
}

/// The same without the watermark.
fn timed(value: &Value, timestamp: i64) -> String {
    format!("({value},{timestamp}")
}

fn without_watermarks(lines: &[String]) -> Vec<String> {
    let cut = |line: &String| line.rsplit_once(',').expect("a line has a watermark").0.to_owned();
    lines.iter().map(cut).collect()
}

/// Key and bounds in a line of a result.
fn window_in(result: &str) -> &str {
    &result[..result.find(')').expect("a window has bounds")]
}

fn collected(sim: &Sim, table: &str) -> Vec<String> {
    let lines = sim.world().output().iter_from(0).filter(|line| &*line.stream == table);
    lines.map(|line| line.text.to_string()).collect()
}

fn dropped(world: &World) -> u64 {
    let tasks = world.executors().iter().flat_map(|executor| executor.tasks());
    let chained = tasks.filter_map(|task| task.chain()).flat_map(OperatorChain::operators);
    chained.filter(|chained| &**chained.name() == WINDOWS).map(ChainedOperator::late_records_dropped).sum()
}

/// Panics where there is no line for each of these.
fn check_contains<'a>(what: &str, lines: &[impl AsRef<str>], wanted: impl Iterator<Item = &'a str>) {
    let mut left: Vec<&str> = lines.iter().map(AsRef::as_ref).collect();
    for line in wanted {
        let place = left.iter().position(|&other| other == line);
        left.swap_remove(place.unwrap_or_else(|| panic!("{what} has no more {line}")));
    }
}

/// The lines of each key, in their order.
fn by_key(lines: &[String]) -> BTreeMap<&str, Vec<&str>> {
    let mut by_key: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in lines {
        let (key, _) = line.split_once(',').expect("a line begins with a key");
        by_key.entry(key).or_default().push(line);
    }
    by_key
}

fn in_any_order(lines: &[String]) -> BTreeMap<&str, Vec<&str>> {
    let mut by_key = by_key(lines);
    for lines in by_key.values_mut() {
        lines.sort_unstable();
    }
    by_key
}

/// Panics with the first difference.
fn compare(what: &str, expected: &BTreeMap<&str, Vec<&str>>, got: &BTreeMap<&str, Vec<&str>>) {
    for key in expected.keys().chain(got.keys()) {
        let (expected, got) = (expected.get(key), got.get(key));
        let [expected, got] = [expected, got].map(|lines| lines.map_or(&[][..], |lines| lines.as_slice()));
        let place = (0..expected.len().max(got.len())).find(|&place| expected.get(place) != got.get(place));
        if let Some(place) = place {
            let (expected, got) = (expected.get(place), got.get(place));
            panic!("{what} of key {}: number {place} is {got:?}, and {expected:?} was to come", &key[1..]);
        }
    }
}
