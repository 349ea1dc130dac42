//! Types that a job declares for what its states hold, and what becomes of a value under one.
//!
//! Contract: a type is told by a value: the name of a basic type by a string (`Long`, `Double`, `String`, `Boolean`),
//! a tuple by the tuple of its fields' types, an object by the row of its fields' types, and null takes everything.
//! Bytes of state say what each value is, so what is held decides whether it is of a type: null is of every one, a
//! Long is a Double too, and an object may lose fields, or get new ones, which are null. Flink: `TypeInformation`,
//! `TypeSerializerSchemaCompatibility`, `PojoSerializer`.

use std::fmt;
use std::rc::Rc;

use crate::record::Value;

/// The value as one of a type; `None`: it is of another.
pub fn convert(declared: &Value, value: &Value) -> Option<Value> {
    convert_any(declared, value, false)
}

/// The same of a value or of the type that was declared for values: `None` where these cannot be read as the new one.
/// Flink: `TypeSerializerSnapshot#resolveSchemaCompatibility`.
pub fn convert_any(declared: &Value, value: &Value, is_type: bool) -> Option<Value> {
    match (declared, value) {
        (Value::Null, _) | (_, Value::Null) => Some(value.clone()),
        (Value::String(_), _) if is_type => (declared == value).then(|| value.clone()),
        (Value::String(name), _) => {
            let is_it = **name == *value.type_name() || (&**name, value.type_name()) == ("Double", "Long");
            is_it.then(|| value.clone())
        }
        (Value::Tuple(types), Value::Tuple(fields)) if types.len() == fields.len() => {
            let fields: Option<Rc<[Value]>> = types
                .iter()
                .zip(&**fields)
                .map(|(declared, field)| convert_any(declared, field, is_type))
                .collect();
            fields.map(Value::Tuple)
        }
        (Value::Row(types), Value::Row(fields)) => {
            let converted = types.iter().map(|(name, declared)| {
                let field = fields.iter().find(|field| field.0 == *name);
                let field = field.map_or(Some(Value::Null), |field| convert_any(declared, &field.1, is_type));
                field.map(|field| (Rc::clone(name), field))
            });
            converted.collect::<Option<Rc<_>>>().map(Value::Row)
        }
        _ => None,
    }
}

/// The name of the serializer of a type, or of a value that has none declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SerializerOf {
    Type(Value),
    Value(Value),
}

impl fmt::Display for SerializerOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Type(one) | Self::Value(one)) = self;
        let inner = |field: &Value| match self {
            Self::Type(_) => Self::Type(field.clone()),
            Self::Value(_) => Self::Value(field.clone()),
        };
        match (self, one) {
            (_, Value::Null) => f.write_str("KryoSerializer"),
            (Self::Type(_), Value::String(name)) => write!(f, "{name}Serializer"),
            (_, Value::Tuple(fields)) => {
                f.write_str("TupleSerializer<")?;
                for (idx, field) in fields.iter().enumerate() {
                    write!(f, "{}{}", if idx > 0 { ", " } else { "" }, inner(field))?;
                }
                f.write_str(">")
            }
            (_, Value::Row(fields)) => {
                f.write_str("PojoSerializer<")?;
                for (idx, (name, field)) in fields.iter().enumerate() {
                    write!(f, "{}{name}: {}", if idx > 0 { ", " } else { "" }, inner(field))?;
                }
                f.write_str(">")
            }
            (Self::Value(_), value) => write!(f, "{}Serializer", value.type_name()),
            (Self::Type(_), _) => f.write_str("KryoSerializer"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_decides() {
        let long = Value::from("Long");
        assert_eq!(convert(&long, &7.into()), Some(7.into()));
        assert_eq!(convert(&long, &0.5.into()), None);
        assert_eq!(convert(&"Double".into(), &7.into()), Some(7.into()));
        assert_eq!(convert(&Value::Null, &"any".into()), Some("any".into()));
        assert_eq!(convert(&long, &Value::Null), Some(Value::Null));
        let pair: Value = ("String", "Long").into();
        assert_eq!(convert(&pair, &("a", 1).into()), Some(("a", 1).into()));
        assert_eq!(convert(&pair, &("a", 1, 2).into()), None);
        assert_eq!(SerializerOf::Type(pair).to_string(), "TupleSerializer<StringSerializer, LongSerializer>");
    }

    #[test]
    fn types_are_compatible_where_all_of_their_values_are() {
        let row = |name: &str, of: &str| Value::row([("sum", "Long".into()), (name, of.into())]);
        for (declared, was, as_is, migrates) in [
            ("Long".into(), "Long".into(), true, true),
            ("Double".into(), "Long".into(), false, false),
            ("Long".into(), Value::Null, true, true),
            (Value::Null, "Long".into(), true, true),
            (("Long", "String").into(), ("Long", "String").into(), true, true),
            (("Long", "String").into(), ("Long", "Long").into(), false, false),
            (("Long", "String").into(), "Long".into(), false, false),
            (row("a", "Long"), row("b", "String"), false, true),
            (row("a", "Long"), row("b", "String"), true, false),
            (row("a", "Long"), row("a", "String"), false, false),
        ] {
            let read = convert_any(&declared, &was, true);
            assert_eq!(read.is_some_and(|read| !as_is || read == was), migrates, "{declared} of {was}");
        }
    }

    #[test]
    fn an_object_loses_fields_and_gets_new_ones() {
        let declared = Value::row([("sum", "Long".into()), ("unit", "String".into())]);
        let held = Value::row([("count", 1.into()), ("sum", 2.into())]);
        assert_eq!(convert(&declared, &held), Some(Value::row([("sum", 2.into()), ("unit", Value::Null)])));
        assert_eq!(convert(&declared, &Value::row([("sum", "2".into())])), None);
        assert_eq!(
            SerializerOf::Value(held).to_string(),
            "PojoSerializer<count: LongSerializer, sum: LongSerializer>"
        );
    }
}
