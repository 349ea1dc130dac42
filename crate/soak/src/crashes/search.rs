//! The runs of a case: one undisturbed, and one for each victim at each of its ticks.

use std::collections::BTreeSet;
use std::fmt;

use weir_engine::base::ids::{TaskId, TaskManagerId};
use weir_engine::checkpoint::storage::file_system::FileSystemFault;
use weir_engine::cluster::file_fault::FileFault;
use weir_engine::cluster::job_status::JobStatus;
use weir_engine::cluster::process_fault::ProcessFault;
use weir_engine::sim::Sim;
use weir_engine::sim::command::Command;

use super::CrashCounts;
use super::case::{Backend, Case, Mode};
use crate::Tally;
use crate::cases::{Findings, Part, named};
use crate::panics::held;
use crate::small_jobs::{Job, first_missing, rows};

/// More ticks than any of these runs takes.
const TICKS_MAX: u64 = 60_000;

/// For how long the store is gone: longer than from one checkpoint to the next.
const STORE_DOWN_TICKS: u64 = 35;

/// What crashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Victim {
    Task(u32),
    TaskManager(u32),
    /// The file system of the checkpoints, which is mended a while later.
    Store(FileSystemFault),
}

/// What crashes, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    pub victim: Victim,
    pub tick: u64,
}

/// A case with what must come of it.
pub struct Search {
    case: Case,
    /// Stepped along as moments are tried.
    undisturbed: Sim,
    rows: Vec<String>,
    ticks: u64,
    bytes_in_flight: u64,
}

impl fmt::Display for Victim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Task(task) => write!(f, "task-{task}"),
            Self::TaskManager(id) => write!(f, "taskmanager-{id}"),
            Self::Store(FileSystemFault::Down) => f.write_str("store-down"),
            Self::Store(FileSystemFault::Full) => f.write_str("store-full"),
        }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.victim, self.tick)
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} {}", self.seed, self.job.name(), self.mode.name(), self.backend.name())
    }
}

/// Reads what `Display` writes: a case, and a moment if there is more.
pub fn parse(arguments: &[String]) -> Result<(Case, Option<Moment>), String> {
    let [seed, job, mode, backend, rest @ ..] = arguments else {
        return Err("a run is given as SEED JOB MODE BACKEND VICTIM TICK".to_owned());
    };
    let case = Case {
        seed: seed.parse().map_err(|_| format!("{seed} is no seed"))?,
        job: named(&Job::ALL, Job::name, job)?,
        mode: named(&Mode::ALL, Mode::name, mode)?,
        backend: named(&Backend::ALL, Backend::name, backend)?,
    };
    let [victim, tick] = rest else { return Ok((case, None)) };
    let number = |text: &str| text.parse().map_err(|_| format!("{text} is no number"));
    let victim = match victim.split_once('-') {
        Some(("task", task)) => Victim::Task(number(task)?),
        Some(("taskmanager", id)) => Victim::TaskManager(number(id)?),
        Some(("store", "down")) => Victim::Store(FileSystemFault::Down),
        Some(("store", "full")) => Victim::Store(FileSystemFault::Full),
        _ => return Err(format!("{victim} is none of task-N, taskmanager-N, store-down, store-full")),
    };
    let tick = tick.parse().map_err(|_| format!("{tick} is no tick"))?;
    Ok((case, Some(Moment { victim, tick })))
}

impl Search {
    /// Runs the case undisturbed.
    pub fn new(case: Case) -> Self {
        let mut sim = case.submit();
        finish(&mut sim);
        let rows = rows(&sim);
        assert!(rows.len() > 20, "the job commits no more than {} rows", rows.len());
        let checkpoints = sim.world().job_master().checkpoints().expect("it checkpoints");
        let statistics = checkpoints.coordinator().statistics();
        assert!(statistics.counts().completed > 2, "few checkpoints: {:?}", statistics.counts());
        let in_flight =
            |it: &weir_engine::checkpoint::metrics::CheckpointMetrics| it.bytes_persisted_during_alignment;
        let bytes_in_flight = statistics.history().iter().map(|stats| stats.sum(in_flight)).sum();
        Self { case, undisturbed: case.submit(), rows, ticks: sim.world().tick(), bytes_in_flight }
    }

    /// Tries every victim at every so many ticks.
    pub fn run(mut self, part: &Part, offset: u64, tell: &impl Fn(&str)) -> CrashCounts {
        let (case, ticks) = (self.case, self.ticks);
        let mut counts =
            CrashCounts { cases: 1, ticks, bytes_in_flight: self.bytes_in_flight, ..CrashCounts::default() };
        let mut used = BTreeSet::new();
        for tick in part.ticks(ticks, offset) {
            for victim in self.victims() {
                let moment = Moment { victim, tick };
                match held(|| self.crash(moment)) {
                    Ok((run, restored)) => {
                        used.extend(restored);
                        counts.add(run);
                    }
                    Err(said) => counts.note(&format!("{case} {moment}"), &said, tell),
                }
            }
        }
        counts.used = used.len() as u64;
        counts
    }

