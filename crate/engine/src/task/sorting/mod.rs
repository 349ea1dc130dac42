//! Inputs of a keyed operator in batch: sorted by key before the first record is processed.

pub mod inputs;
pub mod quick_sort;
pub mod record;
pub mod run;
pub mod sorter;
