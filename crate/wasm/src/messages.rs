//! The messages between TaskManagers, in the form of the protocol's `MessageEntry`.

use wasm_bindgen::JsValue;
use weir_engine::base::ids::{ChannelId, TaskManagerId};
use weir_engine::inspect::messages as engine;

use crate::error::JobError;
use crate::object::Fields;
use crate::settings::Settings;

/// Reads `MessageFilter` of the protocol.
pub fn filter(filter: JsValue) -> Result<engine::MessageFilter, JobError> {
    let filter = Settings::new("The filter", filter);
    Ok(engine::MessageFilter {
        kind: filter.get("kind")?,
        channel: filter.get("channel")?.map(ChannelId),
        task_manager: filter.get("taskManager")?.map(TaskManagerId),
    })
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
