//! The reader of sources whose splits are ranges of numbers: sequence, collection, data generator.
//!
//! Flink: `IteratorSourceReader`, `GeneratingIteratorSourceReader`, `RateLimitedSourceReader`.

use std::collections::VecDeque;
use std::rc::Rc;

use super::rate::RateLimiter;
use super::{ReaderPoll, SourceReader, Split};
use crate::base::ids::FunctionId;
use crate::operator::context::OperatorContext;
use crate::operator::function::{FunctionSlot, Method, UserError, UserFunctions};
use crate::record::Value;
use crate::record::element::NO_TIMESTAMP;

/// What the record of a number is.
#[derive(Clone)]
pub(super) enum Numbered {
    /// The number.
    Longs,
    /// The element of that index.
    Elements(Rc<[Value]>),
    /// What the function makes of it, not faster than the limit.
    Generated { function: FunctionSlot, is_open: bool, limiter: Option<RateLimiter> },
}

impl Numbered {
    pub fn generated(
        function: FunctionId,
        functions: &dyn UserFunctions,
        records_per_second: Option<f64>,
        parallelism: u32,
    ) -> Result<Self, UserError> {
        Ok(Self::Generated {
            function: FunctionSlot::instantiated(function, functions)?,
            is_open: false,
            limiter: records_per_second.map(|rate| RateLimiter::new(rate, parallelism)),
        })
    }
}

/// See the module.
#[derive(Clone)]
pub(super) struct NumberReader {
    numbered: Numbered,
    /// The next number and the last one of the split at hand.
    current: Option<(i64, i64)>,
    /// Of the split at hand.
    current_id: u32,
    waiting: VecDeque<Split>,
    has_all_splits: bool,
}

impl NumberReader {
    pub fn new(numbered: Numbered) -> Self {
        Self { numbered, current: None, current_id: 0, waiting: VecDeque::new(), has_all_splits: false }
    }

    #[inline(always)]
    fn record(&mut self, number: i64, context: &mut OperatorContext) -> Result<ReaderPoll, UserError> {
        let value = match &mut self.numbered {
            Numbered::Longs => Value::Long(number),
            Numbered::Elements(elements) => elements[number as usize].clone(),
            Numbered::Generated { function, is_open, .. } => {
                if !*is_open {
                    function.call(Method::Open, &[], context)?;
                    *is_open = true;
                }
                function.call(Method::Apply, &[Value::Long(number)], context)?
            }
        };
        let (next, last) = self.current.expect("called with the number at hand");
        self.current = if next == last { None } else { Some((next + 1, last)) };
        Ok(ReaderPoll::Record { value, timestamp: Some(NO_TIMESTAMP) })
    }
}

impl SourceReader for NumberReader {
    #[inline]
    fn poll_next(&mut self, context: &mut OperatorContext) -> Result<ReaderPoll, UserError> {
        // Each poll takes leave of the limiter, that which finds the end of a split too; only not for the first split.
        if let Numbered::Generated { limiter: Some(limiter), .. } = &mut self.numbered
            && (self.has_all_splits || !self.waiting.is_empty() || limiter.was_asked())
            && let Err(time) = limiter.acquire(context.now)
        {
            return Ok(ReaderPoll::NothingUntil(time));
        }
        if self.current.is_none() {
            self.current = match self.waiting.pop_front() {
                Some(Split::Numbers { id, from, to }) => {
                    self.current_id = id;
                    Some((from, to))
                }
                Some(Split::Bytes { .. }) => unreachable!("splits of a file are for line readers"),
                None => None,
            };
        }
        match self.current {
            Some((number, _)) => self.record(number, context),
            None if self.has_all_splits => Ok(ReaderPoll::EndOfInput),
            None => Ok(ReaderPoll::NeedsSplit),
        }
    }

    fn add_split(&mut self, split: Split) {
        self.waiting.push_back(split);
    }

    fn no_more_splits(&mut self) {
        self.has_all_splits = true;
    }

    fn close(&mut self, context: &mut OperatorContext) -> Result<(), UserError> {
        match &self.numbered {
            Numbered::Generated { function, is_open: true, .. } => function.close(context),
            _ => Ok(()),
        }
    }

    fn snapshot_state(&self) -> Vec<Split> {
        let current = self.current.map(|(from, to)| Split::Numbers { id: self.current_id, from, to });
        current.into_iter().chain(self.waiting.iter().copied()).collect()
    }

    fn clone_box(&self) -> Box<dyn SourceReader> {
        Box::new(self.clone())
    }
}
