//! Joins of a job.

use wasm_bindgen::prelude::*;
use weir_engine::base::ids::FunctionId;
use weir_engine::graph::api;

use super::stream::{Operator, key};
use super::window_parts::{Evictor, Trigger, WindowAssigner};
use crate::error::OrThrow;

/// Two streams of a `join` or a `coGroup`. Flink: `JoinedStreams`, `CoGroupedStreams`.
#[wasm_bindgen]
pub struct JoinedStreams {
    pub(super) inner: api::JoinedStreams,
}

#[wasm_bindgen]
impl JoinedStreams {
    /// `where(first).equalTo(second).window(assigner)`.
    pub fn window(&self, first: u32, second: u32, assigner: &WindowAssigner) -> JoinedWindow {
        let keyed = self.inner.where_key(key(first)).equal_to(key(second));
        JoinedWindow { inner: keyed.window(assigner.inner.clone()) }
    }
}

/// Flink: `JoinedStreams.WithWindow`.
#[wasm_bindgen]
pub struct JoinedWindow {
    inner: api::JoinedStreamsWithWindow,
}

#[wasm_bindgen]
impl JoinedWindow {
    pub fn trigger(&self, trigger: &Trigger) -> JoinedWindow {
        Self { inner: self.inner.clone().trigger(trigger.inner.clone()) }
    }

    pub fn evictor(&self, evictor: &Evictor) -> JoinedWindow {
        Self { inner: self.inner.clone().evictor(evictor.inner.clone()) }
    }

    /// `lateness`: ms.
    #[wasm_bindgen(js_name = allowedLateness)]
    pub fn allowed_lateness(&self, lateness: f64) -> JoinedWindow {
        Self { inner: self.inner.clone().allowed_lateness(lateness as i64) }
    }

    pub fn apply(&self, function: u32) -> Result<Operator, JsValue> {
        self.inner.apply(FunctionId(function)).or_throw().map(Operator::from)
    }
}

/// Flink: `KeyedStream.IntervalJoined`.
#[wasm_bindgen]
pub struct IntervalJoined {
    pub(super) inner: api::IntervalJoined,
}

#[wasm_bindgen]
impl IntervalJoined {
    /// Without the lower bound itself, or the upper one.
    pub fn exclusive(&self, lower: bool) -> IntervalJoined {
        let inner = self.inner.clone();
        Self { inner: if lower { inner.lower_bound_exclusive() } else { inner.upper_bound_exclusive() } }
    }

    /// Sends late records of the left or the right stream to a side output.
    #[wasm_bindgen(js_name = sideOutputLateData)]
    pub fn side_output_late_data(&self, left: bool, tag: &str) -> IntervalJoined {
        let inner = self.inner.clone();
        let inner =
            if left { inner.side_output_left_late_data(tag) } else { inner.side_output_right_late_data(tag) };
        Self { inner }
    }

    pub fn process(&self, function: u32) -> Result<Operator, JsValue> {
        self.inner.process(FunctionId(function)).or_throw().map(Operator::from)
    }
}
