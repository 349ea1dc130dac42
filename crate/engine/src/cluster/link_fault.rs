//! What can go wrong between two TaskManagers, and how it is mended.

use std::fmt;

use super::link::LinkSpeed;
use crate::base::ids::TaskManagerId;

/// The links that a fault is about: the one from the first TaskManager to the second, or that one and the one
/// back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Links {
    pub from: TaskManagerId,
    pub to: TaskManagerId,
    pub both_ways: bool,
}

/// See the module. It happens at the start of a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkFault {
    /// Nothing leaves and nothing arrives any more, until the link is restored or the connection times out.
    Cut(Links),
    /// Messages take another time, and other bandwidth limits them.
    Slow(Links, LinkSpeed),
    /// The link is as the scenario made it.
    Restore(Links),
    /// The connection between the two is lost, both ways, and both ends learn it.
    Reset { a: TaskManagerId, b: TaskManagerId },
}

impl Links {
    /// From, and to, of each of them.
    pub fn pairs(self) -> impl Iterator<Item = (TaskManagerId, TaskManagerId)> {
        let back = self.both_ways.then_some((self.to, self.from));
        std::iter::once((self.from, self.to)).chain(back)
    }
}

impl LinkFault {
    /// The two TaskManagers that it is between.
    pub const fn ends(self) -> (TaskManagerId, TaskManagerId) {
        match self {
            Self::Cut(links) | Self::Slow(links, _) | Self::Restore(links) => (links.from, links.to),
            Self::Reset { a, b } => (a, b),
        }
    }

    /// What is wrong with it in a cluster of so many TaskManagers, in a sentence.
    pub fn check(self, task_managers: u32) -> Result<(), String> {
        let (a, b) = self.ends();
        if let Some(missing) = [a, b].into_iter().find(|id| id.0 >= task_managers) {
            return Err(format!(
                "There is no TaskManager {}: the cluster has {task_managers}, counted from 1.",
                missing.0 + 1
            ));
        }
        if a == b {
            return Err(format!("TaskManager {} has no link to itself.", a.0 + 1));
        }
        if let Self::Slow(_, speed) = self {
            speed.check()?;
        }
        Ok(())
    }
}

impl fmt::Display for LinkFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ways = |links: &Links| if links.both_ways { " both ways" } else { "" };
        match self {
            Self::Cut(links) => write!(f, "link cut{}", ways(links)),
            Self::Slow(links, speed) => write!(
                f,
                "link slowed down{}: latency {} ms, {} bytes a ms",
                ways(links),
                speed.latency_ticks,
                speed.bytes_per_tick
            ),
            Self::Restore(links) => write!(f, "link restored{}", ways(links)),
            Self::Reset { .. } => f.write_str("connection reset"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_between_two_task_managers_that_are_there() {
        let cut = |from, to| {
            let (from, to) = (TaskManagerId(from), TaskManagerId(to));
            LinkFault::Cut(Links { from, to, both_ways: false })
        };
        assert_eq!(cut(0, 1).check(2), Ok(()));
        assert_eq!(
            cut(0, 2).check(2),
            Err("There is no TaskManager 3: the cluster has 2, counted from 1.".into())
        );
        assert_eq!(cut(1, 1).check(2), Err("TaskManager 2 has no link to itself.".into()));
        let links = Links { from: TaskManagerId(1), to: TaskManagerId(0), both_ways: true };
        let slow = LinkFault::Slow(links, LinkSpeed { latency_ticks: 0, bytes_per_tick: 1 });
        assert_eq!(
            slow.check(2),
            Err("The latency of a link in ticks must be a number from 1 to 60000, and is 0.".into())
        );
        let ends: Vec<_> = links.pairs().map(|(from, to)| (from.0, to.0)).collect();
        assert_eq!(ends, [(1, 0), (0, 1)]);
    }
}
