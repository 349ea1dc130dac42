/** Placement of boxes that are a chain, each leading to the next: where dagre would put them, without dagre. */
import { at } from "./at";
import type { Flow, Point } from "./geometry";
import { labelRoom, type LayeredEdge, type Placement, type Size, type Spacing } from "./placement";

/** The places of `count` boxes from the first to the last of the chain that they are; `null` where they are none. */
export function chainOrder(
  count: number,
  edges: readonly { readonly source: number; readonly target: number }[],
): number[] | null {
  const next = new Map(edges.map(({ source, target }) => [source, target]));
  const targets = new Set(next.values());
  if (edges.length !== count - 1 || targets.size !== edges.length) return null;
  const order: number[] = [];
  for (
    let place = firstWhere(count, (box) => !targets.has(box));
    place !== undefined;
    place = next.get(place)
  ) {
    order.push(place);
  }
  // The others are in a circle.
  return order.length === count ? order : null;
}

function firstWhere(count: number, holds: (place: number) => boolean): number | undefined {
  for (let place = 0; place < count; place += 1) if (holds(place)) return place;
  return undefined;
}

/** Places a chain on one line; half of the distance of two layers is on each side of the label between them. */
export function placeChain(
  order: readonly number[],
  sizes: readonly Size[],
  edges: readonly LayeredEdge[],
  spacing: Spacing,
  flow: Flow,
): Placement {
  const rooms = edges.map((edge) => labelRoom(edge, flow));
  const lengthOf = (size: Size): number => (flow === "across" ? size.width : size.height);
  const widths = [...sizes, ...rooms].map((size) => (flow === "across" ? size.height : size.width));
  const beside = Math.max(...widths) / 2;
  const point = (along: number): Point =>
    flow === "across" ? { x: along, y: beside } : { x: beside, y: along };
  const leaving = new Map(edges.map(({ source }, place) => [source, place]));
  const boxes: Point[] = [];
  const middles: Point[] = [];
  let reached = 0;
  for (const place of order) {
    const length = lengthOf(at(sizes, place));
    boxes[place] = point(reached + length / 2);
    reached += length;
    const edge = leaving.get(place);
    if (edge === undefined) break;
    const room = lengthOf(at(rooms, edge));
    reached += spacing.layers / 2;
    middles[edge] = point(reached + room / 2);
    reached += room + spacing.layers / 2;
  }
  return { boxes, edges: middles.map((middle) => ({ middle, bends: [middle] })) };
}
