/**
 * What the examples that are told by their trace say is so: phases come in their order, containers are asked for again, a
 * failure walks from region to region.
 */
import { readFileSync } from "node:fs";
import { beforeAll, expect, test, vi } from "vitest";
import { compileJob, momentOf, submitJob } from "../api/compile";
import { loadEngine } from "../engine/load";
import type { Graphs, Topology, TraceEntry } from "../engine/protocol";
import { failovers, regionsOf } from "../model/failover";
import { ALL, sequence } from "../model/sequence";
import { contentOf } from "./content";
import { EXAMPLES } from "./examples";

/** A machine may be busy with other things. */
vi.setConfig({ testTimeout: 120_000 });

beforeAll(() => loadEngine(readFileSync(new URL("../engine/generated/weir_wasm_bg.wasm", import.meta.url))));

const TICKS_MAX = 1_000_000;

interface Seen {
  readonly trace: readonly TraceEntry[];
  readonly topology: Topology;
  readonly graphs: Graphs;
  readonly sentence: string;
}

/** What is there at each tick that the example names, and at its end. */
async function seenOf(id: "twelve-phases" | "on-yarn" | "batch-failover"): Promise<readonly Seen[]> {
  const { source, watch = [] } = await contentOf(id);
  const { taskManagers, slots, processFaults, scenario } = EXAMPLES[id];
  const compiled = compileJob(source, 42);
  const cluster = { seed: 42, taskManagers, slotsPerTaskManager: slots, files: {}, ...scenario };
  const lab = submitJob(compiled, { ...cluster, ...(processFaults === undefined ? {} : { processFaults }) });
  let topology: Topology | undefined;
  return [...watch.map(({ tick }) => tick), TICKS_MAX].map((tick) => {
    lab.seek(tick, 0);
    const moment = momentOf(compiled, lab);
    topology = moment.topology ?? topology;
    const { entries } = lab.trace(0, 10_000) as { entries: readonly TraceEntry[] };
    return {
      trace: entries,
      topology: topology!,
      graphs: compiled.graphs,
      sentence: moment.sentence.map(({ text }) => text).join(""),
    };
  });
}

/** The phases under which messages stand, in their order. */
function phasesOf({ trace }: Seen): readonly number[] {
  return sequence(trace, ALL).rows.flatMap((row) => (row.kind === "phase" ? [row.phase] : []));
}

const upTo = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, place) => first + place);

test("twelve phases: each moment stands in the phase that it names", async () => {
  const seen = await seenOf("twelve-phases");
  expect(seen.map((one) => phasesOf(one).at(-1))).toEqual([undefined, 6, 10, 11, 12, 12]);
  expect(phasesOf(seen.at(-1)!)).toEqual(upTo(0, 12));
  expect(seen[0]!.trace.every(({ kind }) => kind === "process")).toBe(true);
});

test("on YARN: containers are asked for as they are needed, again where one is killed", async () => {
  const seen = await seenOf("on-yarn");
  const [accepted, master, allotted, runs, killed, again, on, end] = seen;
  const nodes = ({ topology }: Seen): string[] =>
    topology.nodes!.map(({ taskManagers, others }) => [...others, ...taskManagers].join("; "));
  expect(nodes(accepted!)).toEqual(["", ""]);
  const jobManager = "container_000001: ApplicationMaster: the JobManager";
  expect(nodes(master!)).toEqual([jobManager, ""]);
  expect(nodes(allotted!)[1]).toBe("container_000003: fetches its files from HDFS");
  expect(nodes(runs!)).toEqual([`${jobManager}; 0`, "1"]);
  expect(runs!.sentence).toContain("4 tasks are running");
  expect(killed!.topology.taskManagers[1]!.name).toContain("(killed)");
  expect(nodes(again!)[1]).toBe("container_000004: fetches its files from HDFS; 1");
  expect(nodes(on!)[1]).toBe("1; 2");
  expect(on!.sentence).toContain("4 tasks are running");
  const phases = phasesOf(end!);
  expect(phases.slice(0, 12)).toEqual([...upTo(13, 23), 19]);
  expect(phases.at(-1)).toBe(24);
  expect(end!.trace.filter(({ text }) => text.startsWith("offerSlots: rejected"))).toEqual([]);
  expect(end!.trace.some(({ text }) => text.startsWith("cleanUpContainer"))).toBe(true);
});

/** The regions that a failure reached, in their order: each with the task that it is named by and how far it is. */
function regionsIn({ trace, topology, graphs }: Seen): readonly string[] {
  const [failover] = failovers(trace, trace.length, topology, regionsOf(graphs, topology));
  return (failover?.steps ?? []).map(({ tasks, phase }) => {
    expect(tasks).toHaveLength(1);
    return `${topology.tasks[tasks[0]!]!.name.replace(/ -> .*(?= \()/, "")}: ${phase}`;
  });
}

test("a lost result, in batch: what wrote it runs again, then what reads it, and what is whole is spared", async () => {
  const [before, lost, waits, sums, last, end] = await seenOf("batch-failover");
  expect(regionsIn(before!)).toEqual([]);
  const inOrder = (phases: readonly string[]): string[] =>
    ["of each customer (2/2)", "of each customer (1/2)", "of each branch (1/2)", "of each branch (2/2)"]
      .map((name, place) => `${name}: ${phases[place]!}`)
      .concat(`Source: orders (2/2): ${phases[4]!}`)
      .sort();
  const sorted = (seen: Seen): string[] => [...regionsIn(seen)].sort();
  expect(regionsIn(lost!)[0]).toBe("of each customer (2/2): ended");
  expect(sorted(waits!)).toEqual(inOrder(["created", "created", "created", "created", "running"]));
  expect(waits!.sentence).toContain("wait for results that are not complete");
  expect(sorted(sums!)).toEqual(inOrder(["running", "running", "created", "created", "running"]));
  expect(sums!.topology.tasks.map(({ taskManager }) => taskManager)).toContain(2);
  expect(sorted(last!)).toEqual(inOrder(Array<string>(5).fill("running")));
  const [failover] = failovers(
    end!.trace,
    end!.trace.length,
    end!.topology,
    regionsOf(end!.graphs, end!.topology),
  );
  expect(failover?.over).toBeLessThan(6000);
  expect(end!.topology.tasks.map(({ attempt }) => attempt)).toEqual([0, 1, 1, 1, 1, 1]);
});
