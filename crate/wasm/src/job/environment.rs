//! The environment of a job: settings, sources, graphs.

use std::rc::Rc;

use js_sys::Array;
use wasm_bindgen::prelude::*;
use weir_engine::base::ids::FunctionId;
use weir_engine::graph::api::{CheckpointOption, StreamExecutionEnvironment};
use weir_engine::graph::error::ApiError;
use weir_engine::graph::operator_spec::SourceSpec;
use weir_engine::graph::transformation::RuntimeExecutionMode;

use super::stream::Operator;
use super::window_parts::WatermarkStrategy;
use crate::error::OrThrow;
use crate::value;

/// How a job is executed. Flink: `RuntimeExecutionMode`.
#[wasm_bindgen]
#[derive(Clone, Copy)]
pub enum RuntimeMode {
    Streaming,
    Batch,
    Automatic,
}

/// The settings of checkpoints by their numbers in JavaScript.
const CHECKPOINT_OPTIONS: [CheckpointOption; 13] = [
    CheckpointOption::Interval,
    CheckpointOption::Timeout,
    CheckpointOption::MinPause,
    CheckpointOption::MaxConcurrent,
    CheckpointOption::TolerableFailures,
    CheckpointOption::AlignedTimeout,
    CheckpointOption::MaxRetained,
    CheckpointOption::Mode,
    CheckpointOption::Retention,
    CheckpointOption::Storage,
    CheckpointOption::Unaligned,
    CheckpointOption::ForceUnaligned,
    CheckpointOption::AfterTasksFinish,
];

/// Flink: `StreamExecutionEnvironment`.
#[wasm_bindgen]
pub struct Environment {
    inner: StreamExecutionEnvironment,
}

impl Environment {
    /// The builder.
    pub fn builder(&self) -> &StreamExecutionEnvironment {
        &self.inner
    }
}

#[wasm_bindgen]
impl Environment {
    #[wasm_bindgen(constructor)]
    #[allow(clippy::new_without_default, reason = "JavaScript has no default")]
    pub fn new() -> Self {
        Self { inner: StreamExecutionEnvironment::get_execution_environment() }
    }

    #[wasm_bindgen(js_name = setParallelism)]
    pub fn set_parallelism(&self, parallelism: i32) -> Result<(), JsValue> {
        self.inner.set_parallelism(parallelism).or_throw().map(drop)
    }

    #[wasm_bindgen(js_name = getParallelism)]
    pub fn get_parallelism(&self) -> u32 {
        self.inner.get_parallelism()
    }

    #[wasm_bindgen(js_name = setMaxParallelism)]
    pub fn set_max_parallelism(&self, max_parallelism: i32) -> Result<(), JsValue> {
        self.inner.set_max_parallelism(max_parallelism).or_throw().map(drop)
    }

    #[wasm_bindgen(js_name = getMaxParallelism)]
    pub fn get_max_parallelism(&self) -> Option<u32> {
        self.inner.get_max_parallelism()
    }

    #[wasm_bindgen(js_name = setRuntimeMode)]
    pub fn set_runtime_mode(&self, mode: RuntimeMode) {
        self.inner.set_runtime_mode(match mode {
            RuntimeMode::Streaming => RuntimeExecutionMode::Streaming,
            RuntimeMode::Batch => RuntimeExecutionMode::Batch,
            RuntimeMode::Automatic => RuntimeExecutionMode::Automatic,
        });
    }

    #[wasm_bindgen(js_name = disableOperatorChaining)]
    pub fn disable_operator_chaining(&self) {
        self.inner.disable_operator_chaining();
    }

    #[wasm_bindgen(js_name = isChainingEnabled)]
    pub fn is_chaining_enabled(&self) -> bool {
        self.inner.is_chaining_enabled()
    }

    /// `timeout`: ms.
    #[wasm_bindgen(js_name = setBufferTimeout)]
    pub fn set_buffer_timeout(&self, timeout: f64) -> Result<(), JsValue> {
        self.inner.set_buffer_timeout(timeout as i64).or_throw().map(drop)
    }

    #[wasm_bindgen(js_name = getBufferTimeout)]
    pub fn get_buffer_timeout(&self) -> f64 {
        self.inner.get_buffer_timeout() as f64
    }

    /// Sets a checkpoint setting, by its number in `CHECKPOINT_OPTIONS`.
    #[wasm_bindgen(js_name = setCheckpointOption)]
    pub fn set_checkpoint_option(&self, option: u32, value: f64) -> Result<(), JsValue> {
        self.inner.get_checkpoint_config().set(CHECKPOINT_OPTIONS[option as usize], value as i64).or_throw()
    }

