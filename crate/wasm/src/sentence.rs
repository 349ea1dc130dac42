//! A sentence, in the form of the protocol's `SentencePart`s.

use serde::Serialize;
use weir_engine::inspect::sentence as engine;

/// `SentencePart` of the protocol.
#[derive(Serialize)]
pub struct SentencePart {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<u32>,
}

/// The parts of a sentence.
pub fn parts(sentence: &engine::Sentence) -> Vec<SentencePart> {
    sentence.parts().iter().map(SentencePart::from).collect()
}

impl From<&engine::Part> for SentencePart {
    fn from(part: &engine::Part) -> Self {
        let (task, channel) = match part.subject {
            Some(engine::Subject::Task(task)) => (Some(task.0), None),
            Some(engine::Subject::Channel(channel)) => (None, Some(channel.0)),
            None => (None, None),
        };
        Self { text: part.text.clone(), task, channel }
    }
}
