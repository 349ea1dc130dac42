//! How large buffers should be, so that what is in flight is read in a given time.
//!
//! Contract: the arithmetic, in doubles, is Flink's; a new size is given only if it differs enough from the
//! last. Who measures and announces is the task. Flink: `BufferDebloater`, `BufferSizeEMA`.

/// Settings of a TaskManager. Flink: the options under `taskmanager.network.memory.buffer-debloat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DebloatOptions {
    /// Ticks between two calculations.
    pub period_ticks: u64,
    /// Ticks in which what is in flight should be read.
    pub target_ticks: u64,
    /// Calculations that count for the average.
    pub samples: u32,
    /// By how much a size must change to be announced, in per cent of the last one.
    pub threshold_percent: u32,
    /// Bytes of a buffer at first. Flink: `taskmanager.memory.starting-segment-size`.
    pub starting_bytes: u32,
    /// Bytes of a buffer at least. Flink: `taskmanager.memory.min-segment-size`.
    pub min_bytes: u32,
}

impl Default for DebloatOptions {
    /// Flink's defaults.
    fn default() -> Self {
        Self {
            period_ticks: 200,
            target_ticks: 1000,
            samples: 20,
            threshold_percent: 25,
            starting_bytes: 1024,
            min_bytes: 256,
        }
    }
}

/// The size of the buffers towards one gate. Flink: `BufferDebloater`.
#[derive(Clone, Debug)]
pub struct BufferDebloater {
    options: DebloatOptions,
    max_bytes: u32,
    /// The moving average. Flink: `BufferSizeEMA`.
    average_bytes: f64,
    announced_bytes: u32,
}

impl BufferDebloater {
    /// One that has announced the size that buffers begin with.
    pub fn new(options: DebloatOptions, segment_bytes: u32) -> Self {
        let starting = options.starting_bytes.min(segment_bytes);
        let options = DebloatOptions { min_bytes: options.min_bytes.min(segment_bytes), ..options };
        let average_bytes = f64::from(starting);
        Self { options, max_bytes: segment_bytes, average_bytes, announced_bytes: starting }
    }

    /// The size to announce, if it changed enough: for so many bytes a second, and so many buffers in use.
    pub fn recalculate(&mut self, bytes_per_second: u64, buffers_in_use: u32) -> Option<u32> {
        let desired_total = bytes_per_second * self.options.target_ticks / 1000;
        let desired = desired_total as f64 / f64::from(buffers_in_use.max(1));
        let alpha = 2.0 / (f64::from(self.options.samples) + 1.0);
        let step = alpha * (desired.min(2.0 * self.average_bytes) - self.average_bytes);
        let (min, max) = (f64::from(self.options.min_bytes), f64::from(self.max_bytes));
        self.average_bytes = (self.average_bytes + step).min(max).max(min);
        // Half up, as Java rounds.
        let new = (self.average_bytes + 0.5).floor() as u32;
        if self.is_too_close(new) {
            return None;
        }
        self.announced_bytes = new;
        Some(new)
    }

    /// The size that was announced last. Flink's metric: `debloatedBufferSize`.
    pub const fn announced_bytes(&self) -> u32 {
        self.announced_bytes
    }

    fn is_too_close(&self, new: u32) -> bool {
        if new == self.announced_bytes {
            return true;
        }
        if new <= self.options.min_bytes || new >= self.max_bytes {
            return false;
        }
        let threshold = (f64::from(self.announced_bytes) * f64::from(self.options.threshold_percent) / 100.0)
            .floor() as u32;
        new.abs_diff(self.announced_bytes) < threshold
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn debloater(starting_bytes: u32) -> BufferDebloater {
        let options = DebloatOptions { starting_bytes, threshold_percent: 0, ..DebloatOptions::default() };
        BufferDebloater::new(options, 32 * 1024)
    }

    #[test]
    fn the_average_follows_flinks() {
        let mut debloater = debloater(32_768);
        let sizes: Vec<_> = (0..5).map(|_| debloater.recalculate(0, 1)).collect();
        assert_eq!(sizes, [29_647, 26_824, 24_269, 21_958, 19_867].map(Some));
    }

    #[test]
    fn sizes_stay_between_the_least_and_the_segment() {
        let mut small = debloater(300);
        assert!((0..20).filter_map(|_| small.recalculate(0, 10)).all(|bytes| bytes >= 256));
        assert_eq!(small.announced_bytes(), 256);
        let mut large = debloater(1024);
        assert!((0..100).filter_map(|_| large.recalculate(1 << 40, 1)).all(|bytes| bytes <= 32_768));
        assert_eq!(large.announced_bytes(), 32_768);
    }

    #[test]
    fn small_changes_are_not_announced() {
        let mut debloater = BufferDebloater::new(DebloatOptions::default(), 32_768);
        // From 1024 up by at most a 21st of twice the average: about a tenth at a time, announced from a quarter on.
        let announced: Vec<_> = (0..4).map(|_| debloater.recalculate(1 << 20, 1)).collect();
        assert_eq!(announced, [None, None, Some(1345), None]);
    }
}
