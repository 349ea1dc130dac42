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
};