    #[wasm_bindgen(js_name = getCheckpointOption)]
    pub fn get_checkpoint_option(&self, option: u32) -> f64 {
        self.inner.get_checkpoint_config().get(CHECKPOINT_OPTIONS[option as usize]) as f64
    }

    #[wasm_bindgen(js_name = disableCheckpointing)]
    pub fn disable_checkpointing(&self) {
        self.inner.get_checkpoint_config().disable_checkpointing();
    }

    /// Keys and values in turn.
    pub fn configure(&self, options: Vec<String>) -> Result<(), JsValue> {
        let pairs = options.chunks_exact(2).map(|pair| (pair[0].as_str(), pair[1].as_str()));
        self.inner.configure(pairs).or_throw().map(drop)
    }

    /// `interval`: ms.
    #[wasm_bindgen(js_name = setAutoWatermarkInterval)]
    pub fn set_auto_watermark_interval(&self, interval: f64) -> Result<(), JsValue> {
        self.inner.set_auto_watermark_interval(interval as i64).or_throw().map(drop)
    }

    #[wasm_bindgen(js_name = getAutoWatermarkInterval)]
    pub fn get_auto_watermark_interval(&self) -> f64 {
        self.inner.get_auto_watermark_interval() as f64
    }

    /// `interval`: ms.
    #[wasm_bindgen(js_name = setLatencyTrackingInterval)]
    pub fn set_latency_tracking_interval(&self, interval: f64) {
        self.inner.set_latency_tracking_interval(interval as i64);
    }

    #[wasm_bindgen(js_name = getLatencyTrackingInterval)]
    pub fn get_latency_tracking_interval(&self) -> f64 {
        self.inner.get_latency_tracking_interval() as f64
    }

    #[wasm_bindgen(js_name = fromData)]
    pub fn from_data(&self, elements: &Array) -> Result<Operator, JsValue> {
        let mut values = Vec::with_capacity(elements.length() as usize);
        for (idx, element) in elements.iter().enumerate() {
            let element = value::from_js(&element);
            let rejected = |message| ApiError::new(format!("Element {} of fromData: {message}", idx + 1));
            values.push(element.map_err(rejected).or_throw()?);
        }
        self.inner.from_data(values).or_throw().map(Operator::from)
    }

    #[wasm_bindgen(js_name = fromSequence)]
    pub fn from_sequence(&self, from: i64, to: i64) -> Result<Operator, JsValue> {
        self.inner.from_sequence(from, to).or_throw().map(Operator::from)
    }

    #[wasm_bindgen(js_name = readTextFile)]
    pub fn read_text_file(&self, path: &str) -> Operator {
        self.inner.read_text_file(path).into()
    }

    /// `fromSource` of a number sequence.
    #[wasm_bindgen(js_name = fromSequenceSource)]
    pub fn from_sequence_source(
        &self,
        from: i64,
        to: i64,
        strategy: &WatermarkStrategy,
        name: &str,
    ) -> Operator {
        let source = SourceSpec::Sequence { from, to };
        self.inner.from_source(source, strategy.inner.clone(), name).into()
    }

    /// `fromSource` of a data generator; without a rate it is not limited.
    #[wasm_bindgen(js_name = fromGeneratorSource)]
    pub fn from_generator_source(
        &self,
        function: u32,
        count: i64,
        records_per_second: Option<f64>,
        strategy: &WatermarkStrategy,
        name: &str,
    ) -> Operator {
        let source = SourceSpec::DataGenerator { function: FunctionId(function), count, records_per_second };
        self.inner.from_source(source, strategy.inner.clone(), name).into()
    }

    /// `fromSource` of the lines of a text.
    #[wasm_bindgen(js_name = fromTextSource)]
    pub fn from_text_source(&self, path: &str, strategy: &WatermarkStrategy, name: &str) -> Operator {
        let source = SourceSpec::TextFile { path: Rc::from(path) };
        self.inner.from_source(source, strategy.inner.clone(), name).into()
    }

    pub fn execute(&self, job_name: Option<String>) -> Result<(), JsValue> {
        self.inner.execute(job_name.as_deref()).or_throw()
    }

    /// Whether it is the environment of that stream's handle.
    #[wasm_bindgen(js_name = isExecuted)]
    pub fn is_executed(&self) -> bool {
        self.inner.is_executed()
    }
}
