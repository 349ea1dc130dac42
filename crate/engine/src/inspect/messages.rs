//! The wire protocol as a list: every message between two TaskManagers, those that arrived and, after them,
//! those that are on their way.
//!
//! Contract: messages that arrived never change place; what is on its way stands behind them, link by link. A
//! filter is looked up once for each message: the index remembers which ones fit, for as long as time goes
//! forwards.

use crate::base::ids::{ChannelId, TaskManagerId};
use crate::cluster::link::InFlight;
use crate::sim::message_log::{Contents, Crossing};
use crate::sim::world::World;

/// Which messages are wanted; what is `None` does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageFilter {
    /// Flink's name of the message.
    pub kind: Option<String>,
    pub channel: Option<ChannelId>,
    /// Sender or receiver.
    pub task_manager: Option<TaskManagerId>,
}

/// A message in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageEntry {
    pub crossing: Crossing,
    /// Not there yet: `arrived_at` is when it will be, if nothing comes between.
    pub is_on_the_way: bool,
}

/// A part of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessagePage {
    /// The number of the first one.
    pub from: usize,
    pub entries: Vec<MessageEntry>,
    /// Messages that fit.
    pub total: usize,
}

/// See the module.
#[derive(Debug, Default)]
pub struct MessageIndex {
    filter: MessageFilter,
    /// Numbers of the messages that arrived and fit.
    fitting: Vec<u32>,
    /// Messages that were looked at.
    seen: usize,
}

impl MessageFilter {
    fn fits(&self, crossing: &Crossing) -> bool {
        self.kind.as_ref().is_none_or(|kind| crossing.contents.kind() == kind)
            && self.channel.is_none_or(|channel| crossing.channel.index() == channel.index())
            && self.task_manager.is_none_or(|id| crossing.from == id || crossing.to == id)
    }
}

impl MessageIndex {
    /// Forgets what it saw: the messages may be others now.
    pub fn forget(&mut self) {
        self.fitting.clear();
        self.seen = 0;
    }

    /// The messages that fit: at most `limit`, from a number on, or the last ones.
    pub fn page(
        &mut self,
        world: &World,
        filter: &MessageFilter,
        from: Option<usize>,
        limit: usize,
    ) -> MessagePage {
        if self.filter != *filter || self.seen > world.messages().len() {
            self.forget();
            self.filter.clone_from(filter);
        }
        let unseen = (self.seen..).zip(world.messages().iter_from(self.seen));
        self.fitting
            .extend(unseen.filter(|(_, crossing)| filter.fits(crossing)).map(|(number, _)| number as u32));
        self.seen = world.messages().len();
        let on_the_way: Vec<Crossing> = in_flight(world).filter(|crossing| filter.fits(crossing)).collect();
        let total = self.fitting.len() + on_the_way.len();
        let from = from.unwrap_or(total.saturating_sub(limit)).min(total);
        let arrived = self.fitting.iter().skip(from);
        let arrived = arrived
            .filter_map(|&number| world.messages().get(number as usize))
            .map(|crossing| MessageEntry { crossing: crossing.clone(), is_on_the_way: false });
        let coming = on_the_way.iter().skip(from.saturating_sub(self.fitting.len()));
        let coming = coming.map(|crossing| MessageEntry { crossing: crossing.clone(), is_on_the_way: true });
        MessagePage { from, entries: arrived.chain(coming).take(limit).collect(), total }
    }
}

/// What is on the links, link by link.
fn in_flight(world: &World) -> impl Iterator<Item = Crossing> {
    world.links().iter().flat_map(|link| {
        let way = (link.from, link.to);
        link.in_flight().map(move |InFlight { sent_at, arrives_at, message, .. }| {
            Crossing::new(way, (*sent_at, *arrives_at), message)
        })
    })
}

/// What a message says, in words.
pub fn contents_in_words(contents: &Contents) -> String {
    match contents {
        Contents::Request { partition, subpartition, credit } => {
            format!("partition {partition}, subpartition {subpartition}, credit {credit}")
        }
        Contents::Buffer { sequence_number, backlog, bytes, holds } => {
            format!("no. {sequence_number}, {holds}, {bytes} B, backlog {backlog}")
        }
        Contents::Backlog(buffers) => format!("backlog {buffers}"),
        Contents::Credit(credit) => format!("credit {credit}"),
        Contents::BufferSize(bytes) => format!("{bytes} B"),
        Contents::Error(error) => format!("{}: {error}", error.exception()),
        Contents::Cancel | Contents::Resume | Contents::AllProcessed => String::new(),
    }
}
