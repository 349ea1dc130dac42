//! A sentence, in the form of the protocol's `SentencePart`s.

use serde::Serialize;
use weir_engine::inspect::sentence as engine;

/// `SentencePart` of the protocol.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SentencePart {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    task_manager: Option<u32>,
}

/// The parts of a sentence.
pub fn parts(sentence: &engine::Sentence) -> Vec<SentencePart> {
    sentence.parts().iter().map(SentencePart::from).collect()
}

impl From<&engine::Part> for SentencePart {
    fn from(part: &engine::Part) -> Self {
        let mut own = Self { text: part.text.clone(), task: None, channel: None, task_manager: None };
        match part.subject {
            Some(engine::Subject::Task(task)) => own.task = Some(task.0),
            Some(engine::Subject::Channel(channel)) => own.channel = Some(channel.place()),
            Some(engine::Subject::TaskManager(id)) => own.task_manager = Some(id.0),
            None => {}
        }
        own
    }
}
