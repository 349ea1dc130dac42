//! How a job is started from a savepoint or a retained checkpoint.
//!
//! Flink: `SavepointRestoreSettings`, `RecoveryClaimMode`.

/// Whose the snapshot is after the job has started from it. Flink: `RecoveryClaimMode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RecoveryClaimMode {
    /// The job's, which deletes it when it needs it no more.
    Claim,
    /// Whose it was: the first checkpoint of the job refers to nothing in it.
    #[default]
    NoClaim,
}

impl RecoveryClaimMode {
    /// Flink's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Claim => "CLAIM",
            Self::NoClaim => "NO_CLAIM",
        }
    }
}

/// See the module.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RestoreSettings {
    pub claim_mode: RecoveryClaimMode,
    /// State of operators that the job does not have is left out, and is no error.
    pub allow_non_restored_state: bool,
}
