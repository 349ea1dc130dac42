//! Nothing is lost, doubled or overtaken between a subpartition and its reader, and both ends of a channel agree
//! about its credit.

use super::Fault;
use crate::base::ids::ChannelId;
use crate::network::channel::{InputChannel, RemoteChannel};
use crate::network::digest::Digest;
use crate::network::message::NetworkMessage;
use crate::network::partition::{Reader, ResultPartition};
use crate::sim::world::World;

/// What is on its way for each channel of the job.
#[derive(Clone, Default)]
pub(super) struct Flights(Vec<Flight>);

/// What is on its way for one channel.
#[derive(Clone, Copy, Default)]
struct Flight {
    /// Sequence numbers of the buffers: the first, and the one after the last.
    buffers: Option<(u32, u32)>,
    has_gap: bool,
    data_buffers: u32,
    bytes: u64,
    credit: u32,
    /// Whether the sender is about to hear that the channel starts or ends.
    changes: bool,
}

impl Flights {
    /// Reads all links.
    pub fn read(&mut self, world: &World) {
        self.0.clear();
        self.0.resize(world.plan().channels.len(), Flight::default());
        for in_flight in world.links().iter().flat_map(|link| link.in_flight()) {
            // What is for an attempt that is gone is nobody's.
            let channel = in_flight.message.channel();
            if world.channel_id(channel.place()) == channel {
                self.0[channel.index()].add(&in_flight.message);
            }
        }
    }
}

impl Flight {
    fn add(&mut self, message: &NetworkMessage) {
        match message {
            NetworkMessage::BufferResponse { buffer, sequence_number, .. } => {
                let first = self.buffers.map_or(*sequence_number, |(first, _)| first);
                self.has_gap |= self.buffers.is_some_and(|(_, next)| next != *sequence_number);
                self.buffers = Some((first, sequence_number + 1));
                self.data_buffers += u32::from(buffer.data_type.is_data());
                self.bytes += if buffer.data_type.is_data() { buffer.bytes.len() as u64 } else { 0 };
            }
            NetworkMessage::AddCredit { credit, .. } => self.credit += credit,
            NetworkMessage::PartitionRequest { .. }
            | NetworkMessage::CancelPartitionRequest { .. }
            | NetworkMessage::ErrorResponse { .. } => self.changes = true,
            NetworkMessage::BacklogAnnouncement { .. }
            | NetworkMessage::ResumeConsumption { .. }
            | NetworkMessage::AckAllUserRecordsProcessed { .. }
            | NetworkMessage::NewBufferSize { .. } => {}
        }
    }
}

/// What a subpartition, or the file behind it, has given to a reader.
struct Sent {
    /// Number of the next buffer.
    next: u32,
    digest: Digest,
}

impl Sent {
    fn of(partition: &ResultPartition, subpartition: u32, reader: Reader) -> Option<Self> {
        let queue = &partition.subpartitions()[subpartition as usize];
        match partition.files().get(subpartition as usize) {
            Some(file) => file.polled(reader).map(|(next, &digest)| Self { next, digest }),
            None => Some(Self { next: queue.sequence_number(), digest: *queue.digest() }),
        }
    }
}

/// Looks at every channel whose two ends are connected.
pub(super) fn check(world: &World, flights: &Flights) -> Result<(), Fault> {
    for (id, planned) in world.channels() {
        let (Some((_, producer)), Some((task, consumer))) =
            (world.task(planned.from), world.task(planned.to))
        else {
            continue;
        };
        let written = world.partition_id(planned.from, planned.partition);
        let (Some(partition), Some((gate, place))) =
            (producer.shuffle().partition_by_id(written), consumer.shuffle().channel_place(id))
        else {
            continue;
        };
        let channel = &consumer.shuffle().gate(gate).channels()[place as usize];
        let is_released = partition.subpartitions()[planned.subpartition as usize].is_released();
        if channel.error.is_some()
            || is_released
            || task.state().is_terminal()
            || channel.partition != written
        {
            continue;
        }
        let reader = match channel.remote() {
            None => Some(Reader::Local(id)),
            Some(_) => producer.shuffle().server().reader_for(id).map(|(number, _)| Reader::Remote(number)),
        };
        // Before it asks for its partition, and after it has let go of it, there is nothing to agree about.
        let Some(sent) = reader.and_then(|reader| Sent::of(partition, planned.subpartition, reader)) else {
            continue;
        };
        let read = task.inputs().deserializer(gate, place).map(|deserializer| *deserializer.digest());
        let read = read.unwrap_or_default();
        match channel.remote() {
            None => check_content(id, &sent, read, 0)?,
            Some(remote) if remote.is_released() => {}
            Some(remote) => {
                let flight = &flights.0[id.index()];
                check_order(channel, remote, flight, &sent)?;
                let received: u64 = remote
                    .received
                    .iter()
                    .filter(|buffer| buffer.data_type.is_data())
                    .map(|buffer| buffer.bytes.len() as u64)
                    .sum();
                check_content(id, &sent, read, received + flight.bytes)?;
                if let Some((_, reader)) = producer.shuffle().server().reader_for(id)
                    && !flight.changes
                {
                    check_credit(channel, remote, flight, reader.credit)?;
                }
            }
        }
    }
    Ok(())
}

/// The receiver waits for the first buffer that is on its way, else for the next one to be sent.
fn check_order(
    channel: &InputChannel,
    remote: &RemoteChannel,
    flight: &Flight,
    sent: &Sent,
) -> Result<(), Fault> {
    let id = channel.id;
    let (expected, next) = (remote.expected_sequence_number, sent.next);
    let (first, after_last) = flight.buffers.unwrap_or((next, next));
    if flight.has_gap || first != expected || after_last != next {
        return Err(format!(
            "channel {id} expects buffer {expected}; {first} to {after_last} (excluded) are on their way, and the next to be \
             sent is {next}"
        ));
    }
    if channel.is_ended && (flight.buffers.is_some() || !remote.received.is_empty()) {
        return Err(format!("channel {id} has ended and there are buffers for it"));
    }
    Ok(())
}

/// What was polled is what was read, but for `between` bytes on their way or received.
fn check_content(id: ChannelId, sent: &Sent, read: Digest, between: u64) -> Result<(), Fault> {
    let polled = sent.digest;
    if polled.bytes() != read.bytes() + between {
        let (polled, read) = (polled.bytes(), read.bytes());
        return Err(format!(
            "channel {id}: {polled} bytes were sent, {read} are read and {between} on their way or received"
        ));
    }
    if between == 0 && polled != read {
        return Err(format!("channel {id}: other bytes were read than were sent"));
    }
    Ok(())
}

/// Every free segment of the receiver is known to the sender as credit, or about to be, or claimed by a buffer
/// that is on its way.
fn check_credit(
    channel: &InputChannel,
    remote: &RemoteChannel,
    flight: &Flight,
    credit: u32,
) -> Result<(), Fault> {
    if remote.initial_credit() == 0 && channel.is_blocked {
        // A channel without segments of its own gives its credit back at an event that blocks.
        return Ok(());
    }
    let (exclusive, floating) = remote.free();
    let announced = credit + flight.credit + remote.unannounced_credit;
    if announced + flight.data_buffers != exclusive + floating {
        return Err(format!(
            "channel {}: {credit} credit at the sender, {} on its way to it, {} not announced and {} data buffers on their \
             way make not the {exclusive} exclusive and {floating} floating buffers that are free",
            channel.id, flight.credit, remote.unannounced_credit, flight.data_buffers
        ));
    }
    Ok(())
}
