/** A failure's way over the regions of a job, read from what the trace tells. */
import { expect, test } from "vitest";
import type { Graphs, Topology, TraceEntry } from "../engine/protocol";
import { failovers, regionsOf } from "./failover";

const NAMES = ["source (1/2)", "source (2/2)", "sink (1/2)", "sink (2/2)"];

/** Two slices of a source and a sink, joined by results of a type. */
function jobOf(type: string): { readonly graphs: Graphs; readonly topology: Topology } {
  const vertices = ["source", "sink"].map((id) => ({
    id,
    inputs: id === "sink" ? [{ source: "source", result_type: type }] : [],
  }));
  const tasks = NAMES.map((name, place) => ({ name, vertex: place >> 1, subtask: place & 1 }));
  const channels = [0, 1].map((subtask) => ({ from: subtask, to: 2 + subtask, gate: 0 }));
  return {
    graphs: { job_graph: { vertices } } as unknown as Graphs,
    topology: { vertices, tasks, channels } as unknown as Topology,
  };
}

/** A trace: the tick, who, what. */
function trace(...lines: readonly (readonly [number, string, string])[]): readonly TraceEntry[] {
  return lines.map(([tick, from, text], number) => {
    const kind = NAMES.includes(from) ? "task" : "job";
    return { number, tick, kind, from, to: from, text, sentAt: tick, phase: 0, fate: "" };
  });
}

function walk(entries: readonly TraceEntry[], total = entries.length) {
  const { graphs, topology } = jobOf("PIPELINED_BOUNDED");
  return failovers(entries, total, topology, regionsOf(graphs, topology));
}

test("a region is what pipelined results join", () => {
  const pipelined = jobOf("PIPELINED_BOUNDED");
  expect(regionsOf(pipelined.graphs, pipelined.topology)).toEqual([
    [0, 2],
    [1, 3],
  ]);
  const blocking = jobOf("BLOCKING");
  expect(regionsOf(blocking.graphs, blocking.topology)).toEqual([[0], [1], [2], [3]]);
});

const LOST = trace(
  [5, "source (2/2)", "FAILED"],
  [5, "job", "2 tasks will be restarted to recover the failed task source (2/2)"],
  [5, "sink (2/2)", "CANCELING"],
  [6, "sink (2/2)", "CANCELED"],
  [7, "sink (1/2)", "FAILED"],
  [7, "job", "2 tasks will be restarted to recover the failed task sink (1/2)"],
  [7, "source (1/2)", "CANCELING"],
  [8, "source (1/2)", "CANCELED"],
  [9, "source (2/2)", "CREATED"],
  [9, "sink (2/2)", "CREATED"],
  [10, "source (2/2)", "DEPLOYING"],
  [10, "sink (2/2)", "DEPLOYING"],
  [11, "source (2/2)", "RUNNING"],
  [12, "sink (2/2)", "RUNNING"],
  [13, "source (1/2)", "CREATED"],
  [13, "sink (1/2)", "CREATED"],
  [14, "source (1/2)", "RUNNING"],
  [14, "sink (1/2)", "RUNNING"],
);

test("regions stand in the order in which the failure reached them, each with its way back", () => {
  const [failover, ...others] = walk(LOST);
  expect(others).toEqual([]);
  expect(failover).toMatchObject({ began: 5, over: 14, isLast: false });
  expect(failover?.steps).toMatchObject([
    { tasks: [1, 3], root: 1, began: 5, ended: 6, created: 9, deployed: 10, running: 12 },
    { tasks: [0, 2], root: 2, began: 7, ended: 8, created: 13, running: 14 },
  ]);
});

test("what has not happened yet is not told", () => {
  const phases = (total: number) => walk(LOST, total)[0]?.steps.map(({ phase }) => phase);
  expect(phases(3)).toEqual(["ending"]);
  expect(phases(4)).toEqual(["ended"]);
  expect(phases(7)).toEqual(["ended", "ending"]);
  expect(phases(10)).toEqual(["created", "ended"]);
  expect(phases(12)).toEqual(["starting", "ended"]);
  expect(phases(14)).toEqual(["running", "ended"]);
  expect(walk(LOST, 1)).toEqual([]);
});

test("a region waits for what it reads, and then for slots", () => {
  const batch = jobOf("BLOCKING");
  const { topology } = batch;
  const entries = trace(
    [5, "source (2/2)", "FAILED"],
    [5, "job", "2 tasks will be restarted to recover the failed task source (2/2)"],
    [5, "sink (1/2)", "CANCELED"],
    [9, "source (2/2)", "CREATED"],
    [9, "sink (1/2)", "CREATED"],
    [9, "source (2/2)", "SCHEDULED"],
    [10, "source (2/2)", "DEPLOYING"],
    [11, "source (2/2)", "RUNNING"],
    [12, "source (2/2)", "FINISHED"],
    [12, "sink (1/2)", "SCHEDULED"],
  );
  const phases = (total: number) =>
    failovers(entries, total, topology, regionsOf(batch.graphs, topology))[0]?.steps.map(
      ({ phase }) => phase,
    );
  expect(phases(6)).toEqual(["scheduled", "created"]);
  expect(phases(9)).toEqual(["running", "created"]);
  expect(phases(10)).toEqual(["running", "scheduled"]);
});

test("a region that fails on its way back is reached once more, after the others", () => {
  const again = trace(
    ...LOST.slice(0, 12).map(({ tick, from, text }) => [tick, from, text] as const),
    [15, "sink (2/2)", "FAILED"],
    [15, "job", "2 tasks will be restarted to recover the failed task sink (2/2)"],
  );
  const [failover] = walk(again);
  expect(failover?.steps.map(({ root, began }) => [root, began])).toEqual([
    [2, 7],
    [3, 15],
  ]);
});

test("what waits for slots when it fails is not on its way back yet", () => {
  const entries = trace(
    [4, "source (1/2)", "SCHEDULED"],
    [4, "sink (1/2)", "SCHEDULED"],
    [5, "job", "2 tasks will be restarted to recover the failed task source (1/2)"],
    [5, "source (1/2)", "FAILED"],
    [5, "sink (1/2)", "CANCELED"],
    [9, "source (1/2)", "CREATED"],
    [9, "sink (1/2)", "CREATED"],
    [9, "source (1/2)", "SCHEDULED"],
    [9, "sink (1/2)", "SCHEDULED"],
  );
  expect(walk(entries, 3)[0]?.steps[0]).toMatchObject({ phase: "ending", scheduled: null });
  expect(walk(entries)[0]?.steps).toMatchObject([{ phase: "scheduled", ended: 5, created: 9, scheduled: 9 }]);
});

test("a job that fails takes all with it", () => {
  const [failover] = walk(
    trace(
      [5, "source (1/2)", "FAILED"],
      [5, "job", "FAILING"],
      [5, "source (2/2)", "CANCELING"],
      [5, "sink (2/2)", "CANCELED"],
      [6, "source (2/2)", "CANCELED"],
    ),
  );
  expect(failover).toMatchObject({ over: null, isLast: true });
  expect(failover?.steps.map(({ root, phase }) => [root, phase])).toEqual([
    [0, "ending"],
    [null, "ended"],
  ]);
});
