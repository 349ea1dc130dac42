/** The tables that Weir answers already: for each, what it gives in place of an entry's recorded answers. */

/**
 * @typedef {import("../tables-engine.mjs").Tables} Tables
 */

/**
 * @typedef {object} KeyGroupEntry
 * @property {unknown} key
 * @property {{ max_parallelism: number, parallelism: number }[]} groups
 */

/**
 * @typedef {object} RangeTable
 * @property {{ parallelism: number }[]} default_max_parallelism
 * @property {{ max_parallelism: number, parallelism: number, subtask: number }[]} ranges
 */

/** @typedef {{ producers: number, consumers: number }} PointwiseEntry */

/** @typedef {{ channel: number, watermark?: number, status?: string }} ValveStep */

/** @typedef {{ channels: number, steps: ValveStep[] }} ValveEntry */

/** @typedef {{ segments: number, steps: { create_min: number, create_max: number | null }[] }} PoolsEntry */

/** @typedef {{ steps: Record<string, unknown>[], [setting: string]: unknown }} ScriptEntry */

/** @typedef {{ strategy: string, failures: { at_ms: number }[], [setting: string]: unknown }} RestartEntry */

/** @typedef {{ mapper: string, old_parallelism: number, new_parallelism: number }} MapperEntry */

/** @typedef {{ mode: string, old_parallelism: number, new_parallelism: number, entries_of_old: number[] }} RepartitionEntry */

/** @typedef {{ timestamp: number, offset: number, size: number }} WindowStartEntry */

/** What a step of a result partition's script does; the rest of it is what Flink answered. */
const PARTITION_INPUTS = [
  "emit",
  "bytes",
  "broadcast_bytes",
  "event",
  "flush",
  "flush_all",
  "finish",
  "poll",
  "resume",
  "look",
];

/** What comes to a barrier handler in a step. */
const BARRIER_INPUTS = [
  "at_ms",
  "barrier",
  "announce",
  "cancel",
  "end_of_partition",
  "timer",
  "channel",
  "alignment",
  "sequence_number",
];

/**
 * By the file's name: the same content as the recording's, with Weir's answers.
 * @type {Readonly<Record<string, (tables: Tables, recorded: unknown) => unknown>>}
 */
