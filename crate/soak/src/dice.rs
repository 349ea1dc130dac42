//! What a random job and cluster are drawn with: the engine's generator, and the ways in which it is asked.

use weir_engine::base::prng::Prng;

/// Draws from a seed.
#[derive(Clone, Debug)]
pub struct Dice(Prng);

impl Dice {
    /// Dice for one subject of a seed: those of another subject draw other numbers.
    pub fn new(seed: u64, subject: u64) -> Self {
        Self(Prng::new(mix(seed, subject)))
    }

    /// A number from `0` to `n - 1`.
    pub fn below(&mut self, n: u32) -> u32 {
        self.0.below(n)
    }

    /// A number from `least` to `most`, both inclusive.
    pub fn between(&mut self, least: u32, most: u32) -> u32 {
        least + self.below(most - least + 1)
    }

    /// A number from `least` to `most`, small ones as likely as large ones by their order of magnitude.
    pub fn magnitude(&mut self, least: u32, most: u32) -> u32 {
        let doublings = (most / least.max(1)).max(1).ilog2();
        let shift = self.below(doublings + 1);
        let base = least.max(1) << shift;
        self.between(base, base.saturating_mul(2).min(most).max(base)).clamp(least, most)
    }

    /// True once in `n` times.
    pub fn once_in(&mut self, n: u32) -> bool {
        self.below(n) == 0
    }

    /// One of these.
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u32) as usize]
    }

    /// Any 64 bits.
    pub const fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }
}

/// Two words made one, so that each bit depends on all.
pub const fn mix(a: u64, b: u64) -> u64 {
    Prng::new(a ^ b.rotate_left(32).wrapping_mul(0x9E37_79B9_7F4A_7C15)).next_u64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn magnitudes_stay_in_their_bounds_and_reach_them() {
        let mut dice = Dice::new(1, 1);
        let drawn: Vec<u32> = (0..10_000).map(|_| dice.magnitude(64, 32_768)).collect();
        assert_eq!((drawn.iter().min(), drawn.iter().max()), (Some(&64), Some(&32_768)));
        assert!(drawn.iter().filter(|&&n| n < 1024).count() > 2000);
        assert!((0..100).all(|_| (0..=1).contains(&dice.magnitude(0, 1))));
    }
}
