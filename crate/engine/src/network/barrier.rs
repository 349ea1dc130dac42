//! The checkpoint barrier, which separates the records of one checkpoint from those of the next.
//!
//! Contract: what the barrier's options say decides how each queue treats it, and nothing else does. Flink:
//! `CheckpointBarrier`, `CheckpointOptions`, `SnapshotType`.

/// How a barrier treats the records before it. Flink: `CheckpointOptions.AlignmentType`, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alignment {
    /// Nothing waits for it.
    AtLeastOnce,
    /// Records before it are awaited on every channel: the subpartition is blocked behind it.
    Aligned,
    /// It overtakes what is queued.
    Unaligned,
    /// It was to overtake, which this edge does not allow.
    ForcedAligned,
}

impl Alignment {
    /// Flink's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AtLeastOnce => "AT_LEAST_ONCE",
            Self::Aligned => "ALIGNED",
            Self::Unaligned => "UNALIGNED",
            Self::ForcedAligned => "FORCED_ALIGNED",
        }
    }
}

/// What a snapshot is for. Flink: `CheckpointType`, `SavepointType`; in the order of their ids on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SnapshotType {
    #[default]
    Checkpoint,
    Savepoint,
    /// The job stops with it and goes on later.
    SavepointSuspend,
    /// The job ends with it.
    SavepointTerminate,
    /// A checkpoint that refers to no earlier one.
    FullCheckpoint,
}

impl SnapshotType {
    /// Whether a person asked for it and owns it.
    pub const fn is_savepoint(self) -> bool {
        matches!(self, Self::Savepoint | Self::SavepointSuspend | Self::SavepointTerminate)
    }

    /// Whether all data ends with it for good. Flink: `shouldDrain`.
    pub const fn drains(self) -> bool {
        matches!(self, Self::SavepointTerminate)
    }

    /// Whether tasks end with it. Flink: `isSynchronous`.
    pub const fn is_synchronous(self) -> bool {
        matches!(self, Self::SavepointSuspend | Self::SavepointTerminate)
    }
}

/// How a savepoint is written. Flink: `SavepointFormatType`, in its order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SavepointFormat {
    /// The same for all state backends.
    #[default]
    Canonical,
    /// As the state backend keeps it.
    Native,
}

/// How a checkpoint is taken. Flink: `CheckpointOptions`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckpointOptions {
    pub snapshot: SnapshotType,
    /// Of a savepoint.
    pub format: SavepointFormat,
    /// The directory that was asked for. Flink: `CheckpointStorageLocationReference`.
    pub target: Option<&'static str>,
    pub alignment: Alignment,
    /// After how many ms from its trigger an aligned barrier overtakes; `None` or 0: never.
    pub aligned_timeout_ms: Option<u64>,
}

impl CheckpointOptions {
    /// Options without a time-out.
    pub const fn new(snapshot: SnapshotType, alignment: Alignment) -> Self {
        Self {
            snapshot,
            format: SavepointFormat::Canonical,
            target: None,
            alignment,
            aligned_timeout_ms: None,
        }
    }

    /// The same for a savepoint in this format and this directory.
    #[must_use]
    pub const fn for_savepoint(self, format: SavepointFormat, target: Option<&'static str>) -> Self {
        Self { format, target, ..self }
    }

    /// Flink: `CheckpointOptions#forConfig`: what a job's settings make of a snapshot.
    pub const fn for_config(
        snapshot: SnapshotType,
        is_exactly_once: bool,
        is_unaligned: bool,
        aligned_timeout_ms: u64,
    ) -> Self {
        let alignment = match (is_exactly_once, is_unaligned && !snapshot.is_savepoint()) {
            (false, _) => Alignment::AtLeastOnce,
            (true, true) if aligned_timeout_ms == 0 => Alignment::Unaligned,
            (true, true) => {
                let aligned_timeout_ms = Some(aligned_timeout_ms);
                return Self { aligned_timeout_ms, ..Self::new(snapshot, Alignment::Aligned) };
            }
            (true, false) => Alignment::Aligned,
        };
        Self::new(snapshot, alignment)
    }

    /// Whether the barrier overtakes.
    pub const fn is_unaligned(&self) -> bool {
        matches!(self.alignment, Alignment::Unaligned)
    }

