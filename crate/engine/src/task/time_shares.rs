//! How a task's time was spent: busy, back-pressured, idle; in its last second, and all in all.
//!
//! Contract: every part of a tick is spent in exactly one way. Softly back-pressured is a task that may not begin
//! another record since its output has no room; hard back-pressured one that has a record in hand and no buffer
//! to write it to. Ten buckets of 100 ms on the virtual clock; what is older than a second falls out.
//! Flink: `TimerGauge` (which averages over a minute; the lab wants to see the change), `TaskIOMetricGroup`.

const BUCKETS: usize = 10;
const BUCKET_TICKS: u64 = 100;
const WAYS: usize = 4;
/// Parts of a tick in which shares are counted.
pub const PARTS_PER_TICK: u32 = 1000;

/// What a task did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spent {
    Busy,
    /// It waited for room before the next record.
    SoftBackPressured,
    /// It waited for a buffer inside a record.
    HardBackPressured,
    Idle,
}

impl Spent {
    /// Whether it waited for those that read what it writes.
    pub const fn is_back_pressured(self) -> bool {
        matches!(self, Self::SoftBackPressured | Self::HardBackPressured)
    }
}

/// Per mille of the last second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shares {
    pub busy: u32,
    /// Soft and hard together.
    pub back_pressured: u32,
    /// The part of it inside a record.
    pub hard_back_pressured: u32,
    pub idle: u32,
}

/// Milliseconds since the task runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accumulated {
    pub busy: u64,
    /// Soft and hard together.
    pub back_pressured: u64,
    pub idle: u64,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct TimeShares {
    /// Parts of a tick by bucket and by what was done.
    buckets: [[u32; WAYS]; BUCKETS],
    /// Parts of a tick since the beginning.
    total: [u64; WAYS],
    /// Up to which tick it is known.
    known_until: u64,
}

impl TimeShares {
    /// Starts to count at `tick`.
    pub const fn starting_at(tick: u64) -> Self {
        Self { buckets: [[0; WAYS]; BUCKETS], total: [0; WAYS], known_until: tick }
    }

    /// Counts the tick that begins at `tick`: `busy_parts` of it busy, the rest as `otherwise`. Ticks that
    /// were jumped over since the last call were spent idle.
    pub fn count_tick(&mut self, tick: u64, busy_parts: u32, otherwise: Spent) {
        self.count_jump(tick, Spent::Idle);
        self.count(tick, Spent::Busy, busy_parts);
        self.count(tick, otherwise, PARTS_PER_TICK - busy_parts);
        self.known_until = tick + 1;
    }

