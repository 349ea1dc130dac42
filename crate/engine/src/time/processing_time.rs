//! What an operator has asked the clock for: callbacks at points of processing time.
//!
//! Contract: a callback for time `t` comes in the first ms after `t`, so that no record of that ms comes after
//! it; at once if `t` is past. When an operator has finished, nothing comes any more.
//! Flink: `ProcessingTimeService`, `SystemProcessingTimeService`, `ProcessingTimeServiceUtil`.

/// What is called back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Callback {
    /// The operator's timers.
    Timers,
    /// Its watermark generator.
    Watermarks,
    /// A source is to send a latency marker.
    LatencyMarker,
    /// A source is to report its watermark to those that it waits for.
    Alignment,
    /// An answer, by the number of its record.
    Answer(u64),
    /// An answer that has not come in time.
    Timeout(u64),
    /// An answer that is to be asked for again.
    Retry(u64),
    /// What an operator has put into the mailbox itself: the results for a record are known, by its number.
    Results(u64),
    /// The same: a further element may leave.
    Output,
}

/// A callback that is to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScheduledTimer {
    /// When it comes.
    pub fires_at: i64,
    /// The time that it was asked for.
    pub timestamp: i64,
    pub callback: Callback,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct ProcessingTimeService {
    /// In the order in which they were asked for.
    scheduled: Vec<ScheduledTimer>,
    is_quiesced: bool,
}

impl ProcessingTimeService {
    /// Asks for a callback at a time.
    pub fn register_timer(&mut self, timestamp: i64, callback: Callback, now: i64) {
        let fires_at = if timestamp >= now { timestamp.saturating_add(1) } else { now };
        self.schedule(ScheduledTimer { fires_at, timestamp, callback });
    }

    /// Asks for a callback after a delay. Flink: `scheduleWithFixedDelay`, whose next one is asked for when one
    /// has come.
    pub fn schedule_after(&mut self, delay: i64, callback: Callback, now: i64) {
        let timestamp = now.saturating_add(delay);
        self.schedule(ScheduledTimer { fires_at: timestamp, timestamp, callback });
    }

    /// Takes back what was asked for.
    pub fn cancel(&mut self, callback: Callback) {
        self.scheduled.retain(|timer| timer.callback != callback);
    }

    /// Whether a callback of this kind is to come.
    pub fn is_scheduled(&self, callback: Callback) -> bool {
        self.scheduled.iter().any(|timer| timer.callback == callback)
    }

    /// Nothing comes any more.
    pub fn quiesce(&mut self) {
        self.scheduled.clear();
        self.is_quiesced = true;
    }

    /// Whether nothing comes any more.
    pub const fn is_quiesced(&self) -> bool {
        self.is_quiesced
    }

    /// When the next callback comes.
    pub fn next(&self) -> Option<i64> {
        self.scheduled.iter().map(|timer| timer.fires_at).min()
    }

    /// Takes the first callback that is due.
    pub fn take_due(&mut self, now: i64) -> Option<ScheduledTimer> {
        let next = self.next().filter(|&fires_at| fires_at <= now)?;
        let place = self.scheduled.iter().position(|timer| timer.fires_at == next)?;
        Some(self.scheduled.remove(place))
    }

    fn schedule(&mut self, timer: ScheduledTimer) {
        if !self.is_quiesced {
            self.scheduled.push(timer);
        }
    }
}
