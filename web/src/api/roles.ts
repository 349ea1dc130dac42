/**
 * What a user function can be to the engine: which of its methods are called for which of the engine's
 * calls, and what is passed beside the record.
 */

/** The engine's calls of a function, in the order of their numbers. Rust: `operator::function::Method`. */
export const ENGINE_CALLS = [
  "apply",
  "open",
  "close",
  "processElement",
  "first",
  "second",
  "onTimer",
  "onEvent",
  "onPeriodicEmit",
  "clearWindow",
  "createAccumulator",
  "add",
  "getResult",
  "merge",
  "onElement",
  "onEventTime",
  "onProcessingTime",
  "clearTrigger",
  "onMerge",
  "evictBefore",
  "evictAfter",
  "timeout",
  "initializeState",
  "snapshotState",
  "checkpointComplete",
  "checkpointAborted",
  "write",
  "flush",
  "prepareCommit",
  "commit",
  "triggerHook",
  "restoreHook",
  "resetHook",
] as const;
export type EngineCall = (typeof ENGINE_CALLS)[number];

/**
 * What a method is passed: `values` the engine's arguments and no more, `out` a collector after them,
 * `context` a context and a collector. A `generator` is made by what is given, and called in its place. The others
 * are named after what they are.
 */
export type Passes =
  | "values"
  | "accumulator"
  | "out"
  | "context"
  | "keyedContext"
  | "generator"
  | "sinkWriter"
  | "committer"
  | "assigner"
  | "trigger"
  | "evictor"
  | "window"
  | "allWindow"
  | "windowContext"
  | "allWindowContext"
  | "join"
  | "coGroup"
  | "intervalJoin"
  | "broadcast"
  | "keyedBroadcast"
  | "async"
  | "exception";

export interface Role {
  /** What the method is called with, for messages. */
  readonly parameters: string;
  /** The method for each call of the engine; one may be given as a plain function. */
  readonly methods: Readonly<Partial<Record<EngineCall, string>>>;
  /** Methods that need not be there. */
  readonly optional?: Readonly<Partial<Record<EngineCall, string>>>;
  readonly passes: Passes;
  /** Whether it must be an object, although there is one method. */
  readonly object?: true;
  /** Whether the answer is taken as true or false. */
  readonly answers?: "truth";
}

const one = (method: string, parameters: string, passes: Passes = "values"): Role => ({
  parameters,
  methods: { apply: method },
  passes,
});

const ON_TIMER = { onTimer: "onTimer" } as const;

/** The roles of functions that the engine runs. */
export const ROLES = {
  map: one("map", "(value)"),
  flatMap: one("flatMap", "(value, out)", "out"),
  filter: { ...one("filter", "(value)"), answers: "truth" },
  reduce: one("reduce", "(first, second)"),
  keySelector: one("getKey", "(value)"),
  partitioner: one("partition", "(key, numPartitions)"),
  generator: one("map", "(index)"),
  timestampAssigner: one("extractTimestamp", "(element, recordTimestamp)"),
  watermarkGenerator: one("createWatermarkGenerator", "()", "generator"),
  sinkWriter: { ...one("createWriter", "(context)", "sinkWriter"), object: true },
  committer: { ...one("createCommitter", "(context)", "committer"), object: true },
  sessionGap: one("extract", "(element)"),
  windowAssigner: {
    ...one("assignWindows", "(element, timestamp, context)", "assigner"),
    optional: { merge: "mergeWindows" },
    object: true,
  },
  trigger: {
    parameters: "(...)",
    methods: {
      onElement: "onElement",
      onEventTime: "onEventTime",
      onProcessingTime: "onProcessingTime",
      clearTrigger: "clear",
    },
    optional: { onMerge: "onMerge" },
    passes: "trigger",
  },
  evictor: {
    parameters: "(elements, size, window, context)",
    methods: { evictBefore: "evictBefore", evictAfter: "evictAfter" },
    passes: "evictor",
  },
  delta: one("getDelta", "(oldDataPoint, newDataPoint)"),
  windowAggregate: {
    parameters: "(...)",
    methods: {
      createAccumulator: "createAccumulator",
      add: "add",
      getResult: "getResult",
      merge: "merge",
    },
    passes: "values",
  },
  partitionAggregate: {
    parameters: "(...)",
    methods: {
      createAccumulator: "createAccumulator",
      add: "add",
      getResult: "getResult",
      merge: "merge",
    },
    passes: "accumulator",
  },
  windowApply: one("apply", "(key, window, elements, out)", "window"),
  allWindowApply: one("apply", "(window, elements, out)", "allWindow"),
  windowProcess: {
    ...one("process", "(key, ctx, elements, out)", "windowContext"),
    optional: { clearWindow: "clear" },
    object: true,
  },
  allWindowProcess: {
    ...one("process", "(ctx, elements, out)", "allWindowContext"),
    optional: { clearWindow: "clear" },
    object: true,
  },
  join: one("join", "(first, second)", "join"),
  coGroup: one("coGroup", "(first, second, out)", "coGroup"),
  intervalJoin: {
    parameters: "(left, right, ctx, out)",
    methods: { processElement: "processElement" },
    passes: "intervalJoin",
  },
  broadcastProcess: {
    parameters: "(value, ctx, out)",
    methods: { first: "processElement", second: "processBroadcastElement" },
    passes: "broadcast",
  },
  keyedBroadcastProcess: {
    parameters: "(value, ctx, out)",
    methods: { first: "processElement", second: "processBroadcastElement" },
    optional: ON_TIMER,
    passes: "keyedBroadcast",
  },
  mapPartition: one("mapPartition", "(values, out)", "out"),
  process: {
    parameters: "(value, ctx, out)",
    methods: { processElement: "processElement" },
    optional: ON_TIMER,
    passes: "context",
  },
  keyedProcess: {
    parameters: "(value, ctx, out)",
    methods: { processElement: "processElement" },
    optional: ON_TIMER,
    passes: "keyedContext",
  },
  coMap: { parameters: "(value)", methods: { first: "map1", second: "map2" }, passes: "values" },
  coFlatMap: {
    parameters: "(value, out)",
    methods: { first: "flatMap1", second: "flatMap2" },
    passes: "out",
  },
  coProcess: {
    parameters: "(value, ctx, out)",
    methods: { first: "processElement1", second: "processElement2" },
    optional: ON_TIMER,
    passes: "context",
  },
  keyedCoProcess: {
    parameters: "(value, ctx, out)",
    methods: { first: "processElement1", second: "processElement2" },
    optional: ON_TIMER,
    passes: "keyedContext",
  },
  async: {
    ...one("asyncInvoke", "(value, future)", "async"),
    optional: { timeout: "timeout" },
    object: true,
  },
  retryResult: { ...one("test", "(results)"), answers: "truth" },
  retryException: { ...one("test", "(error)", "exception"), answers: "truth" },
} as const satisfies Record<string, Role>;

export type RoleName = keyof typeof ROLES;
