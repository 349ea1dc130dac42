//! Choice points: every decision that threads, networks or random numbers would make in a real cluster.
//!
//! Contract: whoever must decide calls [`Choices::choose`], and nothing else decides. So one code path
//! serves the lab (default order), the soak (seeded), a replay (recorded).

use super::prng::Prng;

/// What is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Which of the tasks that have not run in this tick runs next.
    TaskOrder,
    /// Which of the messages that arrive in this tick is delivered next (first in, first out per pair).
    RpcOrder,
    /// Which link moves next.
    LinkOrder,
    /// First channel of a rebalance. Flink: `RebalancePartitioner#setup`, `ThreadLocalRandom`.
    RebalanceStart,
    /// By how much a restart comes earlier or later. Flink: `ThreadLocalRandom` in
    /// `ExponentialDelayRestartBackoffTimeStrategy`.
    RestartJitter,
    /// Channel of a shuffled record. Flink: `ShufflePartitioner`.
    ShuffleChannel,
    /// How long the first checkpoint waits. Flink: `CheckpointCoordinatorConfiguration#getInitialTriggeringDelay`.
    CheckpointDelay,
    /// By how much the windows of a subtask are staggered. Flink: `WindowStagger.RANDOM`.
    WindowStagger,
    /// Which way out, and which channel of it, a latency marker takes. Flink: `BroadcastingOutputCollector`,
    /// `RecordWriter#randomEmit`.
    LatencyMarkerWay,
    LatencyMarkerChannel,
}

impl Choice {
    /// Whether real threads and networks decide (an order), rather than a random number.
    const fn is_order(self) -> bool {
        matches!(self, Self::TaskOrder | Self::RpcOrder | Self::LinkOrder)
    }
}

/// How decisions are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Driver {
    /// The documented default: orders are first come, first served (tasks by their place in the topology);
    /// random numbers come from the seed.
    Default,
    /// Everything comes from the seed.
    Seeded,
    /// These answers in turn, then zeros: a replay, or one path of a search.
    Recorded(Vec<u32>),
}

/// The decisions of one run. Part of the world, so that going back takes them back too.
#[derive(Clone, Debug)]
pub struct Choices {
    driver: Driver,
    prng: Prng,
    made: u64,
}

impl Choices {
    /// Decisions by `driver` with `seed`.
    pub const fn new(driver: Driver, seed: u64) -> Self {
        Self { driver, prng: Prng::new(seed), made: 0 }
    }

    /// One of `0..n`. No decision is counted where there is nothing to decide (`n == 1`).
    pub fn choose(&mut self, n: u32, choice: Choice) -> u32 {
        assert!(n > 0, "a choice among nothing");
        if n == 1 {
            return 0;
        }
        let answer = match &self.driver {
            Driver::Default if choice.is_order() => 0,
            Driver::Default | Driver::Seeded => self.prng.below(n),
            Driver::Recorded(answers) => answers.get(self.made as usize).map_or(0, |&answer| answer % n),
        };
        self.made += 1;
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_keeps_orders_and_draws_numbers() {
        let mut choices = Choices::new(Driver::Default, 3);
        assert!((0..20).all(|_| choices.choose(9, Choice::TaskOrder) == 0));
        let drawn: Vec<u32> = (0..20).map(|_| choices.choose(9, Choice::ShuffleChannel)).collect();
        assert!(drawn.iter().any(|&c| c != drawn[0]), "{drawn:?}");
    }

    #[test]
    fn a_recording_answers_in_turn_and_then_zero() {
        let mut choices = Choices::new(Driver::Recorded(vec![2, 5]), 0);
        let given: Vec<u32> = (0..3).map(|_| choices.choose(3, Choice::RpcOrder)).collect();
        assert_eq!(given, [2, 2, 0]);
    }
}
