//! A channel's two ends as they stand: what the sender may send, what the receiver has room for.

use super::buffers;
use crate::base::ids::ChannelId;
use crate::network::channel::{ChannelSource, InputChannel};
use crate::network::segment::Home;
use crate::network::server::ViewReader;
use crate::sim::world::World;

/// See the module. All numbers but `used` are 0 for a local channel, which needs no credit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, and a flag of the frame")]
pub struct ChannelEnds {
    /// Data buffers that the sender may still send.
    pub credit: u32,
    /// Segments of the sender's pool that this subpartition holds.
    pub used: u32,
    /// Data buffers that wait at the sender, as the receiver was told last.
    pub backlog: u32,
    /// Exclusive buffers of the receiver, and how many of them are free.
    pub exclusive: u32,
    pub exclusive_free: u32,
    /// Floating buffers that the receiver's channel holds, and how many of them are free.
    pub floating: u32,
    pub floating_free: u32,
    /// Credits that the receiver has not announced yet.
    pub unannounced: u32,
    /// Whether the receiver has read the channel's end.
    pub is_ended: bool,
    /// Whether nothing of it is read for now: at the sender, behind an event that blocks, or at the receiver.
    pub is_blocked: bool,
    /// Whether an error waits for the task that reads it.
    pub is_failed: bool,
    pub is_remote: bool,
}

/// The ends of a channel; all 0 before its tasks are deployed.
pub fn ends_of(world: &World, channel: ChannelId) -> ChannelEnds {
    let planned = &world.plan().channels[channel.index()];
    let mut ends = ChannelEnds { credit: credit_of(world, channel), ..ChannelEnds::default() };
    if let Some((_, executor)) = world.task(planned.from)
        && let Some(partition) =
            executor.shuffle().partition_by_id(world.partition_id(planned.from, planned.partition))
    {
        let subpartition = planned.subpartition as usize;
        let pool = executor.shuffle().network_pool().pool(partition.pool());
        ends.used = pool.and_then(|pool| pool.used_by_subpartition().get(subpartition)).copied().unwrap_or(0);
        ends.is_blocked = partition.subpartitions()[subpartition].is_blocked();
    }
    let Some(input) = input_channel(world, channel) else { return ends };
    ends.is_ended = input.is_ended;
    ends.is_blocked |= input.is_blocked;
    ends.is_failed = input.error.is_some();
    let ChannelSource::Remote(remote) = &input.source else { return ends };
    let being_read = buffers::being_read(world, channel).map(|(buffer, ..)| buffer);
    let held = remote.received.iter().chain(being_read);
    let floating_taken =
        held.filter(|buffer| buffer.segment.is_some_and(|s| matches!(s.home, Home::Floating { .. }))).count();
    ends.is_remote = true;
    ends.backlog = remote.sender_backlog;
    ends.unannounced = remote.unannounced_credit;
    (ends.exclusive_free, ends.floating_free) = remote.free();
    ends.exclusive = if remote.is_released() { 0 } else { remote.initial_credit() };
    ends.floating = ends.floating_free + floating_taken as u32;
    ends
}

/// Credit that the sender holds for a channel; 0 for a local one.
pub fn credit_of(world: &World, channel: ChannelId) -> u32 {
    let planned = &world.plan().channels[channel.index()];
    let reader = |(_, reader): (u32, &ViewReader)| reader.credit;
    world
        .task(planned.from)
        .and_then(|(_, executor)| executor.shuffle().server().reader_for(channel).map(reader))
        .unwrap_or(0)
}

/// The receiver's end of a channel.
fn input_channel(world: &World, channel: ChannelId) -> Option<&InputChannel> {
    let (_, executor) = world.task(world.plan().channels[channel.index()].to)?;
    let (gate, place) = executor.shuffle().channel_place(channel)?;
    executor.shuffle().gate(gate).channels().get(place as usize)
}
