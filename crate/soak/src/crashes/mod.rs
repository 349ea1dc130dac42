//! Crash everywhere: whatever crashes at whichever tick, what a job commits in the end is the same.
//!
//! Contract: a case runs undisturbed; from each of its ticks on it runs again for each victim, which crashes there.
//! After recovery the table holds the rows of the undisturbed run (at least once: no fewer of each).

mod case;
mod jobs;
mod search;

use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::FAILURES_MAX;
use crate::panics::held;
use case::Case;
use search::{Moment, Search};

/// By how many ticks a case begins later than the one before, where not every tick is tried.
const CASE_STEP: u64 = 37;

/// Which part of the search.
#[derive(Clone, Debug)]
pub struct Part {
    /// Of the 40 cases, the first and how many.
    pub from: usize,
    pub count: usize,
    /// Every so many ticks, each case beginning at another one.
    pub every: u64,
    /// Which tick of those.
    pub offset: u64,
    /// Of the order of turns.
    pub seed: u64,
}

impl Default for Part {
    fn default() -> Self {
        Self { from: 0, count: Case::all(0).len(), every: 1, offset: 0, seed: 11 }
    }
}

/// What the search has seen.
#[derive(Clone, Debug, Default)]
pub struct CrashCounts {
    pub cases: u64,
    /// Ticks of the undisturbed runs.
    pub ticks: u64,
    /// Runs in which something crashed: of tasks, of TaskManagers, of the store.
    pub runs: [u64; 3],
    /// Of them, those in which the crash was of no effect on tasks.
    pub unharmed: u64,
    pub restarts: u64,
    /// Runs that went on from a checkpoint, and different checkpoints from which one did.
    pub restored: u64,
    pub used: u64,
    pub checkpoints_completed: u64,
    pub checkpoints_failed: u64,
    /// Bytes in flight in complete checkpoints of the undisturbed runs.
    pub bytes_in_flight: u64,
    pub transactions: u64,
    /// Rows beyond those that must be there, at least once.
    pub surplus: u64,
    /// What did not hold.
    pub failures: Vec<String>,
}

impl CrashCounts {
    fn add(&mut self, other: Self) {
        self.cases += other.cases;
        self.ticks += other.ticks;
        for (total, more) in self.runs.iter_mut().zip(other.runs) {
            *total += more;
        }
        self.unharmed += other.unharmed;
        self.restarts += other.restarts;
        self.restored += other.restored;
        self.used += other.used;
        self.checkpoints_completed += other.checkpoints_completed;
        self.checkpoints_failed += other.checkpoints_failed;
        self.bytes_in_flight += other.bytes_in_flight;
        self.transactions += other.transactions;
        self.surplus += other.surplus;
        self.failures.extend(other.failures);
    }
}

impl fmt::Display for CrashCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [tasks, task_managers, stores] = self.runs;
        for (what, count) in [
            ("cases", self.cases),
            ("ticks of undisturbed runs", self.ticks),
            ("  bytes in flight in them", self.bytes_in_flight),
            ("runs", tasks + task_managers + stores),
            ("  a task crashed", tasks),
            ("  a TaskManager crashed", task_managers),
            ("  the store crashed", stores),
            ("  no task was harmed", self.unharmed),
            ("restarts", self.restarts),
            ("went on from a checkpoint", self.restored),
            ("  different checkpoints", self.used),
            ("checkpoints completed", self.checkpoints_completed),
            ("  failed", self.checkpoints_failed),
            ("transactions committed", self.transactions),
            ("rows more than once", self.surplus),
            ("runs that do not hold", self.failures.len() as u64),
        ] {
            writeln!(f, "{what:25} {count}")?;
        }
        Ok(())
    }
}

/// Runs a part of the search on so many threads, and calls `tell` for each case and for each run that does not hold.
pub fn crash_everywhere(part: &Part, threads: usize, tell: impl Fn(&str) + Sync) -> CrashCounts {
    let cases = Case::all(part.seed);
    let end = (part.from + part.count).min(cases.len());
    let next = AtomicUsize::new(part.from);
    let totals = Mutex::new(CrashCounts::default());
    let lock = || totals.lock().expect("a thread that holds the totals does not panic");
    thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= end || lock().failures.len() >= FAILURES_MAX {
                        return;
                    }
                    let offset = part.offset + CASE_STEP * number as u64;
                    let search = held(|| Search::new(cases[number]));
                    let counts = match search {
                        Ok(search) => search.run(part.every.max(1), offset, &tell),
                        Err(message) => failure_of(cases[number], None, &message, &tell),
                    };
                    tell(&format!("{}: {} runs", cases[number], counts.runs.iter().sum::<u64>()));
                    lock().add(counts);
                }
            });
        }
    });
    totals.into_inner().expect("all threads are over")
}

/// Replays one run. Panics if it does not hold.
pub fn replay_crash(arguments: &[String]) -> Result<String, String> {
    let (case, moment) = search::parse(arguments)?;
    let mut search = Search::new(case);
    Ok(match moment {
        Some(moment) => search.replay(moment),
        None => search.outline(),
    })
}

/// What went wrong, as the panic said that told it.
fn failure_of(case: Case, moment: Option<Moment>, message: &str, tell: &impl Fn(&str)) -> CrashCounts {
    let command = moment
        .map_or_else(|| format!("cargo soak crash {case}"), |it| format!("cargo soak crash {case} {it}"));
    let failure = format!("{message}\n  replay it: {command}");
    tell(&failure);
    CrashCounts { failures: vec![failure], ..CrashCounts::default() }
}
