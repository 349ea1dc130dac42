//! What windows are made of: assigners, triggers, evictors, and the watermarks that drive them.

use std::rc::Rc;

use wasm_bindgen::prelude::*;
use weir_engine::base::ids::FunctionId;
use weir_engine::graph::error::ApiError;
use weir_engine::graph::watermark_strategy;
use weir_engine::graph::windowing::{self, SessionGap};

use crate::error::OrThrow;

/// Which clock windows follow.
#[wasm_bindgen]
#[derive(Clone, Copy)]
pub enum TimeDomain {
    EventTime,
    ProcessingTime,
}

impl From<TimeDomain> for windowing::TimeDomain {
    fn from(domain: TimeDomain) -> Self {
        match domain {
            TimeDomain::EventTime => Self::EventTime,
            TimeDomain::ProcessingTime => Self::ProcessingTime,
        }
    }
}

/// By how much windows of a subtask begin later than those of others. Flink: `WindowStagger`.
#[wasm_bindgen]
#[derive(Clone, Copy)]
pub enum WindowStagger {
    Aligned,
    Random,
    Natural,
}

/// Flink: `WindowAssigner`. All times in ms.
#[wasm_bindgen]
pub struct WindowAssigner {
    pub(super) inner: windowing::WindowAssigner,
}

impl WindowAssigner {
    fn checked(assigner: Result<windowing::WindowAssigner, ApiError>) -> Result<Self, JsValue> {
        Ok(Self { inner: assigner.or_throw()? })
    }
}

#[wasm_bindgen]
impl WindowAssigner {
    pub fn tumbling(
        domain: TimeDomain,
        size: f64,
        offset: f64,
        stagger: WindowStagger,
    ) -> Result<WindowAssigner, JsValue> {
        let stagger = match stagger {
            WindowStagger::Aligned => windowing::WindowStagger::Aligned,
            WindowStagger::Random => windowing::WindowStagger::Random,
            WindowStagger::Natural => windowing::WindowStagger::Natural,
        };
        let (size, offset) = (size as i64, offset as i64);
        Self::checked(windowing::WindowAssigner::tumbling_staggered(domain.into(), size, offset, stagger))
    }

    pub fn sliding(
        domain: TimeDomain,
        size: f64,
        slide: f64,
        offset: f64,
    ) -> Result<WindowAssigner, JsValue> {
        let (size, slide, offset) = (size as i64, slide as i64, offset as i64);
        Self::checked(windowing::WindowAssigner::sliding(domain.into(), size, slide, offset))
    }

    pub fn session(domain: TimeDomain, gap: f64) -> Result<WindowAssigner, JsValue> {
        Self::checked(windowing::WindowAssigner::session(domain.into(), SessionGap::Fixed(gap as i64)))
    }

    #[wasm_bindgen(js_name = dynamicSession)]
    pub fn dynamic_session(domain: TimeDomain, extractor: u32) -> Result<WindowAssigner, JsValue> {
        let gap = SessionGap::Dynamic(FunctionId(extractor));
        Self::checked(windowing::WindowAssigner::session(domain.into(), gap))
    }

    pub fn global() -> WindowAssigner {
        Self { inner: windowing::WindowAssigner::Global }
    }

    /// One of the job's own.
    pub fn custom(name: &str, assigner: u32, domain: TimeDomain, is_merging: bool) -> WindowAssigner {
        let (name, assigner, domain) = (Rc::from(name), FunctionId(assigner), domain.into());
        Self { inner: windowing::WindowAssigner::Custom { name, assigner, domain, is_merging } }
    }
}

/// Flink: `Trigger`. All times in ms.
#[wasm_bindgen]
pub struct Trigger {
    pub(super) inner: windowing::Trigger,
}

impl From<windowing::Trigger> for Trigger {
    fn from(inner: windowing::Trigger) -> Self {
        Self { inner }
    }
}

#[wasm_bindgen]
impl Trigger {
    #[wasm_bindgen(js_name = eventTime)]
    pub fn event_time() -> Trigger {
        windowing::Trigger::EventTime.into()
    }

    #[wasm_bindgen(js_name = processingTime)]
    pub fn processing_time() -> Trigger {
        windowing::Trigger::ProcessingTime.into()
    }

    #[wasm_bindgen(js_name = endOfStream)]
    pub fn end_of_stream() -> Trigger {
        windowing::Trigger::EndOfStream.into()
    }

    pub fn count(count: f64) -> Trigger {
        windowing::Trigger::Count(count as i64).into()
    }

    #[wasm_bindgen(js_name = continuousEventTime)]
    pub fn continuous_event_time(interval: f64) -> Trigger {
        windowing::Trigger::ContinuousEventTime(interval as i64).into()
    }

