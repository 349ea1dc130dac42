//! The handlers on scripts: random ones, and those where Flink surprises.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::base::prng::Prng;
use crate::network::barrier::{Alignment, CheckpointOptions, SnapshotType};

/// A gate of a script: what it holds, and what has to be so at each step.
#[derive(Default)]
struct Gate {
    is_at_least_once: bool,
    blocked: BTreeSet<u32>,
    /// Barriers that were announced and have not come, by channel.
    announced: BTreeMap<u32, (u32, CheckpointBarrier)>,
    triggered: BTreeSet<u64>,
    aborted: BTreeSet<u64>,
    /// The checkpoint for which inputs record.
    recording: Option<u64>,
}

impl Gate {
    fn do_all(&mut self, actions: &[Action]) {
        for action in actions {
            match *action {
                Action::Block(channel) => {
                    assert!(self.blocked.insert(channel), "channel {channel} is blocked twice");
                }
                // A barrier that comes too late has blocked its channel, which the handler never heard of.
                Action::Resume(channel) => {
                    self.blocked.remove(&channel);
                }
                Action::ConvertToPriority { channel, sequence_number } => {
                    let (number, barrier) = self.announced.get_mut(&channel).expect("it was announced");
                    assert_eq!(*number, sequence_number);
                    *barrier = barrier.as_unaligned();
                }
                Action::InitInputs(_) => {}
                Action::InputsStart(barrier) => {
                    assert_eq!(
                        self.recording.replace(barrier.id),
                        None,
                        "one checkpoint is recorded at a time"
                    );
                }
                Action::InputsStop(_) => assert!(self.recording.take().is_some(), "it was started"),
                Action::Trigger(barrier) => {
                    let newest = self.triggered.last().max(self.aborted.last());
                    // A tracker with one channel left takes what comes: the task drops what it had.
                    let rises = newest.is_none_or(|&newest| newest < barrier.id);
                    assert!(rises || self.is_at_least_once, "checkpoints rise");
                    self.triggered.insert(barrier.id);
                }
                Action::Abort { checkpoint, .. } => {
                    let is_first = self.aborted.insert(checkpoint);
                    assert!(is_first || self.is_at_least_once, "{checkpoint} is given up twice");
                }
            }
        }
    }
}

/// Runs a random script: on each channel, barriers in order, some cancelled instead, and an end.
fn run_script(seed: u64, is_exactly_once: bool, timeout_ms: Option<u64>, is_bounded: bool) {
    const CHECKPOINTS: u64 = 8;
    let mut random = Prng::new(seed);
    let channels = 1 + random.below(4);
    let is_unaligned = timeout_ms.is_some();
    let mut handler = BarrierHandler::new(is_exactly_once, is_unaligned, channels);
    let mut gate = Gate { is_at_least_once: !is_exactly_once, ..Gate::default() };
    let mut next = vec![1_u64; channels as usize];
    let mut sequence_numbers = 0;
    let (mut now, mut out) = (0, Vec::new());
    let options = CheckpointOptions::for_config(
        SnapshotType::Checkpoint,
        is_exactly_once,
        is_unaligned,
        timeout_ms.unwrap_or(0),
    );
    loop {
        now += u64::from(random.below(6));
        if let Some(checkpoint) = handler.take_due_timer(now) {
            handler.on_timer(checkpoint, &mut out);
            gate.do_all(&out);
            out.clear();
        }
        let left =
            (0..channels).filter(|&channel| next[channel as usize] <= CHECKPOINTS + u64::from(is_bounded));
        let left: Vec<u32> = left.filter(|channel| !gate.blocked.contains(channel)).collect();
        if left.is_empty() {
            break;
        }
        let channel = left[random.below(left.len() as u32) as usize];
        let id = next[channel as usize];
        let announced = gate.announced.get(&channel).copied();
        if id > CHECKPOINTS {
            handler.end_of_partition(channel, now, &mut out);
            next[channel as usize] += 1;
        } else if let Some((_, barrier)) = announced.filter(|_| random.below(2) == 0) {
            gate.announced.remove(&channel);
            handler.barrier(barrier, channel, false, now, &mut out);
            next[channel as usize] += 1;
        } else if announced.is_none() && options.is_timeoutable() {
            sequence_numbers += 1;
            let barrier = CheckpointBarrier { id, timestamp: id * 10, options };
            gate.announced.insert(channel, (sequence_numbers, barrier));
            handler.announcement(barrier, sequence_numbers, channel, &mut out);
        } else if announced.is_none() {
            if random.below(12) == 0 {
                handler.cancellation(id, channel, now, &mut out);
            } else {
                let barrier = CheckpointBarrier { id, timestamp: id * 10, options };
                handler.barrier(barrier, channel, false, now, &mut out);
            }
            next[channel as usize] += 1;
        }
        gate.do_all(&out);
        out.clear();
        if let BarrierHandler::Single(single) = &handler {
            assert!(single.blocked().iter().eq(&gate.blocked), "seed {seed}: handler and gate agree");
        }
    }
    assert!(gate.blocked.is_empty(), "seed {seed}: channels stay blocked");
    assert_eq!(gate.recording, None, "seed {seed}: inputs record for ever");
}

