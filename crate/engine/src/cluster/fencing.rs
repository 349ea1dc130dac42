//! Leader session ids: whoever leads says all that it says in the name of its session, and others name the session
//! that they mean.
//!
//! Contract: a call in the name of another session than the one its receiver is in has no effect. Flink:
//! `DispatcherId`, `ResourceManagerId`, `JobMasterId` (one id for all components of a process, since they are elected
//! together), `FencedRpcEndpoint`, `FencedPekkoRpcActor`.

use std::fmt;

use crate::base::ids::JobManagerId;

/// A leader session id. Flink draws it; here it follows from the seed and the number of the election.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FencingToken(u64);

impl FencingToken {
    /// Without high availability there is one session for good. Flink: `DEFAULT_LEADER_ID`.
    pub const DEFAULT: Self = Self(0);

    /// The session that begins with an election, counted from 1.
    pub const fn of_election(seed: u64, number: u32) -> Self {
        // The factor is odd, so no two numbers of a run give the same; the last bit keeps it from being zero.
        Self(mix(seed).wrapping_add((number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)) | 1)
    }
}

/// The finalizer of splitmix64.
const fn mix(word: u64) -> u64 {
    let word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ (word >> 31)
}

impl fmt::Display for FencingToken {
    /// As Flink's `AbstractID`: 32 digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}{:016x}", mix(self.0), self.0)
    }
}

/// A JobManager and the session in which it leads. Flink: `LeaderInformation`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Leader {
    pub job_manager: JobManagerId,
    pub session: FencingToken,
}

impl Leader {
    /// The one JobManager of a cluster without high availability.
    pub const ONLY: Self = Self { job_manager: JobManagerId(0), session: FencingToken::DEFAULT };
}

/// Why a call to a component of a JobManager has no effect: it is in session `expected`, or, with none, leads no more.
pub fn mismatch(call: &str, given: FencingToken, expected: Option<FencingToken>) -> String {
    match expected {
        Some(expected) => format!(
            "FencingTokenException: Fencing token mismatch: Ignoring message {call} because the fencing token {given} \
             did not match the expected fencing token {expected}."
        ),
        None => format!(
            "FencingTokenException: Fencing token not set: Ignoring message {call} because the fencing token is null."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_elections_share_a_session_and_none_has_that_of_a_cluster_without() {
        for seed in [0, 1, 42] {
            let sessions: Vec<_> = (1..200).map(|n| FencingToken::of_election(seed, n)).collect();
            for (n, session) in sessions.iter().enumerate() {
                assert!(*session != FencingToken::DEFAULT && !sessions[n + 1..].contains(session));
            }
        }
        assert_eq!(FencingToken::DEFAULT.to_string(), "0".repeat(32));
        assert_eq!(FencingToken::of_election(7, 1).to_string().len(), 32);
    }

    #[test]
    fn the_words_are_flinks() {
        let (old, new) = (FencingToken::DEFAULT, FencingToken::of_election(1, 1));
        let text = mismatch("offerSlots 1", old, Some(new));
        let end = format!("the fencing token {old} did not match the expected fencing token {new}.");
        assert!(
            text.starts_with("FencingTokenException: Fencing token mismatch: Ignoring message offerSlots 1")
        );
        assert!(text.ends_with(&end) && mismatch("x", old, None).ends_with("the fencing token is null."));
    }
}
