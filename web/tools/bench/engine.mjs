/** What the engine does in a second, beside a loop by hand, and how long it takes to go back. Rust alone. */
import { median, quantile, rounded, timed } from "./statistics.mjs";

/** @typedef {import("./module.mjs").BenchModule} BenchModule */
/** @typedef {import("../node-engine.mjs").NodeEngine} NodeEngine */
/** @typedef {(line: Readonly<Record<string, unknown>>) => void} Report */

const KEYS = 1000n;
const RECORDS = 1_000_000n;
const RECORDS_PER_TICK = 1000;
const ROUNDS = 5;
const CLUSTERS = [
  { parallelism: 2, taskManagers: 2 },
  { parallelism: 8, taskManagers: 4 },
];

/** The same job as a page runs it: its map and its key selector are JavaScript, called for each record. */
const JAVASCRIPT_JOB = `env.fromSequence(1, ${RECORDS}).map((n) => [n % ${KEYS}, n]).keyBy((pair) => pair[0]).sum(1)
  .sinkTo(new DiscardingSink());`;

/**
 * `fromSequence → map → keyBy → sum → discard` with Rust's functions and with JavaScript's, and the same by hand, in turn, so that what else the machine
 * does meets all.
 * @param {BenchModule} module
 * @param {NodeEngine} engine
 * @param {Report} report
 */
export function measureThroughput(module, engine, report) {
  for (const parallelism of [1, 4]) {
    /** @type {number[]} */
    const byHand = [];
    /** @type {number[]} */
    const onEngine = [];
    /** @type {number[]} */
    const withJavaScript = [];
    // The first round warms the compiler of the machine's code up, and does not count.
    for (let round = 0; round <= ROUNDS; round += 1) {
      const hand = timed(() => module.run_by_hand(RECORDS, KEYS, parallelism));
      module.open(RECORDS, KEYS, parallelism, 1, RECORDS_PER_TICK);
      const finish = timed(() => module.finish());
      const javaScript = timed(() => {
        runJavaScriptJob(engine, parallelism);
      });
      if (round > 0) {
        byHand.push(hand);
        onEngine.push(finish);
        withJavaScript.push(javaScript);
      }
    }
    const name = `fromSequence, map, keyBy, sum, discard; parallelism ${parallelism}`;
    reportThroughput(report, `${name}; by hand`, byHand, byHand);
    reportThroughput(report, `${name}; engine`, onEngine, byHand);
    reportThroughput(report, `${name}; engine, functions in JavaScript`, withJavaScript, byHand);
  }
}

/**
 * `keyBy → window → sum` in event time, and the same by hand, in turn: windows of 100 ms over 10,007 keys, a thousand
 * records for each ms, of which each split of the source has its share.
 * @param {BenchModule} module
 * @param {Report} report
 */
export function measureWindows(module, report) {
  const keys = 10_007n;
  const records = 4_000_000n;
  for (const parallelism of [1, 4]) {
    /** @type {number[]} */
    const byHand = [];
    /** @type {number[]} */
    const onEngine = [];
    for (let round = 0; round <= ROUNDS; round += 1) {
      const hand = timed(() => module.run_windows_by_hand(records, keys, parallelism));
      module.open_windows(records, keys, parallelism, RECORDS_PER_TICK);
      const finish = timed(() => module.finish());
      if (round > 0) {
        byHand.push(hand);
        onEngine.push(finish);
      }
    }
    const name = `fromSequence, map, keyBy, window of 100 ms, sum, discard; parallelism ${parallelism}`;
    reportThroughput(report, `${name}; by hand`, byHand, byHand, records);
    reportThroughput(report, `${name}; engine`, onEngine, byHand, records);
  }
}

/**
 * The same job on several TaskManagers, where most of its channels lead over links, beside one TaskManager with
 * the same parallelism, in turn.
 * @param {BenchModule} module
 * @param {Report} report
 */
