//! The environment: settings of the job, its sources, and the transformations that calls on streams add.

use std::cell::RefCell;
use std::rc::Rc;

use super::checkpoint_config::CheckpointConfig;
use super::handle::Handle;
use super::operator::SingleOutputStreamOperator;
use crate::base::ids::TransformationId;
use crate::base::limits::MAX_PARALLELISM_MAX;
use crate::graph::checkpoint_settings::{CheckpointSettings, CheckpointingMode};
use crate::graph::error::ApiError;
use crate::graph::operator_spec::{OperatorSpec, SourceSpec};
use crate::graph::transformation::{
    ChainingStrategy, Job, JobSettings, RuntimeExecutionMode, Transformation, TransformationKind,
};
use crate::graph::watermark_strategy::{WatermarkGeneration, WatermarkStrategy};
use crate::record::Value;

struct EnvironmentState {
    job: Job,
    /// The job as it stood when `execute` was called.
    executed: Option<Job>,
}

/// Where a job is built. Flink: `StreamExecutionEnvironment`. Its setters change it in place and answer a
/// handle of the same environment.
#[derive(Clone)]
pub struct StreamExecutionEnvironment {
    state: Rc<RefCell<EnvironmentState>>,
}

impl Default for StreamExecutionEnvironment {
    fn default() -> Self {
        Self::get_execution_environment()
    }
}

#[expect(
    clippy::return_self_not_must_use,
    reason = "a setter has done its work whether its answer is used or not"
)]
impl StreamExecutionEnvironment {
    /// A new environment with Flink's default settings and parallelism 1.
    pub fn get_execution_environment() -> Self {
        let job =
            Job { settings: JobSettings::default(), transformations: Vec::new(), operators: Vec::new() };
        Self { state: Rc::new(RefCell::new(EnvironmentState { job, executed: None })) }
    }

    /// Sets the parallelism of operators that are made from now on.
    pub fn set_parallelism(&self, parallelism: i32) -> Result<Self, ApiError> {
        let parallelism = check_parallelism("The environment's parallelism", parallelism)?;
        self.settings(|settings| settings.parallelism = parallelism);
        Ok(self.clone())
    }

    pub fn get_parallelism(&self) -> u32 {
        self.state.borrow().job.settings.parallelism
    }

    /// Sets the number of key groups, and the most to which the job can be rescaled.
    pub fn set_max_parallelism(&self, max_parallelism: i32) -> Result<Self, ApiError> {
        let max_parallelism = check_max_parallelism("The environment's max parallelism", max_parallelism)?;
        self.settings(|settings| settings.max_parallelism = Some(max_parallelism));
        Ok(self.clone())
    }

    /// The max parallelism, where one was set.
    pub fn get_max_parallelism(&self) -> Option<u32> {
        self.state.borrow().job.settings.max_parallelism
    }

    pub fn set_runtime_mode(&self, mode: RuntimeExecutionMode) -> Self {
        self.settings(|settings| settings.runtime_mode = mode);
        self.clone()
    }

    /// Gives each operator a task of its own.
    pub fn disable_operator_chaining(&self) -> Self {
        self.settings(|settings| settings.chaining = false);
        self.clone()
    }

    pub fn is_chaining_enabled(&self) -> bool {
        self.state.borrow().job.settings.chaining
    }

    /// Whether operators of different max parallelism may chain. Flink:
    /// `pipeline.operator-chaining.chain-operators-with-different-max-parallelism`.
    pub fn set_chaining_across_max_parallelism(&self, enabled: bool) -> Self {
        self.settings(|settings| settings.chaining_across_max_parallelism = enabled);
        self.clone()
    }

    /// Sets after how many ms a buffer leaves at the latest; 0: after each record; −1: when it is full.
    pub fn set_buffer_timeout(&self, timeout_ms: i64) -> Result<Self, ApiError> {
        if timeout_ms < -1 {
            return Err(ApiError::new(format!(
                "The buffer timeout is {timeout_ms} ms. Give 0 or more, or -1 to send full buffers only."
            )));
        }
        self.settings(|settings| settings.buffer_timeout_ms = timeout_ms);
        Ok(self.clone())
    }

    pub fn get_buffer_timeout(&self) -> i64 {
        self.state.borrow().job.settings.buffer_timeout_ms
    }