    /// Counts whole ticks up to, but without, `until`.
    pub fn count_jump(&mut self, until: u64, spent: Spent) {
        let second = BUCKET_TICKS * BUCKETS as u64;
        let all = until.saturating_sub(self.known_until);
        let mut tick = self.known_until.max(until.saturating_sub(second));
        while tick < until {
            let end = ((tick / BUCKET_TICKS + 1) * BUCKET_TICKS).min(until);
            self.bucket_at(tick)[spent as usize] += (end - tick) as u32 * PARTS_PER_TICK;
            self.known_until = end;
            tick = end;
        }
        self.total[spent as usize] += all * u64::from(PARTS_PER_TICK);
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

    /// How all the time was spent that is known.
    pub fn accumulated(&self) -> Accumulated {
        let ms = |parts: u64| parts / u64::from(PARTS_PER_TICK);
        let of = |spent: Spent| self.total[spent as usize];
        Accumulated {
            busy: ms(of(Spent::Busy)),
            back_pressured: ms(of(Spent::SoftBackPressured) + of(Spent::HardBackPressured)),
            idle: ms(of(Spent::Idle)),
        }
    }

    fn count(&mut self, tick: u64, spent: Spent, parts: u32) {
        self.bucket_at(tick)[spent as usize] += parts;
        self.total[spent as usize] += u64::from(parts);
    }

    fn bucket_at(&mut self, tick: u64) -> &mut [u32; WAYS] {
        let place = (tick / BUCKET_TICKS) as usize % BUCKETS;
        // Entering a bucket anew drops what it held a second ago.
        let is_same = tick / BUCKET_TICKS == self.known_until.saturating_sub(1) / BUCKET_TICKS;
        if self.known_until <= tick && !is_same {
            self.buckets[place] = [0; WAYS];
            self.known_until = tick + 1;
        }
        &mut self.buckets[place]
    }
}

fn shares_of(buckets: &[[u32; WAYS]]) -> Shares {
    let sum = |spent: Spent| buckets.iter().map(|bucket| u64::from(bucket[spent as usize])).sum::<u64>();
    let (busy, idle) = (sum(Spent::Busy), sum(Spent::Idle));
    let (soft, hard) = (sum(Spent::SoftBackPressured), sum(Spent::HardBackPressured));
    let all = busy + soft + hard + idle;
    let share = |part: u64| (part * 1000).checked_div(all).unwrap_or(0) as u32;
    Shares {
        busy: share(busy),
        back_pressured: share(soft + hard),
        hard_back_pressured: share(hard),
        idle: share(idle),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(busy: u32, soft: u32, hard: u32, idle: u32) -> Shares {
        Shares { busy, back_pressured: soft + hard, hard_back_pressured: hard, idle }
    }

    #[test]
    fn the_last_second_counts() {
        let mut counted = TimeShares::starting_at(0);
        for tick in 0..500 {
            counted.count_tick(tick, PARTS_PER_TICK, Spent::Idle);
        }
        assert_eq!(counted.shares().busy, 1000);
        for tick in 500..1000 {
            counted.count_tick(tick, 0, Spent::SoftBackPressured);
        }
        assert_eq!(counted.shares(), shares(500, 500, 0, 0));
        assert_eq!(counted.lately(), shares(0, 1000, 0, 0));
        counted.count_jump(1050, Spent::Idle);
        assert_eq!(counted.lately(), shares(0, 666, 0, 333));
        counted.count_jump(1500, Spent::Idle);
        assert_eq!(counted.lately(), shares(0, 0, 0, 1000));
        assert_eq!(counted.shares(), shares(0, 500, 0, 500));
        counted.count_jump(1_000_000, Spent::Idle);
        assert_eq!(counted.shares(), shares(0, 0, 0, 1000));
        let all = Accumulated { busy: 500, back_pressured: 500, idle: 999_000 };
        assert_eq!(counted.accumulated(), all, "what fell out of the second still counts in all");
    }

    #[test]
    fn a_part_of_a_tick_counts_as_such() {
        let mut counted = TimeShares::starting_at(7);
        counted.count_tick(7, 250, Spent::Idle);
        assert_eq!(counted.shares(), shares(250, 0, 0, 750));
        for tick in 8..11 {
            counted.count_tick(tick, 250, Spent::HardBackPressured);
        }
        counted.count_tick(11, 0, Spent::SoftBackPressured);
        assert_eq!(counted.shares(), shares(200, 200, 450, 150));
        assert_eq!(counted.accumulated(), Accumulated { busy: 1, back_pressured: 3, idle: 0 });
    }

    #[test]
    fn a_jump_is_the_same_as_its_ticks() {
        let stretches = [
            (30, Spent::Busy),
            (95, Spent::HardBackPressured),
            (100, Spent::SoftBackPressured),
            (101, Spent::Idle),
            (340, Spent::Busy),
            (1000, Spent::SoftBackPressured),
            (1001, Spent::HardBackPressured),
            (2750, Spent::Idle),
            (2830, Spent::HardBackPressured),
            (9000, Spent::Busy),
        ];
        for start in [0, 1, 29] {
            let (mut jumped, mut ticked) = (TimeShares::starting_at(start), TimeShares::starting_at(start));
            for (until, spent) in stretches {
                for tick in ticked.known_until..until {
                    let busy = if spent == Spent::Busy { PARTS_PER_TICK } else { 0 };
                    ticked.count_tick(tick, busy, if busy > 0 { Spent::Idle } else { spent });
                }
                jumped.count_jump(until, spent);
                assert_eq!(jumped.shares(), ticked.shares(), "from {start} to {until}");
                assert_eq!(jumped.lately(), ticked.lately(), "from {start} to {until}");
                assert_eq!(jumped.accumulated(), ticked.accumulated(), "from {start} to {until}");
                assert_eq!(jumped.total.iter().sum::<u64>(), (until - start) * u64::from(PARTS_PER_TICK));
            }
        }
    }
}
