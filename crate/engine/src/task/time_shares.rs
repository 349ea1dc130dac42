//! How a task's last second was spent: busy, back-pressured, idle.
//!
//! Ten buckets of 100 ms on the virtual clock; what is older than a second falls out. Flink: `TimerGauge`
//! (which averages over a minute; the lab wants to see the change).

const BUCKETS: usize = 10;
const BUCKET_TICKS: u64 = 100;
/// Parts of a tick in which shares are counted.
pub const PARTS_PER_TICK: u32 = 1000;

/// What a task did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spent {
    Busy,
    BackPressured,
    Idle,
}

/// Per mille of the last second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shares {
    pub busy: u32,
    pub back_pressured: u32,
    pub idle: u32,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct TimeShares {
    /// Parts of a tick by bucket and by what was done.
    buckets: [[u32; 3]; BUCKETS],
    /// Up to which tick it is known.
    known_until: u64,
}

impl TimeShares {
    /// Starts to count at `tick`.
    pub const fn starting_at(tick: u64) -> Self {
        Self { buckets: [[0; 3]; BUCKETS], known_until: tick }
    }

    /// Counts the tick that begins at `tick`: `busy_parts` of it busy, the rest as `otherwise`. Ticks that
    /// were jumped over since the last call were spent idle.
    pub fn count_tick(&mut self, tick: u64, busy_parts: u32, otherwise: Spent) {
        self.count_jump(tick, Spent::Idle);
        let bucket = self.bucket_at(tick);
        bucket[Spent::Busy as usize] += busy_parts;
        bucket[otherwise as usize] += PARTS_PER_TICK - busy_parts;
        self.known_until = tick + 1;
    }

    /// Counts whole ticks up to, but without, `until`.
    pub fn count_jump(&mut self, until: u64, spent: Spent) {
        let second = BUCKET_TICKS * BUCKETS as u64;
        let mut tick = self.known_until.max(until.saturating_sub(second));
        while tick < until {
            let end = ((tick / BUCKET_TICKS + 1) * BUCKET_TICKS).min(until);
            self.bucket_at(tick)[spent as usize] += (end - tick) as u32 * PARTS_PER_TICK;
            self.known_until = end;
            tick = end;
        }
    }

    /// The shares of the time that is known, at most the last second.
    pub fn shares(&self) -> Shares {
        shares_of(&self.buckets)
    }

    /// The shares of the bucket at hand and the one before it: what the task does now.
    pub fn lately(&self) -> Shares {
        let place = |ticks_ago: u64| {
            let tick = self.known_until.saturating_sub(1 + ticks_ago);
            (tick / BUCKET_TICKS) as usize % BUCKETS
        };
        shares_of(&[self.buckets[place(0)], self.buckets[place(BUCKET_TICKS)]])
    }

    fn bucket_at(&mut self, tick: u64) -> &mut [u32; 3] {
        let place = |tick: u64| (tick / BUCKET_TICKS) as usize % BUCKETS;
        // Entering a bucket anew drops what it held a second ago.
        let is_same = tick / BUCKET_TICKS == self.known_until.saturating_sub(1) / BUCKET_TICKS;
        if self.known_until <= tick && (tick.is_multiple_of(BUCKET_TICKS) || !is_same) {
            self.buckets[place(tick)] = [0; 3];
        }
        &mut self.buckets[place(tick)]
    }
}

fn shares_of(buckets: &[[u32; 3]]) -> Shares {
    let sum = |spent: Spent| buckets.iter().map(|bucket| bucket[spent as usize]).sum::<u32>();
    let (busy, back_pressured, idle) = (sum(Spent::Busy), sum(Spent::BackPressured), sum(Spent::Idle));
    let all = u64::from(busy) + u64::from(back_pressured) + u64::from(idle);
    let share = |part: u32| (u64::from(part) * 1000).checked_div(all).unwrap_or(0) as u32;
    Shares { busy: share(busy), back_pressured: share(back_pressured), idle: share(idle) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_second_counts() {
        let mut shares = TimeShares::starting_at(0);
        for tick in 0..500 {
            shares.count_tick(tick, PARTS_PER_TICK, Spent::Idle);
        }
        assert_eq!(shares.shares().busy, 1000);
        for tick in 500..1000 {
            shares.count_tick(tick, 0, Spent::BackPressured);
        }
        assert_eq!(shares.shares(), Shares { busy: 500, back_pressured: 500, idle: 0 });
        assert_eq!(shares.lately(), Shares { busy: 0, back_pressured: 1000, idle: 0 });
        shares.count_jump(1050, Spent::Idle);
        assert_eq!(shares.lately(), Shares { busy: 0, back_pressured: 666, idle: 333 });
        shares.count_jump(1500, Spent::Idle);
        assert_eq!(shares.lately(), Shares { busy: 0, back_pressured: 0, idle: 1000 });
        assert_eq!(shares.shares(), Shares { busy: 0, back_pressured: 500, idle: 500 });
        shares.count_jump(1_000_000, Spent::Idle);
        assert_eq!(shares.shares(), Shares { busy: 0, back_pressured: 0, idle: 1000 });
    }

    #[test]
    fn a_part_of_a_tick_counts_as_such() {
        let mut shares = TimeShares::starting_at(7);
        shares.count_tick(7, 250, Spent::Idle);
        assert_eq!(shares.shares(), Shares { busy: 250, back_pressured: 0, idle: 750 });
    }
}
