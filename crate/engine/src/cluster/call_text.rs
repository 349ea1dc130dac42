//! Calls in words: Flink's name of the method, and what it carries.
//!
//! Contract: a text is the method's, a number, the attempt that the call is about, and what else there is, in this order.
//! There are many calls, and so there is one text for all of them, which each fills with what it has.

use std::fmt::{Display, Write};
use std::rc::Rc;

use super::rpc::Call;
use crate::base::ids::{ExecutionAttemptId, TaskId, attempt_number};
use crate::network::barrier::SnapshotType;
use crate::scheduler::adaptive::slot_allocator::ParallelismBounds;
use crate::task::state::ExecutionState;

impl Call {
    /// Flink's name of the method, and what it carries. `name_of` names a task.
    pub fn describe(&self, name_of: &dyn Fn(TaskId) -> Rc<str>) -> String {
        match self {
            Self::Acknowledge(asked) => return asked.call.describe(name_of) + ": acknowledged",
            Self::Yarn(call) => return call.to_string(),
            _ => {}
        }
        let mut text = self.method().to_owned();
        if let Some(number) = self.number() {
            add(&mut text, &number);
        }
        if let Some(ExecutionAttemptId { task, attempt }) = self.subject() {
            add(&mut text, &name_of(task));
            if attempt_number(attempt) > 0 {
                text.push('#');
                text += &attempt_number(attempt).to_string();
            }
        }
        if let Some(numbers) = self.numbers() {
            for (place, number) in numbers.iter().enumerate() {
                text += if place > 0 { "," } else { "" };
                add(&mut text, number);
            }
        }
        self.describe_rest(&mut text);
        text
    }

    /// The attempt that it is about, also of one that is to be deployed.
    fn subject(&self) -> Option<ExecutionAttemptId> {
        match self {
            Self::SubmitTask(descriptor) => Some(descriptor.execution()),
            Self::Unreachable { execution, .. } | Self::TaskSubmitted(execution) => Some(*execution),
            _ => self.execution(),
        }
    }

