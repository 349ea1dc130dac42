//! What an operator does, as data: the graphs carry it, `operator` makes running operators of it.
//!
//! User code appears as a `FunctionId` only, so that a graph can be cloned, hashed and compared.
//! Flink: the operator factories that a `StreamNode` holds.

use std::rc::Rc;

use super::watermark_strategy::{WatermarkAlignment, WatermarkGeneration, WatermarkStrategy};
use super::windowing::{SortOrder, WindowSpec};
use crate::base::ids::FunctionId;
use crate::record::Value;

/// How the key of a record is found. Flink: `KeySelector`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySelector {
    /// A function of the job.
    Function(FunctionId),
    /// The n-th field of a tuple.
    Field(u32),
    /// The record itself.
    Identity,
    /// The same key for every record, a Byte 0: what `windowAll` keys by. Flink: `NullByteKeySelector`.
    Constant,
    /// Of a record that `join` or `coGroup` tagged as coming from the first or the second stream: that
    /// stream's own selector. Flink: `UnionKeySelector`.
    Tagged(Rc<[KeySelector; 2]>),
}

/// Where a record goes among the subpartitions of its result partition. Flink: `StreamPartitioner`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Partitioner {
    Forward,
    Rebalance,
    Rescale,
    Shuffle,
    Broadcast,
    Global,
    /// By the key's key group. Flink: `KeyGroupStreamPartitioner`.
    Hash(KeySelector),
    /// The user's own `(key, numPartitions) => channel`. Flink: `CustomPartitionerWrapper`.
    Custom {
        partitioner: FunctionId,
        key: KeySelector,
    },
}

impl Partitioner {
    /// The name by which Flink's plans and JobGraphs call it. Flink: `StreamPartitioner#toString`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Forward => "FORWARD",
            Self::Rebalance => "REBALANCE",
            Self::Rescale => "RESCALE",
            Self::Shuffle => "SHUFFLE",
            Self::Broadcast => "BROADCAST",
            Self::Global => "GLOBAL",
            Self::Hash(_) => "HASH",
            Self::Custom { .. } => "CUSTOM",
        }
    }

    /// Whether a consumer reads from some producers only. Flink: `StreamPartitioner#isPointwise`.
    pub const fn is_pointwise(&self) -> bool {
        matches!(self, Self::Forward | Self::Rescale)
    }

    /// Whether unaligned checkpoints may leave records of this exchange in flight: not where a record
    /// must stay with one channel. Flink: `StreamPartitioner#isSupportsUnalignedCheckpoint`.
    pub const fn supports_unaligned_checkpoints(&self) -> bool {
        matches!(self, Self::Rebalance | Self::Shuffle | Self::Global | Self::Hash(_))
    }
}

/// What a source reads.
#[derive(Clone, Debug)]
pub enum SourceSpec {
    /// `fromData`: the elements in order. Parallelism 1 unless set; then split by index as `Sequence` is.
    Collection(Rc<[Value]>),
    /// `fromSequence(from, to)`, both inclusive, in one split for each subtask.
    Sequence { from: i64, to: i64 },
    /// `readTextFile(path)`: the lines of a text of the scenario, in byte ranges.
    TextFile { path: Rc<str> },
    /// `DataGeneratorSource`: `function(index)` for index 0 to count − 1, at most
    /// `records_per_second` over all subtasks together.
    DataGenerator { function: FunctionId, count: i64, records_per_second: Option<f64> },
}

/// From this count on a generator is meant to have no end: the greatest whole number that JavaScript has.
const ENDLESS_COUNT: i64 = (1 << 53) - 1;

impl SourceSpec {
    /// Whether it ends. Flink takes a generator for bounded whatever its count, and says in its documentation that
    /// the greatest one stands for no end: a batch job with it would fill the disk and never print. Flink:
    /// `Boundedness`.
    pub const fn is_bounded(&self) -> bool {
        !matches!(self, Self::DataGenerator { count, .. } if *count >= ENDLESS_COUNT)
    }
}

