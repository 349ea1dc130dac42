//! Searches over cases on many threads: of each case a run that nothing disturbs, and one for each moment at which
//! something goes wrong.

use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::FAILURES_MAX;
use crate::Tally;
use crate::panics::held;

/// By how many ticks a case begins later than the one before, where not every tick is tried.
const CASE_STEP: u64 = 37;

/// Which part of a search.
#[derive(Clone, Debug)]
pub struct Part {
    /// Of the cases, the first and how many.
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
        Self { from: 0, count: usize::MAX, every: 1, offset: 0, seed: 11 }
    }
}

impl Part {
    /// The ticks of a case of so many that are tried, `offset` being that of the case.
    pub(crate) fn ticks(&self, ticks: u64, offset: u64) -> impl Iterator<Item = u64> + use<> {
        let every = self.every.max(1);
        (0..ticks).filter(move |tick| tick % every == offset % every)
    }
}

/// What a search has seen.
pub(crate) trait Findings: Tally {
    /// The command that replays a run, but for its words.
    const COMMAND: &'static str;

    /// What did not hold.
    fn failures(&mut self) -> &mut Vec<String>;

    /// How many runs there were.
    fn runs(&self) -> u64;

    /// With this one, which is told: what a panic said in a run that is called so.
    fn note(&mut self, name: &str, said: &str, tell: &impl Fn(&str)) {
        let failure = format!("{said}\n  replay it: {} {name}", Self::COMMAND);
        tell(&failure);
        self.failures().push(failure);
    }
}

/// Runs `search` for each case of a part, with the offset of its ticks, and calls `tell` when one is through.
pub(crate) fn search_cases<C: fmt::Display + Sync, F: Findings, T: Fn(&str) + Sync>(
    cases: &[C],
    part: &Part,
    threads: usize,
    tell: &T,
    search: impl Fn(&C, u64) -> F + Sync,
) -> F {
    let end = part.from.saturating_add(part.count).min(cases.len());
    let next = AtomicUsize::new(part.from);
    let totals = Mutex::new(F::default());
    let lock = || totals.lock().expect("a thread that holds the totals does not panic");
    thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= end || lock().failures().len() >= FAILURES_MAX {
                        return;
                    }
                    let case = &cases[number];
                    let offset = part.offset + CASE_STEP * number as u64;
                    let counts = held(|| search(case, offset)).unwrap_or_else(|said| {
                        let mut counts = F::default();
                        counts.note(&case.to_string(), &said, tell);
                        counts
                    });
                    tell(&format!("{case}: {} runs", counts.runs()));
                    lock().add(counts);
                }
            });
        }
    });
    totals.into_inner().expect("all threads are over")
}

/// The one of these that is called so.
pub(crate) fn named<T: Copy>(
    all: &[T],
    name_of: impl Fn(T) -> &'static str,
    name: &str,
) -> Result<T, String> {
    let names = || all.iter().map(|&one| name_of(one)).collect::<Vec<_>>().join(", ");
    let found = all.iter().copied().find(|&one| name_of(one) == name);
    found.ok_or_else(|| format!("{name} is none of {}", names()))
}
