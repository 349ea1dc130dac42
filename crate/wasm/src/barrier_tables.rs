//! The barrier handlers driven step by step, for checking them against what Flink's own classes answered.

use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use weir_engine::checkpoint::barriers::{
    Action, BarrierHandler, CheckpointBarrierTracker, Mode, SingleCheckpointBarrierHandler,
};
use weir_engine::network::barrier::{Alignment, CheckpointBarrier, CheckpointOptions, SnapshotType};

use crate::object::to_js;

/// The barrier of checkpoint n was triggered so many times n ms.
const TRIGGER_INTERVAL_MS: u64 = 6;

#[derive(Deserialize)]
struct Script {
    mode: String,
    channels: u32,
    alignment_timeout_ms: Option<u64>,
    steps: Vec<Step>,
}

/// A barrier, its announcement, a cancellation or an end on a channel, or the timer.
#[derive(Deserialize)]
struct Step {
    at_ms: u64,
    #[serde(default)]
    channel: u32,
    barrier: Option<u64>,
    alignment: Option<String>,
    announce: Option<u64>,
    #[serde(default)]
    sequence_number: u32,
    cancel: Option<u64>,
    #[serde(default)]
    end_of_partition: bool,
}

#[derive(Serialize)]
struct Answer {
    does: Vec<Does>,
    #[serde(skip_serializing_if = "Option::is_none")]
    latest_checkpoint: Option<i64>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Does {
    Block { block: u32 },
    Resume { resume: u32 },
    Convert { convert_to_priority: u32 },
    Init { init_inputs_checkpoint: u64 },
    Start { input_checkpoint_started: u64 },
    Stop { input_checkpoint_stopped: u64 },
    Trigger { trigger: u64, alignment: &'static str },
    Abort { abort: u64, reason: &'static str },
}

impl From<Action> for Does {
    fn from(action: Action) -> Self {
        match action {
            Action::Block(block) => Self::Block { block },
            Action::Resume(resume) => Self::Resume { resume },
            Action::ConvertToPriority { channel, .. } => Self::Convert { convert_to_priority: channel },
            Action::InitInputs(barrier) => Self::Init { init_inputs_checkpoint: barrier.id },
            Action::InputsStart(barrier) => Self::Start { input_checkpoint_started: barrier.id },
            Action::InputsStop(id) => Self::Stop { input_checkpoint_stopped: id },
            Action::Trigger(CheckpointBarrier { id, options, .. }) => {
                Self::Trigger { trigger: id, alignment: options.alignment.name() }
            }
            Action::Abort { checkpoint, reason } => Self::Abort { abort: checkpoint, reason: reason.name() },
        }
    }
}

/// What a barrier handler does, step by step.
#[wasm_bindgen(js_name = barrierHandler)]
pub fn barrier_handler(script: JsValue) -> Result<JsValue, JsValue> {
    let script: Script = serde_wasm_bindgen::from_value(script)?;
    let single = |mode| BarrierHandler::Single(SingleCheckpointBarrierHandler::new(mode, script.channels));
    let mut handler = match script.mode.as_str() {
        "aligned" => single(Mode::Aligned),
        "unaligned" => single(Mode::Unaligned),
        "aligned_with_timeout" => single(Mode::Alternating),
        _ => BarrierHandler::Tracker(CheckpointBarrierTracker::new(script.channels)),
    };
    let answers = script.steps.iter().map(|step| {
        let mut out = Vec::new();
        drive(&mut handler, step, script.alignment_timeout_ms, &mut out);
        let latest = handler.latest_checkpoint().map_or(-1, |id| id as i64);
        Answer {
            does: out.into_iter().map(Does::from).collect(),
            latest_checkpoint: step.announce.is_none().then_some(latest),
        }
    });
    Ok(to_js(&answers.collect::<Vec<_>>()))
}

fn drive(handler: &mut BarrierHandler, step: &Step, timeout_ms: Option<u64>, out: &mut Vec<Action>) {
    let barrier = |id| {
        let alignment = match step.alignment.as_deref() {
            Some("AT_LEAST_ONCE") => Alignment::AtLeastOnce,
            Some("UNALIGNED") => Alignment::Unaligned,
            _ => Alignment::Aligned,
        };
        let aligned_timeout_ms = timeout_ms.filter(|_| alignment == Alignment::Aligned);
        let snapshot = SnapshotType::Checkpoint;
        let options = CheckpointOptions { aligned_timeout_ms, ..CheckpointOptions::new(snapshot, alignment) };
        CheckpointBarrier { id, timestamp: TRIGGER_INTERVAL_MS * id, options }
    };
    if let Some(id) = step.barrier {
        handler.barrier(barrier(id), step.channel, false, step.at_ms, out);
    } else if let Some(id) = step.announce {
        handler.announcement(barrier(id), step.sequence_number, step.channel, out);
    } else if let Some(id) = step.cancel {
        handler.cancellation(id, step.channel, step.at_ms, out);
    } else if step.end_of_partition {
        handler.end_of_partition(step.channel, step.at_ms, out);
    } else {
        handler.on_timer(handler.latest_checkpoint().unwrap_or(0), out);
    }
}
