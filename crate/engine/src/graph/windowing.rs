//! Windows as data: assigners, triggers, evictors, and the function that a window's contents go to.
//!
//! Constructors check what Flink's check. All times in ms.

use std::fmt;
use std::rc::Rc;

use super::error::ApiError;
use super::operator_spec::{AggregationKind, Field};
use crate::base::ids::FunctionId;

/// Sliding windows of a record. Flink: `SlidingEventTimeWindows.MAX_WINDOW_NUM`.
const WINDOWS_OF_A_RECORD_MAX: i64 = 10_000_000;

/// Which clock windows follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeDomain {
    EventTime,
    ProcessingTime,
}

/// How long the gap is that ends a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionGap {
    Fixed(i64),
    /// Of each element. Flink: `SessionWindowTimeGapExtractor`.
    Dynamic(FunctionId),
}

/// By how much the windows of a subtask begin later than those of others. Flink: `WindowStagger`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowStagger {
    /// They do not.
    Aligned,
    /// By a part of the size that is drawn for each subtask.
    Random,
    /// By how far into a window the clock is when the subtask's first element comes.
    Natural,
}

/// Puts elements into windows. Flink: `WindowAssigner`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WindowAssigner {
    Tumbling {
        domain: TimeDomain,
        size: i64,
        offset: i64,
        stagger: WindowStagger,
    },
    Sliding {
        domain: TimeDomain,
        size: i64,
        slide: i64,
        offset: i64,
    },
    Session {
        domain: TimeDomain,
        gap: SessionGap,
    },
    Global,
    /// One of the job's own, an object with `assignWindows`.
    Custom {
        name: Rc<str>,
        assigner: FunctionId,
        domain: TimeDomain,
        /// Whether it has `mergeWindows`.
        is_merging: bool,
    },
}

impl WindowAssigner {
    /// `TumblingEventTimeWindows.of(size, offset)` and its processing-time sibling.
    pub fn tumbling(domain: TimeDomain, size: i64, offset: i64) -> Result<Self, ApiError> {
        Self::tumbling_staggered(domain, size, offset, WindowStagger::Aligned)
    }

    /// `TumblingEventTimeWindows.of(size, offset, windowStagger)` and its processing-time sibling.
    pub fn tumbling_staggered(
        domain: TimeDomain,
        size: i64,
        offset: i64,
        stagger: WindowStagger,
    ) -> Result<Self, ApiError> {
        let assigner = Self::Tumbling { domain, size, offset, stagger };
        if offset.checked_abs().is_none_or(|shift| shift >= size) {
            return Err(ApiError::new(format!(
                "{} parameters must satisfy abs(offset) < size, but the size is {size} ms and the offset {offset} ms.",
                assigner.name()
            )));
        }
        Ok(assigner)
    }

    /// `SlidingEventTimeWindows.of(size, slide, offset)` and its processing-time sibling.
    pub fn sliding(domain: TimeDomain, size: i64, slide: i64, offset: i64) -> Result<Self, ApiError> {
        let assigner = Self::Sliding { domain, size, slide, offset };
        if size <= 0 || offset.checked_abs().is_none_or(|shift| shift >= slide) {
            return Err(ApiError::new(format!(
                "{} parameters must satisfy abs(offset) < slide and size > 0, but the size is {size} ms, the \
                 slide {slide} ms and the offset {offset} ms.",
                assigner.name()
            )));
        }
        if domain == TimeDomain::EventTime && size / slide > WINDOWS_OF_A_RECORD_MAX {
            return Err(ApiError::new(format!(
                "{} parameters must satisfy size / slide <= {WINDOWS_OF_A_RECORD_MAX}, but the size is {size} ms \
                 and the slide {slide} ms.",
                assigner.name()
            )));
        }
        Ok(assigner)
    }

    /// `EventTimeSessionWindows.withGap(gap)`, `withDynamicGap(f)` and their processing-time siblings.
    pub fn session(domain: TimeDomain, gap: SessionGap) -> Result<Self, ApiError> {
        let assigner = Self::Session { domain, gap };
        match gap {
            SessionGap::Fixed(millis) if millis <= 0 => Err(ApiError::new(format!(
                "{} parameters must satisfy 0 < size, but the gap is {millis} ms.",
                assigner.name()
            ))),
            _ => Ok(assigner),
        }
    }

