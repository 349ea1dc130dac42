//! Which inputs of a task are ready for it, for the strategy that waits for them.
//!
//! Contract: a pipelined partition is consumable from its first buffer on, a blocking one when all subtasks that write
//! the result have finished. Flink until 1.12: `InputDependencyConstraintChecker`, `InputDependencyConstraint`.

use crate::base::ids::{PartitionId, TaskId};
use crate::scheduler::options::InputDependencyConstraint;
use crate::scheduler::plan::JobPlan;

/// A partition that a task reads.
#[derive(Clone, Debug)]
struct Input {
    reader: TaskId,
    partition: PartitionId,
    /// The first of those that must have finished, and how many they are: the producer, or all that write the result.
    writers: (TaskId, u32),
    is_consumable: bool,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Inputs(Vec<Input>);

impl Inputs {
    pub(super) fn of(plan: &JobPlan) -> Self {
        let mut inputs: Vec<Input> = Vec::with_capacity(plan.channels.len());
        for channel in &plan.channels {
            let vertex = plan.vertex_of(channel.from);
            let is_pipelined = channel.result_type.can_be_pipelined_consumed();
            inputs.push(Input {
                reader: channel.to,
                partition: channel.partition,
                writers: if is_pipelined {
                    (channel.from, 1)
                } else {
                    (vertex.first_task, vertex.parallelism)
                },
                is_consumable: false,
            });
        }
        Self(inputs)
    }

    /// A partition has its first buffer.
    pub(super) fn on_first_buffer(&mut self, partition: PartitionId) {
        for input in &mut self.0 {
            input.is_consumable |= input.partition.index() == partition.index();
        }
    }

    /// A task has finished. It has written its end at least, also where what it said of its first buffer was lost: in
    /// Flink nobody was told then.
    pub(super) fn on_finished(&mut self, task: TaskId, is_finished: &[bool]) {
        for input in &mut self.0 {
            let first = input.writers.0.index();
            let writers = first..first + input.writers.1 as usize;
            if writers.contains(&task.index()) {
                input.is_consumable |= !is_finished[writers].contains(&false);
            }
        }
    }

    /// What a task wrote does not count any more.
    pub(super) fn forget(&mut self, writer: TaskId) {
        for input in &mut self.0 {
            let (first, count) = input.writers;
            input.is_consumable &= !(first.0..first.0 + count).contains(&writer.0);
        }
    }

    /// Whether a task may be scheduled.
    pub(super) fn allow(&self, task: TaskId, constraint: InputDependencyConstraint) -> bool {
        let (mut is_source, mut some, mut all) = (true, false, true);
        for input in self.0.iter().filter(|input| input.reader == task) {
            is_source = false;
            some |= input.is_consumable;
            all &= input.is_consumable;
        }
        is_source || if constraint == InputDependencyConstraint::Any { some } else { all }
    }

    /// Whether what `task` reads of a partition is there, or comes.
    pub(super) fn is_consumable(&self, task: TaskId, partition: PartitionId) -> bool {
        self.0.iter().any(|it| it.reader == task && it.partition == partition && it.is_consumable)
    }
}
