/** What suits each example: its cluster and its speed. Loaded with the first that is opened, but for WordCount's. */
import type { ExampleId } from "./catalog";
import { WORD_COUNT } from "./content";

export interface Example {
  /** One line under the title: what there is to see. */
  readonly summary: string;
  readonly taskManagers: number;
  readonly slots: number;
  /** Ticks a second at which there is something to see. */
  readonly speed: number;
  /** Records a tick of single tasks; see `ScenarioOptions.speeds`. */
  readonly speeds?: Readonly<Record<string, number>>;
  /** See `ScenarioOptions.speedChanges`. */
  readonly speedChanges?: readonly { readonly tick: number; readonly name: string; readonly speed: number }[];
  /** See `ScenarioOptions.processFaults`. */
  readonly processFaults?: readonly {
    readonly tick: number;
    readonly fault:
      | { readonly kind: "failTask"; readonly task: number }
      | {
          readonly kind: "killTaskManager" | "stopTaskManager" | "pauseTaskManager" | "resumeTaskManager";
          readonly taskManager: number;
        }
      | { readonly kind: "startTaskManager" }
      | { readonly kind: "killJobManager" | "startJobManager"; readonly jobManager: number };
  }[];
  readonly segmentBytes?: number;
  readonly linkLatencyTicks?: number;
  readonly linkBytesPerTick?: number;
  readonly diskBytesPerTick?: number;
  /** Managed memory of each TaskManager, in Flink's notation. */
  readonly managedMemory?: string;
  /** What else the scenario says; see `ScenarioOptions`. */
  readonly scenario?: {
    readonly deployment?: "session" | "application" | "yarn-application";
    readonly nodeManagers?: number;
    readonly nodeMemoryMb?: number;
    readonly startUpStepTicks?: number;
    readonly scheduler?: {
      readonly kind?: "adaptive" | "reactive";
      readonly slotRequestTimeoutTicks?: number;
      readonly stabilizationTicks?: number;
      readonly cooldownTicks?: number;
    };
    readonly slotManager?: { readonly startUpTicks?: number };
    readonly highAvailability?: { readonly jobManagers: number; readonly sessionTimeoutTicks: number };
  };
}

