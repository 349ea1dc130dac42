/**
 * Boxes in layers, and the edges with their labels between them. A chain is placed at once; for what has branches,
 * `loadPlacement` brings dagre first.
 */
import { at } from "./at";
import { chainOrder, placeChain } from "./chain-placement";
import type * as dagrePlacement from "./dagre-placement";
import { boundsOf, CURVE_LENGTH, curveBy, directCurve, type Flow, type Point, type Rect } from "./geometry";
import type { LayeredEdge, Placement, Size, Spacing } from "./placement";

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

let dagre: typeof dagrePlacement | null = null;

/** Loads what `layeredLayout` needs for boxes that are no chain. */
export async function loadPlacement(): Promise<void> {
  dagre ??= await import("./dagre-placement");
}

function placeLayers(
  sizes: readonly Size[],
  edges: readonly LayeredEdge[],
  spacing: Spacing,
  flow: Flow,
): Placement {
  const order = chainOrder(sizes.length, edges);
  if (order !== null) return placeChain(order, sizes, edges, spacing, flow);
  if (dagre === null) throw new Error("These boxes have branches, and their placement is not loaded.");
  return dagre.placeByDagre(sizes, edges, spacing, flow);
}

function around({ x, y }: Point, { width, height }: Size): Rect {
  return { x: x - width / 2, y: y - height / 2, width, height };
}

/** Places the boxes so that edges lead across from left to right, or down. */
export function layeredLayout(
  sizes: readonly Size[],
  edges: readonly LayeredEdge[],
  spacing: Spacing,
  flow: Flow,
): LayeredLayout {
  const placement = placeLayers(sizes, edges, spacing, flow);
  const boxes = sizes.map((size, place) => around(at(placement.boxes, place), size));
  const curves = new Float64Array(edges.length * CURVE_LENGTH);
  const labels = edges.map((edge, place): Rect | null => {
    const { middle, bends } = at(placement.edges, place);
    const shown = edge.label === null ? null : middle;
    drawEdge(curves, place * CURVE_LENGTH, boxes, edge, shown, bends, flow);
    return edge.label === null ? null : around(middle, edge.label);
  });
  const bounds = boundsOf([...boxes, ...labels.filter((label) => label !== null)]);
  return { flow, bounds, boxes, curves, labels, order: readingOrder(boxes, flow) };
}

const SOFTNESS = 1.6;
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
