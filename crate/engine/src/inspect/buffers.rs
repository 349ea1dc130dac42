//! The buffers of a channel, wherever they are: queued at the sender, on the link, at the receiver.

use super::flights::Flights;
use super::watermarks::time_text;
use crate::base::ids::ChannelId;
use crate::base::limits::DOTS_PER_BUFFER;
use crate::cluster::link::InFlight;
use crate::network::buffer::{Buffer, BufferId, DataType, Dots, QueuedBuffer};
use crate::network::channel::ChannelSource;
use crate::network::deserializer::{LENGTH_BYTES, RecordDeserializer};
use crate::network::event::Event;
use crate::network::message::NetworkMessage;
use crate::record::StreamElement;
use crate::record::Value;
use crate::record::WatermarkStatus;
use crate::record::deserialize;
use crate::record::element::NO_TIMESTAMP;
use crate::record::java_hash;
use crate::sim::world::World;

/// Where a buffer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whereabouts {
    /// In the sender's subpartition.
    Queued,
    /// On the link; per mille of the way.
    InFlight { progress: u32 },
    /// At the receiver; the first one may be being read.
    Received,
}

/// A buffer to look at.
#[derive(Clone, Copy, Debug)]
pub struct BufferView<'a> {
    pub id: BufferId,
    pub event: Option<Event>,
    /// All its bytes, the ones that are read already too.
    pub bytes: &'a [u8],
    pub read_bytes: usize,
    pub partial_record_bytes: u32,
    pub ends_in_record: bool,
    /// Records that begin in it and are not read yet.
    pub records: u32,
    pub is_open: bool,
    pub is_being_read: bool,
    pub place: Whereabouts,
    dots: &'a Dots,
    read_records: u32,
}

/// A part of a buffer's bytes.
#[derive(Clone, Debug)]
pub struct BufferPart {
    /// Of its length prefix.
    pub offset: u32,
    pub length: u32,
    /// The record as `print` writes it; `None` for a part of one.
    pub text: Option<String>,
    pub what: &'static str,
}

/// All buffers of a channel; see [`each_of_channel`].
pub fn of_channel(world: &World, channel: ChannelId) -> Vec<BufferView<'_>> {
    let mut flights = Flights::default();
    flights.read(world);
    let mut views = Vec::new();
    each_of_channel(world, channel, flights.of_channel(world, channel), |view| views.push(view));
    views
}

/// Visits the buffers of a channel: queued, then in flight, then received, each with the one that is read
/// first in front. `flights` is what is in flight of the channel.
pub fn each_of_channel<'a>(
    world: &'a World,
    channel: ChannelId,
    flights: impl Iterator<Item = &'a InFlight>,
    mut visit: impl FnMut(BufferView<'a>),
) {
    let planned = &world.plan().channels[channel.index()];
    if let Some((_, executor)) = world.task(planned.from)
        && let Some(partition) = executor.shuffle().partition_by_id(planned.partition)
    {
        let queue = &partition.subpartitions()[planned.subpartition as usize];
        // Of a blocking result, what its reader has in memory of the file comes before what is still written.
        if let Some(file) = partition.files().get(planned.subpartition as usize)
            && let Some(reader) = executor.shuffle().reader_of(channel)
        {
            let ready = |buffer| BufferView { place: Whereabouts::Queued, ..received_view(buffer) };
            file.ready(reader).map(ready).for_each(&mut visit);
        }
        queue.buffers().map(queued_view).for_each(&mut visit);
    }
    flights.filter_map(|message| in_flight_view(message, world.tick())).for_each(&mut visit);
    let Some((_, executor)) = world.task(planned.to) else { return };
    let Some((gate, place)) = executor.shuffle().channel_place(channel) else { return };
    if let Some((buffer, read_bytes, read_records)) = being_read(world, channel) {
        let records = buffer.records - read_records;
        visit(BufferView { is_being_read: true, read_bytes, read_records, records, ..received_view(buffer) });
    }
    let source = &executor.shuffle().gate(gate).channels()[place as usize].source;
    if let ChannelSource::Remote(remote) = source {
        remote.received.iter().map(received_view).for_each(&mut visit);
    }
}

