//! The trace: what happened, in order, and one hash over all of it.
//!
//! The log keeps what people ask about (calls, state changes, failures); the hash takes in every turn, every
//! printed line and every message between TaskManagers, so that two runs with equal hashes did the same. Those
//! messages have a log of their own: they are too many for words.

use std::rc::Rc;

use crate::base::append_log::AppendLog;

/// What a trace event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceKind {
    /// A remote procedure call was delivered.
    Rpc,
    /// A call arrived and has no effect; the text says why.
    Ignored,
    /// A task's execution state changed.
    Task,
    /// The job's status changed.
    Job,
    /// Something went wrong between TaskManagers, or was mended.
    Fault,
    /// A process took a step of its start.
    Process,
}

impl TraceKind {
    /// The word that the lab shows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rpc => "rpc",
            Self::Ignored => "ignored",
            Self::Task => "task",
            Self::Job => "job",
            Self::Fault => "fault",
            Self::Process => "process",
        }
    }
}

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Whom it was for took it.
    Taken,
    /// It did not arrive, or nobody was there any more.
    Lost,
    /// Who asked had given up by then.
    Late,
    /// Whom it was for knows nothing of what it is about.
    Unknown,
    /// It bears the token of a leader that is none any more.
    Stale,
}

impl Fate {
    /// The word that the lab shows; none where there is nothing to say.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Taken => "",
            Self::Lost => "lost",
            Self::Late => "late",
            Self::Unknown => "unknown",
            Self::Stale => "stale",
        }
    }
}

/// One thing that happened.
#[derive(Clone, Debug)]
pub struct TraceEvent {
    /// When, in ms of virtual time.
    pub tick: u64,
    /// What about.
    pub kind: TraceKind,
    /// Who did or sent it.
    pub from: Rc<str>,
    /// Who received it; the same as `from` where nobody did.
    pub to: Rc<str>,
    /// What it was, as in `submitTask Map (1/2)`.
    pub text: Rc<str>,
    /// When it was sent; of what is no call, when it happened.
    pub sent_at: u64,
    /// The phase of the job's life that it belongs to, as `cluster::phase` numbers them; 0: none of its own.
    pub phase: u8,
    /// What became of it.
    pub fate: Fate,
}

impl TraceEvent {
    /// Something that is no call, of `from`, or between the two.
    pub fn note(tick: u64, kind: TraceKind, (from, to): (Rc<str>, Rc<str>), text: Rc<str>) -> Self {
        Self { tick, kind, from, to, text, sent_at: tick, phase: 0, fate: Fate::Taken }
    }
}

/// The log and the hash. Part of the world: going back takes back what was logged since.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    log: AppendLog<TraceEvent>,
    hash: u64,
}

impl Trace {
    /// Logs an event and takes it into the hash.
    pub fn log(&mut self, event: TraceEvent) {
        self.fold(event.tick);
        self.fold_bytes(event.from.as_bytes());
        self.fold_bytes(event.to.as_bytes());
        self.fold_bytes(event.text.as_bytes());
        self.log.push(event);
    }

    /// Takes a word into the hash. Order matters.
    pub const fn fold(&mut self, word: u64) {
        self.fold_turn(word);
    }

    /// The same where it is called for each turn.
    #[inline(always)]
    pub const fn fold_turn(&mut self, word: u64) {
        // One round of wyhash-like mixing: a multiplication and a fold keep it to a few cycles. The high word is put
        // together of halves: wasm has no such product, and the library's is a call.
        const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
        const LOW: u64 = FACTOR & u32::MAX as u64;
        const HIGH: u64 = FACTOR >> 32;
        let mixed = self.hash ^ word ^ 0xA076_1D64_78BD_642F;
        let (low, high) = (mixed & u32::MAX as u64, mixed >> 32);
        let middle = high * LOW + ((low * LOW) >> 32);
        let other = low * HIGH + (middle & u32::MAX as u64);
        let upper = high * HIGH + (middle >> 32) + (other >> 32);
        self.hash = mixed.wrapping_mul(FACTOR) ^ upper ^ word.rotate_left(23);
    }

    /// Takes bytes into the hash.
    pub fn fold_bytes(&mut self, bytes: &[u8]) {
        self.fold(bytes.len() as u64);
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.fold(u64::from_le_bytes(word));
        }
    }

    /// The hash over everything so far.
    pub const fn hash(&self) -> u64 {
        self.hash
    }

    /// The log.
    pub const fn events(&self) -> &AppendLog<TraceEvent> {
        &self.log
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_content_change_the_hash() {
        let hash = |words: &[u64]| {
            let mut trace = Trace::default();
            for &word in words {
                trace.fold(word);
            }
            trace.hash()
        };
        let hashes = [hash(&[]), hash(&[0]), hash(&[0, 0]), hash(&[1, 2]), hash(&[2, 1]), hash(&[1, 2, 0])];
        for (n, a) in hashes.iter().enumerate() {
            assert!(!hashes[n + 1..].contains(a), "{hashes:?}");
        }
    }
}
