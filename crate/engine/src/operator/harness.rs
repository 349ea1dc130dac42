//! For tests: one operator in one subtask, records in, text out.

use std::rc::Rc;

use super::Operator;
use super::context::{Effect, Emission, OperatorContext, SubtaskInfo};
use super::function::{UserError, UserFunctions};
use super::key::KeyExtractor;
use super::native::NativeFunctions;
use super::snapshot::{self, RestoredState, SnapshotRequest, WrittenSnapshot};
use super::timers::{advance_watermark, on_processing_time};
use crate::base::ids::OperatorId;
use crate::graph::job_graph::JobType;
use crate::graph::operator_spec::{KeySelector, OperatorSpec};
use crate::graph::time_settings::TimeSettings;
use crate::record::Value;
use crate::state::StateFault;
use crate::state::handle::{KeyedStateHandle, OperatorStateHandle, StreamStateHandle};
use crate::state::keyed::KeyedState;
use crate::state::keyed::SharingFiles;
use crate::state::keyed::snapshot::SnapshotLayout;
use crate::time::processing_time::Callback;

pub(super) struct Harness {
    operator: Box<dyn Operator>,
    key: Option<KeyExtractor>,
    pub context: OperatorContext,
}

impl Harness {
    /// An operator that needs no function and no key, in the only subtask.
    pub fn new(spec: &OperatorSpec) -> Self {
        Self::subtask(spec, 0, 1)
    }

    pub fn subtask(spec: &OperatorSpec, subtask_idx: u32, parallelism: u32) -> Self {
        Self::open(spec, None, NativeFunctions::default(), subtask_idx, parallelism, JobType::Streaming)
    }

    pub fn with_functions(spec: &OperatorSpec, functions: NativeFunctions) -> Self {
        Self::open(spec, None, functions, 0, 1, JobType::Streaming)
    }

    pub fn keyed(spec: &OperatorSpec, key: &KeySelector, functions: NativeFunctions) -> Self {
        Self::open(spec, Some(key), functions, 0, 1, JobType::Streaming)
    }

    /// An operator whose input is sorted by key.
    pub fn sorted(spec: &OperatorSpec, key: &KeySelector, functions: NativeFunctions) -> Self {
        Self::open(spec, Some(key), functions, 0, 1, JobType::Batch)
    }

    /// The last record of the key at hand was sent.
    pub fn end_key(&mut self) {
        super::timers::end_key(self.operator.as_mut(), &mut self.context)
            .expect("the operator does not fail");
    }

    fn open(
        spec: &OperatorSpec,
        key: Option<&KeySelector>,
        functions: NativeFunctions,
        subtask_idx: u32,
        parallelism: u32,
        job_type: JobType,
    ) -> Self {
        let key = key.map(|key| KeyExtractor::new(key, &functions).unwrap());
        let subtask = SubtaskInfo {
            operator_name: "operator".into(),
            task_name: "operator (1/1)".into(),
            operator_id: OperatorId([0; 16]),
            subtask_idx,
            parallelism,
            max_parallelism: 128,
            attempt: 0,
            time: TimeSettings::default(),
        };
        let functions: Rc<dyn UserFunctions> = Rc::new(functions);
        let mut context = OperatorContext {
            subtask: Some(Rc::new(subtask)),
            functions: Some(functions),
            ..OperatorContext::default()
        };
        if key.is_some() {
            context.state = match job_type {
                JobType::Streaming => KeyedState::for_subtask(128, parallelism, subtask_idx),
                JobType::Batch => KeyedState::for_sorted_subtask(128, parallelism, subtask_idx),
            };
        }
        Self::start(spec, key, context, job_type, None)
    }

    fn start(
        spec: &OperatorSpec,
        key: Option<KeyExtractor>,
        context: OperatorContext,
        job_type: JobType,
        restored: Option<RestoredState<'_>>,
    ) -> Self {
        Self::try_start(spec, key, context, job_type, restored).unwrap()
    }

    fn try_start(
        spec: &OperatorSpec,
        key: Option<KeyExtractor>,
        mut context: OperatorContext,
        job_type: JobType,
        restored: Option<RestoredState<'_>>,
    ) -> Result<Self, UserError> {
        let mut operator = super::build(spec, job_type).expect("an operator that can run");
        snapshot::initialize(Some(operator.as_mut()), &mut context, restored)?;
        operator.open(&mut context)?;
        let mut harness = Self { operator, key, context };
        harness.run_mails();
        Ok(harness)
    }

    /// What a checkpoint has of it.
    pub fn checkpoint(&mut self, layout: SnapshotLayout) -> WrittenSnapshot {
        let request = SnapshotRequest {
            checkpoint_id: 1,
            timestamp: 0,
            layout,
            sharing: SharingFiles::ForwardBackward,
        };
        snapshot::snapshot(Some(self.operator.as_mut()), &mut self.context, request).unwrap().write()
    }

    /// Another one that is like this one, but for a subtask of its own, and begins with what was written by others.
    pub fn restored(
        &self,
        spec: &OperatorSpec,
        subtask_idx: u32,
        parallelism: u32,
        keyed: &[KeyedStateHandle],
        operator: &[OperatorStateHandle],
    ) -> Self {
        self.try_restored(spec, (subtask_idx, parallelism), keyed, operator).unwrap()
    }

