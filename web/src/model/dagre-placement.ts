/** Placement of boxes in layers by dagre. Loaded with the first job that has branches. */
import { Graph, layout, type EdgeLabel, type GraphLabel, type NodeLabel } from "@dagrejs/dagre";
import type { Flow } from "./geometry";
import { labelRoom, type LayeredEdge, type Placement, type Size, type Spacing } from "./placement";

/** Places any boxes; edges lead across from left to right, or down. */
export function placeByDagre(
  sizes: readonly Size[],
  edges: readonly LayeredEdge[],
  spacing: Spacing,
  flow: Flow,
): Placement {
  const graph = new Graph<GraphLabel, NodeLabel, EdgeLabel>({ multigraph: true });
  graph.setGraph({
    rankdir: flow === "across" ? "LR" : "TB",
    ranksep: spacing.layers,
    nodesep: spacing.boxes,
    edgesep: spacing.edges,
  });
  sizes.forEach(({ width, height }, place) => graph.setNode(String(place), { width, height }));
  edges.forEach((edge, place) => {
    const label = { ...labelRoom(edge, flow), labelpos: "c" as const };
    graph.setEdge(String(edge.source), String(edge.target), label, String(place));
  });
  layout(graph);
  return {
    boxes: sizes.map((_, place) => {
      const { x = 0, y = 0 } = graph.node(String(place));
      return { x, y };
    }),
    edges: edges.map(({ source, target }, place) => {
      const { x = 0, y = 0, points = [] } = graph.edge(String(source), String(target), String(place));
      return { middle: { x, y }, bends: points.slice(1, -1) };
    }),
  };
}
