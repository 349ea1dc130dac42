//! One seed: its job on a roomy cluster, and the same job on its own cluster, each compared with what must
//! come out.

use std::cell::RefCell;
use std::rc::Rc;

use weir_engine::cluster::job_master::JobFailure;
use weir_engine::cluster::job_status::JobStatus;
use weir_engine::cluster::link_fault::LinkFault;
use weir_engine::network::pool::LocalBufferPool;
use weir_engine::scenario::Scenario;
use weir_engine::sim::Sim;
use weir_engine::sim::command::Command;
use weir_engine::sim::world::World;

use crate::Trial;
use crate::cluster;
use crate::counts::{Counts, Observer};
use crate::dice::{Dice, mix};
use crate::disturbance::disturb;
use crate::job::RandomJob;

/// More ticks than any of these jobs takes.
const TICKS_MAX: u64 = 50_000_000;

/// A job in which nothing happens for so long does nothing any more: longer than any pace, link or timeout.
const STANDSTILL_TICKS: u64 = 500_000;

/// A random job with the cluster that it runs on.
pub struct Seed {
    number: u64,
    job: RandomJob,
    scenario: Scenario,
    slots: u32,
}

impl Trial for Seed {
    type Counts = Counts;
    const COMMAND: &'static str = "cargo soak";

    fn new(number: u64) -> Self {
        let job =
            RandomJob::new(number).unwrap_or_else(|error| panic!("the job is refused: {}", error.message));
        // How many slots it takes, and which task comes where, is the scheduler's to say.
        let probe = submit(&job, cluster::roomy(&job.load(), 128));
        let slots = probe.world().job_master().slots().groups().len() as u32;
        let scenario = cluster::random(number, &job.load(), slots, probe.world());
        Self { number, job, scenario, slots }
    }

    fn outline(&self) -> String {
        let lines: Vec<String> =
            self.job.outline.iter().cloned().chain(cluster::outline(&self.scenario)).collect();
        lines.join("\n")
    }

    fn run(&self) -> Counts {
        let mut roomy = submit(&self.job, cluster::roomy(&self.job.load(), self.slots));
        self.run_to_end(&mut roomy, "on the roomy cluster");

        let mut counts = Counts { jobs: 1, batch: u64::from(self.job.is_batch), ..Counts::default() };
        let mut sim = submit(&self.job, self.scenario.clone());
        let observer = Rc::new(RefCell::new(Observer::default()));
        let watching = Rc::clone(&observer);
        sim.watch(move |world| watching.borrow_mut().look(world));
        let mut dice = Dice::new(self.number, 3);
        disturb(&mut sim, &mut dice);
        if run_or_stand_still(&mut sim) && is_starved(sim.world()) {
            counts.starved += 1;
            sim.command(Command::CancelJob);
        }
        let status = self.run_to_end(&mut sim, "on its own cluster");
        observer.borrow().count_into(sim.world(), &mut counts);
        let is_of_links = |(_, command): &(u64, Command)| matches!(command, Command::Link(_));
        counts.links_broken += u64::from(sim.commands().iter().any(is_of_links));
        match status {
            JobStatus::Canceled => counts.cancelled += 1,
            JobStatus::Failed => counts.failed += 1,
            _ => counts.finished += 1,
        }
        counts.batch += u64::from(self.job.is_batch);
        counts.with_windows += u64::from(self.job.has_windows);
        counts.shapes.insert(self.shape());
        if dice.once_in(8) {
            return_to_a_past(&mut sim, &mut dice);
            counts.returned += 1;
        }
        counts
    }
}

impl Seed {
    fn run_to_end(&self, sim: &mut Sim, place: &str) -> JobStatus {
        let is_over = sim.run_to_end(TICKS_MAX);
        let sentence = weir_engine::inspect::sentence::sentence(sim.world());
        assert!(is_over, "{place}: the job does not end: {sentence}");
        let status = sim.world().job_status();
        let is_cancelled = sim.commands().iter().any(|(_, command)| *command == Command::CancelJob);
        let is_right = match status {
            JobStatus::Finished => !self.job.breaks,
            JobStatus::Failed => self.job.breaks || failed_with_a_connection(sim),
            JobStatus::Canceled => is_cancelled,
            // Nothing can happen any more, and the job waits for something.
            _ => false,
        };
        assert!(is_right, "{place}: the job is {status} at tick {}: {sentence}", sim.world().tick());
        self.check_output(sim, place, status == JobStatus::Finished);
        for executor in sim.world().executors() {
            let kept = executor.shuffle().segments_in_use();
            assert!(kept == 0, "{place}: TaskManager {} keeps {kept} segments", executor.id());
            let files = executor.shuffle().disk().files().count();
            assert!(files == 0, "{place}: TaskManager {} keeps {files} files", executor.id());
            let pages =
                executor.managed_memory().iter().map(|memory| memory.pages() - memory.free()).sum::<u32>();
            assert!(pages == 0, "{place}: TaskManager {} keeps {pages} pages", executor.id());
        }
        status
    }

