//! Buffer debloating in a task: measures what each gate takes, and announces how large buffers should be.
//!
//! Contract: every period each gate is asked how many bytes it took while it had something to read, and how
//! many buffers are on their way. Flink: `BufferDebloatController`, `ThroughputCalculator`, the timer of
//! `StreamTask`.

use crate::network::channel::{ChannelSource, InputChannel};
use crate::network::debloat::{BufferDebloater, DebloatOptions};
use crate::network::shuffle::{GateIdx, ShuffleEnvironment};

/// What one gate took, and in which time. Flink: `ThroughputCalculator`.
#[derive(Clone, Debug, Default)]
struct Throughput {
    bytes: u64,
    active_ticks: u64,
    bytes_per_second: u64,
}

impl Throughput {
    /// Bytes a second since the last call; the last answer if there was nothing to read.
    fn calculate(&mut self) -> u64 {
        if self.active_ticks > 0 {
            self.bytes_per_second = (self.bytes as f64 / self.active_ticks as f64 * 1000.0).floor() as u64;
        }
        (self.bytes, self.active_ticks) = (0, 0);
        self.bytes_per_second
    }
}

#[derive(Clone, Debug)]
struct GateDebloat {
    gate: GateIdx,
    debloater: BufferDebloater,
    throughput: Throughput,
    /// Bytes that the gate had taken in all when it was looked at last.
    seen_bytes: u64,
}

/// The debloating of one task. Flink: `BufferDebloatController` with the timer of `StreamTask`.
#[derive(Clone, Debug)]
pub struct Debloat {
    period_ticks: u64,
    next_at: u64,
    gates: Vec<GateDebloat>,
}

impl Debloat {
    /// For the gates of a task that starts now.
    pub fn new(
        options: DebloatOptions,
        segment_bytes: u32,
        gates: impl Iterator<Item = GateIdx>,
        now: u64,
    ) -> Self {
        let gates = gates.map(|gate| GateDebloat {
            gate,
            debloater: BufferDebloater::new(options, segment_bytes),
            throughput: Throughput::default(),
            seen_bytes: 0,
        });
        Self {
            period_ticks: options.period_ticks,
            next_at: now + options.period_ticks,
            gates: gates.collect(),
        }
    }

    /// When it calculates next.
    pub const fn next_at(&self) -> u64 {
        self.next_at
    }

    /// The sizes that were announced last, gate by gate.
    pub fn announced(&self) -> impl Iterator<Item = (GateIdx, u32)> {
        self.gates.iter().map(|gate| (gate.gate, gate.debloater.announced_bytes()))
    }

    /// Counts ticks for the gates that had something to read in them.
    pub fn count(&mut self, shuffle: &ShuffleEnvironment, ticks: u64) {
        for gate in &mut self.gates {
            let taken = shuffle.gate(gate.gate).bytes_in();
            if taken > gate.seen_bytes || shuffle.gate(gate.gate).has_data() {
                gate.throughput.active_ticks += ticks;
            }
            gate.throughput.bytes += taken - gate.seen_bytes;
            gate.seen_bytes = taken;
        }
    }

    /// Calculates if it is time, and announces what changed. Answers whether it was time.
    pub fn run(&mut self, shuffle: &mut ShuffleEnvironment, now: u64) -> bool {
        if now < self.next_at {
            return false;
        }
        self.next_at = now + self.period_ticks;
        for gate in &mut self.gates {
            let bytes_per_second = gate.throughput.calculate();
            let in_use = buffers_in_use(shuffle, gate.gate);
            if let Some(bytes) = gate.debloater.recalculate(bytes_per_second, in_use) {
                shuffle.announce_buffer_size(gate.gate, bytes);
            }
        }
        true
    }
}

/// Buffers on their way to a gate: those that wait locally, those that are received, and those that a remote
/// sender has or will have. Flink: `InputChannel#getBuffersInUseCount`.
fn buffers_in_use(shuffle: &ShuffleEnvironment, gate: GateIdx) -> u32 {
    let of_channel = |channel: &InputChannel| match &channel.source {
        ChannelSource::Local => shuffle
            .partition_by_id(channel.partition)
            .map_or(0, |partition| partition.subpartitions()[channel.subpartition as usize].len() as u32),
        ChannelSource::Unknown => 0,
        ChannelSource::Remote(remote) => {
            remote.received.len() as u32 + remote.required().saturating_sub(remote.initial_credit())
        }
    };
    shuffle.gate(gate).channels().iter().map(of_channel).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn throughput_counts_active_time_and_is_kept_while_idle() {
        let mut throughput = Throughput { bytes: 500, active_ticks: 50, bytes_per_second: 0 };
        assert_eq!(throughput.calculate(), 10_000);
        assert_eq!(throughput.calculate(), 10_000);
    }
}
