//! Random jobs on random clusters: whatever the order of turns, the size of the buffers and the speed of the
//! links, what comes out is what the functions of the job make of its records.
//!
//! A seed gives a job and a cluster. The job is reckoned by hand while it is drawn, and runs twice: on a cluster
//! where nothing is scarce, and on that of the seed. Both must give what was reckoned, and give back every
//! segment. `cargo soak --seed N` replays one. `windows` does the same for windows, `joins` for
//! joins, `timers` for the timers of keyed functions. `rescale` restores a job from every kind of snapshot at every
//! parallelism. `calls` loses every call between processes of small jobs.

mod calls;
mod cases;
mod cluster;
mod counts;
mod crashes;
mod dice;
mod disturbance;
mod expectation;
mod failover;
mod item;
mod job;
mod panics;
mod rescale;
mod run;
mod small_jobs;
mod step;
mod steps;
mod windows;

pub use calls::{CallCounts, lose_every_call, replay_call};
pub use cases::Part;
pub use counts::Counts;
pub use crashes::{CrashCounts, crash_everywhere, replay_crash};
pub use failover::{FailoverCounts, disturb_everywhere, replay_failover};
pub use rescale::{RescaleCounts, RescaleSeed};
pub use run::Seed;
pub use windows::{JoinCounts, JoinSeed, TimerCounts, TimerSeed, WindowCounts, WindowSeed};

use std::fmt;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use panics::held;

/// After so many seeds that do not hold, no further one is begun.
const FAILURES_MAX: usize = 10;

/// What is drawn from a seed, and must hold.
pub trait Trial {
    /// What is counted while it runs.
    type Counts: Tally;
    /// The command that replays a seed, but for `--seed`.
    const COMMAND: &'static str;
    /// How many seeds are run unless it is said.
    const SEEDS: u64 = 10_000;

    /// Draws it.
    fn new(seed: u64) -> Self;

    /// What was drawn, in words.
    fn outline(&self) -> String;

    /// Runs it. Panics with what is wrong, if something is.
    fn run(&self) -> Self::Counts;
}

/// What is counted over many seeds.
pub trait Tally: Default + fmt::Display + Send {
    /// Takes in the counts of another seed.
    fn add(&mut self, other: Self);
}

/// A seed that did not hold.
#[derive(Clone, Debug)]
pub struct Failure {
    pub seed: u64,
    /// What was wrong, and where it was noticed.
    pub message: String,
    command: &'static str,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, message, command } = self;
        write!(f, "seed {seed}: {message}\n  replay it: {command} --seed {seed}")
    }
}

/// What came of many seeds.
#[derive(Clone, Debug, Default)]
pub struct Totals<C> {
    pub counts: C,
    pub failures: Vec<Failure>,
    /// The seed that took longest, and its time.
    pub slowest: (Duration, u64),
}

/// Runs seeds on so many threads, and calls `tell` for each that does not hold. What panics
/// say stands in the failures.
pub fn soak<T: Trial>(
    seeds: Range<u64>,
    threads: usize,
    tell: impl Fn(&Failure) + Sync,
) -> Totals<T::Counts> {
    let next = AtomicU64::new(seeds.start);
    let totals = Mutex::new(Totals::<T::Counts>::default());
    let lock = || totals.lock().expect("a thread that holds the totals does not panic");
    thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end || lock().failures.len() >= FAILURES_MAX {
                        return;
                    }
                    let begun = Instant::now();
                    let outcome = run_seed::<T>(seed);
                    let mut totals = lock();
                    totals.slowest = totals.slowest.max((begun.elapsed(), seed));
                    match outcome {
                        Ok(counts) => totals.counts.add(counts),
                        Err(failure) => {
                            tell(&failure);
                            totals.failures.push(failure);
                        }
                    }
                }
            });
        }
    });
    totals.into_inner().expect("all threads are over")
}

fn run_seed<T: Trial>(seed: u64) -> Result<T::Counts, Failure> {
    held(|| T::new(seed).run()).map_err(|message| Failure { seed, message, command: T::COMMAND })
}
