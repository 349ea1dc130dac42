//! Calls that want an answer, how long who asks waits for it, and what happens when none comes.
//!
//! Contract: an ask is over with its answer or with its time, whichever comes first; an answer that comes later has no
//! effect. Some are repeated, others end in a failure that who asked deals with. An ask is of one life of a process and
//! of one session: when either ends, nobody waits any more. Flink: `RpcGateway`'s futures, `pekko.ask.timeout`,
//! `RetryingRegistration`, `FutureUtils#retry`.

use std::rc::Rc;

use super::rpc::{Call, Envelope};
use crate::base::limits::{ASK_TIMEOUT_TICKS, REGISTRATION_TIMEOUT_TICKS_MAX};

/// A call whose answer is not there yet.
#[derive(Clone, Debug)]
pub struct Ask {
    pub envelope: Rc<Envelope>,
    /// Which life of its process made it.
    pub life: u32,
    /// As which try it is made again: 0 begins anew.
    pub next_try: u32,
    pub deadline: u64,
}

/// What goes wrong with the n-th call or answer of a run, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RpcFault {
    pub number: u64,
    /// Ticks that it takes longer; `None`: it is lost.
    pub delay_ticks: Option<u64>,
}

/// Flink: `Execution.NUM_CANCEL_CALL_TRIES`.
const CANCEL_TRIES: u32 = 3;
/// Flink: `rest.retry.max-attempts`, `rest.retry.delay`, `rest.connection-timeout`.
const REST_TRIES: u32 = 20;
/// After how long a client that could not submit tries again.
pub const REST_RETRY_DELAY_TICKS: u64 = 3_000;
const REST_TIMEOUT_TICKS: u64 = 15_000;
/// Flink: `cluster.registration.initial-timeout`.
const REGISTRATION_TIMEOUT_TICKS: u64 = 100;
/// After a registration that nobody could take, or that was of another session. Flink:
/// `cluster.registration.error-delay`. There is nobody who would decline one, so that the delay for it (30 s) is not here.
const REGISTRATION_ERROR_DELAY_TICKS: u64 = 10_000;
/// The longest pause before requirements are declared again. Flink: `DefaultDeclareResourceRequirementServiceConnectionManager`.
const DECLARE_PAUSE_TICKS_MAX: u64 = 10_000;

impl Call {
    /// Ticks that who makes this call waits for its answer, after so many tries; `None`: it wants none.
    pub fn ask_timeout(&self, tries: u32) -> Option<u64> {
        match self {
            Self::SubmitJob => Some(REST_TIMEOUT_TICKS),
            Self::RegisterTaskExecutor { .. } | Self::RegisterJobMaster => {
                let doubled = REGISTRATION_TIMEOUT_TICKS << tries.min(20);
                Some(doubled.min(REGISTRATION_TIMEOUT_TICKS_MAX))
            }
            Self::DeclareRequiredResources { .. }
            | Self::RequestSlot { .. }
            | Self::OfferSlots { .. }
            | Self::SubmitTask(_)
            | Self::CancelTask(_)
            | Self::UpdatePartitions { .. }
            | Self::ScheduleOrUpdateConsumers { .. }
            | Self::UpdateTaskExecutionState { .. }
            | Self::RequestSplit(_)
            | Self::AddSplit { .. }
            | Self::NoMoreSplits(_)
            | Self::RequestPartitionState { .. }
            | Self::TriggerCheckpoint { .. } => Some(ASK_TIMEOUT_TICKS),
            _ => None,
        }
    }

    /// Whether `other` is the answer to this call. Where none is, it is acknowledged without a word.
    pub const fn is_answered_by(&self, other: &Self) -> bool {
        matches!(
            (self, other),
            (Self::SubmitJob, Self::JobSubmitted | Self::DuplicateJobSubmission)
                | (Self::RegisterTaskExecutor { .. }, Self::TaskExecutorRegistered)
                | (Self::RegisterJobMaster, Self::JobMasterRegistered)
                | (
                    Self::OfferSlots { .. },
                    Self::SlotsAccepted { .. } | Self::SlotsRejected { .. } | Self::FreeSlots
                )
                | (Self::SubmitTask(_), Self::TaskSubmitted(_) | Self::Unreachable { .. })
                | (Self::UpdateTaskExecutionState { .. }, Self::UnknownExecution(_))
                | (Self::RequestPartitionState { .. }, Self::PartitionState { .. })
                | (Self::TriggerCheckpoint { .. }, Self::DeclineCheckpoint { .. })
        )
    }

    /// Whether its answer is a call of its own, and not a silent acknowledgement.
    pub const fn has_spoken_answer(&self) -> bool {
        matches!(
            self,
            Self::SubmitJob
                | Self::RegisterTaskExecutor { .. }
                | Self::RegisterJobMaster
                | Self::OfferSlots { .. }
                | Self::SubmitTask(_)
                | Self::RequestPartitionState { .. }
        )
    }

    /// Whether it stays inside a process, or is no call in Flink: it can be neither lost nor late.
    pub const fn is_local(&self) -> bool {
        matches!(
            self,
            Self::StartJobMaster
                // The last thing of a job: its JobMaster leaves the ResourceManager of its own process.
                | Self::DeclareRequiredResources { slots: 0 }
                | Self::JobReachedTerminalState(_)
                | Self::CancelJob
                | Self::RequestCheckpoint { .. }
                | Self::CheckpointAnswered { .. }
        )
    }
}

impl Ask {
    /// Ticks until the same is asked again, after the time for an answer is over; `None`: it is not.
    pub fn repeated_after(&self) -> Option<u64> {
        match self.envelope.call {
            Call::SubmitJob if self.next_try < REST_TRIES => Some(REST_RETRY_DELAY_TICKS),
            Call::CancelTask(_) if self.next_try < CANCEL_TRIES => Some(0),
            Call::RegisterTaskExecutor { .. } | Call::RegisterJobMaster => Some(0),
            Call::DeclareRequiredResources { .. } => {
                Some((1_u64 << (self.next_try - 1).min(20)).min(DECLARE_PAUSE_TICKS_MAX))
            }
            _ => None,
        }
    }

    /// The other end is not there, or in another session, which is known at once: a registration begins anew after a
    /// while. Flink: `RetryingRegistration#registerLater`.
    pub fn refuse(&mut self, now: u64) {
        match self.envelope.call {
            Call::RegisterTaskExecutor { .. } | Call::RegisterJobMaster => {
                (self.deadline, self.next_try) = (now + REGISTRATION_ERROR_DELAY_TICKS, 0);
            }
            _ => {}
        }
    }

    /// Flink's words when the time for an answer is over. `call` says what was asked.
    pub fn timeout_message(&self, call: &str) -> String {
        format!("TimeoutException: Invocation of [{call}] at recipient [{}] timed out.", self.envelope.to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_registration_doubles_up_to_half_a_minute() {
        let times: Vec<u64> =
            (0..12).filter_map(|tries| Call::RegisterJobMaster.ask_timeout(tries)).collect();
        assert_eq!(times, [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000, 30_000]);
        assert_eq!(Call::RequestSlot { slot: 0 }.ask_timeout(0), Some(10_000));
        assert_eq!(Call::FreeSlots.ask_timeout(0), None);
    }
}