#[test]
fn random_scripts_end_with_every_channel_free() {
    for seed in 0..400 {
        for is_bounded in [false, true] {
            run_script(seed, true, None, is_bounded);
            run_script(seed, true, Some(0), is_bounded);
            run_script(seed, true, Some(4), is_bounded);
            run_script(seed, false, None, is_bounded);
        }
    }
}

fn barrier(id: u64, alignment: Alignment) -> CheckpointBarrier {
    let options = CheckpointOptions::new(SnapshotType::Checkpoint, alignment);
    CheckpointBarrier { id, timestamp: 0, options }
}

#[test]
fn alignment_is_measured_from_the_first_barrier_to_the_last() {
    let mut handler = BarrierHandler::new(true, false, 2);
    let mut out = Vec::new();
    handler.barrier(barrier(1, Alignment::Aligned), 0, false, 5, &mut out);
    assert_eq!(handler.alignment().aligning_since(), Some(5));
    handler.add_processed_bytes(7);
    handler.barrier(barrier(1, Alignment::Aligned), 1, false, 9, &mut out);
    handler.add_processed_bytes(100);
    let alignment = handler.alignment();
    let measured = (alignment.checkpoint(), alignment.start_delay_ms(), alignment.duration_ms());
    assert_eq!((measured, alignment.bytes_processed()), ((1, 5, Some(4)), 7));
}

#[test]
fn a_trigger_of_the_job_master_blocks_no_channel() {
    let mut handler = BarrierHandler::new(true, false, 2);
    let mut out = Vec::new();
    let barrier = barrier(1, Alignment::Aligned);
    handler.barrier(barrier, 0, true, 0, &mut out);
    handler.barrier(barrier, 1, true, 0, &mut out);
    assert_eq!(out, [Action::Trigger(barrier)]);
}

#[test]
fn the_timeout_counts_from_the_trigger_not_from_the_first_barrier() {
    let mut handler = BarrierHandler::new(true, true, 2);
    let options = CheckpointOptions::for_config(SnapshotType::Checkpoint, true, true, 30);
    let late = CheckpointBarrier { id: 1, timestamp: 0, options };
    let mut out = Vec::new();
    handler.barrier(late, 0, false, 40, &mut out);
    let unaligned = late.as_unaligned();
    let started = [Action::InitInputs(unaligned), Action::InputsStart(unaligned), Action::Trigger(unaligned)];
    assert_eq!(out, [&[Action::Block(0)], &started[..]].concat());
}

#[test]
fn an_end_after_the_timeout_does_not_wait_for_the_timer() {
    let options = CheckpointOptions::for_config(SnapshotType::Checkpoint, true, true, 30);
    let pending = CheckpointBarrier { id: 1, timestamp: 0, options };
    let unaligned = pending.as_unaligned();
    let started = [Action::InitInputs(unaligned), Action::InputsStart(unaligned), Action::Trigger(unaligned)];
    for (at, expected) in [(30, &[][..]), (31, &started)] {
        let mut handler = BarrierHandler::new(true, true, 3);
        let mut out = Vec::new();
        handler.barrier(pending, 0, false, 10, &mut out);
        out.clear();
        handler.end_of_partition(1, at, &mut out);
        assert_eq!(out, expected, "at {at} ms");
    }
}

#[test]
fn only_fifty_checkpoints_are_tracked() {
    let mut handler = BarrierHandler::new(false, false, 2);
    let mut out = Vec::new();
    for id in 1..=51 {
        handler.barrier(barrier(id, Alignment::AtLeastOnce), 0, false, 0, &mut out);
    }
    handler.barrier(barrier(1, Alignment::AtLeastOnce), 1, false, 0, &mut out);
    assert_eq!(out, [], "the first one is forgotten");
    handler.barrier(barrier(2, Alignment::AtLeastOnce), 1, false, 0, &mut out);
    assert_eq!(out.len(), 1);
}
