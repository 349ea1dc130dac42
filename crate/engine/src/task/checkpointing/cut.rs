//! What of its channels a task had received, or sent, at the barrier of a checkpoint: the checkers compare both ends.
//!
//! Contract: noted in builds with debug assertions only, of the last few checkpoints.

#[cfg(debug_assertions)]
use std::rc::Rc;

use crate::network::digest::Digest;

/// Checkpoints that are remembered: more than are ever taken in one tick.
#[cfg(debug_assertions)]
const KEPT_MAX: usize = 8;

/// One channel at the barrier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChannelCut {
    /// Of the data before the barrier.
    pub digest: Digest,
    /// Bytes of it that were received, and are of no record that was processed.
    pub unread: u64,
}

/// The channels of a side at the newest barriers.
#[derive(Clone, Debug, Default)]
pub struct CutLog {
    #[cfg(debug_assertions)]
    kept: Vec<(u64, Rc<[ChannelCut]>)>,
}

impl CutLog {
    /// A barrier passes.
    pub fn note(&mut self, checkpoint: u64, channels: impl FnOnce() -> Vec<ChannelCut>) {
        #[cfg(debug_assertions)]
        {
            if self.kept.len() == KEPT_MAX {
                self.kept.remove(0);
            }
            self.kept.push((checkpoint, channels().into()));
        }
        #[cfg(not(debug_assertions))]
        let _ = (checkpoint, channels);
    }

    /// What is remembered, the oldest first.
    #[cfg(debug_assertions)]
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &(u64, Rc<[ChannelCut]>)> {
        self.kept.iter()
    }
}