    const fn method(&self) -> &'static str {
        match self {
            Self::SubmitJob => "submitJob",
            Self::JobSubmitted => "submitJob: acknowledged",
            Self::DuplicateJobSubmission => {
                "submitJob: DuplicateJobSubmissionException: Job has already been submitted."
            }
            Self::UnknownExecution(_) => {
                "updateTaskExecutionState: ExecutionGraphException: The execution attempt"
            }
            Self::CancelJob => "cancelJob",
            Self::UpdateResourceRequirements { .. } => "updateJobResourceRequirements of vertex",
            Self::StartJobMaster => "start JobMaster",
            Self::SubmitTask(_) => "submitTask",
            Self::Unreachable { .. } => "submitTask: unreachable for",
            Self::TaskSubmitted(_) => "submitTask: acknowledged",
            Self::CancelTask(_) => "cancelTask",
            Self::ScheduleOrUpdateConsumers { .. } => "scheduleOrUpdateConsumers",
            Self::UpdatePartitions { .. } => "updatePartitions",
            Self::UpdateTaskExecutionState { .. } => "updateTaskExecutionState",
            Self::RequestSplit(_) => "RequestSplitEvent",
            Self::AddSplit { .. } => "AddSplitEvent",
            Self::NoMoreSplits(_) => "NoMoreSplitsEvent",
            Self::RequestPartitionState { .. } | Self::PartitionState { .. } => {
                "requestPartitionState of channel"
            }
            Self::ReportedWatermark { .. } => "ReportedWatermarkEvent",
            Self::WatermarkAlignment { .. } => "WatermarkAlignmentEvent",
            Self::ReleasePartitions { .. } => "releasePartitions",
            Self::NotifyEndOfData(_) => "notifyEndOfData",
            Self::JobReachedTerminalState(_) => "job reached",
            Self::ShutDownCluster(_) => "shutDownCluster",
            Self::DeregisterApplication(_) => "deregisterApplication",
            Self::ApplicationDeregistered => "deregisterApplication: done",
            Self::RegisterTaskExecutor { .. } => "registerTaskExecutor,",
            Self::TaskExecutorRegistered => "registerTaskExecutor: success",
            Self::RegisterJobMaster => "registerJobMaster",
            Self::JobMasterRegistered => "registerJobMaster: success",
            Self::DeclareRequiredResources { .. } => "declareRequiredResources,",
            Self::NotEnoughResources { .. } => "notifyNotEnoughResourcesAvailable,",
            Self::RequestSlot { .. } => "requestSlot",
            Self::OfferSlots { .. } => "offerSlots",
            Self::SlotsAccepted { .. } => "offerSlots: accepted",
            Self::SlotsRejected { .. } => "offerSlots: rejected",
            Self::NotifySlotsAvailable { .. } => "notifySlotAvailable",
            Self::DisconnectJobManager { .. } => "disconnectJobManager:",
            Self::DisconnectResourceManager { .. } => "disconnectResourceManager:",
            Self::TaskManagerLost { .. } => "disconnectTaskManager TaskManager",
            Self::DisconnectTaskManager { .. } => "disconnectTaskManager:",
            Self::FreeSlot { .. } => "freeSlot",
            Self::FreeSlots => "freeSlots",
            Self::TriggerCheckpoint { .. } => "triggerCheckpoint",
            Self::AcknowledgeCheckpoint { .. } => "acknowledgeCheckpoint",
            Self::DeclineCheckpoint { .. } => "declineCheckpoint",
            Self::NotifyCheckpointComplete { .. } => "confirmCheckpoint",
            Self::NotifyCheckpointAborted { .. } => "abortCheckpoint",
            Self::RequestCheckpoint { snapshot, .. } | Self::CheckpointAnswered { snapshot, .. } => {
                method_of(*snapshot)
            }
            Self::Acknowledge(_) | Self::Yarn(_) => "",
        }
    }

    /// The number that its method is followed by.
    fn number(&self) -> Option<u64> {
        Some(match self {
            Self::UpdateResourceRequirements { vertex: number, .. }
            | Self::RegisterTaskExecutor { slots: number, .. }
            | Self::DeclareRequiredResources { slots: number }
            | Self::NotEnoughResources { available: number }
            | Self::RequestSlot { slot: number }
            | Self::FreeSlot { slot: number } => (*number).into(),
            Self::TaskManagerLost { task_manager, .. } => (task_manager.0 + 1).into(),
            Self::RequestPartitionState { channel, .. } | Self::PartitionState { channel, .. } => {
                channel.0.into()
            }
            Self::TriggerCheckpoint { barrier, .. } => barrier.id,
            Self::AcknowledgeCheckpoint { checkpoint, .. }
            | Self::DeclineCheckpoint { checkpoint, .. }
            | Self::NotifyCheckpointComplete { checkpoint, .. }
            | Self::NotifyCheckpointAborted { checkpoint, .. } => *checkpoint,
            _ => return None,
        })
    }

    /// The numbers of slots, or of results.
    fn numbers(&self) -> Option<Vec<u32>> {
        match self {
            Self::OfferSlots { slots }
            | Self::SlotsAccepted { slots }
            | Self::SlotsRejected { slots }
            | Self::NotifySlotsAvailable { slots } => Some(slots.clone()),
            Self::ReleasePartitions { partitions } => {
                Some(partitions.iter().map(|partition| partition.place()).collect())
            }
            _ => None,
        }
    }

    /// What is only in some.
    fn describe_rest(&self, text: &mut String) {
        match self {
            Self::UpdateResourceRequirements { bounds: ParallelismBounds { lower, upper }, .. } => {
                text.push(':');
                add(text, lower);
                text.push_str(" to");
                add(text, upper);
            }
            Self::UnknownExecution(_) => text.push_str(" was not found."),
            Self::UpdateTaskExecutionState { state, .. } => add(text, &state.name()),
            Self::AddSplit { split, .. } => add(text, split),
            Self::ReportedWatermark { watermark, .. } => add(text, watermark),
            Self::WatermarkAlignment { max_watermark, .. } => add(text, max_watermark),
            Self::PartitionState { producer, .. } => {
                text.push(':');
                add(text, &producer.map_or("disposed", ExecutionState::name));
            }
            Self::JobReachedTerminalState(status)
            | Self::ShutDownCluster(status)
            | Self::DeregisterApplication(status) => add(text, &status.name()),
            Self::RegisterTaskExecutor { allocated, .. } => {
                text.push_str(" slots");
                for (place, slot) in allocated.iter().enumerate() {
                    text.push_str(if place > 0 { "," } else { ", allocated" });
                    add(text, slot);
                }
            }
            Self::DeclareRequiredResources { .. } => text.push_str(" slots"),
            Self::NotEnoughResources { .. } => text.push_str(" slots in all"),
            Self::TaskManagerLost { cause, .. } => {
                text.push(':');
                add(text, cause);
            }
            Self::DisconnectJobManager { cause }
            | Self::DisconnectResourceManager { cause }
            | Self::DisconnectTaskManager { cause } => add(text, cause),
            Self::DeclineCheckpoint { reason, .. } => add(text, &reason.name()),
            Self::CheckpointAnswered { result, .. } => {
                text.push(':');
                match result {
                    Ok(id) => {
                        add(text, id);
                        text.push_str(" is complete");
                    }
                    Err(why) => add(text, why),
                }
            }
            _ => {}
        }
    }
}

/// Adds a word.
fn add(text: &mut String, word: &dyn Display) {
    text.push(' ');
    write!(text, "{word}").expect("a text takes all that it is given");
}

const fn method_of(snapshot: SnapshotType) -> &'static str {
    match snapshot {
        SnapshotType::Savepoint => "triggerSavepoint",
        SnapshotType::SavepointSuspend | SnapshotType::SavepointTerminate => "stopWithSavepoint",
        SnapshotType::Checkpoint | SnapshotType::FullCheckpoint => "triggerCheckpoint",
    }
}
