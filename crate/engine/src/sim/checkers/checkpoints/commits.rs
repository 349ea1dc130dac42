//! What sinks commit: nothing before its checkpoint is complete, everything in the end, nothing twice.

use std::rc::Rc;

use super::bytes_of;
use crate::base::ids::OperatorId;
use crate::base::ordered::SortedSet;
use crate::checkpoint::coordinator::completed::CompletedCheckpoint;
use crate::cluster::job_status::JobStatus;
use crate::graph::operator_spec::{CommitBy, OperatorSpec};
use crate::operator::COMMITTER_STATE;
use crate::record::Value;
use crate::sim::checkers::Fault;
use crate::sim::world::World;
use crate::state::operator_state::OperatorStateBackend;

/// See the module.
#[derive(Clone, Default)]
pub(super) struct Commits {
    /// Transactions, by table and name, that a complete checkpoint holds.
    promised: SortedSet<(Rc<str>, Rc<str>)>,
    /// How many were committed when it was looked at last.
    count: usize,
}

impl Commits {
    /// Takes note of what a complete checkpoint holds.
    pub fn promise(&mut self, completed: &CompletedCheckpoint, world: &World) {
        for (operator, table) in tables(world) {
            let states = completed.operators.get(&operator).into_iter();
            let handles =
                states.flat_map(|state| state.subtasks.values()).flat_map(|subtask| &subtask.operator);
            for handle in handles {
                let Some(bytes) = bytes_of(&handle.data, world) else { continue };
                let mut lists = OperatorStateBackend::default();
                lists.read(&handle.states, bytes).expect("what a task wrote can be read");
                let committables = lists.restored(COMMITTER_STATE);
                let names = committables.iter().filter_map(name_of);
                self.promised.extend(names.map(|name| (Rc::clone(&table), name)));
            }
        }
    }

    /// Looks at what was committed.
    pub fn check(&mut self, world: &World, newest_completed: u64) -> Result<(), Fault> {
        let transactions = world.transactions();
        if transactions.count() != self.count {
            self.count = transactions.count();
            if world.plan().checkpoint.is_enabled() {
                check_committed(world, newest_completed)?;
            }
        }
        if world.job_status() == JobStatus::Finished {
            let is_lost = |promised: &&(Rc<str>, Rc<str>)| !transactions.committed().contains_key(*promised);
            if let Some((table, name)) = self.promised.iter().find(is_lost) {
                return Err(format!(
                    "the job has finished, and transaction {name} of {table} is not committed"
                ));
            }
            self.promised.clear();
        }
        Ok(())
    }
}

fn check_committed(world: &World, newest_completed: u64) -> Result<(), Fault> {
    let mut epochs = SortedSet::new();
    for ((table, name), &checkpoint) in world.transactions().committed() {
        if checkpoint > newest_completed {
            return Err(format!(
                "transaction {name} of {table} is committed, and checkpoint {checkpoint} is not complete"
            ));
        }
        if !tables(world).any(|(_, known)| known == *table) {
            continue;
        }
        // Its name: subtask, checkpoint, attempt.
        let epoch = name.rsplit_once('-').map_or(&**name, |(epoch, _)| epoch);
        if !epochs.insert((table, epoch)) {
            return Err(format!("what transaction {name} of {table} holds is committed twice"));
        }
    }
    Ok(())
}

/// The committers of the job, each with its table.
fn tables(world: &World) -> impl Iterator<Item = (OperatorId, Rc<str>)> {
    let operators = world.plan().vertices.iter().flat_map(|vertex| vertex.chain.iter());
    operators.filter_map(|operator| match &operator.operator {
        OperatorSpec::Committer { by: CommitBy::Table(table), .. } => Some((operator.id, Rc::clone(table))),
        _ => None,
    })
}

fn name_of(committable: &Value) -> Option<Rc<str>> {
    match committable {
        Value::Tuple(parts) => match &**parts {
            [_, Value::String(name), _] => Some(Rc::clone(name)),
            _ => None,
        },
        _ => None,
    }
}
