/** The examples' names, known without loading them. */

export const EXAMPLE_IDS = [
  "word-count",
  "keyed-state",
  "side-outputs",
  "diamond",
  "partitioners",
  "chaining",
  "co-process",
  "rate-limited",
  "slow-operator",
  "skew",
  "one-connection",
  "large-record",
  "buffer-timeout",
  "batch",
  "idle-partition",
  "late-data",
  "assigners",
  "sessions",
  "interval-join",
  "async",
  "barriers",
  "unaligned",
  "timeout",
  "exactly-once",
  "rescale",
  "incremental",
  "stop-and-start",
  "region-failover",
  "batch-failover",
  "late-heartbeat",
  "twelve-phases",
  "on-yarn",
  "no-slot-left",
  "slot-sharing",
  "reactive",
  "job-manager-fails-over",
  "failing",
] as const;

export type ExampleId = (typeof EXAMPLE_IDS)[number];

/** What a lab shows that was told nothing. */
export const FIRST_EXAMPLE = "word-count" satisfies ExampleId;