export function measureClusters(module, report) {
  for (const { parallelism, taskManagers } of CLUSTERS) {
    /** @type {number[]} */
    const local = [];
    /** @type {number[]} */
    const remote = [];
    for (let round = 0; round <= ROUNDS; round += 1) {
      module.open(RECORDS, KEYS, parallelism, 1, RECORDS_PER_TICK);
      const onOne = timed(() => module.finish());
      module.open(RECORDS, KEYS, parallelism, taskManagers, RECORDS_PER_TICK);
      const onAll = timed(() => module.finish());
      if (round > 0) {
        local.push(onOne);
        remote.push(onAll);
      }
    }
    const name = `fromSequence, map, keyBy, sum, discard; parallelism ${parallelism}; engine`;
    reportThroughput(report, `${name}, 1 TaskManager`, local, local);
    reportThroughput(report, `${name}, ${taskManagers} TaskManagers, beside 1`, remote, local);
  }
}

/**
 * @param {NodeEngine} engine
 * @param {number} parallelism
 */
function runJavaScriptJob(engine, parallelism) {
  const scenario = { seed: 1, taskManagers: 1, slotsPerTaskManager: parallelism, files: {} };
  const { error } = engine.runJob(`env.setParallelism(${parallelism});\n${JAVASCRIPT_JOB}`, {
    ...scenario,
    speeds: { default: RECORDS_PER_TICK },
  });
  if (error !== null) {
    throw new Error(error.message);
  }
}

/**
 * @param {Report} report
 * @param {string} name
 * @param {readonly number[]} times a round each
 * @param {readonly number[]} peer what the peer took in the same rounds
 * @param {bigint} [records]
 */
function reportThroughput(report, name, times, peer, records = RECORDS) {
  const milliseconds = median(times);
  report({
    name,
    records: Number(records),
    milliseconds: rounded(milliseconds),
    ratio: rounded(median(times.map((time, round) => (peer[round] ?? 0) / time))),
    records_per_second: Math.round((Number(records) / milliseconds) * 1000),
  });
}

/**
 * A snapshot, a tick, a step back and a jump, in the middle of a small job (parallelism 2, a record a tick) that
 * has run for 1,000 ticks.
 * @param {BenchModule} module
 * @param {Report} report
 */
export function measureTimeTravel(module, report) {
  const samples = 400;
  const ticks = 1000;
  module.open(100_000n, KEYS, 2, 1, 1);
  module.advance(ticks);
  const name = "small job at tick 1,000";
  const tick = times(samples, () => {
    module.advance(1);
  });
  reportTimes(report, `${name}: a tick`, tick);
  reportTimes(
    report,
    `${name}: a snapshot`,
    times(samples, () => {
      module.snapshot();
    }),
  );
  // What was shared with the snapshot is copied by the tick after it: this is the snapshot's whole price.
  const both = times(samples, () => {
    module.snapshot();
    module.advance(1);
  });
  reportTimes(report, `${name}: a snapshot and the tick after it`, both, median(tick) / median(both));
  reportTimes(
    report,
    `${name}: a step back by a tick`,
    times(samples, () => {
      module.step_back();
    }),
  );
  let place = 7;
  reportTimes(
    report,
    `${name}: a jump to any tick run`,
    times(samples, () => {
      place = (place * 613 + 97) % ticks;
      module.seek(place);
    }),
  );
}

/**
 * What a page pays the engine for a drawn frame, beside the drawing: 60 subtasks, 900 channels, most of them remote.
 * @param {BenchModule} module
 * @param {Report} report
 */
export function measureFrames(module, report) {
  const samples = 200;
  module.open(RECORDS, KEYS, 30, 5, 10);
  module.advance(80);
  const words = module.write_frame();
  const writing = times(samples, () => {
    module.write_frame();
  });
  reportTimes(report, `a frame of 60 subtasks, 900 channels, ${words} words: written`, writing);
}

/**
 * @param {number} samples
 * @param {() => void} action
 */
function times(samples, action) {
  return Array.from({ length: samples }, () => timed(action));
}

/**
 * @param {Report} report
 * @param {string} name
 * @param {readonly number[]} samples
 * @param {number} [ratio]
 */
function reportTimes(report, name, samples, ratio) {
  report({
    name,
    milliseconds: rounded(median(samples)),
    milliseconds_p95: rounded(quantile(samples, 0.95)),
    ...(ratio === undefined ? {} : { ratio: rounded(ratio) }),
  });
}
