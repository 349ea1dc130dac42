//! The sending side of a TaskManager's connections: one reader for each remote channel, served in turn.
//!
//! Contract: one queue of readers that can send for each connection, each at most once; the head sends one
//! buffer and goes to the end while it can send more: so no channel holds up another that shares its
//! connection. Data costs a credit, events are free.
//! Flink: `CreditBasedSequenceNumberingViewReader`, `PartitionRequestQueue`.

use std::collections::VecDeque;

use super::buffer::DataType;
use crate::base::ids::{ChannelId, PartitionId, TaskManagerId};
use crate::base::ordered::SortedMap;

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
    /// Credit that it began with: the exclusive buffers of the channel.
    pub initial_credit: u32,
    is_queued: bool,
}

impl ViewReader {
    /// A reader that has sent nothing.
    pub const fn new(
        (partition, subpartition): (PartitionId, u32),
        receiver: ChannelId,
        consumer: TaskManagerId,
        credit: u32,
    ) -> Self {
        let initial_credit = credit;
        Self { partition, subpartition, receiver, consumer, credit, initial_credit, is_queued: false }
    }

    /// Whether it must say how much waits: it has no credit, and its channel no buffer to give any for.
    pub const fn must_announce_backlog(&self) -> bool {
        self.initial_credit == 0 && self.credit == 0
    }
}

/// Readers and queues of one TaskManager. See the module.
#[derive(Clone, Debug, Default)]
pub struct PartitionServer {
    readers: Vec<Option<ViewReader>>,
    by_receiver: SortedMap<ChannelId, u32>,
    with_data: SortedMap<TaskManagerId, VecDeque<u32>>,
}

impl PartitionServer {
    /// Adds a reader and returns its number.
    pub fn add(&mut self, reader: ViewReader) -> u32 {
        let number = self.readers.len() as u32;
        let receiver = reader.receiver;
        self.readers.push(Some(reader));
        let before = self.by_receiver.insert(receiver, number);
        assert!(before.is_none(), "channel {receiver} asks for its partition twice");
        number
    }

    /// Forgets a reader. Answers it, if it was there.
    pub fn remove(&mut self, receiver: ChannelId) -> Option<ViewReader> {
        let number = self.by_receiver.remove(&receiver)?;
        let reader = self.readers[number as usize].take()?;
        if let Some(queue) = self.with_data.get_mut(&reader.consumer) {
            queue.retain(|&queued| queued != number);
        }
        Some(reader)
    }

    /// A reader that is there.
    pub fn reader(&self, number: u32) -> Option<&ViewReader> {
        self.readers[number as usize].as_ref()
    }

    /// The reader that serves a channel.
    pub fn reader_for(&self, receiver: ChannelId) -> Option<(u32, &ViewReader)> {
        let &number = self.by_receiver.get(&receiver)?;
        Some((number, self.readers[number as usize].as_ref()?))
    }

    /// All readers.
    pub fn readers(&self) -> impl Iterator<Item = (u32, &ViewReader)> {
        (0..).zip(&self.readers).filter_map(|(number, reader)| Some((number, reader.as_ref()?)))
    }

    /// Gives a reader more credit.
    pub fn add_credit(&mut self, number: u32, credit: u32) {
        self.reader_mut(number).credit += credit;
    }

    /// Takes all credit away: a blocked channel without buffers of its own has none left.
    pub fn reset_credit(&mut self, number: u32) {
        self.reader_mut(number).credit = 0;
    }

    /// Uses up a credit for a data buffer.
    pub fn spend_credit(&mut self, number: u32) {
        let reader = self.reader_mut(number);
        assert!(reader.credit > 0, "a data buffer is sent to {} without credit", reader.receiver);
        reader.credit -= 1;
    }

    /// Queues a reader at the end, unless it is queued.
    pub fn queue(&mut self, number: u32) {
        let reader = self.reader_mut(number);
        if !reader.is_queued {
            reader.is_queued = true;
            let consumer = reader.consumer;
            self.with_data.entry(consumer).or_default().push_back(number);
        }
    }

    /// Queues a reader whose next buffer is `next`, if it may send it.
    pub fn queue_if_ready(&mut self, number: u32, next: Option<DataType>) {
        let has_credit = self.reader_mut(number).credit > 0;
        if next.is_some_and(|next| !next.is_data() || has_credit) {
            self.queue(number);
        }
    }

    /// The readers that can send to this TaskManager, in the order in which they will.
    pub fn queued(&self, consumer: TaskManagerId) -> impl Iterator<Item = u32> {
        self.with_data.get(&consumer).into_iter().flatten().copied()
    }

    /// Whether something can be sent to this TaskManager.
    pub fn can_send_to(&self, consumer: TaskManagerId) -> bool {
        self.with_data.get(&consumer).is_some_and(|queue| !queue.is_empty())
    }

    /// The reader whose turn it is to send to this TaskManager, taken out of the queue.
    pub fn take_next(&mut self, consumer: TaskManagerId) -> Option<u32> {
        let number = self.with_data.get_mut(&consumer)?.pop_front()?;
        self.reader_mut(number).is_queued = false;
        Some(number)
    }

    fn reader_mut(&mut self, number: u32) -> &mut ViewReader {
        self.readers[number as usize].as_mut().expect("a reader that is served is there")
    }
}
