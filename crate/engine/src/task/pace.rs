//! How fast a task works: how many records it may take in a tick.

use super::time_shares::PARTS_PER_TICK;

/// The speed of a task, a part of the scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speed {
    /// So many records in a tick.
    RecordsPerTick(u32),
    /// So many ticks for a record.
    TicksPerRecord(u32),
}

/// The speed and what is left of it in the tick at hand.
#[derive(Clone, Debug)]
pub struct Pace {
    speed: Speed,
    tick: u64,
    taken: u32,
    /// First tick at which a slow task may take its next record.
    free_at: u64,
}

impl Pace {
    /// A pace at which nothing was taken yet.
    pub const fn new(speed: Speed) -> Self {
        Self { speed, tick: 0, taken: 0, free_at: 0 }
    }

    /// Works at another speed from now on.
    pub const fn set_speed(&mut self, speed: Speed) {
        self.speed = speed;
        self.free_at = 0;
    }

    /// Whether another record may be taken in tick `now`.
    #[inline(always)]
    pub const fn may_take(&self, now: u64) -> bool {
        match self.speed {
            Speed::RecordsPerTick(records) => self.tick != now || self.taken < records,
            Speed::TicksPerRecord(_) => now >= self.free_at,
        }
    }

    /// Counts a record taken in tick `now`.
    #[inline(always)]
    pub const fn take(&mut self, now: u64) {
        if self.tick != now {
            self.tick = now;
            self.taken = 0;
        }
        self.taken += 1;
        if let Speed::TicksPerRecord(ticks) = self.speed {
            self.free_at = now + ticks as u64;
        }
    }

    /// The first tick at which the task is free again.
    pub const fn free_at(&self) -> u64 {
        self.free_at
    }

    /// How much of tick `now` was spent working, in parts of a tick.
    pub const fn busy_parts(&self, now: u64) -> u32 {
        match self.speed {
            Speed::RecordsPerTick(_) if self.tick != now => 0,
            Speed::RecordsPerTick(records) => {
                (self.taken as u64 * PARTS_PER_TICK as u64 / records as u64) as u32
            }
            Speed::TicksPerRecord(_) if now < self.free_at => PARTS_PER_TICK,
            Speed::TicksPerRecord(_) => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_task_is_busy_for_all_its_ticks() {
        let mut pace = Pace::new(Speed::TicksPerRecord(5));
        assert!(pace.may_take(10));
        pace.take(10);
        assert!((10..15).all(|now| !pace.may_take(now) && pace.busy_parts(now) == PARTS_PER_TICK));
        assert!(pace.may_take(15));
    }

    #[test]
    fn a_fast_task_takes_its_share_of_each_tick() {
        let mut pace = Pace::new(Speed::RecordsPerTick(4));
        for _ in 0..4 {
            assert!(pace.may_take(3));
            pace.take(3);
        }
        assert!(!pace.may_take(3) && pace.may_take(4));
        pace.take(4);
        assert_eq!(pace.busy_parts(4), 250);
    }
}
