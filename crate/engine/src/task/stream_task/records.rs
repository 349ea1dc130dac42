//! A source's turn: a record read, and what comes of it.
//!
//! Contract: one record a turn, and none while there is no room for what it makes. Flink: `SourceOperator#emitNext`.

use super::{StreamTask, Work};
use crate::operator::source::ReaderPoll;
use crate::record::Value;
use crate::task::environment::TaskEnvironment;
use crate::task::message::{TaskFailure, TaskReport};
use crate::time::clock::{processing_time, tick_at};

impl StreamTask {
    /// Takes a record of its own source or of its inputs, if it may.
    pub(super) fn run_records(&mut self, env: &mut TaskEnvironment<'_>) -> Result<Work, TaskFailure> {
        match self.source {
            _ if !self.may_take(env) => Ok(Work::Nothing),
            Some(_) => self.run_source(env),
            None => self.run_inputs(env),
        }
    }

    fn run_source(&mut self, env: &mut TaskEnvironment<'_>) -> Result<Work, TaskFailure> {
        if self.waits_for_split || env.now < self.source_waits_until || self.waits_for_alignment() {
            return Ok(Work::Nothing);
        }
        let chain = self.chain.as_mut().expect("a running task has a chain");
        if chain.is_finished_on_restore() {
            return self.end_data(true, env).map(|()| Work::Event);
        }
        let source = self.source.as_mut().expect("called for sources only");
        let context = chain.context_mut(0);
        context.now = processing_time(env.now);
        match source.poll_next(context) {
            Ok(ReaderPoll::Record { value, timestamp }) => {
                self.records_in += 1;
                self.pace.take(env.now);
                self.emit_from_source(value, timestamp, env)?;
                Ok(Work::Record)
            }
            Ok(ReaderPoll::NeedsSplit) => {
                if let Some(output) = &mut self.source_output {
                    output.release_split();
                }
                self.waits_for_split = true;
                self.reports.push(TaskReport::RequestSplit);
                Ok(Work::LifeCycle)
            }
            Ok(ReaderPoll::NothingUntil(time)) => {
                self.source_waits_until = tick_at(time);
                Ok(Work::Nothing)
            }
            Ok(ReaderPoll::EndOfInput) => self.end_data(true, env).map(|()| Work::Event),
            Err(error) => Err(self.head_failure(error)),
        }
    }

    #[inline(always)]
    fn emit_from_source(
        &mut self,
        value: Value,
        timestamp: Option<i64>,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<(), TaskFailure> {
        let Some(output) = &mut self.source_output else {
            return self.on_chain(|chain| chain.emit_from_source(value, timestamp, env));
        };
        let chain = self.chain.as_mut().expect("a running task has a chain");
        let collected = output.collect(value, timestamp, chain.context_mut(0));
        self.on_chain(|chain| chain.emit_from_head(env))?;
        collected.map_err(|error| self.head_failure(error))
    }
}
