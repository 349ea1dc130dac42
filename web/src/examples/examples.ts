/** The examples: jobs to read, run and change, each with the cluster and the speed that suit it. */
import chaining from "./jobs/chaining.job?raw";
import coProcess from "./jobs/co-process.job?raw";
import diamond from "./jobs/diamond.job?raw";
import failing from "./jobs/failing.job?raw";
import keyedState from "./jobs/keyed-state.job?raw";
import partitioners from "./jobs/partitioners.job?raw";
import rateLimited from "./jobs/rate-limited.job?raw";
import sideOutputs from "./jobs/side-outputs.job?raw";
import slowOperator from "./jobs/slow-operator.job?raw";
import wordCount from "./jobs/word-count.job?raw";
import type { ExampleId } from "./catalog";

export interface Example {
  readonly title: string;
  /** One line under the title: what there is to see. */
  readonly summary: string;
  /** The job's source. */
  readonly source: string;
  readonly taskManagers: number;
  readonly slots: number;
  /** Ticks a second at which there is something to see. */
  readonly speed: number;
  /** Records a tick of single tasks; see `ScenarioOptions.speeds`. */
  readonly speeds?: Readonly<Record<string, number>>;
  readonly segmentBytes?: number;
}

/** Texts shipped with the lab, loaded when a job that reads them is opened. Their origin: texts/README.md. */
export const TEXTS: Readonly<Record<string, () => Promise<string>>> = {
  "alice.txt": async () => (await import("./texts/alice.txt?raw")).default,
};

export const EXAMPLES: Readonly<Record<ExampleId, Example>> = {
  "word-count": {
    title: "WordCount",
    summary: "Counts the words of Alice's Adventures in Wonderland.",
    source: wordCount,
    taskManagers: 2,
    slots: 1,
    speed: 20,
  },
  "keyed-state": {
    title: "Keyed state",
    summary: "Value, list, map, reducing and aggregating state by key group.",
    source: keyedState,
    taskManagers: 1,
    slots: 2,
    speed: 10,
  },
  "side-outputs": {
    title: "Side outputs",
    summary: "One process function, three streams, one of them into a table.",
    source: sideOutputs,
    taskManagers: 2,
    slots: 1,
    speed: 20,
  },
  diamond: {
    title: "Union diamond",
    summary: "A stream splits in two and comes together again.",
    source: diamond,
    taskManagers: 2,
    slots: 1,
    speed: 10,
  },
  partitioners: {
    title: "Partitioners",
    summary: "The same numbers through each partitioner, side by side.",
    source: partitioners,
    taskManagers: 2,
    slots: 2,
    speed: 5,
  },
  chaining: {
    title: "Chaining",
    summary: "Which operators share a task, and which rule keeps them apart.",
    source: chaining,
    taskManagers: 2,
    slots: 2,
    speed: 10,
  },
  "co-process": {
    title: "Two inputs, one state",
    summary: "A keyed co-process function buffers until the other side has spoken.",
    source: coProcess,
    taskManagers: 1,
    slots: 2,
    speed: 10,
  },
  "rate-limited": {
    title: "Rate-limited source",
    summary: "Ten records a second: the clock jumps from one to the next.",
    source: rateLimited,
    taskManagers: 1,
    slots: 2,
    speed: 200,
  },
  "slow-operator": {
    title: "A slow operator",
    summary: "5 ms a record behind fast ones: buffers fill and back-pressure spreads.",
    source: slowOperator,
    taskManagers: 2,
    slots: 1,
    speed: 60,
    speeds: { slow: 0.2 },
    segmentBytes: 256,
  },
  failing: {
    title: "A function that throws",
    summary: "How a task and its job fail, with the operator and the line.",
    source: failing,
    taskManagers: 1,
    slots: 2,
    speed: 10,
  },
};