/// A rolling aggregation over one field of the records of a key. Flink: `SumAggregator`,
/// `ComparableAggregator`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AggregationKind {
    Sum,
    Min,
    Max,
    /// Keeps the whole record; `first`: among equals the first, else the last.
    MinBy {
        first: bool,
    },
    MaxBy {
        first: bool,
    },
}

/// The field that an aggregation works on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// Position in a tuple; 0 of a record that is no tuple is the record.
    Position(u32),
    /// Name in a row.
    Name(Rc<str>),
}

/// What a sink does with its records.
#[derive(Clone, Debug)]
pub enum SinkSpec {
    /// `print(identifier)`, `printToErr(identifier)`.
    Print { identifier: Option<Rc<str>>, to_stderr: bool },
    /// `DiscardingSink`.
    Discard,
    /// Collects the records into a table of the page.
    Collect { name: Rc<str> },
    /// Writes the records into a table of an external system.
    Table { name: Rc<str>, guarantee: DeliveryGuarantee },
    /// A sink of the job; a committer, if it has one, commits what its writer prepares. Flink: `SupportsCommitter`.
    User { sink: FunctionId, committer: Option<FunctionId> },
}

/// Who commits what a writer prepared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommitBy {
    /// Transactions of a table of the external system.
    Table(Rc<str>),
    /// A committer of the job.
    Function(FunctionId),
}

/// How often a record is seen outside when tasks start again. Flink: `DeliveryGuarantee`, without `NONE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryGuarantee {
    /// In one transaction a checkpoint, which is committed when the checkpoint is complete.
    ExactlyOnce,
    /// In batches, of which none is open when a checkpoint is taken.
    AtLeastOnce,
}

impl SinkSpec {
    /// Who has to commit what the writer prepares.
    pub fn committer(&self) -> Option<CommitBy> {
        match self {
            Self::Table { name, guarantee: DeliveryGuarantee::ExactlyOnce } => {
                Some(CommitBy::Table(Rc::clone(name)))
            }
            Self::User { committer, .. } => committer.map(CommitBy::Function),
            _ => None,
        }
    }
}

/// In which order results of asynchronous calls leave. Flink: `AsyncDataStream.OutputMode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsyncOutputMode {
    Ordered,
    Unordered,
}

/// Asynchronous calls for each record; `timeout_ms` 0: none. Flink: `AsyncWaitOperatorFactory`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AsyncWaitSpec {
    pub function: FunctionId,
    pub mode: AsyncOutputMode,
    pub timeout_ms: i64,
    pub capacity: u32,
    pub retry: Option<AsyncRetryStrategy>,
}

/// When an asynchronous call is made again. A fixed delay is one that does not grow. Flink: `AsyncRetryStrategies`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AsyncRetryStrategy {
    /// Calls after the first one.
    pub max_attempts: u32,
    pub initial_delay_ms: i64,
    pub max_delay_ms: i64,
    pub multiplier: f64,
    /// For which results, for which error messages.
    pub if_result: Option<FunctionId>,
    pub if_exception: Option<FunctionId>,
}

impl AsyncRetryStrategy {
    /// How long to wait after so many attempts.
    pub fn backoff_ms(&self, attempts: u32) -> i64 {
        let mut delay = self.initial_delay_ms;
        for _ in 1..attempts {
            if delay >= self.max_delay_ms {
                break;
            }
            delay = ((delay as f64 * self.multiplier) as i64).min(self.max_delay_ms);
        }
        delay
    }
}

/// An interval join; bounds in ms, relative to the left record. Flink: `IntervalJoinOperator`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntervalJoinSpec {
    pub lower_ms: i64,
    pub lower_inclusive: bool,
    pub upper_ms: i64,
    pub upper_inclusive: bool,
    /// Side outputs of records that come too late, left and right.
    pub late_tags: [Option<Rc<str>>; 2],
    pub function: FunctionId,
}

