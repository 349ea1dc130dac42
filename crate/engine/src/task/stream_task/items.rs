//! What a task does with each thing that its inputs give.
//!
//! Flink: `StreamTaskNetworkOutput`, `AbstractStreamTaskNetworkInput#processElement`.

use std::rc::Rc;

use super::{StreamTask, Work};
use crate::record::Value;
use crate::task::environment::TaskEnvironment;
use crate::task::input::InputItem;
use crate::task::message::TaskFailure;
use crate::task::record_writer::RecordFilter;

impl StreamTask {
    pub(super) fn take_item(
        &mut self,
        item: InputItem,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<Work, TaskFailure> {
        match item {
            InputItem::Record { input, value, timestamp } => {
                self.take_record(input, value, timestamp, env)?;
                Ok(Work::Record)
            }
            InputItem::Ambiguous { input, gate, value, timestamp } => {
                if self.keeps(gate, &value, env)? {
                    self.take_record(input, value, timestamp, env)?;
                }
                Ok(Work::Record)
            }
            InputItem::Time { input, output } => {
                self.on_chain(|chain| chain.process_time(input, output, env))?;
                Ok(Work::Event)
            }
            InputItem::LatencyMarker(marker) => {
                let chain = self.chain.as_mut().expect("a running task has a chain");
                chain.process_latency_marker(0, marker, env);
                Ok(Work::Event)
            }
            InputItem::EndOfInput { input, drain } => {
                if drain {
                    self.on_chain(|chain| chain.end_input(input, env))?;
                }
                self.is_stopped |= !drain;
                self.inputs_with_data -= 1;
                if self.inputs_with_data == 0 {
                    self.end_data(!self.is_stopped, env)?;
                }
                Ok(Work::Event)
            }
            InputItem::Event { channel, event } => {
                self.on_channel_event(channel, event, env)?;
                Ok(Work::Event)
            }
            InputItem::Nothing => Ok(Work::Event),
        }
    }

    pub(super) fn take_record(
        &mut self,
        input: u8,
        value: Value,
        timestamp: Option<i64>,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<(), TaskFailure> {
        self.records_in += 1;
        self.pace.take(env.now);
        self.on_chain(|chain| chain.process(input, value, timestamp, env))
    }

    /// Whether a restored record, which others get too, is this subtask's.
    fn keeps(
        &mut self,
        gate: u32,
        value: &Value,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<bool, TaskFailure> {
        if !self.filters.iter().any(|(of, _)| *of == gate) {
            let chain = self.chain.as_mut().expect("a running task has a chain");
            let functions = Rc::clone(chain.context_mut(0).functions());
            let descriptor = &self.descriptor;
            let filter = RecordFilter::new(
                &descriptor.gates[gate as usize].partitioner,
                descriptor.max_parallelism,
                (descriptor.subtask_idx, descriptor.parallelism),
                &functions,
                env,
            );
            self.filters.push((gate, filter.map_err(|error| self.head_failure(error))?));
        }
        let (_, filter) = self.filters.iter_mut().find(|(of, _)| *of == gate).expect("it is there now");
        let kept = filter.keeps(value);
        kept.map_err(|error| self.head_failure(error))
    }
}
