//! State: keyed state by key group. (Operator and broadcast state, other backends: to come.)

pub mod keyed;
