//! A sentence, in the form of the protocol's `SentencePart`s.

use wasm_bindgen::JsValue;
use weir_engine::inspect::sentence::{Part, Sentence, Subject};

use crate::object::{Fields, list};

/// The parts of a sentence.
pub fn parts(sentence: &Sentence) -> JsValue {
    list(sentence.parts(), part)
}

fn part(part: &Part) -> JsValue {
    let own = Fields::new().text("text", &part.text);
    match part.subject {
        Some(Subject::Task(task)) => own.count("task", task.0),
        Some(Subject::Channel(channel)) => own.count("channel", channel.place()),
        Some(Subject::TaskManager(id)) => own.count("taskManager", id.0),
        None => own,
    }
    .done()
}