    #[wasm_bindgen(js_name = continuousProcessingTime)]
    pub fn continuous_processing_time(interval: f64) -> Trigger {
        windowing::Trigger::ContinuousProcessingTime(interval as i64).into()
    }

    pub fn delta(threshold: f64, delta: u32) -> Trigger {
        let delta = FunctionId(delta);
        windowing::Trigger::Delta { threshold, delta }.into()
    }

    pub fn purging(nested: &Trigger) -> Trigger {
        windowing::Trigger::Purging(Rc::new(nested.inner.clone())).into()
    }

    #[wasm_bindgen(js_name = processingTimeout)]
    pub fn processing_timeout(nested: &Trigger, timeout: f64, resets: bool, clears: bool) -> Trigger {
        let nested = Rc::new(nested.inner.clone());
        windowing::Trigger::ProcessingTimeout { nested, timeout: timeout as i64, resets, clears }.into()
    }

    /// One of the job's own.
    pub fn custom(trigger: u32) -> Trigger {
        windowing::Trigger::Custom { trigger: FunctionId(trigger), can_merge: false }.into()
    }

    /// One of the job's own that works on merging windows.
    #[wasm_bindgen(js_name = customMerging)]
    pub fn custom_merging(trigger: u32) -> Trigger {
        windowing::Trigger::Custom { trigger: FunctionId(trigger), can_merge: true }.into()
    }
}

/// When an evictor works.
#[wasm_bindgen]
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum EvictionMoment {
    /// Before the window's function.
    Before,
    After,
}

/// Flink: `Evictor`.
#[wasm_bindgen]
pub struct Evictor {
    pub(super) inner: windowing::Evictor,
}

#[wasm_bindgen]
impl Evictor {
    pub fn count(max: f64, moment: EvictionMoment) -> Evictor {
        let after = moment == EvictionMoment::After;
        Self { inner: windowing::Evictor::Count { max: max as i64, after } }
    }

    /// `window_size`: ms.
    pub fn time(window_size: f64, moment: EvictionMoment) -> Evictor {
        let after = moment == EvictionMoment::After;
        Self { inner: windowing::Evictor::Time { window_size: window_size as i64, after } }
    }

    pub fn delta(threshold: f64, delta: u32, moment: EvictionMoment) -> Evictor {
        let delta = FunctionId(delta);
        let after = moment == EvictionMoment::After;
        Self { inner: windowing::Evictor::Delta { threshold, delta, after } }
    }

    /// One of the job's own.
    pub fn custom(evictor: u32) -> Evictor {
        Self { inner: windowing::Evictor::Custom(FunctionId(evictor)) }
    }
}

/// Where watermarks come from.
#[wasm_bindgen]
pub struct WatermarkGeneration {
    inner: watermark_strategy::WatermarkGeneration,
}

#[wasm_bindgen]
impl WatermarkGeneration {
    pub fn none() -> WatermarkGeneration {
        Self { inner: watermark_strategy::WatermarkGeneration::None }
    }

    pub fn monotonous() -> WatermarkGeneration {
        Self { inner: watermark_strategy::WatermarkGeneration::Monotonous }
    }

    /// `bound`: ms.
    #[wasm_bindgen(js_name = boundedOutOfOrderness)]
    pub fn bounded_out_of_orderness(bound: f64) -> WatermarkGeneration {
        Self { inner: watermark_strategy::WatermarkGeneration::BoundedOutOfOrderness(bound as i64) }
    }

    pub fn generator(supplier: u32) -> WatermarkGeneration {
        Self { inner: watermark_strategy::WatermarkGeneration::Generator(FunctionId(supplier)) }
    }
}

/// Flink: `WatermarkStrategy`.
#[wasm_bindgen]
pub struct WatermarkStrategy {
    pub(super) inner: watermark_strategy::WatermarkStrategy,
}

#[wasm_bindgen]
impl WatermarkStrategy {
    /// `idleness`: ms.
    #[wasm_bindgen(constructor)]
    pub fn new(
        generation: &WatermarkGeneration,
        timestamp_assigner: Option<u32>,
        idleness: Option<f64>,
    ) -> WatermarkStrategy {
        let inner = watermark_strategy::WatermarkStrategy {
            generation: generation.inner.clone(),
            timestamp_assigner: timestamp_assigner.map(FunctionId),
            idleness_ms: idleness.map(|millis| millis as i64),
            alignment: None,
        };
        Self { inner }
    }

    /// `max_drift`, `update_interval`: ms.
    pub fn align(&mut self, group: &str, max_drift: f64, update_interval: f64) {
        self.inner.alignment = Some(watermark_strategy::WatermarkAlignment {
            group: Rc::from(group),
            max_drift_ms: max_drift as i64,
            update_interval_ms: update_interval as i64,
        });
    }
}
