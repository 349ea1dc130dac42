//! JavaScript functions behind `UserFunction`: the one place where Rust calls JavaScript.
//!
//! A call crosses once: its values lie in the exchange buffer, and so does the answer.

use std::rc::Rc;

use js_sys::Array;
use wasm_bindgen::prelude::*;
use weir_engine::base::ids::FunctionId;
use weir_engine::operator::context::OperatorContext;
use weir_engine::operator::function::{Method, Thrown, UserError, UserFunction, UserFunctions};
use weir_engine::record::Value;

use crate::context;
use crate::exchange;
use crate::value;

#[wasm_bindgen]
extern "C" {
    /// The function table of a job (`web/src/api/user-code.ts`).
    #[derive(Clone)]
    pub type FunctionTable;

    /// The number of a new instance.
    #[wasm_bindgen(method, catch)]
    fn instantiate(this: &FunctionTable, id: u32) -> Result<u32, JsValue>;

    /// The number of a new instance of the hook of the master that a function brings, if it does.
    #[wasm_bindgen(method, catch, js_name = instantiateHook)]
    fn instantiate_hook(this: &FunctionTable, id: u32) -> Result<Option<u32>, JsValue>;

    /// The type that was declared for the keys of a key selector.
    #[wasm_bindgen(method, js_name = keyType)]
    fn key_type(this: &FunctionTable, id: u32) -> JsValue;

    /// The instance is no longer needed.
    #[wasm_bindgen(method)]
    fn release(this: &FunctionTable, instance: u32);

    /// Calls a method with so many values from the exchange buffer. Answers an `Outcome`.
    #[wasm_bindgen(method)]
    fn invoke(this: &FunctionTable, instance: u32, method: u32, args: u32) -> u32;

    /// The same with values that do not fit into the buffer.
    #[wasm_bindgen(method, js_name = invokeLarge)]
    fn invoke_large(this: &FunctionTable, instance: u32, method: u32, args: Array) -> u32;

    /// The answer that does not fit into the buffer, or what was thrown.
    #[wasm_bindgen(method)]
    fn take(this: &FunctionTable) -> JsValue;

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

/// How a call went: what `invoke` answers.
#[wasm_bindgen]
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It answered nothing, or there is no such method.
    Nothing = 0,
    /// The answer lies in the exchange buffer.
    Answer = 1,
    /// The answer is to be taken.
    LargeAnswer = 2,
    /// What was thrown is to be taken.
    Thrown = 3,
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

    fn function(&self, id: FunctionId, instance: u32) -> Rc<dyn UserFunction> {
        Rc::new(JsFunction { id, instance, table: self.table.clone(), seed: self.seed })
    }
}

impl UserFunctions for JsFunctions {
    fn instantiate(&self, id: FunctionId) -> Result<Rc<dyn UserFunction>, UserError> {
        let instance = self.table.instantiate(id.0).map_err(|thrown| user_error(&self.table, id, &thrown))?;
        Ok(self.function(id, instance))
    }

    fn master_hook(&self, id: FunctionId) -> Result<Option<Rc<dyn UserFunction>>, UserError> {
        let instance = self.table.instantiate_hook(id.0);
        let instance = instance.map_err(|thrown| user_error(&self.table, id, &thrown))?;
        Ok(instance.map(|instance| self.function(id, instance)))
    }

    fn key_type(&self, id: FunctionId) -> Value {
        value::from_js(&self.table.key_type(id.0)).unwrap_or_default()
    }
}

/// An instance for one subtask.
struct JsFunction {
    id: FunctionId,
    instance: u32,
    table: FunctionTable,
    seed: u64,
}

impl Drop for JsFunction {
    fn drop(&mut self) {
        self.table.release(self.instance);
    }
}

impl UserFunction for JsFunction {
    fn call(
        &self,
        method: Method,
        args: &[Value],
        context: &mut OperatorContext,
    ) -> Result<Value, UserError> {
        let fits = exchange::write(args).is_some();
        context::enter(context, self.seed);
        let outcome = if fits {
            self.table.invoke(self.instance, method as u32, args.len() as u32)
        } else {
            self.table.invoke_large(self.instance, method as u32, value::array(args))
        };
        context::leave(context);
        if outcome == Outcome::Answer as u32 {
            Ok(exchange::read())
        } else if outcome == Outcome::Nothing as u32 {
            Ok(Value::Null)
        } else {
            self.take(outcome)
        }
    }
}

impl JsFunction {
    /// An answer that is no small value, or an error.
    #[cold]
    fn take(&self, outcome: u32) -> Result<Value, UserError> {
        let taken = self.table.take();
        if outcome == Outcome::Thrown as u32 {
            return Err(user_error(&self.table, self.id, &taken));
        }
        // What it answered has no stack: the place is where the job gave the function.
        value::from_js(&taken).map_err(|message| {
            let at = self.table.position(self.id.0).map(|at| (at.line(), at.column()));
            Thrown { message, function: Some(self.id), at }.into()
        })
    }
}

#[cold]
fn user_error(table: &FunctionTable, id: FunctionId, thrown: &JsValue) -> UserError {
    let described = table.describe(id.0, thrown);
    let at = described.at().map(|at| (at.line(), at.column()));
    Thrown { message: described.message(), function: Some(id), at }.into()
}
