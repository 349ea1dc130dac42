//! The buffers of a channel, wherever they are: queued at the sender, on the link, at the receiver.

use super::flights::Flights;
use super::watermarks::time_text;
use crate::base::ids::ChannelId;
use crate::base::limits::DOTS_PER_BUFFER;
use crate::base::sort;
use crate::cluster::link::InFlight;
use crate::network::buffer::{Buffer, BufferId, DataType, Dots, Marks, QueuedBuffer};
use crate::network::channel::ChannelSource;
use crate::network::deserializer::{LENGTH_BYTES, RecordDeserializer};
use crate::network::event::Event;
use crate::network::message::NetworkMessage;
use crate::record::ElementKind;
use crate::record::LatencyMarker;
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
    /// Which elements begin in it and are not read yet.
    pub marks: Marks,
    pub is_open: bool,
    pub is_being_read: bool,
    pub place: Whereabouts,
    dots: &'a Dots,
}

/// An element that begins in a buffer, as it is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dot {
    pub kind: ElementKind,
    /// Of a record: the hash of its key.
    pub hash: u32,
    /// Of a watermark.
    pub time: i64,
    /// Its length with the prefix, as far as it is here.
    pub bytes: u32,
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
        && let Some(partition) =
            executor.shuffle().partition_by_id(world.partition_id(planned.from, planned.partition))
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
        let mut view = BufferView { is_being_read: true, read_bytes, ..received_view(buffer) };
        if view.marks.others() > 0 {
            view.marks = view.unread_marks();
        }
        view.records = buffer.records - read_records - view.marks.others();
        visit(view);
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
    sort::sort_by_key(&mut order, |&each| match views[each].place {
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
    /// The first unread elements. A record's colour is the hash of its key. The writer knows those of the first records
    /// of a keyed exchange; for others the first field of a tuple stands for the key, else the record itself.
    /// Past what the writer knew there is none, unless the first field proved to be the key until there.
    pub fn dots(&self, mut each: impl FnMut(Dot)) {
        let known = self.dots.as_slice();
        let mut records = self.elements().filter(|element| element.kind == ElementKind::Record);
        let is_first_field =
            known.iter().all(|&hash| records.next().and_then(|record| record.colour()) == Some(hash));
        let mut known = known.iter().copied();
        let mut left = DOTS_PER_BUFFER;
        for element in self.elements() {
            let is_record = element.kind == ElementKind::Record;
            let hash = if is_record { known.next() } else { Some(0) };
            if element.begin < self.read_bytes {
                continue;
            }
            let hash = if is_record && is_first_field { element.colour() } else { hash };
            let Some(hash) = hash.filter(|_| left > 0) else { return };
            let (kind, bytes) = (element.kind, (element.end - element.begin) as u32);
            each(Dot { kind, hash, time: element.watermark().unwrap_or_default(), bytes });
            left -= 1;
        }
    }

    /// The elements that begin in it, read ones too.
    fn elements(&self) -> impl Iterator<Item = Element<'_>> {
        let mut begin = self.partial_record_bytes as usize;
        std::iter::from_fn(move || {
            let rest = self.bytes.get(begin..).filter(|rest| !rest.is_empty())?;
            let whole = self.record_at(begin);
            let here = || (rest.get(LENGTH_BYTES..).unwrap_or_default(), self.bytes.len());
            let (body, end) = whole.unwrap_or_else(here);
            let kind = ElementKind::of(body);
            let element = Element { kind, begin, end, body, is_whole: whole.is_some() };
            begin = end;
            Some(element)
        })
    }

    fn unread_marks(&self) -> Marks {
        let mut marks = Marks::default();
        let unread = self.elements().filter(|element| element.begin >= self.read_bytes);
        unread.for_each(|element| marks.push(element.kind));
        marks
    }

    /// Bytes at its start that belong to a record of an earlier buffer and are not read yet.
    pub fn rest_bytes(&self) -> u32 {
        self.partial_record_bytes.saturating_sub(self.read_bytes as u32)
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

    /// The body of the whole record at `offset`, and where it ends.
    fn record_at(&self, offset: usize) -> Option<(&[u8], usize)> {
        let prefix = self.bytes.get(offset..offset + LENGTH_BYTES)?;
        let length = u32::from_be_bytes(prefix.try_into().ok()?) as usize;
        let end = offset + LENGTH_BYTES + length;
        Some((self.bytes.get(offset + LENGTH_BYTES..end)?, end))
    }
}

/// An element where it stands in a buffer.
struct Element<'a> {
    kind: ElementKind,
    /// Of its length prefix.
    begin: usize,
    end: usize,
    /// As far as it is here.
    body: &'a [u8],
    is_whole: bool,
}

impl Element<'_> {
    /// The colour of a whole record, as its content tells.
    fn colour(&self) -> Option<u32> {
        self.is_whole.then(|| match deserialize(self.body) {
            Ok(StreamElement::Record { value: Value::Tuple(fields), .. }) if !fields.is_empty() => {
                java_hash(&fields[0]) as u32
            }
            Ok(StreamElement::Record { value, .. }) => java_hash(&value) as u32,
            _ => 0,
        })
    }

    /// The time of a whole watermark.
    fn watermark(&self) -> Option<i64> {
        let time = self.body.get(1..).and_then(|bytes| bytes.try_into().ok())?;
        (self.kind == ElementKind::Watermark).then_some(i64::from_be_bytes(time))
    }
}

fn text(element: &StreamElement) -> String {
    match element {
        StreamElement::Record { value, timestamp: None | Some(NO_TIMESTAMP) } => value.to_string(),
        StreamElement::Record { value, timestamp: Some(timestamp) } => format!("{value} @ {timestamp}"),
        StreamElement::Watermark(watermark) => format!("watermark {}", time_text(*watermark)),
        StreamElement::WatermarkStatus(WatermarkStatus::Idle) => "watermark status: idle".to_owned(),
        StreamElement::WatermarkStatus(WatermarkStatus::Active) => "watermark status: active".to_owned(),
        StreamElement::LatencyMarker(LatencyMarker { marked_time, operator_id, subtask_idx }) => format!(
            "LatencyMarker{{markedTime={marked_time}, operatorId={operator_id}, subtaskIndex={subtask_idx}}}"
        ),
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
        records: buffer.records() - buffer.dots().marks().others(),
        marks: buffer.dots().marks(),
        is_open: !buffer.is_finished(),
        is_being_read: false,
        place: Whereabouts::Queued,
        dots: buffer.dots(),
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
        records: buffer.records - buffer.dots.marks().others(),
        marks: buffer.dots.marks(),
        is_open: false,
        is_being_read: false,
        place: Whereabouts::Received,
        dots: &buffer.dots,
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
