/** A chain stands where dagre would place it, and what is no chain is not taken for one. */
import { expect, test } from "vitest";
import { chainOrder, placeChain } from "./chain-placement";
import { placeByDagre } from "./dagre-placement";
import type { LayeredEdge } from "./placement";

const SPACING = { layers: 44, boxes: 26, edges: 14 };

/** A chain of boxes in mixed order, of sizes and labels that differ. */
function chainOf(
  count: number,
  seed: number,
): { sizes: { width: number; height: number }[]; edges: LayeredEdge[] } {
  let state = seed;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 16) % limit;
  };
  const places = Array.from({ length: count }, (_, place) => place);
  for (let last = count - 1; last > 0; last -= 1) {
    const other = below(last + 1);
    [places[last], places[other]] = [places[other]!, places[last]!];
  }
  const size = (): { width: number; height: number } => ({
    width: 10 + below(300) / 4,
    height: 10 + below(80),
  });
  const edges = places.slice(1).map((target, at) => ({
    source: places[at]!,
    target,
    label: below(3) === 0 ? null : size(),
  }));
  return { sizes: places.map(size), edges: edges.sort(() => below(3) - 1) };
}

test.each(["across", "down"] as const)("a chain stands where dagre would place it, %s", (flow) => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const { sizes, edges } = chainOf(1 + (seed % 9), seed);
    const placed = placeChain(chainOrder(sizes.length, edges)!, sizes, edges, SPACING, flow);
    const wanted = placeByDagre(sizes, edges, SPACING, flow);
    expect(placed.boxes).toEqual(wanted.boxes);
    edges.forEach((edge, place) => {
      expect(placed.edges[place]!.bends).toEqual(wanted.edges[place]!.bends);
      if (edge.label !== null) expect(placed.edges[place]!.middle).toEqual(wanted.edges[place]!.middle);
    });
  }
});

test.each([
  ["one box", 1, [], [0]],
  [
    "a chain, last edge first",
    3,
    [
      [1, 0],
      [2, 1],
    ],
    [2, 1, 0],
  ],
  ["no box", 0, [], null],
  [
    "a fork",
    3,
    [
      [0, 1],
      [0, 2],
    ],
    null,
  ],
  [
    "a join",
    3,
    [
      [0, 2],
      [1, 2],
    ],
    null,
  ],
  ["two boxes apart", 2, [], null],
  [
    "two edges between the same boxes",
    3,
    [
      [0, 1],
      [0, 1],
    ],
    null,
  ],
  [
    "a circle and a box",
    3,
    [
      [0, 1],
      [1, 0],
    ],
    null,
  ],
] as const)("%s", (_, count, edges, order) => {
  expect(
    chainOrder(
      count,
      edges.map(([source, target]) => ({ source, target })),
    ),
  ).toEqual(order);
});
