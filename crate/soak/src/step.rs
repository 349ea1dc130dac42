//! What the functions of a random job do, written once for the engine and for the reckoning by hand.
//!
//! Contract: every function depends on its record alone, and what a keyed function emits for a key depends on
//! how many records of it there were, not on their order. So what comes out does not depend on the order in
//! which tasks and links take their turns.

use std::rc::Rc;

use weir_engine::base::ids::FunctionId;
use weir_engine::operator::context::OperatorContext;
use weir_engine::operator::function::{Method, UserError, UserFunction};
use weir_engine::operator::native::NativeFunctions;
use weir_engine::record::Value;
use weir_engine::state::StateKind;

use crate::dice::{Dice, mix};
use crate::item::{Item, PADDING_MAX};

/// How long the texts of the records are.
#[derive(Clone, Copy, Debug)]
pub enum Padding {
    /// All about as long as this, shorter ones too.
    UpTo(u32),
    /// One in so many as long as a text can be, the others short.
    HugeOnceIn(u32),
}

impl Padding {
    /// Draws one for a stream of so many records.
    pub fn draw(dice: &mut Dice, items: usize) -> Self {
        if items < 400 && dice.once_in(12) {
            return Self::HugeOnceIn(dice.between(10, 60));
        }
        let longest = (400_000 / items.max(1) as u32).clamp(4, 20_000);
        Self::UpTo(dice.magnitude(1, longest))
    }

    /// The padding of one record.
    pub const fn of(self, hash: u64) -> u32 {
        let (word, rest) = ((hash >> 8) as u32, hash as u8);
        match self {
            Self::UpTo(longest) => word % (longest + 1),
            Self::HugeOnceIn(n) if word.is_multiple_of(n) => PADDING_MAX - rest as u32,
            Self::HugeOnceIn(_) => rest as u32 % 32,
        }
    }
}

/// Makes one record of one record.
#[derive(Clone, Copy, Debug)]
pub struct Change {
    pub salt: u64,
    /// Number of keys.
    pub keys: u32,
    pub padding: Padding,
}

impl Change {
    /// Draws one for a stream of so many records.
    pub fn draw(dice: &mut Dice, items: usize) -> Self {
        let keys = dice.magnitude(1, 300);
        Self { salt: dice.bits(), keys, padding: Padding::draw(dice, items) }
    }

    /// The record that becomes of a number.
    pub fn item(self, number: i64) -> Item {
        let hash = mix(number as u64, self.salt);
        let key = (hash >> 40) as i64 % i64::from(self.keys) - i64::from(self.keys / 3);
        Item { key, number, padding: self.padding.of(hash) }
    }

    /// The record that becomes of a record.
    pub fn apply(self, item: Item) -> Item {
        self.item(item.number ^ (self.salt as i64 & 0xFFFF))
    }
}

/// Which of its ways out a record takes, how many become of it, or whether it stays.
#[derive(Clone, Copy, Debug)]
pub struct Hashed {
    pub salt: u64,
    pub n: u32,
}

impl Hashed {
    /// Draws one with answers below a number up to `most`.
    pub fn draw(dice: &mut Dice, most: u32) -> Self {
        Self { salt: dice.bits(), n: dice.between(1, most) }
    }

    /// The answer for a record.
    pub const fn of(self, item: Item) -> u32 {
        (mix(item.number as u64, self.salt) >> 32) as u32 % self.n
    }

    /// What becomes of a record that is split: none up to `n − 1`.
    pub fn split(self, item: Item) -> impl Iterator<Item = Item> {
        (0..self.of(item)).map(move |part| Item {
            number: item.number.wrapping_mul(4).wrapping_add(i64::from(part)),
            ..item
        })
    }

    /// Whether a record goes to the main output, and to the side output.
    pub const fn ways(self, item: Item) -> (bool, bool) {
        match self.of(item) % 3 {
            0 => (true, false),
            1 => (false, true),
            _ => (true, true),
        }
    }
}

/// Counts the records of each key; a key is the item's own, modulo something.
#[derive(Clone, Copy, Debug)]
pub struct Count {
    pub modulus: i64,
    pub kind: KeyKind,
    pub padding: Padding,
    /// If the records of a key come in order: checks it.
    pub order: Option<Splits>,
}

/// How a source cuts its numbers into splits: one for each subtask, the first ones longer where they cannot be
/// equal. A subtask reads a split from its start to its end.
#[derive(Clone, Copy, Debug)]
pub struct Splits {
    pub from: i64,
    pub count: i64,
    pub parallelism: i64,
}

impl Splits {
    /// The split of a number.
    pub const fn of(self, number: i64) -> i64 {
        let (length, longer) = (self.count / self.parallelism, self.count % self.parallelism);
        let place = number - self.from;
        let in_longer = longer * (length + 1);
        if place < in_longer { place / (length + 1) } else { longer + (place - in_longer) / length }
    }
}

/// As what a key travels.
#[derive(Clone, Copy, Debug)]
pub enum KeyKind {
    Long,
    Text,
    Pair,
}

impl Count {
    /// Draws one for a stream of so many records.
    pub fn draw(dice: &mut Dice, items: usize) -> Self {
        let kind = dice.pick(&[KeyKind::Long, KeyKind::Text, KeyKind::Pair]);
        let modulus = i64::from(dice.magnitude(1, 200));
        Self { modulus, kind, padding: Padding::draw(dice, items), order: None }
    }

    /// The key that a record is counted under.
    pub const fn key(self, item: Item) -> i64 {
        item.key.rem_euclid(self.modulus)
    }

