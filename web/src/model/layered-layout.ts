/** Placement of boxes in layers, and of the edges with their labels between them: dagre, in our terms. */
import { Graph, layout as runDagre } from "@dagrejs/dagre";
import type { EdgeLabel, GraphLabel, NodeLabel } from "@dagrejs/dagre";
import { at } from "./at";
import { boundsOf, CURVE_LENGTH, curveBy, directCurve, type Flow, type Point, type Rect } from "./geometry";

/** A box to place. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** An edge between two boxes (by their places), with room for its label; no label where that is `null`. */
export interface LayeredEdge {
  readonly source: number;
  readonly target: number;
  readonly label: Size | null;
}

/** Distances: between layers, between boxes of a layer, between edges. */
export interface Spacing {
  readonly layers: number;
  readonly boxes: number;
  readonly edges: number;
}

export interface LayeredLayout {
  readonly flow: Flow;
  readonly bounds: Rect;
  readonly boxes: readonly Rect[];
  /** 20 numbers an edge. */
  readonly curves: Float64Array;
  /** Where the label of each edge stands, on its line. */
  readonly labels: readonly (Rect | null)[];
  /** Places of the boxes: from the first layer to the last, in each from its start. */
  readonly order: readonly number[];
}

/** Places the boxes so that edges lead across from left to right, or down. */
export function layeredLayout(
  sizes: readonly Size[],
  edges: readonly LayeredEdge[],
  spacing: Spacing,
  flow: Flow,
): LayeredLayout {
  const graph = new Graph<GraphLabel, NodeLabel, EdgeLabel>({ multigraph: true });
  graph.setGraph({
    rankdir: flow === "across" ? "LR" : "TB",
    ranksep: spacing.layers,
    nodesep: spacing.boxes,
    edgesep: spacing.edges,
  });
  sizes.forEach((size, place) => graph.setNode(String(place), { width: size.width, height: size.height }));
  edges.forEach((edge, place) => {
    const label = edge.label ?? { width: 0, height: 0 };
    const room = edge.label === null ? 0 : LABEL_ROOM;
    const size =
      flow === "across"
        ? { width: label.width + room, height: label.height }
        : { width: label.width, height: label.height + room };
    graph.setEdge(String(edge.source), String(edge.target), { ...size, labelpos: "c" }, String(place));
  });
  runDagre(graph);
  const boxes = sizes.map((size, place): Rect => {
    const node = graph.node(String(place));
    return { x: (node.x ?? 0) - size.width / 2, y: (node.y ?? 0) - size.height / 2, ...size };
  });
  const curves = new Float64Array(edges.length * CURVE_LENGTH);
  const labels = edges.map((edge, place): Rect | null => {
    const found = graph.edge(String(edge.source), String(edge.target), String(place));
    const middle = edge.label === null ? null : { x: found.x ?? 0, y: found.y ?? 0 };
    const inner = (found.points ?? []).slice(1, -1);
    drawEdge(curves, place * CURVE_LENGTH, boxes, edge, middle, inner, flow);
    if (edge.label === null || middle === null) return null;
    const { width, height } = edge.label;
    return { x: middle.x - width / 2, y: middle.y - height / 2, width, height };
  });
  const bounds = boundsOf([...boxes, ...labels.filter((label) => label !== null)]);
  return { flow, bounds, boxes, curves, labels, order: readingOrder(boxes, flow) };
}

const SOFTNESS = 1.6;
/** Length of line that is kept free before and after a label, together. */
const LABEL_ROOM = 24;

/** From the middle of one side to the middle of the other, straight under the label and past the layers between. */
function drawEdge(
  curves: Float64Array,
  offset: number,
  boxes: readonly Rect[],
  edge: LayeredEdge,
  label: Point | null,
  inner: readonly Point[],
  flow: Flow,
): void {
  const from = exitOf(at(boxes, edge.source), flow);
  const to = entryOf(at(boxes, edge.target), flow);
  const first = inner[0];
  const last = inner.at(-1);
  if (first === undefined || last === undefined || (label === null && inner.length < 3)) {
    directCurve(curves, offset, from, to, flow);
    return;
  }
  const half = flow === "across" ? (edge.label?.width ?? 0) / 2 : (edge.label?.height ?? 0) / 2;
  const middle = label ?? at(inner, Math.floor(inner.length / 2));
  // Dagre bends in the middle of the gap; the whole gap makes a softer bend.
  if (flow === "across") {
    const soft = from.x + (first.x - from.x) * SOFTNESS;
    const start = { x: Math.min(soft, middle.x - half), y: middle.y };
    curveBy(curves, offset, from, start, { x: Math.max(last.x, middle.x + half), y: middle.y }, to, flow);
  } else {
    const soft = from.y + (first.y - from.y) * SOFTNESS;
    const start = { x: middle.x, y: Math.min(soft, middle.y - half) };
    curveBy(curves, offset, from, start, { x: middle.x, y: Math.max(last.y, middle.y + half) }, to, flow);
  }
}

/** Where edges leave a box. */
export function exitOf(box: Rect, flow: Flow): Point {
  return flow === "across"
    ? { x: box.x + box.width, y: box.y + box.height / 2 }
    : { x: box.x + box.width / 2, y: box.y + box.height };
}

/** Where edges reach a box. */
export function entryOf(box: Rect, flow: Flow): Point {
  return flow === "across" ? { x: box.x, y: box.y + box.height / 2 } : { x: box.x + box.width / 2, y: box.y };
}

function readingOrder(boxes: readonly Rect[], flow: Flow): number[] {
  const along = (box: Rect): number => (flow === "across" ? box.x + box.width / 2 : box.y + box.height / 2);
  const beside = (box: Rect): number => (flow === "across" ? box.y : box.x);
  return boxes
    .map((_, place) => place)
    .sort((one, other) => {
      const [a, b] = [at(boxes, one), at(boxes, other)];
      return Math.round(along(a) - along(b)) || beside(a) - beside(b) || one - other;
    });
}
