//! The handles of a job that is built: the Rust twin of the API, bound for `web/src/api/`.
//!
//! JavaScript checks kinds of arguments and knows lines; names, ids and rules are the builder's.

mod builder;
mod environment;
mod join;
mod stream;
mod window;
mod window_parts;

pub use builder::JobBuilder;