    /// The simple name of Flink's class: the default name of the window operator.
    pub fn name(&self) -> &str {
        use TimeDomain::{EventTime, ProcessingTime};
        match self {
            Self::Tumbling { domain: EventTime, .. } => "TumblingEventTimeWindows",
            Self::Tumbling { domain: ProcessingTime, .. } => "TumblingProcessingTimeWindows",
            Self::Sliding { domain: EventTime, .. } => "SlidingEventTimeWindows",
            Self::Sliding { domain: ProcessingTime, .. } => "SlidingProcessingTimeWindows",
            Self::Session { domain: EventTime, gap: SessionGap::Fixed(_) } => "EventTimeSessionWindows",
            Self::Session { domain: ProcessingTime, gap: SessionGap::Fixed(_) } => {
                "ProcessingTimeSessionWindows"
            }
            Self::Session { domain: EventTime, gap: SessionGap::Dynamic(_) } => {
                "DynamicEventTimeSessionWindows"
            }
            Self::Session { domain: ProcessingTime, gap: SessionGap::Dynamic(_) } => {
                "DynamicProcessingTimeSessionWindows"
            }
            Self::Global => "GlobalWindows",
            Self::Custom { name, .. } => name,
        }
    }

    /// The clock; `None` where windows have no end.
    pub const fn domain(&self) -> Option<TimeDomain> {
        match self {
            Self::Tumbling { domain, .. }
            | Self::Sliding { domain, .. }
            | Self::Session { domain, .. }
            | Self::Custom { domain, .. } => Some(*domain),
            Self::Global => None,
        }
    }

    /// Whether windows merge. Flink: `MergingWindowAssigner`.
    pub const fn is_merging(&self) -> bool {
        matches!(self, Self::Session { .. } | Self::Custom { is_merging: true, .. })
    }

    /// The trigger where the job sets none.
    pub const fn default_trigger(&self) -> Trigger {
        match self.domain() {
            Some(TimeDomain::EventTime) => Trigger::EventTime,
            Some(TimeDomain::ProcessingTime) => Trigger::ProcessingTime,
            None => Trigger::Never,
        }
    }
}

impl fmt::Display for WindowAssigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tumbling { size, .. } => write!(f, "{}({size})", self.name()),
            Self::Sliding { size, slide, .. } => write!(f, "{}({size}, {slide})", self.name()),
            Self::Session { gap: SessionGap::Fixed(gap), .. } => write!(f, "{}({gap})", self.name()),
            Self::Session { .. } | Self::Global | Self::Custom { .. } => write!(f, "{}()", self.name()),
        }
    }
}

/// When a window is evaluated. Flink: `Trigger`.
#[derive(Clone, Debug, PartialEq)]
pub enum Trigger {
    EventTime,
    ProcessingTime,
    Never,
    /// Once, when the input has ended. Flink: `GlobalWindows.EndOfStreamTrigger`.
    EndOfStream,
    Count(i64),
    ContinuousEventTime(i64),
    ContinuousProcessingTime(i64),
    /// Fires when the delta to the last firing element is above the threshold.
    Delta {
        threshold: f64,
        delta: FunctionId,
    },
    Purging(Rc<Trigger>),
    ProcessingTimeout {
        nested: Rc<Trigger>,
        timeout: i64,
        /// Each element begins the time-out anew.
        resets: bool,
        /// The nested trigger is cleared when it fires.
        clears: bool,
    },
    /// One of the job's own, an object with `onElement` and its siblings.
    Custom {
        trigger: FunctionId,
        can_merge: bool,
    },
}

