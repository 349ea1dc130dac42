//! Windowed streams of a job.

use wasm_bindgen::prelude::*;
use weir_engine::base::ids::FunctionId;
use weir_engine::graph::api;
use weir_engine::time::window;

use super::stream::{Aggregation, Field, Operator};
use super::window_parts::{Evictor, Trigger};
use crate::error::OrThrow;

/// Where the window begins that holds a timestamp.
#[wasm_bindgen(js_name = windowStart)]
pub fn window_start(timestamp: f64, offset: f64, size: f64) -> f64 {
    window::start_with_offset(timestamp as i64, offset as i64, size as i64) as f64
}

/// The bindings that the two windowed streams have alike.
macro_rules! windowed_stream {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[wasm_bindgen]
        pub struct $name {
            pub(super) inner: api::$name,
        }

        #[wasm_bindgen]
        impl $name {
            pub fn trigger(&self, trigger: &Trigger) -> Result<(), JsValue> {
                self.inner.clone().trigger(trigger.inner.clone()).or_throw().map(drop)
            }

            pub fn evictor(&self, evictor: &Evictor) {
                drop(self.inner.clone().evictor(evictor.inner.clone()));
            }

            /// `lateness`: ms.
            #[wasm_bindgen(js_name = allowedLateness)]
            pub fn allowed_lateness(&self, lateness: f64) -> Result<(), JsValue> {
                self.inner.clone().allowed_lateness(lateness as i64).or_throw().map(drop)
            }

            #[wasm_bindgen(js_name = sideOutputLateData)]
            pub fn side_output_late_data(&self, tag: &str) {
                drop(self.inner.clone().side_output_late_data(tag));
            }

            pub fn reduce(&self, reduce: u32, process: Option<u32>) -> Operator {
                self.inner.reduce(FunctionId(reduce), process.map(FunctionId)).into()
            }

            pub fn aggregate(&self, aggregate: u32, process: Option<u32>) -> Operator {
                self.inner.aggregate(FunctionId(aggregate), process.map(FunctionId)).into()
            }

            pub fn apply(&self, function: u32) -> Operator {
                self.inner.apply(FunctionId(function)).into()
            }

            pub fn process(&self, function: u32) -> Operator {
                self.inner.process(FunctionId(function)).into()
            }

            /// A rolling aggregation over the window's records.
            pub fn roll(&self, aggregation: Aggregation, field: &Field) -> Operator {
                let (stream, field) = (&self.inner, field.inner.clone());
                match aggregation {
                    Aggregation::Sum => stream.sum(field),
                    Aggregation::Min => stream.min(field),
                    Aggregation::Max => stream.max(field),
                    Aggregation::MinByFirst => stream.min_by(field, true),
                    Aggregation::MinByLast => stream.min_by(field, false),
                    Aggregation::MaxByFirst => stream.max_by(field, true),
                    Aggregation::MaxByLast => stream.max_by(field, false),
                }
                .into()
            }
        }
    };
}

windowed_stream! {
    /// Flink: `WindowedStream`.
    WindowedStream
}

windowed_stream! {
    /// Flink: `AllWindowedStream`.
    AllWindowedStream
}