/// Of the buffer at `place` in what [`of_channel`] gives: the buffer that its first record began in, and the one that
/// its last record goes on in. `None` where no record goes over, or the other buffer is not on the channel.
pub fn neighbours(views: &[BufferView<'_>], place: usize) -> (Option<BufferId>, Option<BufferId>) {
    let mut order: Vec<usize> = (0..views.len()).collect();
    order.sort_by_key(|&each| match views[each].place {
        Whereabouts::Received => 0,
        Whereabouts::InFlight { .. } => 1,
        Whereabouts::Queued => 2,
    });
    let rank = order.iter().position(|&each| each == place);
    let at = |rank: Option<usize>| rank.and_then(|rank| order.get(rank)).map(|&each| &views[each]);
    let goes_over =
        |from: &BufferView<'_>, to: &BufferView<'_>| from.ends_in_record && to.partial_record_bytes > 0;
    let before =
        at(rank.and_then(|rank| rank.checked_sub(1))).filter(|before| goes_over(before, &views[place]));
    let after = at(rank.map(|rank| rank + 1)).filter(|after| goes_over(&views[place], after));
    (before.map(|view| view.id), after.map(|view| view.id))
}

/// The buffer of a channel that its task is reading, with the bytes and the records read.
pub fn being_read(world: &World, channel: ChannelId) -> Option<(&Buffer, usize, u32)> {
    let (task, executor) = world.task(world.plan().channels[channel.index()].to)?;
    let (gate, place) = executor.shuffle().channel_place(channel)?;
    task.inputs().deserializer(gate, place).and_then(RecordDeserializer::reading)
}

impl BufferView<'_> {
    /// Colours and lengths of its first unread records. A colour is the hash of the key. The writer knows those of the first records
    /// of a keyed exchange; for others the first field of a tuple stands for the key, else the record itself.
    /// Past what the writer knew there is none, unless the first field proved to be the key until there.
    pub fn dots(&self, mut each: impl FnMut(u32, u32)) {
        let mut lengths = self.lengths();
        let show = |hash: u32| each(hash, lengths.next().unwrap_or(0));
        let known = self.dots.as_slice();
        let mut decoded = self.colours_from(self.partial_record_bytes as usize);
        if known.iter().all(|&hash| decoded.next() == Some(hash)) {
            self.colours_from(self.first_record_offset()).take(DOTS_PER_BUFFER).for_each(show);
        } else {
            let unread = known.get(self.read_records as usize..).unwrap_or_default();
            unread.iter().copied().for_each(show);
        }
    }

    /// Bytes, with its prefix, of each record from the first unread one on; of the last one those that are here.
    fn lengths(&self) -> impl Iterator<Item = u32> {
        let mut offset = self.first_record_offset();
        std::iter::from_fn(move || {
            let length = self.record_at(offset).map_or(self.bytes.len() - offset, |(_, end)| end - offset);
            offset += length;
            (length > 0).then_some(length as u32)
        })
    }

    /// Bytes at its start that belong to a record of an earlier buffer and are not read yet.
    pub fn rest_bytes(&self) -> u32 {
        self.partial_record_bytes.saturating_sub(self.read_bytes as u32)
    }

    /// Colours of the whole records from `offset` on, as their content tells.
    fn colours_from(&self, mut offset: usize) -> impl Iterator<Item = u32> {
        std::iter::from_fn(move || {
            let (body, end) = self.record_at(offset)?;
            offset = end;
            Some(deserialize(body).map_or(0, |element| colour(&element)))
        })
    }

    /// What stands in its bytes, at most `parts_max` parts.
    pub fn parts(&self, parts_max: usize) -> Vec<BufferPart> {
        let mut parts = Vec::new();
        if let Some(event) = self.event {
            let length = self.bytes.len() as u32;
            parts.push(BufferPart { offset: 0, length, text: Some(event.name().to_owned()), what: "event" });
            return parts;
        }
        let mut offset = self.partial_record_bytes as usize;
        if offset > 0 {
            let is_all = self.ends_in_record && offset == self.bytes.len();
            let what = if is_all { "middle" } else { "rest" };
            parts.push(BufferPart { offset: 0, length: offset as u32, text: None, what });
        }
        while parts.len() < parts_max && offset < self.bytes.len() {
            let Some((body, end)) = self.record_at(offset) else {
                let length = (self.bytes.len() - offset) as u32;
                parts.push(BufferPart { offset: offset as u32, length, text: None, what: "beginning" });
                break;
            };
            let text = deserialize(body).map_or_else(|error| error.to_string(), |element| text(&element));
            let length = (end - offset) as u32;
            parts.push(BufferPart { offset: offset as u32, length, text: Some(text), what: "record" });
            offset = end;
        }
        parts
    }

    fn first_record_offset(&self) -> usize {
        self.read_bytes.max(self.partial_record_bytes as usize)
    }

    /// The body of the whole record at `offset`, and where it ends.
    fn record_at(&self, offset: usize) -> Option<(&[u8], usize)> {
        let prefix = self.bytes.get(offset..offset + LENGTH_BYTES)?;
        let length = u32::from_be_bytes(prefix.try_into().ok()?) as usize;
        let end = offset + LENGTH_BYTES + length;
        Some((self.bytes.get(offset + LENGTH_BYTES..end)?, end))
    }
}