impl Trigger {
    /// The simple name of Flink's class.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::EventTime => "EventTimeTrigger",
            Self::ProcessingTime => "ProcessingTimeTrigger",
            Self::Never => "NeverTrigger",
            Self::EndOfStream => "EndOfStreamTrigger",
            Self::Count(_) => "CountTrigger",
            Self::ContinuousEventTime(_) => "ContinuousEventTimeTrigger",
            Self::ContinuousProcessingTime(_) => "ContinuousProcessingTimeTrigger",
            Self::Delta { .. } => "DeltaTrigger",
            Self::Purging(_) => "PurgingTrigger",
            Self::ProcessingTimeout { .. } => "ProcessingTimeoutTrigger",
            Self::Custom { .. } => "Trigger",
        }
    }

    /// Whether it works on merging windows. Flink: `Trigger#canMerge`.
    pub fn can_merge(&self) -> bool {
        match self {
            Self::EventTime
            | Self::ProcessingTime
            | Self::Never
            | Self::Count(_)
            | Self::ContinuousEventTime(_)
            | Self::ContinuousProcessingTime(_) => true,
            Self::Delta { .. } | Self::EndOfStream | Self::ProcessingTimeout { .. } => false,
            Self::Purging(nested) => nested.can_merge(),
            Self::Custom { can_merge, .. } => *can_merge,
        }
    }
}

/// What drops elements of a window before or after its function. Flink: `Evictor`.
#[derive(Clone, Debug, PartialEq)]
pub enum Evictor {
    Count { max: i64, after: bool },
    Time { window_size: i64, after: bool },
    Delta { threshold: f64, delta: FunctionId, after: bool },
    Custom(FunctionId),
}

impl Evictor {
    /// The simple name of Flink's class.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Count { .. } => "CountEvictor",
            Self::Time { .. } => "TimeEvictor",
            Self::Delta { .. } => "DeltaEvictor",
            Self::Custom(_) => "Evictor",
        }
    }
}

/// What is computed of a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WindowFunction {
    Rolling {
        kind: AggregationKind,
        field: Field,
    },
    Reduce {
        reduce: FunctionId,
        process: Option<FunctionId>,
    },
    Aggregate {
        aggregate: FunctionId,
        process: Option<FunctionId>,
    },
    Apply(FunctionId),
    Process(FunctionId),
    Join(FunctionId),
    CoGroup(FunctionId),
    /// `fullWindowPartition().mapPartition(f)` of a keyed stream.
    MapPartition(FunctionId),
    /// `fullWindowPartition().sortPartition(..)` of a keyed stream.
    Sort(SortOrder),
}

/// How the records of a partition are sorted; equal ones stay in the order in which they came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SortOrder {
    pub by: SortKey,
    pub is_descending: bool,
}

/// By what records are sorted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SortKey {
    Field(Field),
    /// A key selector of the job.
    Function(FunctionId),
}

impl WindowFunction {
    /// The simple names of Flink's interfaces, for the description.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Rolling { kind: AggregationKind::Sum, .. } => "SumAggregator",
            Self::Rolling { .. } => "ComparableAggregator",
            Self::Reduce { process: None, .. } => "ReduceFunction",
            Self::Reduce { process: Some(_), .. } => "ReduceFunction, ProcessWindowFunction",
            Self::Aggregate { process: None, .. } => "AggregateFunction",
            Self::Aggregate { process: Some(_), .. } => "AggregateFunction, ProcessWindowFunction",
            Self::Apply(_) => "WindowFunction",
            Self::Process(_) => "ProcessWindowFunction",
            Self::Join(_) => "JoinFunction",
            Self::CoGroup(_) => "CoGroupFunction",
            Self::MapPartition(_) => "MapPartitionFunction",
            Self::Sort(_) => "SortPartition",
        }
    }
}

/// All that a window operator is told. Flink: `WindowOperatorBuilder`.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowSpec {
    pub assigner: WindowAssigner,
    pub trigger: Trigger,
    pub evictor: Option<Evictor>,
    pub allowed_lateness_ms: i64,
    pub late_tag: Option<Rc<str>>,
    pub function: WindowFunction,
}

impl fmt::Display for WindowSpec {
    /// As Flink describes a window operator.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Window({}, {}, ", self.assigner, self.trigger.name())?;
        if let Some(evictor) = &self.evictor {
            write!(f, "{}, ", evictor.name())?;
        }
        write!(f, "{})", self.function.name())
    }
}