    /// Sets the period of periodic watermarks in ms; 0 turns them off.
    pub fn set_auto_watermark_interval(&self, interval_ms: i64) -> Result<Self, ApiError> {
        if interval_ms < 0 {
            return Err(ApiError::new("Auto watermark interval must not be negative."));
        }
        self.settings(|settings| settings.time.auto_watermark_interval_ms = interval_ms);
        Ok(self.clone())
    }

    pub fn get_auto_watermark_interval(&self) -> i64 {
        self.state.borrow().job.settings.time.auto_watermark_interval_ms
    }

    /// Sets the period in ms at which sources send latency markers; 0 or less turns them off.
    pub fn set_latency_tracking_interval(&self, interval_ms: i64) -> Self {
        self.settings(|settings| settings.time.latency_tracking_interval_ms = interval_ms);
        self.clone()
    }

    pub fn get_latency_tracking_interval(&self) -> i64 {
        self.state.borrow().job.settings.time.latency_tracking_interval_ms
    }

    /// Lets chained operators hand records on without a copy.
    pub fn enable_object_reuse(&self) -> Self {
        self.settings(|settings| settings.object_reuse = true);
        self.clone()
    }

    /// Makes a checkpoint each `interval_ms`.
    pub fn enable_checkpointing(&self, interval_ms: i64, mode: CheckpointingMode) -> Result<Self, ApiError> {
        let config = self.get_checkpoint_config();
        config.set_checkpoint_interval(interval_ms)?;
        config.set_checkpointing_consistency_mode(mode);
        Ok(self.clone())
    }

    /// Sets options by their keys, as in `restart-strategy.type`.
    ///
    /// # Errors
    /// There is no such option here, or the value is none of it; then nothing is set.
    pub fn configure<'a>(
        &self,
        options: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, ApiError> {
        let JobSettings { mut restart, mut time, mut checkpoint, .. } =
            self.state.borrow().job.settings.clone();
        for (key, value) in options {
            let is_known = restart.set(key, value)? || time.set(key, value)? || checkpoint.set(key, value)?;
            if !is_known {
                return Err(ApiError::new(format!("Weir knows no option {key}.")));
            }
        }
        restart.check()?;
        self.settings(|settings| {
            settings.restart = restart;
            settings.time = time;
            settings.checkpoint = checkpoint;
        });
        Ok(self.clone())
    }

    /// All checkpoint settings.
    pub fn get_checkpoint_config(&self) -> CheckpointConfig {
        CheckpointConfig::of(self.clone())
    }

    /// A stream of the elements in order; parallelism 1 unless set.
    pub fn from_data(&self, elements: Vec<Value>) -> Result<SingleOutputStreamOperator, ApiError> {
        if elements.is_empty() {
            return Err(ApiError::new("fromData needs at least one element."));
        }
        if let Some(position) = elements.iter().position(|element| matches!(element, Value::Null)) {
            return Err(ApiError::new(format!(
                "Element {} of fromData is null. A stream carries no null; leave it out.",
                position + 1
            )));
        }
        let source = SourceSpec::Collection(elements.into());
        self.add_source(OperatorSpec::Source(source), "Collection Source").set_parallelism(1)
    }

    /// A stream of the integers from `from` to `to`, both inclusive, in one split for each subtask.
    pub fn from_sequence(&self, from: i64, to: i64) -> Result<SingleOutputStreamOperator, ApiError> {
        if from > to {
            return Err(ApiError::new(format!(
                "fromSequence({from}, {to}) starts after its end. Give the smaller number first."
            )));
        }
        let source = SourceSpec::Sequence { from, to };
        Ok(self.add_source(OperatorSpec::Source(source), "Sequence Source"))
    }

    /// A stream of the lines of a text. Flink 2: a `FileSource` of `TextLineInputFormat`.
    pub fn read_text_file(&self, path: &str) -> SingleOutputStreamOperator {
        let source = SourceSpec::TextFile { path: Rc::from(path) };
        self.add_source(OperatorSpec::Source(source), "File Source")
    }

    /// A stream of what a source reads.
    pub fn from_source(
        &self,
        source: SourceSpec,
        strategy: WatermarkStrategy,
        source_name: &str,
    ) -> SingleOutputStreamOperator {
        let operator = if strategy == WatermarkStrategy::of(WatermarkGeneration::None) {
            OperatorSpec::Source(source)
        } else {
            OperatorSpec::SourceWithWatermarks { source, strategy }
        };
        self.add_source(operator, source_name)
    }

