//! Objects of JavaScript that the page gets, written field by field, each by one call of code that is the same for all.

use std::fmt::Display;

use js_sys::{Array, Object, Reflect};
use wasm_bindgen::JsValue;
use weir_engine::base::sort::sort_by_key;

/// An object under construction.
pub struct Fields(Object);

impl Fields {
    /// An empty one.
    pub fn new() -> Self {
        Self(Object::new())
    }

    /// A field of any kind.
    #[inline(never)]
    pub fn put(self, name: &str, value: JsValue) -> Self {
        let is_set = Reflect::set(&self.0, &JsValue::from_str(name), &value);
        debug_assert!(is_set.is_ok(), "a new object takes any property");
        self
    }

    /// A number.
    #[inline(never)]
    pub fn float(self, name: &str, value: f64) -> Self {
        self.put(name, JsValue::from_f64(value))
    }

    /// A whole number.
    #[inline(never)]
    pub fn count(self, name: &str, value: u32) -> Self {
        self.float(name, f64::from(value))
    }

    /// A whole number that a number of JavaScript holds exactly.
    #[inline(never)]
    pub fn long(self, name: &str, value: u64) -> Self {
        self.float(name, value as f64)
    }

    /// A whole number, or null.
    #[inline(never)]
    pub fn maybe_count(self, name: &str, value: Option<u32>) -> Self {
        self.put(name, value.map_or(JsValue::NULL, JsValue::from))
    }

    /// A string.
    #[inline(never)]
    pub fn text(self, name: &str, value: &str) -> Self {
        self.put(name, JsValue::from_str(value))
    }

    /// A string, or null.
    #[inline(never)]
    pub fn maybe_text(self, name: &str, value: Option<&str>) -> Self {
        self.put(name, value.map_or(JsValue::NULL, JsValue::from_str))
    }

    /// A string: what the value is in words.
    #[inline(never)]
    pub fn shown(self, name: &str, value: &dyn Display) -> Self {
        self.text(name, &value.to_string())
    }

    /// A boolean.
    #[inline(never)]
    pub fn flag(self, name: &str, value: bool) -> Self {
        self.put(name, JsValue::from_bool(value))
    }

    /// A list of what is made of each item.
    pub fn list<T>(
        self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        item: impl Fn(T) -> JsValue,
    ) -> Self {
        self.put(name, list(items, item))
    }

    /// The object.
    #[inline(never)]
    pub fn done(self) -> JsValue {
        self.0.into()
    }
}

/// A list of what is made of each item.
pub fn list<T>(items: impl IntoIterator<Item = T>, item: impl Fn(T) -> JsValue) -> JsValue {
    let array = Array::new();
    items.into_iter().for_each(|each| {
        array.push(&item(each));
    });
    array.into()
}

/// An object with a number for each name, in the order of the names.
pub fn numbers<'a>(numbers: impl IntoIterator<Item = (&'a str, f64)>) -> JsValue {
    let mut numbers: Vec<(&str, f64)> = numbers.into_iter().collect();
    sort_by_key(&mut numbers, |&(name, _)| name);
    numbers.into_iter().fold(Fields::new(), |fields, (name, number)| fields.float(name, number)).done()
}

/// A plain object, of what just the tables answer: serde's code is much larger than [`Fields`].
#[cfg(feature = "tables")]
pub fn to_js(value: &impl serde::Serialize) -> JsValue {
    let serializer =
        serde_wasm_bindgen::Serializer::new().serialize_maps_as_objects(true).serialize_missing_as_null(true);
    value.serialize(&serializer).unwrap_or_else(|error| JsValue::from_str(&error.to_string()))
}