export const EXAMPLES: Readonly<Record<ExampleId, Example>> = {
  "word-count": WORD_COUNT,
  "keyed-state": {
    summary: "Value, list, map, reducing and aggregating state by key group.",
    taskManagers: 1,
    slots: 2,
    speed: 10,
  },
  "side-outputs": {
    summary: "One process function, three streams, one of them into a table.",
    taskManagers: 2,
    slots: 1,
    speed: 20,
  },
  diamond: {
    summary: "A stream splits in two and comes together again.",
    taskManagers: 2,
    slots: 1,
    speed: 10,
  },
  partitioners: {
    summary: "The same numbers through each partitioner, side by side.",
    taskManagers: 2,
    slots: 2,
    speed: 5,
  },
  chaining: {
    summary: "Which operators share a task, and which rule keeps them apart.",
    taskManagers: 2,
    slots: 2,
    speed: 10,
  },
  "co-process": {
    summary: "A keyed co-process function buffers until the other side has spoken.",
    taskManagers: 1,
    slots: 2,
    speed: 10,
  },
  "rate-limited": {
    summary: "Ten records a second: the clock jumps from one to the next.",
    taskManagers: 1,
    slots: 2,
    speed: 200,
  },
  "slow-operator": {
    summary: "Its back-pressure walks up to the source, and is released again.",
    taskManagers: 2,
    slots: 1,
    speed: 100,
    speedChanges: [
      { tick: 500, name: "slow", speed: 0.2 },
      { tick: 3000, name: "slow", speed: 10 },
    ],
    segmentBytes: 256,
  },
  skew: {
    summary: "Most records have one key: one subtask works, all the others wait for it.",
    taskManagers: 2,
    slots: 2,
    speed: 100,
    speeds: { count: 0.5 },
    segmentBytes: 256,
  },
  "one-connection": {
    summary: "A channel without credit stands still, and those beside it on the same wire go on.",
    taskManagers: 2,
    slots: 1,
    speed: 50,
    speeds: { slow: 0.1 },
    segmentBytes: 256,
  },
  "large-record": {
    summary: "Records that span buffers, and one that its task's pool cannot hold.",
    taskManagers: 2,
    slots: 1,
    speed: 20,
    speeds: { measure: 0.02 },
    segmentBytes: 256,
  },
  "buffer-timeout": {
    summary: "The same records: at once in many messages, or later in few.",
    taskManagers: 2,
    slots: 1,
    speed: 50,
    segmentBytes: 4096,
  },
  batch: {
    summary: "Stage after stage: results on disk, a sorted input, one result for each word.",
    taskManagers: 2,
    slots: 1,
    speed: 100,
    speeds: { words: 1, count: 10 },
    segmentBytes: 2048,
    diskBytesPerTick: 250,
    managedMemory: "32 kb",
  },
  "idle-partition": {
    summary: "A source falls silent, and every window waits for its watermark.",
    taskManagers: 2,
    slots: 1,
    speed: 500,
  },
  "late-data": {
    summary: "Delayed flights: dropped, waited for, counted again, or put aside.",
    taskManagers: 1,
    slots: 1,
    speed: 20,
  },
  assigners: {
    summary: "The same clicks in tumbling, sliding, session and global windows.",
    taskManagers: 1,
    slots: 1,
    speed: 100,
  },
  sessions: {
    summary: "An earthquake that is published late makes one swarm of two.",
    taskManagers: 2,
    slots: 1,
    speed: 20,
  },
  "interval-join": {
    summary: "Orders wait a while for payments: some find another's, one comes too late.",
    taskManagers: 2,
    slots: 1,
    speed: 100,
  },
  async: {
    summary: "The same questions twice: in order, or as the answers come.",
    taskManagers: 1,
    slots: 1,
    speed: 100,
  },
  barriers: {
    summary: "From the sources to the last task, and back as a complete checkpoint.",
    taskManagers: 2,
    slots: 1,
    speed: 20,
    segmentBytes: 128,
  },
  unaligned: {
    summary: "Barriers that wait in full queues, and beside them barriers that overtake.",
    taskManagers: 2,
    slots: 1,
    speed: 100,
    speeds: { slow: 0.2 },
    segmentBytes: 256,
  },
  timeout: {
    summary: "Who is waited for, and why nothing helps but less in the queues.",
    taskManagers: 2,
    slots: 1,
    speed: 100,
    speedChanges: [
      { tick: 600, name: "slow", speed: 0.1 },
      { tick: 2500, name: "slow", speed: 5 },
    ],
    segmentBytes: 256,
  },
  "exactly-once": {
    summary: "A crash between pre-commit and commit, and one before the checkpoint is complete.",
    taskManagers: 1,
    slots: 1,
    speed: 50,
    processFaults: [
      { tick: 887, fault: { kind: "failTask", task: 1 } },
      { tick: 1495, fault: { kind: "failTask", task: 1 } },
    ],
  },
  rescale: {
    summary: "Stop with a savepoint, start with another parallelism: key groups move.",
    taskManagers: 3,
    slots: 1,
    speed: 100,
  },
  "stop-and-start": {
    summary: "A savepoint carries the state of a job into another one.",
    taskManagers: 1,
    slots: 1,
    speed: 100,
  },
  incremental: {
    summary: "Checkpoints that share files, and a compaction after which they do not.",
    taskManagers: 1,
    slots: 1,
    speed: 200,
  },
  "region-failover": {
    summary: "One TaskManager is lost: what ran there starts again, the rest runs on.",
    taskManagers: 2,
    slots: 2,
    speed: 200,
    processFaults: [
      { tick: 5000, fault: { kind: "killTaskManager", taskManager: 1 } },
      { tick: 24_000, fault: { kind: "startTaskManager" } },
    ],
  },
  "batch-failover": {
    summary: "A failure walks over a batch job region by region: lost results are written again.",
    taskManagers: 2,
    slots: 1,
    speed: 200,
    processFaults: [
      { tick: 2000, fault: { kind: "stopTaskManager", taskManager: 1 } },
      { tick: 3000, fault: { kind: "startTaskManager" } },
    ],
  },
  "late-heartbeat": {
    summary: "A TaskManager pauses for a minute, and counts as gone.",
    taskManagers: 2,
    slots: 1,
    speed: 500,
    processFaults: [
      { tick: 12_000, fault: { kind: "pauseTaskManager", taskManager: 1 } },
      { tick: 75_000, fault: { kind: "resumeTaskManager", taskManager: 1 } },
    ],
  },
  "twelve-phases": {
    summary: "From a cluster that starts to a job that is done: who says what to whom, and when.",
    taskManagers: 2,
    slots: 1,
    speed: 20,
    scenario: { startUpStepTicks: 4 },
  },
  "on-yarn": {
    summary: "An application in containers: asked for, started, one of them killed, all given back.",
    taskManagers: 2,
    slots: 1,
    speed: 200,
    processFaults: [{ tick: 9000, fault: { kind: "killTaskManager", taskManager: 1 } }],
    scenario: {
      deployment: "yarn-application",
      nodeManagers: 2,
      nodeMemoryMb: 4096,
      startUpStepTicks: 40,
    },
  },
  "no-slot-left": {
    summary: "A job waits for a slot until its request times out; another TaskManager is the cure.",
    taskManagers: 2,
    slots: 1,
    speed: 2000,
    processFaults: [{ tick: 90_000, fault: { kind: "startTaskManager" } }],
    scenario: { scheduler: { slotRequestTimeoutTicks: 60_000 }, slotManager: { startUpTicks: 300_000 } },
  },
  "slot-sharing": {
    summary: "Which subtasks share a slot, and what a slot sharing group of its own costs.",
    taskManagers: 2,
    slots: 2,
    speed: 100,
  },
  reactive: {
    summary: "TaskManagers come and go, and the job takes all slots that there are.",
    taskManagers: 1,
    slots: 2,
    speed: 500,
    processFaults: [
      { tick: 4000, fault: { kind: "startTaskManager" } },
      { tick: 12_000, fault: { kind: "stopTaskManager", taskManager: 0 } },
    ],
    scenario: { scheduler: { kind: "reactive", stabilizationTicks: 1000, cooldownTicks: 2000 } },
  },
  "job-manager-fails-over": {
    summary: "The JobManager is killed, and the one that stands by goes on from the last checkpoint.",
    taskManagers: 2,
    slots: 1,
    speed: 200,
    processFaults: [
      { tick: 1800, fault: { kind: "killJobManager", jobManager: 0 } },
      { tick: 4000, fault: { kind: "startJobManager", jobManager: 0 } },
    ],
    scenario: { highAvailability: { jobManagers: 2, sessionTimeoutTicks: 1000 } },
  },
  failing: {
    summary: "How a task and its job fail, with the operator and the line.",
    taskManagers: 1,
    slots: 2,
    speed: 10,
  },
};
