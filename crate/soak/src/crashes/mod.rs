//! Crash everywhere: whatever crashes at whichever tick, what a job commits in the end is the same.
//!
//! Contract: a case runs undisturbed; from each of its ticks on it runs again for each victim, which crashes there.
//! After recovery the table holds the rows of the undisturbed run (at least once: no fewer of each).

mod case;
mod search;

use std::fmt;

use crate::Tally;
use crate::cases::{Findings, Part, search_cases};
use case::Case;
use search::Search;

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

impl Tally for CrashCounts {
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

impl Findings for CrashCounts {
    const COMMAND: &'static str = "cargo soak crash";

    fn failures(&mut self) -> &mut Vec<String> {
        &mut self.failures
    }

    fn runs(&self) -> u64 {
        self.runs.iter().sum()
    }
}

/// Runs a part of the search on so many threads, and calls `tell` for each case and for each run that does not hold.
pub fn crash_everywhere(part: &Part, threads: usize, tell: impl Fn(&str) + Sync) -> CrashCounts {
    search_cases(&Case::all(part.seed), part, threads, &tell, |&case, offset| {
        Search::new(case).run(part, offset, &tell)
    })
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