/// What is done with all records of a subtask, once its input has ended. Flink: `NonKeyedPartitionWindowedStream`.
#[derive(Clone, Debug)]
pub enum FullWindowSpec {
    Map(FunctionId),
    Reduce(FunctionId),
    Aggregate(FunctionId),
    Sort(SortOrder),
}

/// What an operator does.
#[derive(Clone, Debug)]
pub enum OperatorSpec {
    Source(SourceSpec),
    /// A source whose records get timestamps and watermarks where they are read.
    SourceWithWatermarks {
        source: SourceSpec,
        strategy: WatermarkStrategy,
    },
    TimestampsAndWatermarks(WatermarkStrategy),
    Map(FunctionId),
    FlatMap(FunctionId),
    Filter(FunctionId),
    Process(FunctionId),
    KeyedProcess(FunctionId),
    Reduce(FunctionId),
    Aggregate {
        kind: AggregationKind,
        field: Field,
    },
    CoMap(FunctionId),
    CoFlatMap(FunctionId),
    CoProcess(FunctionId),
    KeyedCoProcess(FunctionId),
    Window(Rc<WindowSpec>),
    /// Marks the records of input 0 or 1 for a window that joins both. Flink: `Input1Tagger`, `Input2Tagger`.
    TagInput(u8),
    FullWindow(FullWindowSpec),
    AsyncWait(AsyncWaitSpec),
    IntervalJoin(Rc<IntervalJoinSpec>),
    /// A process function on a stream and a broadcast one, keyed or not; `states`: names of the broadcast states.
    BroadcastProcess {
        function: FunctionId,
        states: Rc<[Rc<str>]>,
    },
    Sink(SinkSpec),
    /// Commits what the writer of an exactly-once sink prepared; without checkpoints, at the end. Flink:
    /// `CommitterOperator`.
    Committer {
        by: CommitBy,
        is_checkpointing: bool,
    },
}

impl OperatorSpec {
    /// What is read, where this is a source.
    pub const fn source(&self) -> Option<&SourceSpec> {
        match self {
            Self::Source(source) | Self::SourceWithWatermarks { source, .. } => Some(source),
            _ => None,
        }
    }

    /// The function that handles its records, where the job wrote it and the operator is one that shows it. Flink:
    /// `UdfStreamOperatorFactory#getUserFunction`.
    pub fn user_function(&self) -> Option<FunctionId> {
        match self {
            Self::Map(function)
            | Self::FlatMap(function)
            | Self::Filter(function)
            | Self::Process(function)
            | Self::KeyedProcess(function)
            | Self::Reduce(function)
            | Self::CoMap(function)
            | Self::CoFlatMap(function)
            | Self::CoProcess(function)
            | Self::KeyedCoProcess(function)
            | Self::FullWindow(
                FullWindowSpec::Map(function)
                | FullWindowSpec::Reduce(function)
                | FullWindowSpec::Aggregate(function),
            )
            | Self::BroadcastProcess { function, .. } => Some(*function),
            Self::IntervalJoin(join) => Some(join.function),
            _ => None,
        }
    }

    /// How a source waits for others, if it does.
    pub const fn alignment(&self) -> Option<&WatermarkAlignment> {
        match self {
            Self::SourceWithWatermarks { strategy, .. } => strategy.alignment.as_ref(),
            _ => None,
        }
    }

    /// What it does in batch: records get their timestamps, and the end of the input is the one watermark. Flink:
    /// `emitProgressiveWatermarks` of the operators that make watermarks.
    #[must_use]
    pub fn for_batch(&self) -> Self {
        let at_end_only = |strategy: &WatermarkStrategy| WatermarkStrategy {
            generation: WatermarkGeneration::None,
            timestamp_assigner: strategy.timestamp_assigner,
            idleness_ms: None,
            alignment: None,
        };
        match self {
            Self::SourceWithWatermarks { source, strategy } => {
                Self::SourceWithWatermarks { source: source.clone(), strategy: at_end_only(strategy) }
            }
            Self::TimestampsAndWatermarks(strategy) => Self::TimestampsAndWatermarks(at_end_only(strategy)),
            other => other.clone(),
        }
    }
}
