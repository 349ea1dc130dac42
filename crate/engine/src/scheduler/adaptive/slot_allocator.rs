//! The parallelism of each vertex with so many slots. Flink: `SlotSharingSlotAllocator`.
//!
//! Contract: each slot sharing group has as many slots as the greatest lower bound of its vertices; what is left is
//! shared evenly, the groups with the narrowest range first, so that what they do not take is there for the others.

use std::rc::Rc;

use crate::base::sort;

/// What a vertex asks for. Flink: `JobVertexResourceRequirements.Parallelism`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParallelismBounds {
    pub lower: u32,
    pub upper: u32,
}

/// A slot sharing group, and what its vertices ask for together.
struct Group {
    name: Rc<str>,
    lower: u32,
    upper: u32,
}

fn groups_of(vertices: &[(Rc<str>, ParallelismBounds)]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (name, bounds) in vertices {
        match groups.iter_mut().find(|group| group.name == *name) {
            Some(group) => {
                group.lower = group.lower.max(bounds.lower);
                group.upper = group.upper.max(bounds.upper);
            }
            None => groups.push(Group { name: Rc::clone(name), lower: bounds.lower, upper: bounds.upper }),
        }
    }
    groups
}

/// Slots with which no vertex wants more.
pub fn desired_slots(vertices: &[(Rc<str>, ParallelismBounds)]) -> u32 {
    groups_of(vertices).iter().map(|group| group.upper).sum()
}

/// The parallelism of each of these vertices, each with its slot sharing group; `None`: there are too few slots.
pub fn determine_parallelism(vertices: &[(Rc<str>, ParallelismBounds)], slots: u32) -> Option<Vec<u32>> {
    let mut groups = groups_of(vertices);
    let mut required: u32 = groups.iter().map(|group| group.lower).sum();
    if slots < required {
        return None;
    }
    sort::sort_by_key(&mut groups, |group| group.upper - group.lower);
    let (mut left, mut count) = (slots, groups.len() as u32);
    for group in &mut groups {
        let given = group.lower + (group.upper - group.lower).min((left - required) / count);
        required -= group.lower;
        left -= given;
        count -= 1;
        group.upper = given;
    }
    let slots_of =
        |name: &Rc<str>| groups.iter().find(|group| group.name == *name).map_or(0, |group| group.upper);
    Some(vertices.iter().map(|(name, bounds)| bounds.upper.min(slots_of(name))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vertices(all: &[(&str, u32, u32)]) -> Vec<(Rc<str>, ParallelismBounds)> {
        all.iter().map(|&(name, lower, upper)| (name.into(), ParallelismBounds { lower, upper })).collect()
    }

    #[test]
    fn one_group_has_all_slots_up_to_its_bounds() {
        let one = vertices(&[("a", 1, 4), ("a", 1, 2)]);
        assert_eq!(determine_parallelism(&one, 3), Some(vec![3, 2]));
        assert_eq!(determine_parallelism(&one, 9), Some(vec![4, 2]));
        assert_eq!((determine_parallelism(&one, 0), desired_slots(&one)), (None, 4));
    }

    #[test]
    fn groups_have_what_they_must_and_share_the_rest() {
        let two = vertices(&[("a", 1, 8), ("b", 2, 3)]);
        assert_eq!(determine_parallelism(&two, 2), None);
        assert_eq!(determine_parallelism(&two, 3), Some(vec![1, 2]));
        assert_eq!(determine_parallelism(&two, 7), Some(vec![4, 3]), "what b does not take is a's");
        assert_eq!((determine_parallelism(&two, 99), desired_slots(&two)), (Some(vec![8, 3]), 11));
    }
}
