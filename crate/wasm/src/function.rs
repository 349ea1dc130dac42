//! JavaScript functions behind `UserFunction`: the one place where Rust calls JavaScript.

use std::rc::Rc;

use js_sys::{Function, Reflect};
use wasm_bindgen::prelude::*;
use weir_engine::base::ids::FunctionId;
use weir_engine::operator::context::OperatorContext;
use weir_engine::operator::function::{Method, UserError, UserFunction, UserFunctions};
use weir_engine::record::Value;

use crate::{context, value};

#[wasm_bindgen]
extern "C" {
    /// The function table of a job (`web/src/api/user-code.ts`).
    #[derive(Clone)]
    pub type FunctionTable;

    #[wasm_bindgen(method, catch)]
    fn instantiate(this: &FunctionTable, id: u32) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method)]
    fn describe(this: &FunctionTable, id: u32, thrown: &JsValue) -> ThrownError;

    #[wasm_bindgen(method)]
    fn position(this: &FunctionTable, id: u32) -> Option<Position>;

    /// What a function threw, in parts.
    type ThrownError;

    #[wasm_bindgen(method, getter)]
    fn message(this: &ThrownError) -> String;

    #[wasm_bindgen(method, getter)]
    fn at(this: &ThrownError) -> Option<Position>;

    /// A place in the job.
    type Position;

    #[wasm_bindgen(method, getter)]
    fn line(this: &Position) -> u32;

    #[wasm_bindgen(method, getter)]
    fn column(this: &Position) -> u32;
}

/// The functions of a job.
pub struct JsFunctions {
    table: FunctionTable,
    /// Of the run: what their random numbers depend on.
    seed: u64,
}

impl JsFunctions {
    pub fn new(table: FunctionTable, seed: u64) -> Self {
        Self { table, seed }
    }
}

impl UserFunctions for JsFunctions {
    fn instantiate(&self, id: FunctionId) -> Result<Rc<dyn UserFunction>, UserError> {
        let instance = self.table.instantiate(id.0).map_err(|thrown| user_error(&self.table, id, &thrown))?;
        let method = |name: &str| {
            let found = Reflect::get(&instance, &JsValue::from_str(name)).ok();
            found.and_then(|found| found.dyn_into::<Function>().ok())
        };
        Ok(Rc::new(JsFunction {
            id,
            table: self.table.clone(),
            seed: self.seed,
            apply: method("apply"),
            open: method("open"),
            close: method("close"),
            process_element: method("processElement"),
            first: method("first"),
            second: method("second"),
        }))
    }
}

/// An instance for one subtask: a function for each method that it has.
struct JsFunction {
    id: FunctionId,
    table: FunctionTable,
    seed: u64,
    apply: Option<Function>,
    open: Option<Function>,
    close: Option<Function>,
    process_element: Option<Function>,
    first: Option<Function>,
    second: Option<Function>,
}

impl UserFunction for JsFunction {
    fn call(
        &self,
        method: Method,
        args: &[Value],
        context: &mut OperatorContext,
    ) -> Result<Value, UserError> {
        let function = match method {
            Method::Apply => &self.apply,
            Method::Open => &self.open,
            Method::Close => &self.close,
            Method::ProcessElement => &self.process_element,
            Method::First => &self.first,
            Method::Second => &self.second,
        };
        let Some(function) = function else {
            // A life cycle's method may be missing; the others were checked when the job was built.
            return Ok(Value::Null);
        };
        context::enter(context, self.seed);
        let answer = match args {
            [] => function.call0(&JsValue::UNDEFINED),
            [one] => function.call1(&JsValue::UNDEFINED, &value::to_js(one)),
            [one, two, ..] => function.call2(&JsValue::UNDEFINED, &value::to_js(one), &value::to_js(two)),
        };
        context::leave(context);
        match answer {
            // What it answered has no stack: the place is where the job gave the function.
            Ok(answer) => value::from_js(&answer).map_err(|message| UserError {
                message,
                function: Some(self.id),
                at: self.table.position(self.id.0).map(|at| (at.line(), at.column())),
            }),
            Err(thrown) => Err(user_error(&self.table, self.id, &thrown)),
        }
    }
}

#[cold]
fn user_error(table: &FunctionTable, id: FunctionId, thrown: &JsValue) -> UserError {
    let described = table.describe(id.0, thrown);
    let at = described.at().map(|at| (at.line(), at.column()));
    UserError { message: described.message(), function: Some(id), at }
}
