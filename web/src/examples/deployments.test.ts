/** What the examples of deployments say is so: the phases come in their order, and containers are asked for again. */
import { readFileSync } from "node:fs";
import { beforeAll, expect, test, vi } from "vitest";
import { compileJob, momentOf, submitJob } from "../api/compile";
import { loadEngine } from "../engine/load";
import type { Topology, TraceEntry } from "../engine/protocol";
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
  readonly sentence: string;
}

/** What is there at each tick that the example names, and at its end. */
async function seenOf(id: "twelve-phases" | "on-yarn"): Promise<readonly Seen[]> {
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
