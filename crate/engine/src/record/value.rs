//! `Value`: one datum of a record, as a Java object of Flink would be.

use std::rc::Rc;

/// One datum. A JavaScript integer is a Java Long, any other number a Double, an array a Tuple, an
/// object a Row. Cheap to clone: strings, tuples and rows are shared.
#[derive(Clone, Debug, Default)]
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
