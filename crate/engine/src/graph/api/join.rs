//! Joins of two streams over windows: `join` and `coGroup`.

use std::rc::Rc;

use super::data_stream::DataStream;
use super::keyed_stream::KeyedStream;
use super::operator::SingleOutputStreamOperator;
use super::windowed_stream::WindowedStream;
use crate::base::ids::FunctionId;
use crate::graph::error::ApiError;
use crate::graph::operator_spec::{KeySelector, OperatorSpec};
use crate::graph::windowing::{Evictor, Trigger, WindowAssigner, WindowFunction};

/// What the function gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JoinKind {
    /// Each pair of records.
    Join,
    /// All records of both sides.
    CoGroup,
}

/// Two streams to be joined. Flink: `JoinedStreams`, `CoGroupedStreams`.
#[derive(Clone)]
pub struct JoinedStreams {
    kind: JoinKind,
    first: DataStream,
    second: DataStream,
}

impl JoinedStreams {
    pub(super) fn new(kind: JoinKind, first: DataStream, second: DataStream) -> Result<Self, ApiError> {
        let call = if kind == JoinKind::Join { "join" } else { "coGroup" };
        first.handle().check_same_environment(second.handle(), call)?;
        Ok(Self { kind, first, second })
    }

    /// `where(keySelector)`: the key of the first stream's records.
    pub fn where_key(&self, key: KeySelector) -> JoinedStreamsWhere {
        JoinedStreamsWhere { streams: self.clone(), first_key: key }
    }
}

/// Flink: `JoinedStreams.Where`, `CoGroupedStreams.Where`.
#[derive(Clone)]
pub struct JoinedStreamsWhere {
    streams: JoinedStreams,
    first_key: KeySelector,
}

impl JoinedStreamsWhere {
    /// The key of the second stream's records.
    pub fn equal_to(&self, key: KeySelector) -> JoinedStreamsEqualTo {
        let keys = Rc::new([self.first_key.clone(), key]);
        JoinedStreamsEqualTo { streams: self.streams.clone(), keys }
    }
}

/// Flink: `JoinedStreams.Where.EqualTo`, `CoGroupedStreams.Where.EqualTo`.
#[derive(Clone)]
pub struct JoinedStreamsEqualTo {
    streams: JoinedStreams,
    keys: Rc<[KeySelector; 2]>,
}

impl JoinedStreamsEqualTo {
    /// The windows in which records meet.
    pub fn window(&self, assigner: WindowAssigner) -> JoinedStreamsWithWindow {
        JoinedStreamsWithWindow {
            streams: self.streams.clone(),
            keys: Rc::clone(&self.keys),
            assigner,
            trigger: None,
            evictor: None,
            allowed_lateness_ms: None,
        }
    }
}

/// Flink: `JoinedStreams.WithWindow`, `CoGroupedStreams.WithWindow`.
#[derive(Clone)]
pub struct JoinedStreamsWithWindow {
    streams: JoinedStreams,
    keys: Rc<[KeySelector; 2]>,
    assigner: WindowAssigner,
    trigger: Option<Trigger>,
    evictor: Option<Evictor>,
    allowed_lateness_ms: Option<i64>,
}

impl JoinedStreamsWithWindow {
    #[must_use]
    pub fn trigger(mut self, trigger: Trigger) -> Self {
        self.trigger = Some(trigger);
        self
    }

    #[must_use]
    pub fn evictor(mut self, evictor: Evictor) -> Self {
        self.evictor = Some(evictor);
        self
    }

    #[must_use]
    pub fn allowed_lateness(mut self, lateness_ms: i64) -> Self {
        self.allowed_lateness_ms = Some(lateness_ms);
        self
    }

    /// `apply(f)`: what is computed of each window. Tags the records of both sides, unites them, keys and
    /// windows them, as Flink does.
    pub fn apply(&self, function: FunctionId) -> Result<SingleOutputStreamOperator, ApiError> {
        let function = match self.streams.kind {
            JoinKind::Join => WindowFunction::Join(function),
            JoinKind::CoGroup => WindowFunction::CoGroup(function),
        };
        Ok(self.windowed_stream()?.transform(function))
    }

    fn windowed_stream(&self) -> Result<WindowedStream, ApiError> {
        let first = tag(&self.streams.first, 0)?;
        let second = tag(&self.streams.second, 1)?;
        let union = first.union(&[(*second).clone()])?;
        let keyed = KeyedStream::new(&union, KeySelector::Tagged(Rc::clone(&self.keys)));
        let mut windowed = keyed.window(self.assigner.clone());
        if let Some(trigger) = &self.trigger {
            windowed = windowed.trigger(trigger.clone())?;
        }
        if let Some(evictor) = &self.evictor {
            windowed = windowed.evictor(evictor.clone());
        }
        if let Some(lateness_ms) = self.allowed_lateness_ms {
            windowed = windowed.allowed_lateness(lateness_ms)?;
        }
        Ok(windowed)
    }
}

fn tag(stream: &DataStream, input: u8) -> Result<SingleOutputStreamOperator, ApiError> {
    stream.transform("Map", OperatorSpec::TagInput(input)).set_parallelism(stream.get_parallelism() as i32)
}
