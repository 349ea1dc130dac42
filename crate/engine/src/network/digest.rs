//! How much a channel has carried and what, told by a number at each of its ends.
//!
//! Contract: equal sequences of bytes give equal digests, however they are cut. The hash is kept in builds with
//! debug assertions only, where the checkers compare it; the number of bytes always.

/// See the module.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digest {
    bytes: u64,
    hash: u64,
}

impl Digest {
    /// Takes in what comes next.
    pub fn update(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        if cfg!(debug_assertions) {
            // A polynomial over the bytes: their order matters, their cuts do not.
            let next =
                |hash: u64, &byte: &u8| hash.wrapping_mul(0x0100_0000_01B3).wrapping_add(u64::from(byte) + 1);
            self.hash = bytes.iter().fold(self.hash, next);
        }
    }

    /// How many bytes there were.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_do_not_matter_and_order_does() {
        let digest = |parts: &[&[u8]]| {
            let mut digest = Digest::default();
            for part in parts {
                digest.update(part);
            }
            digest
        };
        assert_eq!(digest(&[&[1, 2], &[3]]), digest(&[&[], &[1], &[2, 3]]));
        assert_ne!(digest(&[&[1, 2, 3]]), digest(&[&[1, 3, 2]]));
        assert_ne!(digest(&[&[0]]), digest(&[&[0, 0]]));
    }
}
