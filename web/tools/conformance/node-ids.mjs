/** Node ids of a StreamGraph as ranks: what stays of them when their gaps are left out. */

/**
 * The recorded form of a StreamGraph with 1 for its smallest node id, 2 for the next, and so on, wherever a node is
 * named: in the plan, its predecessors, the nodes and their edges.
 * @param {unknown} graph
 * @returns {unknown}
 */
export function withRankedNodeIds(graph) {
  const { plan, nodes } = /** @type {StreamGraph} */ (graph);
  const ids = nodes.map(({ id }) => id).sort((a, b) => a - b);
  const rank = (/** @type {number} */ id) => ids.indexOf(id) + 1;
  return {
    plan: {
      ...plan,
      nodes: plan.nodes.map(({ predecessors, ...node }) => ({
        ...node,
        id: rank(node.id),
        ...(predecessors === undefined
          ? {}
          : { predecessors: predecessors.map((before) => ({ ...before, id: rank(before.id) })) }),
      })),
    },
    nodes: nodes.map((node) => ({
      ...node,
      id: rank(node.id),
      out_edges: node.out_edges.map((edge) => ({ ...edge, target: rank(edge.target) })),
    })),
  };
}

/**
 * @typedef {object} StreamGraph
 * @property {{ nodes: { id: number, predecessors?: { id: number }[] }[] }} plan
 * @property {{ id: number, out_edges: { target: number }[] }[]} nodes
 */
