//! What windows are made of: assigners, triggers, evictors, and the watermarks that drive them.

use std::rc::Rc;

use wasm_bindgen::prelude::*;
use weir_engine::base::ids::FunctionId;
use weir_engine::graph::error::ApiError;
use weir_engine::graph::watermark_strategy::{self, WatermarkGeneration};
use weir_engine::graph::windowing::{self, SessionGap, WindowStagger};

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
    /// `stagger`: the place of Flink's constant among those of `WindowStagger`.
    pub fn tumbling(
        domain: TimeDomain,
        size: f64,
        offset: f64,
        stagger: u32,
    ) -> Result<WindowAssigner, JsValue> {
        let stagger = match stagger {
            0 => WindowStagger::Aligned,
            1 => WindowStagger::Random,
            _ => WindowStagger::Natural,
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

    /// `gap`: ms, or, where it is `dynamic`, the function that says it for each record.
    pub fn session(domain: TimeDomain, gap: f64, dynamic: bool) -> Result<WindowAssigner, JsValue> {
        let gap =
            if dynamic { SessionGap::Dynamic(FunctionId(gap as u32)) } else { SessionGap::Fixed(gap as i64) };
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
    /// At the end of a window on a clock, or else of the input.
    #[wasm_bindgen(js_name = atEnd)]
    pub fn at_end(domain: Option<TimeDomain>) -> Trigger {
        match domain {
            Some(TimeDomain::EventTime) => windowing::Trigger::EventTime.into(),
            Some(TimeDomain::ProcessingTime) => windowing::Trigger::ProcessingTime.into(),
            None => windowing::Trigger::EndOfStream.into(),
        }
    }

    pub fn count(count: f64) -> Trigger {
        windowing::Trigger::Count(count as i64).into()
    }

    pub fn continuous(domain: TimeDomain, interval: f64) -> Trigger {
        let interval = interval as i64;
        match domain {
            TimeDomain::EventTime => windowing::Trigger::ContinuousEventTime(interval).into(),
            TimeDomain::ProcessingTime => windowing::Trigger::ContinuousProcessingTime(interval).into(),
        }
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

    /// One of the job's own, which may work on merging windows.
    pub fn custom(trigger: u32, can_merge: bool) -> Trigger {
        windowing::Trigger::Custom { trigger: FunctionId(trigger), can_merge }.into()
    }
}

/// Flink: `Evictor`.
#[wasm_bindgen]
pub struct Evictor {
    pub(super) inner: windowing::Evictor,
}

/// `after`: it works after the window's function, not before.
#[wasm_bindgen]
impl Evictor {
    pub fn count(max: f64, after: bool) -> Evictor {
        Self { inner: windowing::Evictor::Count { max: max as i64, after } }
    }

    /// `window_size`: ms.
    pub fn time(window_size: f64, after: bool) -> Evictor {
        Self { inner: windowing::Evictor::Time { window_size: window_size as i64, after } }
    }

    pub fn delta(threshold: f64, delta: u32, after: bool) -> Evictor {
        let delta = FunctionId(delta);
        Self { inner: windowing::Evictor::Delta { threshold, delta, after } }
    }

    /// One of the job's own.
    pub fn custom(evictor: u32) -> Evictor {
        Self { inner: windowing::Evictor::Custom(FunctionId(evictor)) }
    }
}

/// Flink: `WatermarkStrategy`.
#[wasm_bindgen]
pub struct WatermarkStrategy {
    pub(super) inner: watermark_strategy::WatermarkStrategy,
}

#[wasm_bindgen]
impl WatermarkStrategy {
    /// With watermarks `bound` ms behind the newest record, or from what the function `supplier` makes, or none;
    /// `idleness`: ms.
    #[wasm_bindgen(constructor)]
    pub fn new(
        bound: Option<f64>,
        supplier: Option<u32>,
        timestamp_assigner: Option<u32>,
        idleness: Option<f64>,
    ) -> WatermarkStrategy {
        let generation = match (bound, supplier) {
            (Some(bound), _) => WatermarkGeneration::BoundedOutOfOrderness(bound as i64),
            (_, Some(supplier)) => WatermarkGeneration::Generator(FunctionId(supplier)),
            _ => WatermarkGeneration::None,
        };
        let inner = watermark_strategy::WatermarkStrategy {
            generation,
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
