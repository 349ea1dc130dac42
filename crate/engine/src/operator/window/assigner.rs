//! Which windows an element belongs to.
//!
//! Contract: a function of the element, its timestamp or the clock, and nothing else.
//! Flink: `TumblingEventTimeWindows`, `SlidingEventTimeWindows`, `EventTimeSessionWindows`,
//! `DynamicEventTimeSessionWindows`, their processing-time siblings, `GlobalWindows`.

use crate::graph::windowing::{SessionGap, TimeDomain, WindowAssigner, WindowStagger};
use crate::operator::context::OperatorContext;
use crate::operator::function::{FunctionSlot, Method, UserError, UserFunctions};
use crate::record::Value;
use crate::record::element::NO_TIMESTAMP;
use crate::state::namespace::{TimeWindow, Window};
use crate::time::window::start_with_offset;

/// An assigner with the instance of its function, if it has one.
#[derive(Clone)]
pub(super) struct Assigner {
    assigner: WindowAssigner,
    function: Option<FunctionSlot>,
}

impl Assigner {
    pub fn new(assigner: &WindowAssigner, functions: &dyn UserFunctions) -> Result<Self, UserError> {
        let function = match assigner {
            WindowAssigner::Session { gap: SessionGap::Dynamic(id), .. }
            | WindowAssigner::Custom { assigner: id, .. } => {
                Some(FunctionSlot::instantiated(*id, functions)?)
            }
            _ => None,
        };
        Ok(Self { assigner: assigner.clone(), function })
    }

    /// What says which windows become one, where that is the job's own.
    pub const fn own_merging(&self) -> Option<&FunctionSlot> {
        match self.assigner {
            WindowAssigner::Custom { .. } => self.function.as_ref(),
            _ => None,
        }
    }

    /// Size and slide of windows that overlap.
    pub const fn overlap(&self) -> Option<(i64, i64)> {
        match self.assigner {
            WindowAssigner::Sliding { size, slide, .. } if slide < size => Some((size, slide)),
            _ => None,
        }
    }

    /// Offset and size of windows of event time that are those of all subtasks, one after the other.
    pub const fn tumbling(&self) -> Option<(i64, i64)> {
        match self.assigner {
            WindowAssigner::Tumbling {
                domain: TimeDomain::EventTime,
                size,
                offset,
                stagger: WindowStagger::Aligned,
            } => Some((offset, size)),
            _ => None,
        }
    }

    /// Adds the windows of an element to `windows`.
    pub fn assign(
        &self,
        value: &Value,
        timestamp: i64,
        windows: &mut Vec<Window>,
        context: &mut OperatorContext,
    ) -> Result<(), UserError> {
        match &self.assigner {
            WindowAssigner::Global => windows.push(Window::Global),
            WindowAssigner::Tumbling { domain, size, offset, stagger } => {
                let time = time_of(*domain, timestamp, context)?;
                let stagger_ms = match stagger {
                    WindowStagger::Aligned => 0,
                    // A random one was drawn when the task was made.
                    WindowStagger::Random | WindowStagger::Natural => {
                        let into_window = context.now - start_with_offset(context.now, 0, *size);
                        *context.stagger_ms.get_or_insert(into_window.max(0))
                    }
                };
                windows.push(Window::Time(tumbling_window(time, (*offset + stagger_ms) % *size, *size)));
            }
            WindowAssigner::Sliding { domain, size, slide, offset } => {
                let time = time_of(*domain, timestamp, context)?;
                let mut start = start_with_offset(time, *offset, *slide);
                while start > time - *size {
                    windows.push(window(start, *size));
                    start -= *slide;
                }
            }
            WindowAssigner::Session { domain, gap } => {
                let time = if *domain == TimeDomain::EventTime { timestamp } else { context.now };
                windows.push(window(time, self.gap(*gap, value, context)?));
            }
            WindowAssigner::Custom { .. } => {
                let function = self.function.as_ref().expect("the job's own assigner");
                let answer =
                    function.call(Method::Apply, &[value.clone(), Value::Long(timestamp)], context)?;
                custom_windows(&answer, windows).map_err(|message| function.error(message))?;
            }
        }
        Ok(())
    }

    fn gap(&self, gap: SessionGap, value: &Value, context: &mut OperatorContext) -> Result<i64, UserError> {
        let SessionGap::Fixed(gap) = gap else {
            let function = self.function.as_ref().expect("a dynamic gap has a function");
            return match function.call(Method::Apply, std::slice::from_ref(value), context)? {
                Value::Long(gap) if gap > 0 => Ok(gap),
                other => Err(function.error(format!(
                    "Dynamic session time gap must satisfy 0 < gap, and for the record {value} it is {other}. \
                     Answer a whole number of milliseconds above 0."
                ))),
            };
        };
        Ok(gap)
    }
}

/// The window of a time among those that follow each other.
pub(super) fn tumbling_window(time: i64, offset: i64, size: i64) -> TimeWindow {
    let start = start_with_offset(time, offset, size);
    TimeWindow { start, end: start.wrapping_add(size) }
}

fn window(start: i64, size: i64) -> Window {
    Window::Time(TimeWindow { start, end: start.wrapping_add(size) })
}

fn time_of(domain: TimeDomain, timestamp: i64, context: &OperatorContext) -> Result<i64, UserError> {
    match domain {
        TimeDomain::ProcessingTime => Ok(context.now),
        TimeDomain::EventTime if timestamp > NO_TIMESTAMP => Ok(timestamp),
        TimeDomain::EventTime => Err(UserError::new(
            "Record has Long.MIN_VALUE timestamp (= no timestamp marker). Did you forget to call \
             'DataStream.assignTimestampsAndWatermarks(...)'?",
        )),
    }
}

/// What a job's own assigner answers: pairs of start and end.
fn custom_windows(answer: &Value, windows: &mut Vec<Window>) -> Result<(), String> {
    let wrong =
        || format!("assignWindows answered {answer}; it must answer windows, as in [new TimeWindow(0, 10)].");
    let Value::Tuple(pairs) = answer else { return Err(wrong()) };
    for pair in pairs.iter() {
        match pair {
            Value::Tuple(bounds) if let [Value::Long(start), Value::Long(end)] = **bounds => {
                windows.push(Window::Time(TimeWindow { start, end }));
            }
            _ => return Err(wrong()),
        }
    }
    Ok(())
}
