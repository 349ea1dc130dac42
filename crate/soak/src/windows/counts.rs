//! What the window soak has seen.

use std::fmt;

use super::job::Known;
use super::reference::Outcome;
use crate::Tally;

/// Totals over inputs.
#[derive(Clone, Debug, Default)]
pub struct WindowCounts {
    pub inputs: u64,
    /// Of them, those where all is known, each firing, the last firing of each window, and what came by the clock.
    pub by_known: [u64; 4],
    pub records: u64,
    pub windows: u64,
    /// Windows that became a part of others.
    pub merged: u64,
    pub firings: u64,
    pub late_firings: u64,
    /// Firings that were seen and are not known beforehand.
    pub early_firings: u64,
    pub dropped: u64,
    pub side_outputs: u64,
    pub starved: u64,
}

impl WindowCounts {
    /// Those of one input whose outcome is what the reference says.
    pub fn of(known: Known, records: usize, outcome: &Outcome, has_side_output: bool) -> Self {
        let too_late = outcome.too_late.len() as u64;
        let mut by_known = [0; 4];
        by_known[known as usize] = 1;
        Self {
            inputs: 1,
            by_known,
            records: records as u64,
            windows: outcome.windows,
            merged: outcome.merges,
            firings: outcome.firings.len() as u64,
            late_firings: outcome.firings.iter().filter(|firing| firing.is_late).count() as u64,
            dropped: if has_side_output { 0 } else { too_late },
            side_outputs: if has_side_output { too_late } else { 0 },
            ..Self::default()
        }
    }
}

impl Tally for WindowCounts {
    fn add(&mut self, other: Self) {
        self.inputs += other.inputs;
        for (total, more) in self.by_known.iter_mut().zip(other.by_known) {
            *total += more;
        }
        self.records += other.records;
        self.windows += other.windows;
        self.merged += other.merged;
        self.firings += other.firings;
        self.late_firings += other.late_firings;
        self.early_firings += other.early_firings;
        self.dropped += other.dropped;
        self.side_outputs += other.side_outputs;
        self.starved += other.starved;
    }
}

impl fmt::Display for WindowCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, count) in [
            ("inputs", self.inputs),
            ("  with all known", self.by_known[Known::Everything as usize]),
            ("  with each firing known", self.by_known[Known::Firings as usize]),
            ("  with last firings known", self.by_known[Known::LastFirings as usize]),
            ("  in processing time", self.by_known[Known::ByArrival as usize]),
            ("  starved by overdraft", self.starved),
            ("records", self.records),
            ("windows", self.windows),
            ("  merged into others", self.merged),
            ("firings", self.firings),
            ("  late", self.late_firings),
            ("  before a known last one", self.early_firings),
            ("dropped", self.dropped),
            ("side outputs", self.side_outputs),
        ] {
            writeln!(f, "{what:25} {count}")?;
        }
        Ok(())
    }
}
