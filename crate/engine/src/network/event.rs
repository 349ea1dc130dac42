//! Events: what travels between records in a channel. Flink: `AbstractEvent`, `EventSerializer`.

use super::barrier::CheckpointBarrier;

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
    /// Records before it belong to a checkpoint, those behind it do not.
    CheckpointBarrier(CheckpointBarrier),
    /// There will be no barrier of this checkpoint. Flink: `CancelCheckpointMarker`.
    CancelCheckpointMarker(u64),
    /// An aligned barrier that may yet overtake stands in the receiver's queue under this sequence number; never on
    /// the wire. Flink: `EventAnnouncement`.
    Announcement { barrier: CheckpointBarrier, sequence_number: u32 },
    /// All buffers of a restored output have been sent. Flink: `EndOfOutputChannelStateEvent`.
    EndOfOutputChannelState,
    /// What comes next was on its way to another subtask when the checkpoint was taken, or over another channel: to this
    /// old subtask of the receiver, from this old one of the sender. Flink: `SubtaskConnectionDescriptor`.
    SubtaskConnectionDescriptor { input_subtask: u32, output_subtask: u32 },
}

impl Event {
    /// The id that Flink's `EventSerializer` writes.
    pub const fn wire_id(self) -> u32 {
        match self {
            Self::EndOfPartition => 0,
            Self::CheckpointBarrier(_) => 1,
            Self::CancelCheckpointMarker(_) => 4,
            Self::EndOfOutputChannelState => 5,
            Self::Announcement { .. } => 6,
            Self::SubtaskConnectionDescriptor { .. } => 7,
            Self::EndOfData { .. } => 8,
        }
    }