    /// Whether the barrier may yet overtake.
    pub const fn is_timeoutable(&self) -> bool {
        matches!((self.alignment, self.aligned_timeout_ms), (Alignment::Aligned, Some(1..)))
    }

    /// Whether a reader waits for it on its other channels.
    pub const fn needs_alignment(&self) -> bool {
        matches!(self.alignment, Alignment::Aligned | Alignment::ForcedAligned)
    }

    /// Whether records in flight may belong to the snapshot.
    pub const fn needs_channel_state(&self) -> bool {
        self.is_unaligned() || self.is_timeoutable()
    }

    /// What is sent over an edge on which nothing may be overtaken.
    #[must_use]
    pub const fn with_unaligned_unsupported(self) -> Self {
        if self.needs_channel_state() { Self { alignment: Alignment::ForcedAligned, ..self } } else { self }
    }

    /// What is sent on where it may again.
    #[must_use]
    pub const fn with_unaligned_supported(self) -> Self {
        match (self.alignment, self.aligned_timeout_ms) {
            (Alignment::ForcedAligned, Some(_)) => Self { alignment: Alignment::Aligned, ..self },
            (Alignment::ForcedAligned, None) => Self { alignment: Alignment::Unaligned, ..self },
            _ => self,
        }
    }
}

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckpointBarrier {
    /// The checkpoint.
    pub id: u64,
    /// The tick at which the JobMaster triggered it.
    pub timestamp: u64,
    pub options: CheckpointOptions,
}

impl CheckpointBarrier {
    /// The same barrier, overtaking. Flink: `asUnaligned`.
    #[must_use]
    pub const fn as_unaligned(self) -> Self {
        let options =
            CheckpointOptions { alignment: Alignment::Unaligned, aligned_timeout_ms: None, ..self.options };
        Self { options, ..self }
    }

    /// With other options. Flink: `withOptions`.
    #[must_use]
    pub const fn with_options(self, options: CheckpointOptions) -> Self {
        Self { options, ..self }
    }

    /// Whether its time-out has passed at `now`.
    pub const fn is_timed_out(&self, now: u64) -> bool {
        match self.options.aligned_timeout_ms {
            Some(timeout) => self.options.is_timeoutable() && timeout < now.saturating_sub(self.timestamp),
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHECKPOINT: SnapshotType = SnapshotType::Checkpoint;

    #[test]
    fn settings_decide_the_alignment_and_savepoints_are_always_aligned() {
        let of = CheckpointOptions::for_config;
        assert_eq!(of(CHECKPOINT, false, true, 0).alignment, Alignment::AtLeastOnce);
        assert_eq!(of(CHECKPOINT, true, false, 7), CheckpointOptions::new(CHECKPOINT, Alignment::Aligned));
        assert_eq!(of(CHECKPOINT, true, true, 0), CheckpointOptions::new(CHECKPOINT, Alignment::Unaligned));
        assert!(of(CHECKPOINT, true, true, 7).is_timeoutable());
        assert!(!of(SnapshotType::Savepoint, true, true, 7).needs_channel_state());
    }

    #[test]
    fn an_edge_that_forces_alignment_loses_nothing_of_what_was_asked() {
        for timeout in [0, 9] {
            let options = CheckpointOptions::for_config(CHECKPOINT, true, true, timeout);
            let forced = options.with_unaligned_unsupported();
            assert!(forced.needs_alignment() && !forced.needs_channel_state());
            assert_eq!(forced.with_unaligned_supported(), options);
        }
        let aligned = CheckpointOptions::for_config(CHECKPOINT, true, false, 0);
        assert_eq!(aligned.with_unaligned_unsupported(), aligned);
    }

    #[test]
    fn time_is_out_when_more_than_the_timeout_has_passed_since_the_trigger() {
        let options = CheckpointOptions::for_config(CHECKPOINT, true, true, 10);
        let barrier = CheckpointBarrier { id: 1, timestamp: 5, options };
        assert!(!barrier.is_timed_out(15) && barrier.is_timed_out(16));
        assert!(!barrier.as_unaligned().is_timed_out(99));
    }
}
