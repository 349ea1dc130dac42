//! Objects that the page gives, read field by field: each field's value with serde, whose code for whole objects is
//! written for each type of object anew.

use js_sys::{Array, Object, Reflect};
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast, JsValue};
use weir_engine::base::ordered::SortedMap;

use crate::error::JobError;

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
    pub fn get<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, JobError> {
        serde_wasm_bindgen::from_value(self.value(name)?).map_err(|error| self.unreadable(name, &error))
    }

    /// A field's value.
    pub fn required<T: DeserializeOwned>(&self, name: &str) -> Result<T, JobError> {
        self.get(name)?.ok_or_else(|| self.error(&format!("{name} is missing")))
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
            return Err(self.error(&format!("{name} is no list")));
        }
        Ok(list.unchecked_into::<Array>().iter().map(|object| Self::new(self.what, object)).collect())
    }

    /// What an object of the object, whose fields are data, has under which name; nothing where it is missing.
    pub fn entries<T: DeserializeOwned>(&self, name: &str) -> Result<SortedMap<String, T>, JobError> {
        let mut entries = SortedMap::new();
        if let Some(inner) = self.object(name)? {
            if !inner.object.is_object() {
                return Err(self.error(&format!("{name} is no object")));
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
    fn unreadable(&self, name: &str, error: &serde_wasm_bindgen::Error) -> JobError {
        self.error(&format!("{name}: {error}"))
    }

    /// Why the object cannot be read.
    #[cold]
    pub fn error(&self, why: &str) -> JobError {
        JobError::new("api", format!("{} cannot be read: {why}.", self.what))
    }
}