    fn check_output(&self, sim: &Sim, place: &str, is_whole: bool) {
        for (sink, expectation) in &self.job.expected {
            let output = sim.world().output();
            let lines = output.iter_from(0).filter_map(|line| line_of_sink(sink, &line.stream, &line.text));
            if let Some(difference) = expectation.difference(lines, is_whole) {
                panic!("{place}: {sink} got {difference}");
            }
        }
    }

    /// What two seeds may have in common: the graph, the slots and who makes the choices.
    fn shape(&self) -> u64 {
        let mut shape =
            u64::from(self.scenario.task_managers) << 8 | u64::from(self.scenario.slots_per_task_manager);
        let graph = &self.job.compiled.job_graph;
        for vertex in &graph.vertices {
            shape = mix(shape, u64::from(vertex.parallelism) << 16 | vertex.operators.len() as u64);
        }
        for step in &self.job.outline {
            // The step's kind and inputs, without its number of records.
            let what = step.split(" → ").next().unwrap_or_default();
            shape = what.bytes().fold(shape, |shape, byte| mix(shape, u64::from(byte)));
        }
        shape
    }
}

/// Goes back to some tick and runs to the end again: the run must be the same.
fn return_to_a_past(sim: &mut Sim, dice: &mut Dice) {
    let end = (sim.world().tick(), sim.world().trace().hash());
    let (tick, turn) = (dice.below(end.0 as u32 + 1), dice.below(40));
    sim.seek(u64::from(tick), turn);
    assert!(sim.run_to_end(TICKS_MAX), "from tick {tick} again: the job does not end");
    let again = (sim.world().tick(), sim.world().trace().hash());
    assert!(again == end, "from tick {tick} again the run is another one: {again:?}, not {end:?}");
}

/// Whether a task failed because of its connections, to which something was done.
fn failed_with_a_connection(sim: &Sim) -> bool {
    let is_harm = |(_, command): &(u64, Command)| {
        matches!(command, Command::Link(LinkFault::Cut(_) | LinkFault::Reset { .. }))
    };
    let is_of_the_network = match sim.world().job_master().failure() {
        Some(JobFailure::Task { failure, .. }) => failure.operator.is_none(),
        _ => false,
    };
    is_of_the_network && sim.commands().iter().any(is_harm)
}

/// Runs to the end of the job, or until no task takes a record any more: where buffers are debloated, what stands
/// still measures its throughput for ever. Answers whether it is one of both.
fn run_or_stand_still(sim: &mut Sim) -> bool {
    while sim.world().tick() < TICKS_MAX {
        let before = progress(sim.world());
        if sim.run_to_end(STANDSTILL_TICKS) || progress(sim.world()) == before {
            return true;
        }
    }
    false
}

/// Grows with each record that a task takes, and with each call and change of state.
fn progress(world: &World) -> u64 {
    let tasks = world.executors().iter().flat_map(|executor| executor.tasks());
    tasks.map(|task| task.records_in()).sum::<u64>() + world.trace().events().len() as u64
}

/// Whether a job that stands still does so because of what Flink does too: where memory is no more than what was
/// promised, the overdraft of a producer takes the segments that its consumer has not taken yet, and the consumer,
/// without one, never reads what would give them back.
pub(crate) fn is_starved(world: &World) -> bool {
    world.job_status() == JobStatus::Running
        && world.executors().iter().any(|executor| {
            let pools = executor.shuffle().network_pool();
            let is_short = |pool: &LocalBufferPool| !pool.is_destroyed() && pool.requested() < pool.size();
            pools.free() == 0
                && pools.pools().any(|(_, pool)| pool.overdraft() > 0)
                && pools.pools().any(|(_, pool)| is_short(pool))
        })
}

fn submit(job: &RandomJob, scenario: Scenario) -> Sim {
    let functions = Rc::clone(&job.functions);
    Sim::submit(&job.compiled, functions, scenario)
        .unwrap_or_else(|error| panic!("the job is refused: {error:?}"))
}

/// The text of a line of output, if this sink wrote it: printed lines bear the sink's name, and the subtask.
fn line_of_sink<'a>(sink: &str, stream: &str, text: &'a str) -> Option<&'a str> {
    if stream == sink {
        return Some(text);
    }
    let rest = text.strip_prefix(sink).filter(|_| stream == "stdout" || stream == "stderr")?;
    let (subtask, line) = rest.split_once("> ")?;
    (subtask.is_empty() || subtask.starts_with(':')).then_some(line)
}
