//! Objects that the page gives, read field by field: serde writes its code for each type of object anew.

use js_sys::{Array, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use weir_engine::base::ordered::SortedMap;

use crate::error::JobError;

/// What a field can hold.
pub trait Field: Sized {
    /// What it is, for messages.
    const KIND: &'static str;

    /// The value, if it is of this kind.
    fn read(value: &JsValue) -> Option<Self>;
}

impl Field for f64 {
    const KIND: &'static str = "number";

    fn read(value: &JsValue) -> Option<Self> {
        value.as_f64()
    }
}

impl Field for u32 {
    const KIND: &'static str = "whole number below 2^32";

    fn read(value: &JsValue) -> Option<Self> {
        value.as_f64().filter(|&number| f64::from(number as u32) == number).map(|number| number as u32)
    }
}

impl Field for bool {
    const KIND: &'static str = "boolean";

    fn read(value: &JsValue) -> Option<Self> {
        value.as_bool()
    }
}

impl Field for String {
    const KIND: &'static str = "string";

    fn read(value: &JsValue) -> Option<Self> {
        value.as_string()
    }
}

/// An object of the page.
pub struct Settings {
    /// What the object is, for messages.
    what: &'static str,
    object: JsValue,
}

impl Settings {
    /// An object that is so called in messages.
    pub const fn new(what: &'static str, object: JsValue) -> Self {
        Self { what, object }
    }

    /// A field's value, if the object has it.
    pub fn get<T: Field>(&self, name: &str) -> Result<Option<T>, JobError> {
        let value = self.value(name)?;
        if value.is_undefined() || value.is_null() {
            return Ok(None);
        }
        T::read(&value).map(Some).ok_or_else(|| self.is_no(name, T::KIND))
    }

    /// A field's value.
    pub fn required<T: Field>(&self, name: &str) -> Result<T, JobError> {
        self.get(name)?.ok_or_else(|| self.error(&format!("{name} is missing")))
    }

    /// Reads each of the numbers that the object has; the others stay what they are.
    pub fn counts(&self, fields: &mut [(&str, &mut u32)]) -> Result<(), JobError> {
        for (name, field) in fields {
            **field = self.get(name)?.unwrap_or(**field);
        }
        Ok(())
    }

    /// Like [`Self::counts`], for numbers that may be large.
    pub fn ticks(&self, fields: &mut [(&str, &mut u64)]) -> Result<(), JobError> {
        for (name, field) in fields {
            let ticks: Option<f64> = self.get(name)?;
            **field = ticks.map_or(**field, |ticks| ticks as u64);
        }
        Ok(())
    }

    /// Whether a field is true.
    pub fn flag(&self, name: &str) -> Result<bool, JobError> {
        Ok(self.get(name)?.unwrap_or(false))
    }

    /// An object in the object, if it has one.
    pub fn object(&self, name: &str) -> Result<Option<Self>, JobError> {
        let object = self.value(name)?;
        Ok((!object.is_null() && !object.is_undefined()).then(|| Self::new(self.what, object)))
    }

    /// The objects of a list; none where the list is missing.
    pub fn list(&self, name: &str) -> Result<Vec<Self>, JobError> {
        let list = self.value(name)?;
        if list.is_undefined() {
            return Ok(Vec::new());
        }
        if !Array::is_array(&list) {
            return Err(self.is_no(name, "list"));
        }
        Ok(list.unchecked_into::<Array>().iter().map(|object| Self::new(self.what, object)).collect())
    }

    /// What an object of the object, whose fields are data, has under which name; nothing where it is missing.
    pub fn entries<T: Field>(&self, name: &str) -> Result<SortedMap<String, T>, JobError> {
        let mut entries = SortedMap::new();
        if let Some(inner) = self.object(name)? {
            if !inner.object.is_object() {
                return Err(self.is_no(name, "object"));
            }
            for key in
                Object::keys(inner.object.unchecked_ref::<Object>()).iter().filter_map(|key| key.as_string())
            {
                let value = inner.required(&key)?;
                entries.insert(key, value);
            }
        }
        Ok(entries)
    }

    /// A field's value as it is.
    #[inline(never)]
    pub fn value(&self, name: &str) -> Result<JsValue, JobError> {
        Reflect::get(&self.object, &JsValue::from_str(name)).map_err(|_| self.error("no object is given"))
    }

    #[cold]
    fn is_no(&self, name: &str, kind: &str) -> JobError {
        self.error(&format!("{name} is no {kind}"))
    }

    /// Why the object cannot be read.
    #[cold]
    pub fn error(&self, why: &str) -> JobError {
        JobError::new("api", format!("{} cannot be read: {why}.", self.what))
    }
}
