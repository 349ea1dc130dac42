//! What flows: values, stream elements, their serialised form, and Java's hash codes and text of them.

pub mod compare;
pub mod element;
pub mod hash;
pub mod hash_order;
mod serializer;
pub mod text;
pub mod value;

pub use element::{LatencyMarker, StreamElement, WatermarkStatus};
pub use hash::{java_hash, java_hash_of_key};
pub use serializer::{
    CorruptRecord, ElementKind, deserialize, deserialize_record, deserialize_value, read_value, serialize,
    serialize_longs, serialize_record, serialize_value,
};
pub use value::Value;
