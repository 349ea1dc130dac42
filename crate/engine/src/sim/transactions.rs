//! What an external system remembers of the transactions that were committed to it.
//!
//! Contract: a transaction takes effect once, however often it is committed.

use std::rc::Rc;

use crate::base::ordered::SortedMap;
use crate::base::own::own_seldom;
use crate::checkpoint::savepoint_file::Committed;

/// A table and the name of a transaction.
pub type Key = (Rc<str>, Rc<str>);

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Transactions {
    /// The checkpoint of each, by table and name.
    committed: Rc<SortedMap<Key, u64>>,
}

impl Transactions {
    /// What was committed before.
    pub fn of(committed: &[Committed]) -> Self {
        let mut transactions = Self::default();
        for (table, name, checkpoint) in committed {
            transactions.commit(table, Rc::clone(name), *checkpoint);
        }
        transactions
    }

    /// Commits a transaction of a checkpoint. Answers whether that is news.
    pub fn commit(&mut self, table: &Rc<str>, transaction: Rc<str>, checkpoint: u64) -> bool {
        let key = (Rc::clone(table), transaction);
        let is_news = !self.committed.contains_key(&key);
        if is_news {
            own_seldom(&mut self.committed).insert(key, checkpoint);
        }
        is_news
    }

    /// The checkpoint of each that was committed, by table and name.
    pub fn committed(&self) -> &SortedMap<Key, u64> {
        &self.committed
    }

    /// How many were committed.
    pub fn count(&self) -> usize {
        self.committed.len()
    }

    /// The newest checkpoint of which something was committed.
    pub fn newest_checkpoint(&self) -> Option<u64> {
        self.committed.values().copied().max()
    }
}
