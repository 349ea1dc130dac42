//! Keyed state of one operator in one subtask, by key group, on the heap.

/// All keyed state of one operator in one subtask.
#[derive(Clone, Default)]
pub struct KeyedState {}