    /// The same, or why it cannot begin.
    pub fn try_restored(
        &self,
        spec: &OperatorSpec,
        (subtask_idx, parallelism): (u32, u32),
        keyed: &[KeyedStateHandle],
        operator: &[OperatorStateHandle],
    ) -> Result<Self, UserError> {
        let subtask = self.context.subtask.as_deref().map(|subtask| SubtaskInfo {
            subtask_idx,
            parallelism,
            ..subtask.clone()
        });
        let context = OperatorContext {
            subtask: subtask.map(Rc::new),
            functions: self.context.functions.clone(),
            now: self.context.now,
            state: match self.key {
                Some(_) => KeyedState::for_subtask(128, parallelism, subtask_idx),
                None => KeyedState::default(),
            },
            ..OperatorContext::default()
        };
        let restored = RestoredState {
            checkpoint_id: 1,
            keyed,
            operator,
            assigned: 0,
            read: &|handle| match handle {
                StreamStateHandle::Bytes(bytes) => Ok(Rc::clone(bytes)),
                StreamStateHandle::File { path, .. } => Err(StateFault::Missing(Rc::clone(path)).into()),
            },
        };
        Self::try_start(spec, self.key.clone(), context, JobType::Streaming, Some(restored))
    }

    pub fn send(&mut self, value: impl Into<Value>) {
        self.try_send(0, value).unwrap();
    }

    pub fn try_send(&mut self, input: u8, value: impl Into<Value>) -> Result<(), UserError> {
        self.put(input, value.into())?;
        self.run_mails();
        Ok(())
    }

    /// A record, and nothing of the mailbox after it.
    pub fn put(&mut self, input: u8, value: Value) -> Result<(), UserError> {
        if let Some(key) = &self.key {
            let key = key.extract(&value, &mut self.context)?;
            self.context.set_current_key(key)?;
        }
        self.operator.on_record(input, value, &mut self.context)
    }

    /// A record with a timestamp.
    pub fn send_at(&mut self, timestamp: i64, value: impl Into<Value>) {
        self.try_send_at(timestamp, value).unwrap();
    }

    pub fn try_send_at(&mut self, timestamp: i64, value: impl Into<Value>) -> Result<(), UserError> {
        self.context.timestamp = Some(timestamp);
        self.try_send(0, value)
    }

    pub fn watermark(&mut self, watermark: i64) {
        advance_watermark(self.operator.as_mut(), watermark, &mut self.context).unwrap();
        self.operator.on_watermark(watermark, &mut self.context).unwrap();
        self.run_mails();
    }

    /// The clock goes on, and calls back for what is due.
    pub fn clock(&mut self, now: i64) {
        self.context.now = now;
        while let Some(timer) = self.context.clock.take_due(now) {
            match timer.callback {
                Callback::Timers => {
                    on_processing_time(self.operator.as_mut(), timer.timestamp, &mut self.context).unwrap();
                }
                callback => self.operator.on_clock(callback, &mut self.context).unwrap(),
            }
            self.run_mails();
        }
    }

    /// The next mail that the operator has put into the task's mailbox. Answers whether there was one.
    pub fn run_mail(&mut self) -> bool {
        if self.context.mails.is_empty() {
            return false;
        }
        let callback = self.context.mails.remove(0);
        self.operator.on_clock(callback, &mut self.context).unwrap();
        true
    }

    fn run_mails(&mut self) {
        while self.run_mail() {}
    }

    /// A barrier is about to be sent on.
    pub fn pre_barrier(&mut self, checkpoint: u64) {
        self.operator.prepare_snapshot_pre_barrier(checkpoint, &mut self.context).unwrap();
    }

    /// A checkpoint is complete.
    pub fn complete(&mut self, checkpoint: u64) {
        self.operator.notify_checkpoint_complete(checkpoint, &mut self.context).unwrap();
    }

    /// The records that came out since the last time.
    pub fn take_collected(&mut self) -> Vec<Value> {
        let value = |emission| match emission {
            Emission::Record { value, .. } => Some(value),
            Emission::Side(side) => Some(side.value),
            Emission::Watermark(_) | Emission::Status(_) => None,
        };
        self.context.emitted.drain(..).filter_map(value).collect()
    }

    pub fn end_input(&mut self, input: u8) {
        self.operator.end_input(input, &mut self.context).unwrap();
        self.run_mails();
    }

    /// A copy, as in a snapshot of the world.
    pub fn snapshot(&self) -> Self {
        Self { operator: self.operator.clone(), key: self.key.clone(), context: self.context.clone() }
    }

    /// What came out since the last time, side outputs with their tag.
    pub fn outputs(&mut self) -> Vec<String> {
        self.context
            .emitted
            .drain(..)
            .map(|emission| match emission {
                Emission::Side(side) => format!("{}: {}", side.tag, side.value),
                Emission::Record { value, .. } => value.to_string(),
                Emission::Watermark(watermark) => format!("W{watermark}"),
                Emission::Status(status) => format!("{status:?}"),
            })
            .collect()
    }

    pub fn effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.context.effects)
    }

    pub fn close(&mut self) {
        self.operator.close(&mut self.context).unwrap();
    }
}
