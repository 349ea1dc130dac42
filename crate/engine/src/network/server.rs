//! The sending side of a TaskManager's connections: one reader for each remote channel, served in turn.
//!
//! Contract: one queue of readers that can send for each connection, each at most once; the head sends one
//! buffer and goes to the end while it can send more. Data costs a credit, events are free.
//! Flink: `CreditBasedSequenceNumberingViewReader`, `PartitionRequestQueue`. Credits come from the exclusive
//! buffers of a channel only; floating buffers are left out so far.

use std::collections::{BTreeMap, VecDeque};

use super::buffer::DataType;
use crate::base::ids::{ChannelId, PartitionId, TaskManagerId};

/// The view of a subpartition for one remote channel.
#[derive(Clone, Debug)]
pub struct ViewReader {
    /// What it reads.
    pub partition: PartitionId,
    /// Which queue of it.
    pub subpartition: u32,
    /// The channel that receives.
    pub receiver: ChannelId,
    /// Where that is.
    pub consumer: TaskManagerId,
    /// Data buffers that may still be sent.
    pub credit: u32,
    is_queued: bool,
}

/// Readers and queues of one TaskManager. See the module.
#[derive(Clone, Debug, Default)]
pub struct PartitionServer {
    readers: Vec<ViewReader>,
    by_receiver: BTreeMap<ChannelId, u32>,
    with_data: BTreeMap<TaskManagerId, VecDeque<u32>>,
}

impl PartitionServer {
    /// Adds a reader and returns its number.
    pub fn add(
        &mut self,
        partition: PartitionId,
        subpartition: u32,
        receiver: ChannelId,
        consumer: TaskManagerId,
        credit: u32,
    ) -> u32 {
        let number = self.readers.len() as u32;
        self.readers.push(ViewReader {
            partition,
            subpartition,
            receiver,
            consumer,
            credit,
            is_queued: false,
        });
        let before = self.by_receiver.insert(receiver, number);
        assert!(before.is_none(), "channel {receiver} asks for its partition twice");
        number
    }

    /// A reader.
    pub fn reader(&self, number: u32) -> &ViewReader {
        &self.readers[number as usize]
    }

    /// The reader that serves a channel.
    pub fn reader_for(&self, receiver: ChannelId) -> Option<(u32, &ViewReader)> {
        self.by_receiver.get(&receiver).map(|&number| (number, &self.readers[number as usize]))
    }

    /// Gives a reader more credit.
    pub fn add_credit(&mut self, number: u32, credit: u32) {
        self.readers[number as usize].credit += credit;
    }

    /// Uses up a credit for a data buffer.
    pub fn spend_credit(&mut self, number: u32) {
        let reader = &mut self.readers[number as usize];
        assert!(reader.credit > 0, "a data buffer is sent to {} without credit", reader.receiver);
        reader.credit -= 1;
    }

    /// Queues a reader whose next buffer is `next`, if it may send it.
    pub fn queue_if_ready(&mut self, number: u32, next: Option<DataType>) {
        let reader = &mut self.readers[number as usize];
        let is_ready = next.is_some_and(|next| !next.is_data() || reader.credit > 0);
        if is_ready && !reader.is_queued {
            reader.is_queued = true;
            self.with_data.entry(reader.consumer).or_default().push_back(number);
        }
    }

    /// Whether something can be sent to this TaskManager.
    pub fn can_send_to(&self, consumer: TaskManagerId) -> bool {
        self.with_data.get(&consumer).is_some_and(|queue| !queue.is_empty())
    }

    /// The reader whose turn it is to send to this TaskManager, taken out of the queue.
    pub fn take_next(&mut self, consumer: TaskManagerId) -> Option<u32> {
        let number = self.with_data.get_mut(&consumer)?.pop_front()?;
        self.readers[number as usize].is_queued = false;
        Some(number)
    }
}
