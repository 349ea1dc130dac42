//! The connection from one TaskManager to another: messages that take their time.
//!
//! Contract: first in, first out; a message takes the latency, and the bandwidth limits how many bytes set
//! off in a tick. Flink: a Netty channel of the `ConnectionManager`, shared by all channels between the two.

use std::collections::VecDeque;
use std::rc::Rc;

use crate::base::ids::TaskManagerId;
use crate::network::message::NetworkMessage;

/// A message on its way.
#[derive(Clone, Debug)]
pub struct InFlight {
    pub sent_at: u64,
    pub arrives_at: u64,
    pub message: Rc<NetworkMessage>,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Link {
    pub from: TaskManagerId,
    pub to: TaskManagerId,
    latency_ticks: u64,
    bytes_per_tick: u32,
    /// Bytes that set off in the tick `budget_tick`.
    sent_bytes: u32,
    budget_tick: u64,
    in_flight: VecDeque<InFlight>,
}

impl Link {
    /// An idle link.
    pub fn new(from: TaskManagerId, to: TaskManagerId, latency_ticks: u32, bytes_per_tick: u32) -> Self {
        Self {
            from,
            to,
            latency_ticks: u64::from(latency_ticks),
            bytes_per_tick,
            sent_bytes: 0,
            budget_tick: 0,
            in_flight: VecDeque::new(),
        }
    }

    /// Messages on their way, oldest first.
    pub fn in_flight(&self) -> impl Iterator<Item = &InFlight> {
        self.in_flight.iter()
    }

    /// Whether another message may set off in tick `now`: the last one may exceed the bandwidth, and what
    /// it exceeds it by is taken from the next ticks.
    pub const fn has_bandwidth(&self, now: u64) -> bool {
        let passed = now - self.budget_tick;
        (self.sent_bytes as u64) < (passed + 1) * self.bytes_per_tick as u64
    }

    /// Sends a message.
    pub fn send(&mut self, message: NetworkMessage, now: u64) {
        let regained = (now - self.budget_tick) * u64::from(self.bytes_per_tick);
        self.sent_bytes = u64::from(self.sent_bytes).saturating_sub(regained) as u32;
        self.budget_tick = now;
        self.sent_bytes = self.sent_bytes.saturating_add(message.wire_bytes());
        let arrives_at = now + self.latency_ticks;
        self.in_flight.push_back(InFlight { sent_at: now, arrives_at, message: Rc::new(message) });
    }

    /// When the next message arrives.
    pub fn next_arrival(&self) -> Option<u64> {
        self.in_flight.front().map(|message| message.arrives_at)
    }

    /// Takes a message that has arrived by `now`.
    pub fn deliver(&mut self, now: u64) -> Option<Rc<NetworkMessage>> {
        if self.next_arrival()? > now {
            return None;
        }
        self.in_flight.pop_front().map(|message| message.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ids::ChannelId;

    #[test]
    fn bandwidth_is_paid_back_over_time() {
        let mut link = Link::new(TaskManagerId(0), TaskManagerId(1), 3, 20);
        let message = || NetworkMessage::AddCredit { receiver: ChannelId(1), credit: 1 };
        assert_eq!(message().wire_bytes(), 29);
        assert!(link.has_bandwidth(10));
        link.send(message(), 10);
        assert!(!link.has_bandwidth(10) && link.has_bandwidth(11));
        assert!(link.deliver(12).is_none() && link.deliver(13).is_some());
    }
}
