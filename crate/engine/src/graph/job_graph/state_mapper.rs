//! Which channel state a new subtask takes from the old ones, when a job starts again with another parallelism.
//!
//! Flink: `SubtaskStateMapper`.

use crate::graph::operator_spec::Partitioner;
use crate::state::key_groups::{MAX_PARALLELISM_UPPER_BOUND, operator_index, range_for_operator};

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubtaskStateMapper {
    Arbitrary,
    First,
    Full,
    Range,
    RoundRobin,
    Unsupported,
}

impl SubtaskStateMapper {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Arbitrary, Self::First, Self::Full, Self::Range, Self::RoundRobin, Self::Unsupported];

    /// Flink's name of the constant.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Arbitrary => "ARBITRARY",
            Self::First => "FIRST",
            Self::Full => "FULL",
            Self::Range => "RANGE",
            Self::RoundRobin => "ROUND_ROBIN",
            Self::Unsupported => "UNSUPPORTED",
        }
    }

    /// The mapper of a partitioner's consumers.
    pub const fn downstream_of(partitioner: &Partitioner) -> Self {
        match partitioner {
            Partitioner::Forward | Partitioner::Rescale | Partitioner::Broadcast => Self::Unsupported,
            Partitioner::Rebalance | Partitioner::Shuffle => Self::RoundRobin,
            Partitioner::Global => Self::First,
            Partitioner::Hash(_) => Self::Range,
            Partitioner::Custom { .. } => Self::Full,
        }
    }

    /// The mapper of its producers.
    pub const fn upstream_of(partitioner: &Partitioner) -> Self {
        match partitioner {
            Partitioner::Forward | Partitioner::Rescale | Partitioner::Broadcast => Self::Unsupported,
            _ => Self::Arbitrary,
        }
    }

    /// Whether several new subtasks may get the same records, of which each keeps its own. Flink: `isAmbiguous`.
    pub const fn is_ambiguous(self) -> bool {
        matches!(self, Self::Full | Self::Range)
    }

    /// The old subtasks whose state a new one takes; `None`: this exchange's state cannot be given to another
    /// parallelism. Flink: `getOldSubtasks`.
    pub fn old_subtasks(self, new: u32, old_parallelism: u32, parallelism: u32) -> Option<Vec<u32>> {
        let all = 0..old_parallelism;
        Some(match self {
            Self::Arbitrary | Self::RoundRobin => {
                all.skip(new as usize).step_by(parallelism as usize).collect()
            }
            Self::First if new > 0 => vec![],
            Self::First | Self::Full => all.collect(),
            Self::Range => {
                let groups = MAX_PARALLELISM_UPPER_BOUND;
                let range = range_for_operator(groups, parallelism, new);
                let old_of = |key_group| operator_index(key_group, groups, old_parallelism);
                (old_of(range.start)..=old_of(range.end)).collect()
            }
            Self::Unsupported => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_old_subtask_is_taken_once_unless_records_are_told_apart_later() {
        for (old, new) in (1..20).flat_map(|old| (1..20).map(move |new| (old, new))) {
            for mapper in SubtaskStateMapper::ALL {
                let taken = (0..new).map(|subtask| mapper.old_subtasks(subtask, old, new));
                let Some(taken) = taken.collect::<Option<Vec<_>>>() else {
                    assert_eq!(mapper, SubtaskStateMapper::Unsupported);
                    continue;
                };
                let mut taken = taken.concat();
                taken.sort_unstable();
                if mapper.is_ambiguous() {
                    taken.dedup();
                }
                assert_eq!(taken, (0..old).collect::<Vec<_>>(), "{mapper:?} {old} to {new}");
            }
        }
    }
}