    /// The name that the lab shows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::EndOfPartition => "EndOfPartition",
            Self::EndOfData { .. } => "EndOfData",
            Self::CheckpointBarrier(_) => "CheckpointBarrier",
            Self::CancelCheckpointMarker(_) => "CancelCheckpointMarker",
            Self::Announcement { .. } => "EventAnnouncement",
            Self::EndOfOutputChannelState => "EndOfOutputChannelState",
            Self::SubtaskConnectionDescriptor { .. } => "SubtaskConnectionDescriptor",
        }
    }

    /// Name of Flink's `Buffer.DataType` of a buffer with this event.
    pub const fn data_type_name(self) -> &'static str {
        match self {
            Self::EndOfPartition => "END_OF_PARTITION",
            Self::EndOfData { .. } => "END_OF_DATA",
            Self::EndOfOutputChannelState => "RECOVERY_COMPLETION",
            Self::CancelCheckpointMarker(_) | Self::SubtaskConnectionDescriptor { .. } => "EVENT_BUFFER",
            Self::Announcement { .. } => "PRIORITIZED_EVENT_BUFFER",
            Self::CheckpointBarrier(CheckpointBarrier { options, .. }) => {
                if options.is_unaligned() {
                    "PRIORITIZED_EVENT_BUFFER"
                } else if options.is_timeoutable() {
                    "TIMEOUTABLE_ALIGNED_CHECKPOINT_BARRIER"
                } else if options.needs_alignment() {
                    "ALIGNED_CHECKPOINT_BARRIER"
                } else {
                    "EVENT_BUFFER"
                }
            }
        }
    }

    /// The checkpoint that it is about.
    pub const fn checkpoint(self) -> Option<u64> {
        match self {
            Self::CheckpointBarrier(barrier) | Self::Announcement { barrier, .. } => Some(barrier.id),
            Self::CancelCheckpointMarker(id) => Some(id),
            _ => None,
        }
    }

    /// Whether a subpartition gives nothing after it until its reader resumes it.
    pub const fn is_blocking_upstream(self) -> bool {
        match self {
            Self::CheckpointBarrier(barrier) => barrier.options.needs_alignment(),
            Self::EndOfOutputChannelState => true,
            _ => false,
        }
    }

    /// Whether it overtakes what is queued.
    pub const fn has_priority(self) -> bool {
        match self {
            Self::CheckpointBarrier(barrier) => barrier.options.is_unaligned(),
            Self::Announcement { .. } => true,
            _ => false,
        }
    }

    /// The announcement that a receiver puts in front of it, if it is to know of it early.
    pub const fn announcement(self, sequence_number: u32) -> Option<Self> {
        match self {
            Self::CheckpointBarrier(barrier) if barrier.options.is_timeoutable() => {
                Some(Self::Announcement { barrier, sequence_number })
            }
            _ => None,
        }
    }

    /// The serialised event: its id, 4 bytes big endian, and what it carries.
    pub fn to_bytes(self) -> Vec<u8> {
        let mut bytes = self.wire_id().to_be_bytes().to_vec();
        match self {
            Self::EndOfPartition | Self::EndOfOutputChannelState => {}
            // Flink: StopMode's ordinal, NO_DRAIN 0 and DRAIN 1 in the wire form.
            Self::EndOfData { drain } => bytes.push(u8::from(drain)),
            Self::CancelCheckpointMarker(id) => bytes.extend(id.to_be_bytes()),
            Self::SubtaskConnectionDescriptor { input_subtask, output_subtask } => {
                bytes.extend(input_subtask.to_be_bytes());
                bytes.extend(output_subtask.to_be_bytes());
            }
            Self::Announcement { barrier, sequence_number } => {
                bytes.extend(sequence_number.to_be_bytes());
                bytes.extend(Self::CheckpointBarrier(barrier).to_bytes());
            }
            Self::CheckpointBarrier(CheckpointBarrier { id, timestamp, options }) => {
                bytes.extend(id.to_be_bytes());
                bytes.extend(timestamp.to_be_bytes());
                // Type, the location, the ordinal of the alignment type, the time-out.
                bytes.push(options.snapshot as u8);
                if options.snapshot.is_savepoint() {
                    bytes.push(options.format as u8);
                }
                match options.target {
                    None => bytes.extend((-1_i32).to_be_bytes()),
                    Some(directory) => {
                        bytes.extend((directory.len() as u32).to_be_bytes());
                        bytes.extend(directory.as_bytes());
                    }
                }
                bytes.push(options.alignment as u8);
                bytes.extend(options.aligned_timeout_ms.unwrap_or(i64::MAX as u64).to_be_bytes());
            }
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::barrier::{Alignment, CheckpointOptions, SnapshotType};

    const fn barrier(alignment: Alignment) -> Event {
        let options = CheckpointOptions::new(SnapshotType::Checkpoint, alignment);
        Event::CheckpointBarrier(CheckpointBarrier { id: 7, timestamp: 9, options })
    }

    #[test]
    fn bytes_are_id_and_payload() {
        assert_eq!(Event::EndOfPartition.to_bytes(), [0, 0, 0, 0]);
        assert_eq!(Event::EndOfData { drain: true }.to_bytes(), [0, 0, 0, 8, 1]);
        assert_eq!(Event::CancelCheckpointMarker(3).to_bytes(), [0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 3]);
        assert_eq!(barrier(Alignment::Aligned).to_bytes().len(), 34);
    }

    #[test]
    fn an_aligned_barrier_blocks_and_an_unaligned_one_overtakes() {
        let (aligned, forced) = (barrier(Alignment::Aligned), barrier(Alignment::ForcedAligned));
        assert!(aligned.is_blocking_upstream() && !aligned.has_priority());
        assert!(forced.is_blocking_upstream() && !forced.has_priority());
        let unaligned = barrier(Alignment::Unaligned);
        assert!(unaligned.has_priority() && !unaligned.is_blocking_upstream());
        for event in
            [barrier(Alignment::AtLeastOnce), Event::EndOfPartition, Event::CancelCheckpointMarker(1)]
        {
            assert!(!event.is_blocking_upstream() && !event.has_priority());
        }
    }

    #[test]
    fn a_barrier_that_may_yet_overtake_is_announced() {
        let options = CheckpointOptions::for_config(SnapshotType::Checkpoint, true, true, 5);
        let barrier = CheckpointBarrier { id: 1, timestamp: 0, options };
        let event = Event::CheckpointBarrier(barrier);
        assert_eq!(event.announcement(4), Some(Event::Announcement { barrier, sequence_number: 4 }));
        assert_eq!(event.data_type_name(), "TIMEOUTABLE_ALIGNED_CHECKPOINT_BARRIER");
        assert!(event.is_blocking_upstream());
        assert_eq!(Event::CheckpointBarrier(barrier.as_unaligned()).announcement(4), None);
    }
}