fn colour(element: &StreamElement) -> u32 {
    match element {
        StreamElement::Record { value: Value::Tuple(fields), .. } if !fields.is_empty() => {
            java_hash(&fields[0]) as u32
        }
        StreamElement::Record { value, .. } => java_hash(value) as u32,
        _ => 0,
    }
}

fn text(element: &StreamElement) -> String {
    match element {
        StreamElement::Record { value, timestamp: None | Some(NO_TIMESTAMP) } => value.to_string(),
        StreamElement::Record { value, timestamp: Some(timestamp) } => format!("{value} @ {timestamp}"),
        StreamElement::Watermark(watermark) => format!("watermark {}", time_text(*watermark)),
        StreamElement::WatermarkStatus(WatermarkStatus::Idle) => "watermark status: idle".to_owned(),
        StreamElement::WatermarkStatus(WatermarkStatus::Active) => "watermark status: active".to_owned(),
        StreamElement::LatencyMarker(marker) => format!("{marker:?}"),
    }
}

fn queued_view(buffer: &QueuedBuffer) -> BufferView<'_> {
    let event = match buffer.data_type() {
        DataType::Data => None,
        DataType::Event(event) => Some(event),
    };
    BufferView {
        id: buffer.id(),
        event,
        bytes: buffer.readable(),
        read_bytes: 0,
        partial_record_bytes: buffer.partial_record_bytes(),
        ends_in_record: buffer.ends_in_record(),
        records: buffer.records(),
        is_open: !buffer.is_finished(),
        is_being_read: false,
        place: Whereabouts::Queued,
        dots: buffer.dots(),
        read_records: 0,
    }
}

fn received_view(buffer: &Buffer) -> BufferView<'_> {
    let event = match buffer.data_type {
        DataType::Data => None,
        DataType::Event(event) => Some(event),
    };
    BufferView {
        id: buffer.id,
        event,
        bytes: &buffer.bytes,
        read_bytes: 0,
        partial_record_bytes: buffer.partial_record_bytes,
        ends_in_record: buffer.ends_in_record,
        records: buffer.records,
        is_open: false,
        is_being_read: false,
        place: Whereabouts::Received,
        dots: &buffer.dots,
        read_records: 0,
    }
}

fn in_flight_view(in_flight: &InFlight, now: u64) -> Option<BufferView<'_>> {
    match in_flight.message.as_ref() {
        NetworkMessage::BufferResponse { buffer, .. } => {
            let place = Whereabouts::InFlight { progress: in_flight.progress(now) };
            Some(BufferView { place, ..received_view(buffer) })
        }
        _ => None,
    }
}
