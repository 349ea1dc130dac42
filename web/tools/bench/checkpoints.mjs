/** What checkpoints cost: records a second with and without them, and snapshots of many keys. Rust alone. */
import { median, rounded, timed } from "./statistics.mjs";

/** @typedef {import("./module.mjs").BenchModule} BenchModule */
/** @typedef {(line: Readonly<Record<string, unknown>>) => void} Report */

const RECORDS = 2_000_000n;
const KEYS = 1000n;
const RECORDS_PER_TICK = 1000;
const INTERVAL_MS = 100n;
const STATE_KEYS = 1_000_000n;
const CHANGED_KEYS = 10_000n;
const ROUNDS = 5;
/** A full snapshot takes long: of it, and of the incremental one beside it, there are fewer. */
const SNAPSHOT_ROUNDS = 1;

/**
 * The job of the throughput with a checkpoint every 100 ms of its time and with none, in turn; and a state of a million
 * keys on files: all of it, and the hundredth of it that changed.
 * @param {BenchModule} module
 * @param {Report} report
 */
export function measureCheckpoints(module, report) {
  /** @type {number[]} */
  const without = [];
  /** @type {number[]} */
  const withThem = [];
  let completed = 0;
  for (let round = 0; round <= ROUNDS; round += 1) {
    module.open_checkpointed(RECORDS, KEYS, 1, RECORDS_PER_TICK, 0n);
    const bare = timed(() => module.finish());
    module.open_checkpointed(RECORDS, KEYS, 1, RECORDS_PER_TICK, INTERVAL_MS);
    const checkpointed = timed(() => module.finish());
    completed = module.checkpoints_completed();
    if (round > 0) {
      without.push(bare);
      withThem.push(checkpointed);
    }
  }
  const perSecond = (/** @type {readonly number[]} */ times) =>
    rounded((Number(RECORDS) / median(times)) * 1000);
  const name = "fromSequence, map, keyBy, sum, discard; parallelism 1; engine";
  report({ name: `${name}, no checkpoints`, records_per_second: perSecond(without), ratio: 1 });
  report({
    name: `${name}, a checkpoint every ${INTERVAL_MS} ms, beside none`,
    checkpoints: completed,
    records_per_second: perSecond(withThem),
    ratio: rounded(median(without) / median(withThem)),
  });
  measureSnapshots(module, report);
}

/**
 * @param {BenchModule} module
 * @param {Report} report
 */
function measureSnapshots(module, report) {
  module.open_state(STATE_KEYS);
  /** @type {number[]} */
  const full = [];
  /** @type {number[]} */
  const incremental = [];
  let [fullBytes, incrementalBytes] = [0, 0];
  for (let round = 0; round <= SNAPSHOT_ROUNDS; round += 1) {
    const all = timed(() => {
      fullBytes = Number(module.full_snapshot());
    });
    module.change_state(CHANGED_KEYS);
    const changed = timed(() => {
      incrementalBytes = Number(module.incremental_snapshot());
    });
    if (round > 0) {
      full.push(all);
      incremental.push(changed);
    }
  }
  const name = `snapshot of ${STATE_KEYS} keys on files`;
  report({ name: `${name}, full`, ms: rounded(median(full)), bytes: fullBytes, ratio: 1 });
  report({
    name: `${name}, incremental, ${CHANGED_KEYS} keys changed, beside full`,
    ms: rounded(median(incremental)),
    bytes: incrementalBytes,
    ratio: rounded(median(full) / median(incremental)),
  });
}
