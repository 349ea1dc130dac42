/** Ranks hide gaps between node ids, and nothing else. */
import { expect, test } from "vitest";
import { differences } from "./compare.mjs";
import { withRankedNodeIds } from "./node-ids.mjs";

const graph = (first: number, second: number, target: number): unknown => ({
  plan: { nodes: [{ id: first }, { id: second, predecessors: [{ id: first, side: "second" }] }] },
  nodes: [
    { id: first, name: "a", out_edges: [{ target }] },
    { id: second, name: "b", out_edges: [] },
  ],
});

test("gaps do not count, order does", () => {
  const ranked = withRankedNodeIds(graph(1, 2, 2));
  expect(differences(ranked, withRankedNodeIds(graph(3, 7, 7)))).toEqual([]);
  expect(differences(ranked, withRankedNodeIds(graph(7, 3, 3)))).not.toEqual([]);
  expect(differences(ranked, withRankedNodeIds(graph(3, 7, 3)))).not.toEqual([]);
});
