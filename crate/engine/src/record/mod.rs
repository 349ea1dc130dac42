//! What flows: values, stream elements, their serialised form, and Java's hash codes and text of them.

pub mod value;

pub use value::Value;
