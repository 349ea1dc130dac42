/** The tables that Weir answers already: for each, what it gives in place of an entry's recorded answers. */

/**
 * @typedef {import("../node-engine.mjs").NodeEngine["tables"]} Tables
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

/** @typedef {{ timestamp: number, offset: number, size: number }} WindowStartEntry */

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
  window_starts: (tables, recorded) =>
    /** @type {WindowStartEntry[]} */ (recorded).map(({ timestamp, offset, size }) => ({
      timestamp,
      offset,
      size,
      start: tables.windowStart(timestamp, offset, size),
    })),
};
