//! The messages between TaskManagers, in the form of the protocol's `MessageEntry`.

use serde::Deserialize;
use wasm_bindgen::JsValue;
use weir_engine::base::ids::{ChannelId, TaskManagerId};
use weir_engine::inspect::messages as engine;

use crate::object::Fields;

/// `MessageFilter` of the protocol.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MessageFilter {
    kind: Option<String>,
    channel: Option<u32>,
    task_manager: Option<u32>,
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

/// A part of the list.
pub fn page(page: &engine::MessagePage) -> JsValue {
    Fields::new()
        .long("from", page.from as u64)
        .list("entries", &page.entries, |entry| {
            let crossing = &entry.crossing;
            Fields::new()
                .long("sentAt", crossing.sent_at)
                .long("arrivedAt", crossing.arrived_at)
                .flag("onTheWay", entry.is_on_the_way)
                .text("kind", crossing.contents.kind())
                .count("from", crossing.from.0)
                .count("to", crossing.to.0)
                .count("channel", crossing.channel.place())
                .text("contents", &engine::contents_in_words(&crossing.contents))
                .done()
        })
        .long("total", page.total as u64)
        .done()
}
