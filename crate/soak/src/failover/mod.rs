//! The cluster's crash search: whatever process is gone or stands still, whatever link is cut, at whichever tick of
//! submission, run, rescale and cancellation, what a job commits in the end is the same, and nothing is left behind.
//!
//! Contract: a case runs undisturbed; from each of its ticks on it runs again for each victim. Where another JobManager
//! stands by, or the one that leads is not the victim, the job ends as it does undisturbed, within the time that its
//! configuration gives (`bound`). Else a JobManager that is gone takes its job along, and the world says so.

mod bound;
mod case;
mod ending;
mod search;

use std::fmt;

use weir_engine::sim::world::World;

use crate::Tally;
use crate::cases::{Findings, Part, search_cases};
use case::Case;
use search::{Moment, Search, Victim};

/// What the search has seen.
#[derive(Clone, Debug, Default)]
pub struct FailoverCounts {
    pub cases: u64,
    /// Ticks of the undisturbed runs.
    pub ticks: u64,
    /// Runs in which something went wrong: with the JobManager, the ResourceManager, a TaskManager, a link, a NodeManager.
    pub runs: [u64; 5],
    /// Runs in which the job was recovered by another JobManager, or by another attempt.
    pub failovers: u64,
    pub restarts: u64,
    pub rescales: u64,
    /// Calls of leaders that were none any more, or to those.
    pub stale: u64,
    /// Runs whose job was stopped and went on with another parallelism.
    pub continued: u64,
    /// Runs whose job was lost.
    pub lost: u64,
    /// The longest recovery in ticks, and its bound.
    pub longest: (u64, u64),
    /// What did not hold.
    pub failures: Vec<String>,
}

impl FailoverCounts {
    /// Of one run.
    fn of(moment: Moment, world: &World) -> Self {
        let place = match moment.victim {
            Victim::JobManager
            | Victim::StoppedJobManager
            | Victim::RestartedJobManager
            | Victim::SilentJobManager => 0,
            Victim::ResourceManager => 1,
            Victim::TaskManager(_) | Victim::SilentTaskManager(_) => 2,
            Victim::Link(_) | Victim::CutOff(_) => 3,
            Victim::NodeManager(_) => 4,
        };
        let mut runs = [0; 5];
        runs[place] = 1;
        let mut told = world.trace().events().iter_from(0);
        let recovers = told.any(|event| &*event.text == "recovered the job's plan");
        let stale = world.trace().events().iter_from(0).filter(|event| event.kind.name() == "ignored");
        Self {
            runs,
            failovers: u64::from(recovers),
            restarts: u64::from(world.job_master().failure_handler().restarts()),
            rescales: world.job_master().adaptive().map_or(0, |adaptive| u64::from(adaptive.rescales())),
            stale: stale.count() as u64,
            ..Self::default()
        }
    }
}

impl Tally for FailoverCounts {
    fn add(&mut self, other: Self) {
        self.cases += other.cases;
        self.ticks += other.ticks;
        for (total, more) in self.runs.iter_mut().zip(other.runs) {
            *total += more;
        }
        self.failovers += other.failovers;
        self.restarts += other.restarts;
        self.rescales += other.rescales;
        self.stale += other.stale;
        self.continued += other.continued;
        self.lost += other.lost;
        self.longest = self.longest.max(other.longest);
        self.failures.extend(other.failures);
    }
}

impl fmt::Display for FailoverCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [job_managers, resource_managers, task_managers, links, node_managers] = self.runs;
        let (longest, bound) = self.longest;
        for (what, count) in [
            ("cases", self.cases),
            ("ticks of undisturbed runs", self.ticks),
            ("runs", Findings::runs(self)),
            ("  of the JobManager", job_managers),
            ("  of the ResourceManager", resource_managers),
            ("  of a TaskManager", task_managers),
            ("  of a link", links),
            ("  of a NodeManager", node_managers),
            ("another JobManager led", self.failovers),
            ("the job was lost", self.lost),
            ("restarts", self.restarts),
            ("rescales", self.rescales),
            ("went on from a savepoint", self.continued),
            ("calls without effect", self.stale),
            ("longest recovery, ticks", longest),
            ("  and its bound", bound),
            ("runs that do not hold", self.failures.len() as u64),
        ] {
            writeln!(f, "{what:25} {count}")?;
        }
        Ok(())
    }
}

impl Findings for FailoverCounts {
    const COMMAND: &'static str = "cargo soak cluster-run";

    fn failures(&mut self) -> &mut Vec<String> {
        &mut self.failures
    }

    fn runs(&self) -> u64 {
        self.runs.iter().sum()
    }
}

/// Runs a part of the search on so many threads, and calls `tell` for each case and for each run that does not hold.
pub fn disturb_everywhere(part: &Part, threads: usize, tell: impl Fn(&str) + Sync) -> FailoverCounts {
    search_cases(&Case::all(part.seed), part, threads, &tell, |&case, offset| {
        Search::new(case).run(part, offset, &tell)
    })
}

/// Replays one run, and tells it. Panics if it does not hold.
pub fn replay_failover(arguments: &[String]) -> Result<String, String> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (case, rest) = match *words {
        [seed, job, story, available, on @ ("application" | "yarn"), ref rest @ ..] => {
            (Case::parse([seed, job, story, available, on])?, rest)
        }
        [seed, job, story, available, ref rest @ ..] => {
            (Case::parse([seed, job, story, available, "session"])?, rest)
        }
        _ => (Case::parse(["", "", "", "", ""])?, &[][..]),
    };
    let moment = match *rest {
        [] => None,
        [victim, tick] => Some(Moment::parse([victim, tick])?),
        _ => {
            return Err("a run is given as SEED JOB STORY ha|alone [application|yarn] VICTIM TICK".to_owned());
        }
    };
    let mut search = Search::new(case);
    Ok(match moment {
        Some(moment) => search.replay(moment),
        None => search.outline(),
    })
}
