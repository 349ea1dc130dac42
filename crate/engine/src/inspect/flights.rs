//! What is on the links, sorted by the channel that it belongs to, so that a frame looks at each link once.
//!
//! Contract: messages of one channel keep the order in which their link will deliver them.

use crate::base::ids::ChannelId;
use crate::base::sort;
use crate::cluster::link::InFlight;
use crate::sim::world::World;

/// See the module; its memory serves from one frame to the next.
#[derive(Debug, Default)]
pub struct Flights {
    sorted: Vec<Flight>,
    scratch: sort::Scratch,
}

/// A message by its place: channel, link, place on the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Flight {
    channel: ChannelId,
    link: u32,
    place: u32,
}

impl Flights {
    /// Takes what is in flight now.
    pub fn read(&mut self, world: &World) {
        self.sorted.clear();
        for (number, link) in (0..).zip(world.links()) {
            for (place, in_flight) in (0..).zip(link.in_flight()) {
                self.sorted.push(Flight { channel: in_flight.message.channel(), link: number, place });
            }
        }
        sort::sort_within(&mut self.scratch, &mut self.sorted, Flight::cmp);
    }

    /// The messages of a channel, in either direction.
    pub fn of_channel<'flights, 'world>(
        &'flights self,
        world: &'world World,
        channel: ChannelId,
    ) -> impl Iterator<Item = &'world InFlight> + use<'flights, 'world> {
        let first = self.sorted.partition_point(|flight| flight.channel < channel);
        let own = self.sorted[first..].iter().take_while(move |flight| flight.channel == channel);
        own.filter_map(|flight| world.links()[flight.link as usize].in_flight().nth(flight.place as usize))
    }
}
