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

/// Flink: `KeyedStream.IntervalJoin`.
#[wasm_bindgen]
pub struct IntervalJoin {
    pub(super) inner: api::IntervalJoin,
}

#[wasm_bindgen]
impl IntervalJoin {
    /// Bounds in ms.
    pub fn between(&self, lower: f64, upper: f64) -> Result<IntervalJoined, JsValue> {
        let inner = self.inner.between(lower as i64, upper as i64).or_throw()?;
        Ok(IntervalJoined { inner })
    }
}

/// Flink: `KeyedStream.IntervalJoined`.
#[wasm_bindgen]
pub struct IntervalJoined {
    inner: api::IntervalJoined,
}

#[wasm_bindgen]
impl IntervalJoined {
    #[wasm_bindgen(js_name = lowerBoundExclusive)]
    pub fn lower_bound_exclusive(&self) -> IntervalJoined {
        Self { inner: self.inner.clone().lower_bound_exclusive() }
    }

    #[wasm_bindgen(js_name = upperBoundExclusive)]
    pub fn upper_bound_exclusive(&self) -> IntervalJoined {
        Self { inner: self.inner.clone().upper_bound_exclusive() }
    }

    #[wasm_bindgen(js_name = sideOutputLeftLateData)]
    pub fn side_output_left_late_data(&self, tag: &str) -> IntervalJoined {
        Self { inner: self.inner.clone().side_output_left_late_data(tag) }
    }

    #[wasm_bindgen(js_name = sideOutputRightLateData)]
    pub fn side_output_right_late_data(&self, tag: &str) -> IntervalJoined {
        Self { inner: self.inner.clone().side_output_right_late_data(tag) }
    }

    pub fn process(&self, function: u32) -> Result<Operator, JsValue> {
        self.inner.process(FunctionId(function)).or_throw().map(Operator::from)
    }
}
