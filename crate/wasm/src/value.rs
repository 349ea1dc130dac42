//! Values of records, from JavaScript and to it.
//!
//! A whole number is a Long, any other number a Double, a bigint a Long, a string, a boolean and null what
//! they are, an array a Tuple, an object a Row. A Long that a number cannot hold exactly becomes a bigint.

use std::rc::Rc;

use js_sys::{Array, BigInt, Date, Error, Map, Object, Promise, Reflect, RegExp, Set};
use wasm_bindgen::{JsCast, JsValue};
use weir_engine::record::Value;

/// The largest whole number that a JavaScript number holds exactly with all smaller ones.
pub const SAFE_INTEGER_MAX: i64 = (1 << 53) - 1;

/// 2^63: the first whole number above the Longs.
const LONG_END: f64 = 9_223_372_036_854_775_808.0;

/// What a JavaScript number is in Java.
pub fn from_number(number: f64) -> Value {
    if number.trunc() == number && (-LONG_END..LONG_END).contains(&number) {
        Value::Long(number as i64)
    } else {
        Value::Double(number)
    }
}

/// The value of a record. Errors: what cannot be one, in a sentence.
pub fn from_js(value: &JsValue) -> Result<Value, String> {
    convert(value, 0)
}

fn convert(value: &JsValue, depth: u32) -> Result<Value, String> {
    if let Some(number) = value.as_f64() {
        return Ok(from_number(number));
    }
    if let Some(string) = value.as_string() {
        return Ok(Value::String(Rc::from(string)));
    }
    if value.is_null() || value.is_undefined() {
        return Ok(Value::Null);
    }
    if let Some(boolean) = value.as_bool() {
        return Ok(Value::Bool(boolean));
    }
    if depth == Value::DEPTH_MAX {
        return Err(format!(
            "A record holds itself, or arrays and objects in each other more than {} deep.",
            Value::DEPTH_MAX
        ));
    }
    if Array::is_array(value) {
        let array: &Array = value.unchecked_ref();
        let fields: Result<Vec<Value>, String> =
            (0..array.length()).map(|idx| convert(&array.get(idx), depth + 1)).collect();
        return Ok(Value::Tuple(fields?.into()));
    }
    if value.is_bigint() {
        return match i64::try_from(value.clone()) {
            Ok(long) => Ok(Value::Long(long)),
            Err(_) => Err("A bigint of a record must be a Java Long: from -2^63 to 2^63 - 1.".to_owned()),
        };
    }
    row(value, depth)
}

fn row(value: &JsValue, depth: u32) -> Result<Value, String> {
    if let Some(name) = no_row(value) {
        return Err(format!(
            "A record cannot hold {name}: it is made of numbers, strings, booleans, null, arrays and plain \
             objects."
        ));
    }
    let object: &Object = value.unchecked_ref();
    let entries = Object::entries(object);
    let mut fields = Vec::with_capacity(entries.length() as usize);
    for idx in 0..entries.length() {
        let entry: Array = entries.get(idx).unchecked_into();
        let name = entry.get(0).as_string().unwrap_or_default();
        fields.push((Rc::from(name), convert(&entry.get(1), depth + 1)?));
    }
    Ok(Value::Row(fields.into()))
}

/// What a value is that is no row.
fn no_row(value: &JsValue) -> Option<&'static str> {
    if value.is_function() {
        Some("a function")
    } else if value.is_symbol() {
        Some("a symbol")
    } else if value.is_instance_of::<Date>() {
        Some("a Date (its getTime() is a number)")
    } else if value.is_instance_of::<Map>() {
        Some("a Map ([...map] is an array)")
    } else if value.is_instance_of::<Set>() {
        Some("a Set ([...set] is an array)")
    } else if value.is_instance_of::<Promise>() {
        Some("a Promise")
    } else if value.is_instance_of::<RegExp>() {
        Some("a regular expression")
    } else if value.is_instance_of::<Error>() {
        Some("an Error")
    } else {
        None
    }
}

/// The JavaScript value of a datum.
pub fn to_js(value: &Value) -> JsValue {
    match value {
        Value::Null => JsValue::NULL,
        Value::Bool(boolean) => JsValue::from_bool(*boolean),
        Value::Long(long) if (-SAFE_INTEGER_MAX..=SAFE_INTEGER_MAX).contains(long) => {
            JsValue::from_f64(*long as f64)
        }
        Value::Long(long) => BigInt::from(*long).into(),
        Value::Double(double) => JsValue::from_f64(*double),
        Value::String(string) => JsValue::from_str(string),
        Value::Tuple(fields) => array(fields).into(),
        Value::Row(fields) => {
            let object = Object::new();
            for (name, field) in fields.iter() {
                // A new plain object takes every field.
                let _ = Reflect::set(&object, &JsValue::from_str(name), &to_js(field));
            }
            object.into()
        }
    }
}

/// An array of values.
pub fn array(values: &[Value]) -> Array {
    let array = Array::new_with_length(values.len() as u32);
    for (idx, value) in values.iter().enumerate() {
        array.set(idx as u32, to_js(value));
    }
    array
}

/// The values of an array.
pub fn from_array(array: &Array) -> Result<Vec<Value>, String> {
    (0..array.length()).map(|idx| from_js(&array.get(idx))).collect()
}
