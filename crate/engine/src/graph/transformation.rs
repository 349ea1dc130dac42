//! What a job is before it is a graph: transformations, as the API's calls made them, and the settings.
//!
//! Flink: `Transformation` and its subclasses, `ExecutionConfig`.

use std::rc::Rc;

use super::checkpoint_settings::CheckpointSettings;
use super::operator_spec::{KeySelector, OperatorSpec, Partitioner, SinkSpec};
use super::restart_options::RestartOptions;
use super::time_settings::TimeSettings;
use crate::base::ids::{OperatorId, TransformationId};

/// Whether an operator may run in one task with its neighbours. Flink: `ChainingStrategy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChainingStrategy {
    /// With the operators before and after it.
    Always,
    /// With neither: `disableChaining()`.
    Never,
    /// With those after it only: `startNewChain()`.
    Head,
}

impl ChainingStrategy {
    /// Flink's name of the constant.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Always => "ALWAYS",
            Self::Never => "NEVER",
            Self::Head => "HEAD",
        }
    }
}

/// How an exchange hands its data over, where the job says so. Flink: `StreamExchangeMode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StreamExchangeMode {
    /// While producing.
    Pipelined,
    /// After the producer has finished.
    Batch,
    /// As the runtime mode says.
    #[default]
    Undefined,
}

impl StreamExchangeMode {
    /// Flink's name of the constant.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pipelined => "PIPELINED",
            Self::Batch => "BATCH",
            Self::Undefined => "UNDEFINED",
        }
    }
}

/// Flink: `RuntimeExecutionMode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RuntimeExecutionMode {
    #[default]
    Streaming,
    /// Stage after stage, with blocking exchanges and sorted inputs.
    Batch,
    /// Batch where every source is bounded.
    Automatic,
}

/// What the environment was told about the whole job.
#[derive(Clone, Debug)]
pub struct JobSettings {
    /// As given to `execute(name)`.
    pub job_name: Option<Rc<str>>,
    /// Of operators made from now on that set none.
    pub parallelism: u32,
    pub max_parallelism: Option<u32>,
    pub runtime_mode: RuntimeExecutionMode,
    pub chaining: bool,
    /// Whether operators of different max parallelism may chain.
    pub chaining_across_max_parallelism: bool,
    /// ms; 0 flushes after each record, −1 sends full buffers only.
    pub buffer_timeout_ms: i64,
    pub time: TimeSettings,
    pub object_reuse: bool,
    pub checkpoint: CheckpointSettings,
    pub restart: RestartOptions,
}

impl Default for JobSettings {
    fn default() -> Self {
        Self {
            job_name: None,
            parallelism: 1,
            max_parallelism: None,
            runtime_mode: RuntimeExecutionMode::default(),
            chaining: true,
            chaining_across_max_parallelism: true,
            buffer_timeout_ms: 100,
            time: TimeSettings::default(),
            object_reuse: false,
            checkpoint: CheckpointSettings::default(),
            restart: RestartOptions::default(),
        }
    }
}

/// What a transformation does with which inputs.
#[derive(Clone, Debug)]
pub enum TransformationKind {
    /// Flink: `SourceTransformation`.
    Source(OperatorSpec),
    /// Flink: `OneInputTransformation`, `ReduceTransformation`, `TimestampsAndWatermarksTransformation`.
    OneInput { input: TransformationId, operator: OperatorSpec, key: Option<KeySelector> },
    /// Flink: `TwoInputTransformation`, `BroadcastStateTransformation`, `KeyedBroadcastStateTransformation`.
    TwoInput { inputs: [TransformationId; 2], operator: OperatorSpec, keys: [Option<KeySelector>; 2] },
    /// `addSink`, `print`. Flink: `LegacySinkTransformation`.
    LegacySink { input: TransformationId, sink: SinkSpec, key: Option<KeySelector> },
    /// `sinkTo`: its writer becomes a node of its own. Flink: `SinkTransformation`.
    Sink { input: TransformationId, sink: SinkSpec, key: Option<KeySelector> },
    /// Flink: `PartitionTransformation`.
    Partition { input: TransformationId, partitioner: Partitioner, exchange_mode: StreamExchangeMode },
    /// Flink: `SideOutputTransformation`.
    SideOutput { input: TransformationId, tag: Rc<str> },
    /// Flink: `UnionTransformation`.
    Union { inputs: Vec<TransformationId> },
}

impl TransformationKind {
    /// The transformations that it reads, in order.
    pub fn inputs(&self) -> Vec<TransformationId> {
        match self {
            Self::Source(_) => Vec::new(),
            Self::OneInput { input, .. }
            | Self::LegacySink { input, .. }
            | Self::Sink { input, .. }
            | Self::Partition { input, .. }
            | Self::SideOutput { input, .. } => vec![*input],
            Self::TwoInput { inputs, .. } => inputs.to_vec(),
            Self::Union { inputs } => inputs.clone(),
        }
    }
}

/// A step of the job. Flink: `Transformation`.
#[derive(Clone, Debug)]
pub struct Transformation {
    pub id: TransformationId,
    pub name: Rc<str>,
    /// What `setDescription` said; else the name describes it.
    pub description: Option<Rc<str>>,
    pub kind: TransformationKind,
    pub parallelism: u32,
    pub max_parallelism: Option<u32>,
    /// `forceNonParallel()` was called on it: its parallelism stays 1.
    pub non_parallel: bool,
    pub uid: Option<Rc<str>>,
    pub uid_hash: Option<OperatorId>,
    /// ms; `None` takes the job's.
    pub buffer_timeout_ms: Option<i64>,
    pub slot_sharing_group: Option<Rc<str>>,
    /// Subtasks with the same number share a slot with those of the other operators of this key.
    pub co_location_group: Option<Rc<str>>,
    pub chaining_strategy: ChainingStrategy,
}

/// A job as the API's calls built it.
#[derive(Clone, Debug)]
pub struct Job {
    pub settings: JobSettings,
    /// By id; the first has the id 1.
    pub transformations: Vec<Transformation>,
    /// Operators and sinks in the order in which they were made; the rest is reached as inputs. Flink:
    /// `StreamExecutionEnvironment.transformations`.
    pub operators: Vec<TransformationId>,
}

impl Job {
    /// The transformation with that id, which must be one of this job.
    pub fn transformation(&self, id: TransformationId) -> &Transformation {
        &self.transformations[id.index() - 1]
    }
}
