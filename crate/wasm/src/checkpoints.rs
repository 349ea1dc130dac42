//! Checkpoints for the page: numbers in a row and texts in a row, as `web/src/engine/checkpoints.ts` reads them.

use js_sys::{Array, Float64Array};
use wasm_bindgen::JsValue;
use weir_engine::checkpoint::coordinator::CheckpointCoordinator;
use weir_engine::checkpoint::coordinator::statistics::{CheckpointStats, CheckpointStatus, SubtaskStats};
use weir_engine::inspect::checkpoints as engine;
use weir_engine::inspect::held_state::{self, Held};
use weir_engine::sim::world::World;

use crate::object::Fields;
use crate::sentence;

/// Numbers in a row and texts in a row.
#[derive(Default)]
pub struct Rows {
    numbers: Vec<f64>,
    texts: Array,
}

/// What a checkpoint holds and what the job has now, as `heldState` of `web/src/engine/held-state.ts` reads it; `null`
/// where there is no such checkpoint any more.
pub fn held_state(world: &World, id: u64) -> JsValue {
    let Some(held) = held_state::of_checkpoint(world, id) else { return JsValue::NULL };
    let mut rows = Rows::default();
    let error = held.as_ref().err().map_or("", |error| &error.message);
    rows.texts.push(&JsValue::from_str(error));
    rows.put_held(held.as_deref().unwrap_or_default());
    rows.put_held(&held_state::of_now(world));
    rows.finish(JsValue::UNDEFINED)
}

/// All that is known of the job's checkpoints; `null` where it can have none.
pub fn checkpoints(world: &World) -> JsValue {
    let Some(coordinator) = engine::coordinator(world) else { return JsValue::NULL };
    let mut rows = Rows::default();
    rows.put_summary(coordinator);
    for stats in coordinator.statistics().history() {
        rows.put_checkpoint(stats);
        rows.put_progress(world, coordinator, stats.id);
        rows.put_files(coordinator, stats.id);
    }
    rows.finish(sentence::parts(&engine::sentence(world)))
}

impl Rows {
    /// As an object.
    pub fn finish(self, sentence: JsValue) -> JsValue {
        Fields::new()
            .put("numbers", Float64Array::from(&self.numbers[..]).into())
            .put("texts", self.texts.into())
            .put("sentence", sentence)
            .done()
    }

    fn put_held(&mut self, held: &[Held]) {
        self.put(&[held.len() as u64]);
        for Held { operator, kind, subtask_idx, key_group, name, key, namespace, value } in held {
            self.put(&[*kind as u64, u64::from(*key_group)]);
            self.put_optional(subtask_idx.map(u64::from));
            for text in [&**operator, &**name, key, namespace, value] {
                self.texts.push(&JsValue::from_str(text));
            }
        }
    }

    /// Adds a text.
    pub fn put_text(&mut self, text: &str) {
        self.texts.push(&JsValue::from_str(text));
    }

    /// Adds numbers.
    pub fn put(&mut self, numbers: &[u64]) {
        self.numbers.extend(numbers.iter().map(|&number| number as f64));
    }

    /// Adds a number, or that there is none.
    pub fn put_optional(&mut self, number: Option<u64>) {
        self.numbers.push(number.map_or(f64::NAN, |number| number as f64));
    }

    fn put_summary(&mut self, coordinator: &CheckpointCoordinator) {
        let statistics = coordinator.statistics();
        let counts = statistics.counts();
        let restored = statistics.restored();
        self.put_optional(coordinator.settings().interval_ms.map(|ms| ms as u64));
        self.put_optional(restored.map(|restored| restored.id));
        self.put_optional(restored.map(|restored| restored.restored_at));
        let refused = statistics.refused();
        self.put_optional(refused.map(|(tick, _)| tick));
        self.texts.push(&JsValue::from_str(refused.map_or("", |(_, reason)| reason.message())));
        self.put(
            &[counts.total, counts.in_progress, counts.completed, counts.failed, counts.restored]
                .map(u64::from),
        );
        self.put(&[statistics.history().len() as u64]);
    }

    fn put_checkpoint(&mut self, stats: &CheckpointStats) {
        let code = match stats.status {
            CheckpointStatus::InProgress => 0,
            CheckpointStatus::Completed => 1,
            CheckpointStatus::Failed(_) => 2,
        };
        self.put_text(&stats.failure_message());
        self.put(&[stats.id, stats.snapshot as u64, stats.triggered_at, code]);
        self.put_optional(stats.ended_at);
        self.put(&[u64::from(stats.subtasks_total), u64::from(stats.is_discarded)]);
        self.put(&[stats.subtasks.len() as u64]);
        for SubtaskStats { task, acknowledged_at, metrics } in &stats.subtasks {
            self.put(&[
                u64::from(task.0),
                *acknowledged_at,
                metrics.start_delay_ms,
                metrics.alignment_duration_ms,
                metrics.sync_duration_ms,
                metrics.async_duration_ms,
                metrics.total_bytes_persisted,
                metrics.bytes_persisted,
                metrics.bytes_processed_during_alignment,
                metrics.bytes_persisted_during_alignment,
                u64::from(metrics.is_unaligned),
            ]);
        }
    }

    /// Of one under way: how far its subtasks are.
    fn put_progress(&mut self, world: &World, coordinator: &CheckpointCoordinator, id: u64) {
        let pending = coordinator.pending().iter().find(|pending| pending.id == id);
        let all = pending.map(|pending| engine::progress(world, pending)).unwrap_or_default();
        self.put(&[all.len() as u64]);
        for one in all {
            self.put(&[
                u64::from(one.task.0),
                one.phase as u64,
                u64::from(one.barriers),
                u64::from(one.channels),
            ]);
        }
    }

    /// Of one that is kept: its files.
    fn put_files(&mut self, coordinator: &CheckpointCoordinator, id: u64) {
        let kept = coordinator.store().checkpoints().iter().find(|checkpoint| checkpoint.id == id);
        let files = kept.map(|checkpoint| engine::files(checkpoint)).unwrap_or_default();
        self.put(&[u64::from(kept.is_some()), files.len() as u64]);
        for (path, bytes) in files {
            self.put(&[bytes]);
            self.texts.push(&JsValue::from_str(&path));
        }
    }
}