export const TABLES = {
  key_groups: (tables, recorded) =>
    /** @type {KeyGroupEntry[]} */ (recorded).map(({ key, groups }) => ({
      key,
      hash_code: tables.hashCode(key),
      groups: groups.map(({ max_parallelism, parallelism }) => ({
        max_parallelism,
        parallelism,
        .../** @type {object} */ (tables.keyGroup(key, max_parallelism, parallelism)),
      })),
    })),
  key_group_ranges: (tables, recorded) => {
    const { default_max_parallelism, ranges } = /** @type {RangeTable} */ (recorded);
    return {
      default_max_parallelism: default_max_parallelism.map(({ parallelism }) => ({
        parallelism,
        max_parallelism: tables.defaultMaxParallelism(parallelism),
      })),
      ranges: ranges.map(({ max_parallelism, parallelism, subtask }) => ({
        max_parallelism,
        parallelism,
        subtask,
        .../** @type {object} */ (tables.keyGroupRange({ max_parallelism, parallelism }, subtask)),
      })),
    };
  },
  pointwise: (tables, recorded) =>
    /** @type {PointwiseEntry[]} */ (recorded).map(({ producers, consumers }) => ({
      producers,
      consumers,
      reads: /** @type {unknown} */ (tables.pointwise(producers, consumers)),
    })),
  watermark_valve: (tables, recorded) =>
    /** @type {ValveEntry[]} */ (recorded).map(({ channels, steps }) => {
      const emissions = /** @type {unknown[]} */ (tables.watermarkValve(channels, steps));
      return { channels, steps: steps.map((step, place) => ({ ...step, emits: emissions[place] })) };
    }),
  network_pools: (tables, recorded) =>
    /** @type {PoolsEntry[]} */ (recorded).map(({ segments, steps }) => ({
      segments,
      steps: answered(steps, ["create_min", "create_max"], tables.networkPools(segments, steps)),
    })),
  local_buffer_pool: (tables, recorded) =>
    /** @type {ScriptEntry[]} */ (recorded).map((script) => ({
      ...script,
      steps: answered(
        script.steps,
        ["request", "recycle", "set_num_buffers"],
        tables.localBufferPool(script),
      ),
    })),
  result_partition: (tables, recorded) =>
    /** @type {ScriptEntry[]} */ (recorded).map((script) => ({
      ...script,
      steps: answered(script.steps, PARTITION_INPUTS, tables.resultPartition(script)).map((step) =>
        // A poll that gives nothing is recorded as null.
        "poll" in step && !("polled" in step) ? { ...step, polled: null } : step,
      ),
    })),
  restart_backoff: (tables, recorded) =>
    /** @type {RestartEntry[]} */ (recorded).map((entry) => {
      const at = entry.failures.map((failure) => failure.at_ms);
      const answers = tables.restartBackoff(restartOptions(entry), new Float64Array(at));
      const failures = at.map((at_ms, place) => ({
        at_ms,
        new_attempt: answers[3 * place] === 1,
        can_restart: answers[3 * place + 1] === 1,
        backoff_ms: answers[3 * place + 2],
      }));
      return { ...entry, failures };
    }),
  barrier_handler: (tables, recorded) =>
    /** @type {ScriptEntry[]} */ (recorded).map((script) => ({
      ...script,
      steps: answered(script.steps, BARRIER_INPUTS, tables.barrierHandler(script)),
    })),
  operator_state_repartition: (tables, recorded) =>
    /** @type {RepartitionEntry[]} */ (recorded).map((entry) => {
      const mode = OPERATOR_STATE_MODES.indexOf(entry.mode);
      const old = new Uint32Array(entry.entries_of_old);
      const given = tables.operatorStateRepartition(mode, old, entry.new_parallelism);
      let at = 0;
      const next = () => given[at++] ?? 0;
      const entries_of_new = Array.from({ length: entry.new_parallelism }, () =>
        Array.from({ length: next() }, () => `old${next()}:${next()}`),
      );
      return { ...entry, entries_of_new };
    }),
  subtask_state_mappers: (tables, recorded) =>
    /** @type {MapperEntry[]} */ (recorded).map(({ mapper, old_parallelism, new_parallelism }) => {
      const old_subtasks_of_new = Array.from({ length: new_parallelism }, (_, subtask) =>
        tables.oldSubtasks(mapper, subtask, old_parallelism, new_parallelism),
      ).map((subtasks) => subtasks && [...subtasks]);
      const isUnsupported = old_subtasks_of_new.includes(undefined);
      const answer = isUnsupported ? { unsupported: true } : { old_subtasks_of_new };
      return { mapper, old_parallelism, new_parallelism, ...answer };
    }),
  window_starts: (tables, recorded) =>
    /** @type {WindowStartEntry[]} */ (recorded).map(({ timestamp, offset, size }) => ({
      timestamp,
      offset,
      size,
      start: tables.windowStart(timestamp, offset, size),
    })),
};

/** In the order of their numbers. */
const OPERATOR_STATE_MODES = ["SPLIT_DISTRIBUTE", "UNION", "BROADCAST"];

/** The options of a configuration by the settings of a recorded strategy. */
const RESTART_OPTIONS = new Map([
  ["initial_backoff_ms", "initial-backoff"],
  ["max_backoff_ms", "max-backoff"],
  ["multiplier", "backoff-multiplier"],
  ["reset_threshold_ms", "reset-backoff-threshold"],
  ["attempts_before_reset", "attempts-before-reset-backoff"],
  ["max_failures", "max-failures-per-interval"],
  ["interval_ms", "failure-rate-interval"],
  ["delay_ms", "delay"],
  ["attempts", "attempts"],
]);

/**
 * Keys and values in turn. Jitter is random, and so is not in the recording.
 * @param {RestartEntry} entry
 */
function restartOptions({ strategy, ...settings }) {
  const options = Object.entries(settings).flatMap(([setting, value]) => {
    const option = RESTART_OPTIONS.get(setting);
    return option === undefined ? [] : [`restart-strategy.${strategy}.${option}`, String(value)];
  });
  const jitter = ["restart-strategy.exponential-delay.jitter-factor", "0"];
  return ["restart-strategy.type", strategy, ...jitter, ...options];
}

/**
 * Steps with what they do, and with Weir's answers in place of the recorded ones.
 * @param {readonly Record<string, unknown>[]} steps
 * @param {readonly string[]} inputs
 * @param {unknown} answers
 */
function answered(steps, inputs, answers) {
  return /** @type {object[]} */ (answers).map((answer, place) => ({
    ...Object.fromEntries(Object.entries(steps[place] ?? {}).filter(([key]) => inputs.includes(key))),
    ...answer,
  }));
}
