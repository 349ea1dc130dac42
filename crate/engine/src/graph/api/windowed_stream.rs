//! Streams cut into windows, each with a key of its own or all in one subtask.

use std::cell::RefCell;
use std::rc::Rc;

use super::data_stream::DataStream;
use super::keyed_stream::KeyedStream;
use super::operator::SingleOutputStreamOperator;
use crate::base::ids::FunctionId;
use crate::graph::error::ApiError;
use crate::graph::operator_spec::{AggregationKind, Field, OperatorSpec};
use crate::graph::windowing::{Evictor, Trigger, WindowAssigner, WindowFunction, WindowSpec};

/// What was set on a windowed stream. As in Flink, setters change it in place.
#[derive(Clone)]
struct WindowSettings {
    trigger: Trigger,
    evictor: Option<Evictor>,
    allowed_lateness_ms: i64,
    late_tag: Option<Rc<str>>,
}

/// What both kinds of windowed streams are made of. Flink: `WindowOperatorBuilder`.
#[derive(Clone)]
struct Windowed {
    stream: DataStream,
    assigner: WindowAssigner,
    settings: Rc<RefCell<WindowSettings>>,
}

impl Windowed {
    fn new(stream: DataStream, assigner: WindowAssigner) -> Self {
        let settings = WindowSettings {
            trigger: assigner.default_trigger(),
            evictor: None,
            allowed_lateness_ms: 0,
            late_tag: None,
        };
        Self { stream, assigner, settings: Rc::new(RefCell::new(settings)) }
    }

    fn set_trigger(&self, trigger: Trigger) -> Result<(), ApiError> {
        if self.assigner.is_merging() && !trigger.can_merge() {
            return Err(self.stream.handle().error(&format!(
                "{} cannot be used with session windows, because it does not support merging windows. Use \
                 another trigger.",
                trigger.name()
            )));
        }
        self.settings.borrow_mut().trigger = trigger;
        Ok(())
    }

    fn set_allowed_lateness(&self, lateness_ms: i64) -> Result<(), ApiError> {
        if lateness_ms < 0 {
            return Err(self
                .stream
                .handle()
                .error(&format!("The allowed lateness cannot be negative, and it is {lateness_ms} ms.")));
        }
        self.settings.borrow_mut().allowed_lateness_ms = lateness_ms;
        Ok(())
    }

    fn transform(&self, function: WindowFunction) -> SingleOutputStreamOperator {
        let settings = self.settings.borrow().clone();
        let spec = WindowSpec {
            assigner: self.assigner.clone(),
            trigger: settings.trigger,
            evictor: settings.evictor,
            allowed_lateness_ms: settings.allowed_lateness_ms,
            late_tag: settings.late_tag,
            function,
        };
        let description = spec.to_string();
        self.stream
            .transform(self.assigner.name(), OperatorSpec::Window(Rc::new(spec)))
            .set_description(&description)
    }
}

/// The methods that Flink's two windowed streams have alike. `$finish` is applied to each operator made.
macro_rules! windowed_methods {
    ($name:ident, $finish:expr) => {
        impl $name {
            pub fn trigger(self, trigger: Trigger) -> Result<Self, ApiError> {
                self.windowed.set_trigger(trigger)?;
                Ok(self)
            }

            #[must_use]
            pub fn evictor(self, evictor: Evictor) -> Self {
                self.windowed.settings.borrow_mut().evictor = Some(evictor);
                self
            }

            /// How many ms after its end a window still takes late records.
            pub fn allowed_lateness(self, lateness_ms: i64) -> Result<Self, ApiError> {
                self.windowed.set_allowed_lateness(lateness_ms)?;
                Ok(self)
            }

            /// Gives records that come too late to the side output `tag`.
            #[must_use]
            pub fn side_output_late_data(self, tag: &str) -> Self {
                self.windowed.settings.borrow_mut().late_tag = Some(Rc::from(tag));
                self
            }

            /// `reduce(f)`; `process`: `reduce(f, ProcessWindowFunction)`.
            pub fn reduce(
                &self,
                reduce: FunctionId,
                process: Option<FunctionId>,
            ) -> SingleOutputStreamOperator {
                self.transform(WindowFunction::Reduce { reduce, process })
            }

            /// `aggregate(f)`; `process`: `aggregate(f, ProcessWindowFunction)`.
            pub fn aggregate(
                &self,
                aggregate: FunctionId,
                process: Option<FunctionId>,
            ) -> SingleOutputStreamOperator {
                self.transform(WindowFunction::Aggregate { aggregate, process })
            }

            /// `apply(WindowFunction)`.
            pub fn apply(&self, function: FunctionId) -> SingleOutputStreamOperator {
                self.transform(WindowFunction::Apply(function))
            }

            /// `process(ProcessWindowFunction)`.
            pub fn process(&self, function: FunctionId) -> SingleOutputStreamOperator {
                self.transform(WindowFunction::Process(function))
            }

            pub fn sum(&self, field: Field) -> SingleOutputStreamOperator {
                self.roll(AggregationKind::Sum, field)
            }

            pub fn min(&self, field: Field) -> SingleOutputStreamOperator {
                self.roll(AggregationKind::Min, field)
            }

            pub fn max(&self, field: Field) -> SingleOutputStreamOperator {
                self.roll(AggregationKind::Max, field)
            }

            /// `first`: among equals the first record, else the last. Flink's default is the first.
            pub fn min_by(&self, field: Field, first: bool) -> SingleOutputStreamOperator {
                self.roll(AggregationKind::MinBy { first }, field)
            }

            /// `first`: among equals the first record, else the last. Flink's default is the first.
            pub fn max_by(&self, field: Field, first: bool) -> SingleOutputStreamOperator {
                self.roll(AggregationKind::MaxBy { first }, field)
            }

            fn roll(&self, kind: AggregationKind, field: Field) -> SingleOutputStreamOperator {
                self.transform(WindowFunction::Rolling { kind, field })
            }

            pub(super) fn transform(&self, function: WindowFunction) -> SingleOutputStreamOperator {
                $finish(self.windowed.transform(function))
            }
        }
    };
}

/// Windows for each key. Flink: `WindowedStream`.
#[derive(Clone)]
pub struct WindowedStream {
    windowed: Windowed,
}

impl WindowedStream {
    pub(super) fn new(stream: &KeyedStream, assigner: WindowAssigner) -> Self {
        Self::of_keyed(stream, assigner)
    }

    /// Of a stream that is a keyed one.
    pub(super) fn of_keyed(stream: &DataStream, assigner: WindowAssigner) -> Self {
        Self { windowed: Windowed::new(stream.clone(), assigner) }
    }
}

windowed_methods!(WindowedStream, |operator| operator);

/// Windows over all records, computed in one subtask. Flink: `AllWindowedStream`.
#[derive(Clone)]
pub struct AllWindowedStream {
    windowed: Windowed,
}

impl AllWindowedStream {
    pub(super) fn new(stream: &KeyedStream, assigner: WindowAssigner) -> Self {
        Self { windowed: Windowed::new((**stream).clone(), assigner) }
    }
}

windowed_methods!(AllWindowedStream, SingleOutputStreamOperator::force_non_parallel);
