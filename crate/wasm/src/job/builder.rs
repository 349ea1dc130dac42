//! A job that was built, with its functions: what is checked and submitted.

use std::rc::Rc;

use wasm_bindgen::prelude::*;
use weir_engine::graph::api::StreamExecutionEnvironment;
use weir_engine::graph::compiled::{CompiledJob, compile};
use weir_engine::operator::function::UserFunctions;

use super::environment::Environment;
use crate::error::JobError;
use crate::function::{FunctionTable, JsFunctions};
use crate::graphs;

/// See the module.
#[wasm_bindgen]
pub struct JobBuilder {
    environment: StreamExecutionEnvironment,
    functions: Rc<JsFunctions>,
}

impl JobBuilder {
    /// The job and its graphs. Errors: Flink would reject it.
    pub fn compiled(&self) -> Result<CompiledJob, JobError> {
        let compiled = self.environment.job().and_then(|job| compile(&job));
        compiled.map_err(|error| JobError::from_api("graph", &error))
    }

    /// The job's functions.
    pub fn functions(&self) -> Rc<dyn UserFunctions> {
        Rc::clone(&self.functions) as Rc<dyn UserFunctions>
    }
}

#[wasm_bindgen]
impl JobBuilder {
    /// The job of an environment, with the functions that its operators name by their ids, and the seed of
    /// their random numbers.
    #[wasm_bindgen(constructor)]
    pub fn new(environment: &Environment, functions: FunctionTable, seed: f64) -> JobBuilder {
        Self {
            environment: environment.builder().clone(),
            functions: Rc::new(JsFunctions::new(functions, seed as u64)),
        }
    }

    /// The three graphs, as the protocol's `Graphs`. Throws what Flink rejects, as a `JobError`.
    pub fn graphs(&self) -> Result<JsValue, JsValue> {
        Ok(graphs::view(&self.compiled()?))
    }
}
