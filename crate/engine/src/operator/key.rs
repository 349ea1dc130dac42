//! The key of a record: for the writer before a keyed operator, and for that operator's state.
//!
//! Both must find the same key. Flink: `KeySelector`, `KeySelectorUtil`.

use std::rc::Rc;

use super::context::OperatorContext;
use super::function::{FunctionSlot, Method, UserError, UserFunctions};
use super::tag_input::untag;
use crate::graph::operator_spec::KeySelector;
use crate::record::{Value, java_hash, java_hash_of_key};

/// A key selector that can be called.
#[derive(Clone)]
pub struct KeyExtractor(Kind);

#[derive(Clone)]
enum Kind {
    Function(FunctionSlot),
    Field(u32),
    Identity,
    Constant,
    /// Of a record that was tagged as coming from the first or the second of two streams.
    Tagged(Rc<[KeyExtractor; 2]>),
}

impl KeyExtractor {
    /// Makes an instance of the selector's function, if it has one.
    pub fn new(selector: &KeySelector, functions: &dyn UserFunctions) -> Result<Self, UserError> {
        Ok(Self(match selector {
            KeySelector::Function(id) => Kind::Function(FunctionSlot::instantiated(*id, functions)?),
            KeySelector::Field(position) => Kind::Field(*position),
            KeySelector::Identity => Kind::Identity,
            KeySelector::Constant => Kind::Constant,
            KeySelector::Tagged(selectors) => {
                let [first, second] = &**selectors;
                Kind::Tagged(Rc::new([Self::new(first, functions)?, Self::new(second, functions)?]))
            }
        }))
    }

    /// The key of a record; null is none, and an error.
    #[inline]
    pub fn extract(&self, value: &Value, context: &mut OperatorContext) -> Result<Value, UserError> {
        let key = match &self.0 {
            Kind::Function(function) => function.call(Method::Apply, std::slice::from_ref(value), context)?,
            Kind::Field(position) => match value {
                Value::Tuple(fields) if (*position as usize) < fields.len() => {
                    fields[*position as usize].copied()
                }
                other => return Err(no_field(other, *position)),
            },
            Kind::Identity => value.copied(),
            // A Byte 0 in Flink: the same hash code, so the same key group.
            Kind::Constant => Value::Long(0),
            Kind::Tagged(extractors) => {
                let (side, value) = untag(value);
                return extractors[side].extract(value, context);
            }
        };
        if key.is_null() { Err(null_key(value)) } else { Ok(key) }
    }
}

impl KeyExtractor {
    /// The same where it is called for each record, with Longs in place.
    #[inline(always)]
    pub fn extract_in_place(&self, value: &Value, context: &mut OperatorContext) -> Result<Value, UserError> {
        match self.long_field(value) {
            Some(key) => Ok(key.copied()),
            None => self.extract(value, context),
        }
    }

    #[inline(always)]
    fn long_field<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        match (&self.0, value) {
            (Kind::Field(position), Value::Tuple(fields)) => {
                fields.get(*position as usize).filter(|key| matches!(key, Value::Long(_)))
            }
            _ => None,
        }
    }

    /// Java's hash code of the key of a record: what chooses by it need not have the key.
    #[inline(always)]
    pub fn java_hash(&self, value: &Value, context: &mut OperatorContext) -> Result<i32, UserError> {
        match self.long_field(value) {
            Some(key) => Ok(java_hash_of_key(key)),
            None => Ok(java_hash(&self.extract(value, context)?)),
        }
    }
}

#[cold]
fn null_key(value: &Value) -> UserError {
    UserError::new(format!(
        "Assigned key must not be null! The key selector has no key for the record {value}."
    ))
}

#[cold]
fn no_field(value: &Value, position: u32) -> UserError {
    UserError::new(format!(
        "The key is field {position}, and the record {value} ({}) has no such field.",
        value.type_name()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operator::native::NativeFunctions;

    fn check(selector: &KeySelector, value: impl Into<Value>, expected: Result<Value, &str>) {
        let mut functions = NativeFunctions::default();
        functions.map(|value| match value {
            Value::String(text) => Value::Long(text.len() as i64),
            _ => Value::Null,
        });
        let extractor = KeyExtractor::new(selector, &functions).unwrap();
        let key = extractor.extract(&value.into(), &mut OperatorContext::default());
        assert_eq!(key.map_err(UserError::into_message), expected.map_err(ToString::to_string));
    }

    #[test]
    fn keys() {
        let function = KeySelector::Function(crate::base::ids::FunctionId(0));
        check(&function, "hello", Ok(5.into()));
        check(
            &function,
            7,
            Err("Assigned key must not be null! The key selector has no key for the record 7."),
        );
        check(&KeySelector::Field(1), ("a", 1), Ok(1.into()));
        check(
            &KeySelector::Field(2),
            ("a", 1),
            Err("The key is field 2, and the record (a,1) (Tuple) has no such field."),
        );
        check(&KeySelector::Identity, ("a", 1), Ok(("a", 1).into()));
        check(&KeySelector::Constant, ("a", 1), Ok(0.into()));
    }
}
