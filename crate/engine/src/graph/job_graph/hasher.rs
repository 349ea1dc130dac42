//! The ids of operators, which are those of job vertices too.
//!
//! Contract: an id depends on the uid alone where there is one; else on the shape of the graph and on what
//! chains, not on names or parallelisms. Flink: `StreamGraphHasherV2`, over Guava's `murmur3_128` with
//! seed 0.

use std::collections::VecDeque;

use super::chaining::is_chainable;
use crate::base::ids::{OperatorId, TransformationId};
use crate::base::ordered::{SortedMap, set_of};
use crate::graph::stream_graph::{StreamGraph, StreamNode};

/// The id of every node.
pub fn operator_ids(graph: &StreamGraph) -> SortedMap<TransformationId, OperatorId> {
    let mut ids: SortedMap<TransformationId, OperatorId> = SortedMap::new();
    let mut queue: VecDeque<TransformationId> = graph.sources.iter().copied().collect();
    let mut visited = set_of(graph.sources.iter().copied());
    while let Some(id) = queue.pop_front() {
        let node = graph.node(id);
        let has_all_inputs = node.in_edges.iter().all(|&edge| ids.contains_key(&graph.edge(edge).source));
        // A uid needs no input's id, so its node does not wait: the positions of others depend on that.
        if node.uid.is_none() && !has_all_inputs {
            // The last of its inputs queues it again.
            visited.remove(&id);
            continue;
        }
        let operator_id = match &node.uid {
            Some(uid) => OperatorId(murmur3_128(uid.as_bytes())),
            None => OperatorId(hash_of_shape(graph, node, &ids)),
        };
        ids.insert(id, operator_id);
        for &edge in &node.out_edges {
            let target = graph.edge(edge).target;
            if visited.insert(target) {
                queue.push_back(target);
            }
        }
    }
    assert!(ids.len() == graph.nodes.len(), "every node is reached from a source");
    ids
}

fn hash_of_shape(
    graph: &StreamGraph,
    node: &StreamNode,
    ids: &SortedMap<TransformationId, OperatorId>,
) -> [u8; 16] {
    // The position among the hashes so far stands for the node: node ids may differ between two builds.
    let position = ids.len() as u32;
    let chained = node.out_edges.iter().filter(|&&edge| is_chainable(graph, edge)).count();
    let words = std::iter::repeat_n(position.to_le_bytes(), 1 + chained);
    let mut bytes = murmur3_128(&words.flatten().collect::<Vec<u8>>());
    for &edge in &node.in_edges {
        let input = ids[&graph.edge(edge).source].0;
        for (byte, input) in bytes.iter_mut().zip(input) {
            *byte = byte.wrapping_mul(37) ^ input;
        }
    }
    bytes
}

/// Guava writes the two halves of the 128 bits in little-endian order, the first half first.
fn murmur3_128(bytes: &[u8]) -> [u8; 16] {
    let hash =
        murmur3::murmur3_x64_128(&mut std::io::Cursor::new(bytes), 0).expect("reading memory does not fail");
    hash.to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_as_guava_does() {
        let hex = |bytes: &[u8]| OperatorId(murmur3_128(bytes)).to_string();
        assert_eq!(hex(b"a"), "897859f6655555855a890e51483ab5e6");
        assert_eq!(hex(b"source-id"), "bd9c186e89cc37a76d776844dfa8ccba");
        assert_eq!(hex(b"map-id"), "dfb9fc19542b088ce12ddd140eb8d369");
        assert_eq!(hex(&1u32.to_le_bytes()), "feca28aff5a3958840bee985ee7de4d3");
        assert_eq!(hex(&2u32.to_le_bytes()), "605b35e407e90cda15ad084365733fdd");
    }
}
