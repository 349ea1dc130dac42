//! Events: what travels between records in a channel. Flink: `AbstractEvent`, `EventSerializer`.

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
}

impl Event {
    /// The id that Flink's `EventSerializer` writes.
    pub const fn wire_id(self) -> u32 {
        match self {
            Self::EndOfPartition => 0,
            Self::EndOfData { .. } => 8,
        }
    }

    /// The name that the lab shows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::EndOfPartition => "EndOfPartition",
            Self::EndOfData { .. } => "EndOfData",
        }
    }

    /// The serialised event: its id, 4 bytes big endian, and what it carries.
    pub fn to_bytes(self) -> Vec<u8> {
        let mut bytes = self.wire_id().to_be_bytes().to_vec();
        if let Self::EndOfData { drain } = self {
            // Flink: StopMode's ordinal, NO_DRAIN 0 and DRAIN 1 in the wire form.
            bytes.push(u8::from(drain));
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
    }
}
