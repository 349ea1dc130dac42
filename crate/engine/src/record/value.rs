//! `Value`: one datum of a record, as a Java object of Flink would be.

use std::fmt;
use std::rc::Rc;

// The tag takes a whole word, which costs no memory and lets a value be copied word by word: with a tag
// of one byte, what follows it is copied in odd pieces, and the next read waits for them.

/// One datum. A JavaScript integer is a Java Long, any other number a Double, an array a Tuple, an
/// object a Row. Cheap to clone: strings, tuples and rows are shared.
#[derive(Default)]
#[repr(u64)]
pub enum Value {
    /// Java's `null`; a JavaScript `null` or `undefined`.
    #[default]
    Null,
    /// `java.lang.Boolean`.
    Bool(bool),
    /// `java.lang.Long`.
    Long(i64),
    /// `java.lang.Double`.
    Double(f64),
    /// `java.lang.String`.
    String(Rc<str>),
    /// Flink's `TupleN`.
    Tuple(Rc<[Value]>),
    /// Flink's `Row` with named fields, in the order in which they were set.
    Row(Rc<[(Rc<str>, Value)]>),
}

/// As it would be derived, but for doubles: those are written as Java writes them, or the library's code for them, which
/// is large, would come along.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("Null"),
            Self::Bool(value) => f.debug_tuple("Bool").field(value).finish(),
            Self::Long(value) => f.debug_tuple("Long").field(value).finish(),
            Self::Double(_) => write!(f, "Double({self})"),
            Self::String(value) => f.debug_tuple("String").field(value).finish(),
            Self::Tuple(fields) => f.debug_tuple("Tuple").field(fields).finish(),
            Self::Row(fields) => f.debug_tuple("Row").field(fields).finish(),
        }
    }
}

impl Clone for Value {
    #[inline]
    fn clone(&self) -> Self {
        match self {
            Self::Long(value) => Self::Long(*value),
            Self::String(value) => Self::String(Rc::clone(value)),
            Self::Tuple(fields) => Self::Tuple(Rc::clone(fields)),
            other => other.clone_seldom(),
        }
    }
}

impl Value {
    /// `clone` where it is called for each record, with Longs in place.
    #[inline(always)]
    #[must_use]
    pub fn copied(&self) -> Self {
        match self {
            Self::Long(value) => Self::Long(*value),
            other => other.clone(),
        }
    }

    /// `drop` where it is called for each record: of a Long or of nothing, nothing is given back.
    #[inline(always)]
    pub fn discard(self) {
        match self {
            Self::Null | Self::Long(_) => std::mem::forget(self),
            other => drop(other),
        }
    }

    /// What is not worth its place in every caller.
    #[inline(never)]
    fn clone_seldom(&self) -> Self {
        match self {
            Self::Null => Self::Null,
            Self::Bool(value) => Self::Bool(*value),
            Self::Long(value) => Self::Long(*value),
            Self::Double(value) => Self::Double(*value),
            Self::String(value) => Self::String(Rc::clone(value)),
            Self::Tuple(fields) => Self::Tuple(Rc::clone(fields)),
            Self::Row(fields) => Self::Row(Rc::clone(fields)),
        }
    }

    /// How deep tuples and rows may stand in each other: what makes values of foreign data (the
    /// binding, the deserializer) refuses more, so that recursion over a value is bounded.
    pub const DEPTH_MAX: u32 = 64;

    /// A tuple of these fields.
    pub fn tuple<const N: usize>(fields: [Value; N]) -> Self {
        Self::Tuple(Rc::new(fields))
    }

    /// A row of these named fields.
    pub fn row<const N: usize>(fields: [(&str, Value); N]) -> Self {
        Self::Row(fields.map(|(name, value)| (Rc::from(name), value)).into_iter().collect())
    }

    /// The name of the value's Java type without its package, for messages.
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "Boolean",
            Self::Long(_) => "Long",
            Self::Double(_) => "Double",
            Self::String(_) => "String",
            Self::Tuple(_) => "Tuple",
            Self::Row(_) => "Row",
        }
    }

    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Long(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Double(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::String(Rc::from(value))
    }
}

impl From<Rc<str>> for Value {
    fn from(value: Rc<str>) -> Self {
        Self::String(value)
    }
}

impl<A: Into<Value>, B: Into<Value>> From<(A, B)> for Value {
    fn from((first, second): (A, B)) -> Self {
        Self::tuple([first.into(), second.into()])
    }
}

impl<A: Into<Value>, B: Into<Value>, C: Into<Value>> From<(A, B, C)> for Value {
    fn from((first, second, third): (A, B, C)) -> Self {
        Self::tuple([first.into(), second.into(), third.into()])
    }
}
