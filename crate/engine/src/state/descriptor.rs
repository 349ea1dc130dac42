//! What a state is called and of which kind it is.
//!
//! Flink: `StateDescriptor` and its kinds. Functions of a reducing or aggregating state stay with the
//! user function that registered it; state holds data only.

use std::fmt;
use std::rc::Rc;

use super::ttl::StateTtlConfig;

/// The kinds of keyed state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateKind {
    Value,
    List,
    Map,
    /// Holds the value reduced so far.
    Reducing,
    /// Holds the accumulator.
    Aggregating,
}

impl StateKind {
    /// All kinds, in the order of their numbers in files.
    pub const ALL: [Self; 5] = [Self::Value, Self::List, Self::Map, Self::Reducing, Self::Aggregating];

    /// The name of `StateDescriptor.Type`.
    pub const fn flink_type(self) -> &'static str {
        match self {
            Self::Value => "VALUE",
            Self::List => "LIST",
            Self::Map => "MAP",
            Self::Reducing => "REDUCING",
            Self::Aggregating => "AGGREGATING",
        }
    }
}

impl fmt::Display for StateKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Value => "ValueState",
            Self::List => "ListState",
            Self::Map => "MapState",
            Self::Reducing => "ReducingState",
            Self::Aggregating => "AggregatingState",
        })
    }
}

/// A state to register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateDescriptor {
    pub name: Rc<str>,
    pub kind: StateKind,
    /// How long what it holds lives; `None`: for ever.
    pub ttl: Option<StateTtlConfig>,
}

/// A registered state: its place among the states of the operator, in order of registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateId(pub u32);
