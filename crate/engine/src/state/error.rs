//! What goes wrong with state.

use std::fmt;
use std::ops::Deref;
use std::rc::Rc;

use super::bytes::CorruptState;
use super::descriptor::StateKind;
use super::handle::OperatorStateMode;
use super::key_groups::KeyGroupRange;
use super::namespace::NAMESPACE_TYPES;
use super::type_information::SerializerOf;
use crate::record::Value;

/// What a job can do wrong with keyed state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateFault {
    /// The operator has no key.
    NotKeyed { name: Rc<str> },
    /// The name stands for a state of another kind already.
    OtherKind { name: Rc<str>, registered: StateKind, wanted: StateKind },
    /// State was reached while no element was at hand, as in `open()`.
    NoKey { name: Rc<str> },
    /// The key's group belongs to another subtask.
    ForeignKey { key: Value, key_group: u32, range: KeyGroupRange },
    /// `add(null)` and the like.
    NullElement { name: Rc<str>, kind: StateKind },
    /// What was restored is of another kind than what the job asks for.
    Migration { name: Rc<str>, was: StateKind, wanted: StateKind },
    /// The same of operator state's way of being split.
    OtherMode { was: OperatorStateMode, wanted: OperatorStateMode },
    /// What was restored is of another type than what the job asks for.
    Incompatible { part: &'static str, on_heap: bool, was: SerializerOf, wanted: SerializerOf },
    /// A value is not of the type that was declared.
    ClassCast { value: Value, declared: SerializerOf },
    /// Bytes to restore from are not what was written.
    Corrupt(CorruptState),
    /// Bytes to restore from are not there.
    Missing(Rc<str>),
}

impl StateFault {
    /// What was restored has namespaces of one type, and the job asks for another, each by its number.
    pub fn namespaces(part: &'static str, on_heap: bool, was: u8, wanted: u8) -> Self {
        let of = |number: u8| SerializerOf::Type(NAMESPACE_TYPES[usize::from(number & 3)].into());
        Self::Incompatible { part, on_heap, was: of(was), wanted: of(wanted) }
    }
}

impl fmt::Display for StateFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotKeyed { name } => write!(
                f,
                "Keyed state can only be used on a 'keyed stream', i.e., after a 'keyBy()' operation \
                 (state \"{name}\")."
            ),
            Self::OtherKind { name, registered, wanted } => write!(
                f,
                "State \"{name}\" is a {registered} already and cannot be a {wanted} too: give one of the two \
                 another name."
            ),
            Self::NoKey { name } => write!(
                f,
                "No key set: state \"{name}\" can be used while an element is processed, not in open() or \
                 close()."
            ),
            Self::ForeignKey { key, key_group, range } => write!(
                f,
                "Key group {key_group} of key {key} is not in {range}: its key selector does not \
                 always give the same key, or the stream was reinterpreted as keyed."
            ),
            Self::NullElement { name, kind } => {
                write!(f, "You cannot add null to a {kind} (state \"{name}\").")
            }
            Self::Migration { name, was, wanted } => write!(
                f,
                "For state \"{name}\": Incompatible key/value state types. Was [{}], registered with [{}].",
                was.flink_type(),
                wanted.flink_type()
            ),
            Self::OtherMode { was, wanted } => write!(
                f,
                "Incompatible state assignment modes. Was [{}], registered with [{}].",
                was.name(),
                wanted.name()
            ),
            Self::Incompatible { part: "key", was, wanted, .. } => write!(
                f,
                "StateMigrationException: The new key serializer ({wanted}) must be compatible with the previous \
                 key serializer ({was})."
            ),
            Self::Incompatible { part, was, wanted, .. } if part.contains(' ') => write!(
                f,
                "StateMigrationException: The new {part} must not be incompatible: it was {was}, and is {wanted}."
            ),
            Self::Incompatible { part, on_heap, was, wanted } => {
                let the = if *on_heap { "For heap backends, the" } else { "The" };
                let be = if *part == "namespace" { "be " } else { "not be in" };
                write!(
                    f,
                    "StateMigrationException: {the} new {part} serializer ({wanted}) must {be}compatible with the \
                     old {part} serializer ({was})."
                )
            }
            Self::ClassCast { value, declared } => write!(
                f,
                "ClassCastException: {value} is a {}, and what was declared takes a {declared}.",
                value.type_name()
            ),
            Self::Corrupt(corrupt) => write!(f, "Could not restore state: {corrupt}."),
            Self::Missing(path) => write!(f, "Could not restore state: there is no file {path}."),
        }
    }
}

/// A [`StateFault`], a word of memory: nearly every call of a state answers one or its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateError(Box<StateFault>);

impl From<StateFault> for StateError {
    #[cold]
    fn from(fault: StateFault) -> Self {
        Self(Box::new(fault))
    }
}

impl From<CorruptState> for StateError {
    #[cold]
    fn from(corrupt: CorruptState) -> Self {
        StateFault::Corrupt(corrupt).into()
    }
}

impl Deref for StateError {
    type Target = StateFault;

    fn deref(&self) -> &StateFault {
        &self.0
    }
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for StateError {}