    /// Ends the building: what is added later is not part of the job. The name shows up on the page.
    pub fn execute(&self, job_name: Option<&str>) -> Result<(), ApiError> {
        let mut state = self.state.borrow_mut();
        if state.executed.is_some() {
            return Err(ApiError::new(
                "execute() was called twice, and only one job can run here. Leave out the second call.",
            ));
        }
        state.job.settings.job_name = job_name.map(Rc::from);
        state.executed = Some(state.job.clone());
        Ok(())
    }

    /// Whether `execute` was called.
    pub fn is_executed(&self) -> bool {
        self.state.borrow().executed.is_some()
    }

    /// The job as built, or as it stood when `execute` was called.
    ///
    /// Errors: no operator was made; what has no sink runs nonetheless.
    pub fn job(&self) -> Result<Job, ApiError> {
        let state = self.state.borrow();
        let job = state.executed.as_ref().unwrap_or(&state.job);
        // Sources and partitions are reached as inputs of operators only, as in Flink.
        if job.operators.is_empty() {
            return Err(ApiError::about(
                job.transformations.last().map(|last| last.id).as_slice(),
                "No operators defined in streaming topology. Begin with \
                 env.fromData(1, 2, 3).print().",
            ));
        }
        Ok(job.clone())
    }

    /// Whether two handles are of one environment.
    pub fn is_same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.state, &other.state)
    }

    fn settings(&self, change: impl FnOnce(&mut JobSettings)) {
        change(&mut self.state.borrow_mut().job.settings);
    }

    /// Reads or changes how the job checkpoints.
    pub(super) fn with_checkpoint_settings<R>(&self, use_it: impl FnOnce(&mut CheckpointSettings) -> R) -> R {
        use_it(&mut self.state.borrow_mut().job.settings.checkpoint)
    }

    fn add_source(&self, operator: OperatorSpec, name: &str) -> SingleOutputStreamOperator {
        let parallelism = self.get_parallelism();
        let id = self.add(TransformationKind::Source(operator), name, parallelism);
        SingleOutputStreamOperator::new(Handle { environment: self.clone(), id })
    }

    /// Adds a transformation that is reached as an input of others.
    pub(super) fn add(&self, kind: TransformationKind, name: &str, parallelism: u32) -> TransformationId {
        let transformations = &mut self.state.borrow_mut().job.transformations;
        let id = TransformationId(transformations.len() as u32 + 1);
        transformations.push(Transformation {
            id,
            name: Rc::from(name),
            description: None,
            kind,
            parallelism,
            max_parallelism: None,
            non_parallel: false,
            uid: None,
            uid_hash: None,
            buffer_timeout_ms: None,
            slot_sharing_group: None,
            co_location_group: None,
            chaining_strategy: ChainingStrategy::Always,
        });
        id
    }

    /// Adds an operator or a sink. Flink: `StreamExecutionEnvironment#addOperator`.
    pub(super) fn add_operator(
        &self,
        kind: TransformationKind,
        name: &str,
        parallelism: u32,
    ) -> TransformationId {
        let id = self.add(kind, name, parallelism);
        self.state.borrow_mut().job.operators.push(id);
        id
    }

    /// Reads or changes a transformation.
    pub(super) fn with<R>(&self, id: TransformationId, use_it: impl FnOnce(&mut Transformation) -> R) -> R {
        use_it(&mut self.state.borrow_mut().job.transformations[id.index() - 1])
    }
}

/// Flink: `OperatorValidationUtils#validateParallelism`.
pub(super) fn check_parallelism(what: &str, parallelism: i32) -> Result<u32, ApiError> {
    if parallelism < 1 {
        return Err(ApiError::new(format!("{what} is {parallelism}. Give at least 1.")));
    }
    Ok(parallelism as u32)
}

/// Flink: `OperatorValidationUtils#validateMaxParallelism`.
pub(super) fn check_max_parallelism(what: &str, max_parallelism: i32) -> Result<u32, ApiError> {
    if !(1..=MAX_PARALLELISM_MAX as i32).contains(&max_parallelism) {
        return Err(ApiError::new(format!(
            "{what} is {max_parallelism}. Give a number from 1 to {MAX_PARALLELISM_MAX}."
        )));
    }
    Ok(max_parallelism as u32)
}
