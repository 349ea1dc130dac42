//! For how long state lives, and what is done with what has lived longer.
//!
//! Flink: `StateTtlConfig`, `TtlUtils`. Processing time only, as there.

use std::fmt;

/// How a state of a descriptor lives. The default of the rest is Flink's: see [`Self::new`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
pub struct StateTtlConfig {
    /// In ms, above 0.
    pub ttl_ms: i64,
    /// Reading gives new life, as writing does. Flink: `UpdateType.OnReadAndWrite`.
    pub updates_on_read: bool,
    /// What is over is given out as long as it is there. Flink: `StateVisibility.ReturnExpiredIfNotCleanedUp`.
    pub returns_expired: bool,
    /// What is over does not go into full snapshots. Flink: `cleanupFullSnapshot`.
    pub cleans_snapshots: bool,
    /// How many entries are looked at with each access, where state is on the heap. Flink: `cleanupIncrementally`.
    pub cleans_entries: u32,
    /// What is over goes when files are merged. Flink: `cleanupInRocksdbCompactFilter`.
    pub cleans_files: bool,
}

/// A time-to-live that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoTimeToLive;

impl fmt::Display for NoTimeToLive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TTL is expected to be positive.")
    }
}

impl StateTtlConfig {
    /// A time-to-live with Flink's defaults: new life on creation and writing, nothing that is over is seen, and it is
    /// cleaned up in the background.
    pub const fn new(ttl_ms: i64) -> Result<Self, NoTimeToLive> {
        if ttl_ms <= 0 {
            return Err(NoTimeToLive);
        }
        Ok(Self {
            ttl_ms,
            updates_on_read: false,
            returns_expired: false,
            cleans_snapshots: false,
            cleans_entries: 5,
            cleans_files: true,
        })
    }

    /// Whether what was touched at `timestamp` is over.
    pub fn is_expired(&self, timestamp: i64, now: i64) -> bool {
        // Without running over the end of time.
        let ttl = if timestamp > 0 { self.ttl_ms.min(i64::MAX - timestamp) } else { self.ttl_ms };
        timestamp + ttl <= now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_over_when_its_last_ms_has_come() {
        let ttl = StateTtlConfig::new(10).unwrap();
        assert!(!ttl.is_expired(5, 14));
        assert!(ttl.is_expired(5, 15));
        assert!(!ttl.is_expired(i64::MAX - 3, i64::MAX - 1));
        assert!(ttl.is_expired(i64::MAX - 3, i64::MAX));
        assert!(!StateTtlConfig::new(i64::MAX).unwrap().is_expired(-7, i64::MAX - 8));
        assert_eq!(StateTtlConfig::new(0).unwrap_err().to_string(), "TTL is expected to be positive.");
    }
}