    /// The selector's answer.
    pub fn key_value(self, item: Item) -> Value {
        let key = self.key(item);
        match self.kind {
            KeyKind::Long => Value::Long(key),
            KeyKind::Text => format!("key {key}").as_str().into(),
            KeyKind::Pair => (key / 7, key % 7).into(),
        }
    }

    /// What is emitted for the n-th record of a key.
    pub fn nth(self, key: i64, n: i64) -> Item {
        let number = key * 1_000_003 + n;
        Item { key, number, padding: self.padding.of(mix(number as u64, 5)) }
    }

    /// A record of a key comes: counts it in the engine's state, and emits.
    fn count(self, value: &Value, context: &mut OperatorContext) -> Result<(), UserError> {
        let item = Item::of_value(value);
        let key = self.key(item);
        if let Some(splits) = self.order {
            check_order(splits, item, context)?;
        }
        let state = context.get_state(&"count".into(), StateKind::Value)?;
        let n = match context.state.value(state)? {
            Value::Null => 1,
            Value::Long(before) => before + 1,
            other => panic!("the count of key {key} is {other}"),
        };
        context.state.update(state, Value::Long(n))?;
        context.collect(self.nth(key, n).to_value());
        Ok(())
    }
}

/// The numbers of a split ascend for each key.
fn check_order(splits: Splits, item: Item, context: &mut OperatorContext) -> Result<(), UserError> {
    let state = context.get_state(&"last number of a split".into(), StateKind::Map)?;
    let split = Value::Long(splits.of(item.number));
    if let Value::Long(last) = context.state.map_get(state, &split)? {
        assert!(last < item.number, "of split {split}, {} comes behind {last}", item.number);
    }
    context.state.map_put(state, split, Value::Long(item.number))?;
    Ok(())
}

/// The functions of a job.
#[derive(Default)]
pub struct Functions(pub NativeFunctions);

impl Functions {
    /// From record to record.
    pub fn map(&mut self, map: impl Fn(Item) -> Item + 'static) -> FunctionId {
        self.0.map(move |value| map(Item::of_value(value)).to_value())
    }

    /// From record to any value: key selectors too.
    pub fn value_of(&mut self, map: impl Fn(Item) -> Value + 'static) -> FunctionId {
        self.0.map(move |value| map(Item::of_value(value)))
    }

    /// Whether a record stays.
    pub fn filter(&mut self, keep: impl Fn(Item) -> bool + 'static) -> FunctionId {
        self.0.filter(move |value| keep(Item::of_value(value)))
    }

    /// A flatMap.
    pub fn split(&mut self, split: Hashed) -> FunctionId {
        self.emitting(&[Method::Apply], move |_, value, context| {
            split.split(Item::of_value(value)).for_each(|part| context.collect(part.to_value()));
            Ok(())
        })
    }

    /// A process function with a side output.
    pub fn sort_out(&mut self, ways: Hashed, tag: &str) -> FunctionId {
        let tag: Rc<str> = tag.into();
        self.emitting(&[Method::ProcessElement], move |_, value, context| {
            let (main, side) = ways.ways(Item::of_value(value));
            if side {
                context.output(Rc::clone(&tag), value.clone());
            }
            if main {
                context.collect(value.clone());
            }
            Ok(())
        })
    }

    /// A flatMap that throws where `broken` answers 0.
    pub fn throw(&mut self, broken: Hashed) -> FunctionId {
        self.emitting(&[Method::Apply], move |_, value, context| {
            if broken.of(Item::of_value(value)) == 0 {
                return Err(UserError::new("the record that breaks the job"));
            }
            context.collect(value.clone());
            Ok(())
        })
    }

    /// A co-flatMap or co-process function: splits what comes first, changes what comes second.
    pub fn split_and_change(&mut self, split: Hashed, change: Change) -> FunctionId {
        self.emitting(&[Method::First, Method::Second], move |method, value, context| {
            let item = Item::of_value(value);
            if method == Method::First {
                split.split(item).for_each(|part| context.collect(part.to_value()));
            } else {
                context.collect(change.apply(item).to_value());
            }
            Ok(())
        })
    }

    /// A co-map function.
    pub fn change_both(&mut self, first: Change, second: Change) -> FunctionId {
        self.0.add(Rc::new(CoMap { first, second }))
    }

    /// A keyed process function, or a keyed co-process function that counts both inputs together.
    pub fn count(&mut self, count: Count) -> FunctionId {
        let methods = [Method::ProcessElement, Method::First, Method::Second];
        self.emitting(&methods, move |_, value, context| count.count(value, context))
    }

    /// A function that emits, called for its records only.
    fn emitting(
        &mut self,
        methods: &[Method],
        emit: impl Fn(Method, &Value, &mut OperatorContext) -> Result<(), UserError> + 'static,
    ) -> FunctionId {
        let methods = methods.to_vec();
        self.0.process(
            move |method, value, context| {
                if methods.contains(&method) { emit(method, value, context) } else { Ok(()) }
            },
        )
    }
}

struct CoMap {
    first: Change,
    second: Change,
}

impl UserFunction for CoMap {
    fn call(&self, method: Method, args: &[Value], _: &mut OperatorContext) -> Result<Value, UserError> {
        let change = match method {
            Method::First => self.first,
            Method::Second => self.second,
            _ => return Ok(Value::Null),
        };
        Ok(change.apply(Item::of_value(&args[0])).to_value())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_cut_as_a_source_cuts_them() {
        let splits = Splits { from: 1, count: 10, parallelism: 4 };
        let of: Vec<i64> = (1..=10).map(|number| splits.of(number)).collect();
        assert_eq!(of, [0, 0, 0, 1, 1, 1, 2, 2, 3, 3]);
        let few = Splits { from: 5, count: 2, parallelism: 3 };
        assert_eq!([few.of(5), few.of(6)], [0, 1]);
    }
}