    fn victims(&self) -> Vec<Victim> {
        let tasks = self.undisturbed.world().plan().executions.len() as u32;
        let task_managers = self.undisturbed.world().scenario().task_managers;
        let stores = [FileSystemFault::Down, FileSystemFault::Full].map(Victim::Store);
        let task_managers = (0..task_managers).map(Victim::TaskManager);
        (0..tasks).map(Victim::Task).chain(task_managers).chain(stores).collect()
    }

    /// One run with a crash. Answers what was seen, and the checkpoint that it went on from.
    fn crash(&mut self, moment: Moment) -> (CrashCounts, Option<u64>) {
        let mut sim = self.crashed(moment);
        finish(&mut sim);
        let (got, must) = (rows(&sim), &self.rows);
        if self.case.mode == Mode::AtLeastOnce {
            if let Some(row) = first_missing(&got, must) {
                panic!("row {row} is missing among {} rows", got.len());
            }
        } else if got != *must {
            let missing = first_missing(&got, must);
            let surplus = first_missing(must, &got);
            panic!(
                "{} rows, and {} must be: missing {missing:?}, too many {surplus:?}",
                got.len(),
                must.len()
            );
        }
        let world = sim.world();
        for executor in world.executors().iter().filter(|executor| executor.is_alive()) {
            assert_eq!(executor.shuffle().segments_in_use(), 0, "segments are not given back");
        }
        let restarts = u64::from(world.job_master().failure_handler().restarts());
        let checkpoints = world.job_master().checkpoints().expect("it checkpoints").coordinator();
        let restored = checkpoints.statistics().restored().map(|restored| restored.id);
        let counts = checkpoints.statistics().counts();
        let run = CrashCounts {
            runs: match moment.victim {
                Victim::Task(_) => [1, 0, 0],
                Victim::TaskManager(_) => [0, 1, 0],
                Victim::Store(_) => [0, 0, 1],
            },
            unharmed: u64::from(restarts == 0),
            restarts,
            restored: u64::from(restored.is_some()),
            checkpoints_completed: u64::from(counts.completed),
            checkpoints_failed: u64::from(counts.failed),
            transactions: world.transactions().count() as u64,
            surplus: got.len().saturating_sub(must.len()) as u64,
            ..CrashCounts::default()
        };
        (run, restored)
    }

    /// The run at the crash.
    fn crashed(&mut self, moment: Moment) -> Sim {
        if self.undisturbed.world().tick() < moment.tick {
            self.undisturbed.advance(moment.tick - self.undisturbed.world().tick());
        }
        let mut sim = self.undisturbed.fork();
        match moment.victim {
            Victim::Task(task) => {
                sim.command(Command::Process(ProcessFault::FailTask(TaskId(task))));
            }
            Victim::TaskManager(id) => {
                sim.command(Command::Process(ProcessFault::KillTaskManager(TaskManagerId(id))));
                sim.command(Command::Process(ProcessFault::StartTaskManager));
            }
            Victim::Store(fault) => {
                sim.command(Command::File(FileFault::Fail(fault)));
                sim.command_at(moment.tick + STORE_DOWN_TICKS, Command::File(FileFault::Mend));
            }
        }
        sim
    }

    /// One run again, in words.
    pub fn replay(&mut self, moment: Moment) -> String {
        let mut sim = self.crashed(moment);
        // What is wrong is told below, after what led to it.
        let _ = held(|| sim.run_to_end(TICKS_MAX));
        for event in sim.world().trace().events().iter_from(0) {
            println!("{:>6} {} {} → {}: {}", event.tick, event.kind.name(), event.from, event.to, event.text);
        }
        let checkpoints = sim.world().job_master().checkpoints().expect("it checkpoints").coordinator();
        for stats in checkpoints.statistics().history() {
            let (end, status) = (stats.ended_at.unwrap_or_default(), stats.status);
            println!("checkpoint {}: from {} to {end}, {status:?}", stats.id, stats.triggered_at);
        }
        let (counts, restored) = self.crash(moment);
        format!("{counts}\nit went on from checkpoint {restored:?}")
    }

    /// The undisturbed run, in words.
    pub fn outline(&self) -> String {
        format!(
            "{}: {} rows in {} ticks, {} bytes in flight",
            self.case,
            self.rows.len(),
            self.ticks,
            self.bytes_in_flight
        )
    }
}

/// Runs to the end of the job.
fn finish(sim: &mut Sim) {
    assert!(sim.run_to_end(TICKS_MAX), "the job does not end: it is {}", sim.world().job_status());
    let (status, failure) = (sim.world().job_status(), sim.world().job_master().failure());
    assert_eq!(status, JobStatus::Finished, "{}", failure.map_or_else(String::new, ToString::to_string));
}
