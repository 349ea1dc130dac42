//! The messages between TaskManagers, in the form of the protocol's `MessageEntry`.

use serde::{Deserialize, Serialize};
use weir_engine::base::ids::{ChannelId, TaskManagerId};
use weir_engine::inspect::messages as engine;

/// `MessageFilter` of the protocol.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MessageFilter {
    kind: Option<String>,
    channel: Option<u32>,
    task_manager: Option<u32>,
}

/// A part of the list.
#[derive(Serialize)]
pub struct MessagePage {
    from: usize,
    entries: Vec<MessageEntry>,
    total: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MessageEntry {
    sent_at: f64,
    arrived_at: f64,
    on_the_way: bool,
    kind: &'static str,
    from: u32,
    to: u32,
    channel: u32,
    contents: String,
}

impl From<MessageFilter> for engine::MessageFilter {
    fn from(filter: MessageFilter) -> Self {
        Self {
            kind: filter.kind,
            channel: filter.channel.map(ChannelId),
            task_manager: filter.task_manager.map(TaskManagerId),
        }
    }
}

impl From<engine::MessagePage> for MessagePage {
    fn from(page: engine::MessagePage) -> Self {
        let entries = page.entries.iter().map(|entry| MessageEntry {
            sent_at: entry.crossing.sent_at as f64,
            arrived_at: entry.crossing.arrived_at as f64,
            on_the_way: entry.is_on_the_way,
            kind: entry.crossing.contents.kind(),
            from: entry.crossing.from.0,
            to: entry.crossing.to.0,
            channel: entry.crossing.channel.place(),
            contents: engine::contents_in_words(&entry.crossing.contents),
        });
        Self { from: page.from, entries: entries.collect(), total: page.total }
    }
}
