//! Who has something to read or to send stands in its queue, once: nobody is forgotten.

use super::Fault;
use crate::network::gate::InputGate;
use crate::network::partition::{Reader, ResultPartition};
use crate::network::shuffle::ShuffleEnvironment;
use crate::sim::world::World;

/// Looks at the queues of all gates and connections.
pub(super) fn check(world: &World) -> Result<(), Fault> {
    for executor in world.executors() {
        let shuffle = executor.shuffle();
        for task in executor.tasks().iter().filter(|task| !task.state().is_terminal()) {
            for gate in task.inputs().gates() {
                check_gate(shuffle, shuffle.gate(gate))?;
            }
        }
        check_readers(shuffle)?;
    }
    Ok(())
}

fn check_gate(shuffle: &ShuffleEnvironment, gate: &InputGate) -> Result<(), Fault> {
    let mut is_queued = vec![false; gate.channels().len()];
    for place in gate.queued() {
        let channel = &gate.channels()[place as usize];
        if std::mem::replace(&mut is_queued[place as usize], true) {
            return Err(format!("channel {} stands in the queue of its gate twice", channel.id));
        }
        if channel.is_ended {
            return Err(format!("channel {} has ended and stands in the queue of its gate", channel.id));
        }
    }
    for (channel, is_queued) in gate.channels().iter().zip(is_queued) {
        let has_data = match channel.remote() {
            Some(remote) => !remote.received.is_empty(),
            None => shuffle.partition_by_id(channel.partition).is_some_and(|partition| {
                is_known_to_wait(partition, channel.subpartition, Reader::Local(channel.id), true)
            }),
        };
        if has_data && !is_queued && !channel.is_ended && channel.error.is_none() {
            return Err(format!("channel {} has data, and its gate does not know", channel.id));
        }
    }
    Ok(())
}

fn check_readers(shuffle: &ShuffleEnvironment) -> Result<(), Fault> {
    for (number, reader) in shuffle.server().readers() {
        let Some(partition) = shuffle.partition_by_id(reader.partition) else { continue };
        let can_send =
            is_known_to_wait(partition, reader.subpartition, Reader::Remote(number), reader.credit > 0);
        let times = shuffle.server().queued(reader.consumer).filter(|&queued| queued == number).count();
        if times > 1 || (can_send && times == 0) {
            return Err(format!(
                "the reader for channel {} could send: {can_send}; it stands in its queue {times} times",
                reader.receiver
            ));
        }
    }
    Ok(())
}

/// Whether a reader can read something that it was told of. Of a buffer that became full while it was the only
/// one, it is told with the next buffer or flush; of what a file holds, at once.
fn is_known_to_wait(
    partition: &ResultPartition,
    subpartition: u32,
    reader: Reader,
    has_credit: bool,
) -> bool {
    let is_available = partition.availability(subpartition, reader, has_credit).is_available;
    if partition.is_blocking() {
        return is_available;
    }
    let queue = &partition.subpartitions()[subpartition as usize];
    let is_untold = queue.len() == 1
        && queue.has_unflushed_data()
        && queue.buffers().all(|buffer| buffer.data_type().is_data());
    // Without credit Flink asks for the type of the next buffer alone: behind a barrier that blocks nothing comes of it.
    let can_poll = queue.is_data_available();
    partition.reader(subpartition) == Some(reader) && is_available && can_poll && !is_untold
}
