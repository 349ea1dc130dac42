//! How a result is handed over, and what follows from it. Flink: `ResultPartitionType`.
//!
//! Contract: what the rest of the engine asks is a column of one table, so that a type is one row of it.

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultPartitionType {
    /// Read when it is complete, as often as wanted.
    Blocking,
    /// The same, kept beyond the end of the job.
    BlockingPersistent,
    /// Read while it is written, through as many buffers as there are.
    Pipelined,
    /// Read while it is written, through a bounded number of buffers.
    PipelinedBounded,
    /// The same, whose consumer may fail and come back without its producer.
    PipelinedApproximate,
    /// Read while it is written or after, as often as wanted.
    HybridFull,
    /// Read while it is written or after, once.
    HybridSelective,
}

/// When a consumer may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consumption {
    /// When the producer has finished.
    AfterFinish,
    /// While the producer runs, and it must.
    WhileProduced,
    /// While the producer runs or after.
    Whenever,
}

/// Who lets go of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReleasedBy {
    /// The task that wrote it, once its end is read.
    Upstream,
    /// The JobMaster, once no consumer needs it any more.
    Scheduler,
}

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Properties {
    /// Flink's name of the constant.
    pub name: &'static str,
    /// Whether it can be read more than once.
    pub is_reconsumable: bool,
    /// Whether its buffers are a bounded number.
    pub is_bounded: bool,
    pub consumption: Consumption,
    pub released_by: ReleasedBy,
    /// Whether it outlives its job.
    pub is_persistent: bool,
}

impl ResultPartitionType {
    /// Every type, in Flink's order.
    pub const ALL: [Self; 7] = [
        Self::Blocking,
        Self::BlockingPersistent,
        Self::Pipelined,
        Self::PipelinedBounded,
        Self::PipelinedApproximate,
        Self::HybridFull,
        Self::HybridSelective,
    ];

    /// What is so of this type: the table.
    pub const fn properties(self) -> Properties {
        use Consumption::{AfterFinish, Whenever, WhileProduced};
        use ReleasedBy::{Scheduler, Upstream};
        match self {
            Self::Blocking => row("BLOCKING", true, false, AfterFinish, Scheduler),
            Self::BlockingPersistent => Properties {
                is_persistent: true,
                ..row("BLOCKING_PERSISTENT", true, false, AfterFinish, Scheduler)
            },
            Self::Pipelined => row("PIPELINED", false, false, WhileProduced, Upstream),
            Self::PipelinedBounded => row("PIPELINED_BOUNDED", false, true, WhileProduced, Upstream),
            Self::PipelinedApproximate => row("PIPELINED_APPROXIMATE", false, true, Whenever, Upstream),
            Self::HybridFull => row("HYBRID_FULL", true, false, Whenever, Scheduler),
            Self::HybridSelective => row("HYBRID_SELECTIVE", false, false, Whenever, Scheduler),
        }
    }

    /// Flink's name of the constant.
    pub const fn name(self) -> &'static str {
        self.properties().name
    }

    /// Whether a consumer reads it only when it is complete. Flink: `isBlockingOrBlockingPersistentResultPartition`.
    pub fn is_blocking(self) -> bool {
        self.properties().consumption == Consumption::AfterFinish
    }

    /// Whether consumers must run together with the producer. Flink: `mustBePipelinedConsumed`.
    pub fn must_be_pipelined_consumed(self) -> bool {
        self.properties().consumption == Consumption::WhileProduced
    }

    /// Whether a consumer may read before the producer has finished. Flink: `canBePipelinedConsumed`.
    pub fn can_be_pipelined_consumed(self) -> bool {
        self.properties().consumption != Consumption::AfterFinish
    }
}

const fn row(
    name: &'static str,
    is_reconsumable: bool,
    is_bounded: bool,
    consumption: Consumption,
    released_by: ReleasedBy,
) -> Properties {
    Properties { name, is_reconsumable, is_bounded, consumption, released_by, is_persistent: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_from_what() {
        for kind in ResultPartitionType::ALL {
            let row = kind.properties();
            assert_eq!(row.name, kind.name());
            if kind.is_blocking() {
                assert!(row.is_reconsumable && row.released_by == ReleasedBy::Scheduler, "{kind:?}");
            }
            if kind.must_be_pipelined_consumed() {
                assert!(!row.is_reconsumable && row.released_by == ReleasedBy::Upstream, "{kind:?}");
            }
            assert_eq!(kind.can_be_pipelined_consumed(), !kind.is_blocking());
        }
        let bounded: Vec<&str> = ResultPartitionType::ALL
            .iter()
            .map(|kind| kind.properties())
            .filter(|row| row.is_bounded)
            .map(|row| row.name)
            .collect();
        assert_eq!(bounded, ["PIPELINED_BOUNDED", "PIPELINED_APPROXIMATE"]);
    }
}
