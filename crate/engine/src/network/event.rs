//! Events: what travels between records in a channel. Flink: `AbstractEvent`, `EventSerializer`.

/// How a barrier treats the records before it. Flink: `CheckpointOptions.AlignmentType` as far as the
/// network can tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BarrierKind {
    /// Records before it are awaited on every channel: the subpartition is blocked behind it.
    Aligned,
    /// It overtakes what is queued.
    Unaligned,
}

/// An event in a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Nothing comes after this. Flink: `EndOfPartitionEvent`.
    EndOfPartition,
    /// No record comes after this. Flink: `EndOfData`; `drain`: the stream really ended (`StopMode.DRAIN`).
    EndOfData {
        /// Whether windows and timers are to be flushed.
        drain: bool,
    },
    /// Flink: `CheckpointBarrier`.
    CheckpointBarrier { id: u64, timestamp: u64, kind: BarrierKind },
}

impl Event {
    /// The id that Flink's `EventSerializer` writes.
    pub const fn wire_id(self) -> u32 {
        match self {
            Self::EndOfPartition => 0,
            Self::CheckpointBarrier { .. } => 1,
            Self::EndOfData { .. } => 8,
        }
    }

    /// The name that the lab shows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::EndOfPartition => "EndOfPartition",
            Self::EndOfData { .. } => "EndOfData",
            Self::CheckpointBarrier { .. } => "CheckpointBarrier",
        }
    }

    /// Name of Flink's `Buffer.DataType` of a buffer with this event.
    pub const fn data_type_name(self) -> &'static str {
        match self {
            Self::EndOfPartition => "END_OF_PARTITION",
            Self::EndOfData { .. } => "END_OF_DATA",
            Self::CheckpointBarrier { kind: BarrierKind::Aligned, .. } => "ALIGNED_CHECKPOINT_BARRIER",
            Self::CheckpointBarrier { kind: BarrierKind::Unaligned, .. } => "PRIORITIZED_EVENT_BUFFER",
        }
    }

    /// Whether a subpartition gives nothing after it until its reader resumes it.
    pub const fn is_blocking_upstream(self) -> bool {
        matches!(self, Self::CheckpointBarrier { kind: BarrierKind::Aligned, .. })
    }

    /// Whether it overtakes what is queued.
    pub const fn has_priority(self) -> bool {
        matches!(self, Self::CheckpointBarrier { kind: BarrierKind::Unaligned, .. })
    }

    /// The serialised event: its id, 4 bytes big endian, and what it carries.
    pub fn to_bytes(self) -> Vec<u8> {
        let mut bytes = self.wire_id().to_be_bytes().to_vec();
        match self {
            Self::EndOfPartition => {}
            // Flink: StopMode's ordinal, NO_DRAIN 0 and DRAIN 1 in the wire form.
            Self::EndOfData { drain } => bytes.push(u8::from(drain)),
            Self::CheckpointBarrier { id, timestamp, kind } => {
                bytes.extend(id.to_be_bytes());
                bytes.extend(timestamp.to_be_bytes());
                // Type CHECKPOINT, the default location, the ordinal of the alignment type, no time-out.
                bytes.push(0);
                bytes.extend((-1_i32).to_be_bytes());
                bytes.push(match kind {
                    BarrierKind::Aligned => 1,
                    BarrierKind::Unaligned => 2,
                });
                bytes.extend(i64::MAX.to_be_bytes());
            }
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_id_and_payload() {
        assert_eq!(Event::EndOfPartition.to_bytes(), [0, 0, 0, 0]);
        assert_eq!(Event::EndOfData { drain: true }.to_bytes(), [0, 0, 0, 8, 1]);
        let barrier = Event::CheckpointBarrier { id: 7, timestamp: 9, kind: BarrierKind::Aligned };
        assert_eq!(barrier.to_bytes().len(), 34);
    }

    #[test]
    fn an_aligned_barrier_blocks_and_an_unaligned_one_overtakes() {
        let barrier = |kind| Event::CheckpointBarrier { id: 1, timestamp: 0, kind };
        let aligned = barrier(BarrierKind::Aligned);
        assert!(aligned.is_blocking_upstream() && !aligned.has_priority());
        let unaligned = barrier(BarrierKind::Unaligned);
        assert!(unaligned.has_priority() && !unaligned.is_blocking_upstream());
        assert!(!Event::EndOfPartition.is_blocking_upstream() && !Event::EndOfPartition.has_priority());
    }
}
