/** What is drawn from a seed for a run of a case with checkpoints and crashes. */

/** @typedef {import("../../src/engine/crash-run.ts").PlannedCrash} PlannedCrash */
/** @typedef {import("../../src/engine/protocol.ts").ScenarioOptions} ScenarioOptions */

/** From the start of one checkpoint to that of the next. */
const CHECKPOINT_INTERVAL_MS = 20;
const CRASHES = 3;

/** How barriers go: with the records, past them, or past them where they would wait. */
const BARRIERS = /** @type {const} */ (["aligned", "unaligned", "timeout"]);
const BACKENDS = /** @type {const} */ (["hashmap", "rocksdb"]);
/** Records that a task takes in a tick: slower tasks have more checkpoints. */
const SPEEDS = /** @type {const} */ ([1, 0.2]);

/**
 * @typedef {object} Conditions
 * @property {(typeof BARRIERS)[number]} barriers
 * @property {(typeof BACKENDS)[number]} backend
 * @property {(typeof SPEEDS)[number]} speed
 */

/**
 * Numbers from 0 up to 1 that follow from a seed: Mulberry32.
 * @param {number} seed
 */
function random(seed) {
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Under what a case runs with this seed.
 * @param {number} seed
 * @returns {Conditions}
 */
export function conditionsOf(seed) {
  const next = random(seed);
  const pick = (/** @type {readonly unknown[]} */ from) => from[Math.floor(next() * from.length)];
  return /** @type {Conditions} */ ({
    barriers: pick(BARRIERS),
    backend: pick(BACKENDS),
    speed: pick(SPEEDS),
  });
}

/**
 * When what goes wrong, in a run that takes so many ticks if nothing does.
 * @param {number} seed
 * @param {number} ticks
 * @returns {PlannedCrash[]}
 */
export function crashesOf(seed, ticks) {
  const next = random(seed + 0x5eed);
  return Array.from({ length: CRASHES }, (_, number) => {
    // A run that is thrown back takes longer.
    const tick = 1 + Math.floor(next() * ticks * (1 + number / 2));
    /** @type {PlannedCrash["kind"]} */
    const kind = next() < 0.6 ? "failTask" : "killTaskManager";
    return { tick, kind, pick: next() };
  }).sort((a, b) => a.tick - b.tick);
}

/**
 * The settings of the job, as its program would make them.
 * @param {Conditions} conditions
 */
export function settingsOf({ barriers, backend }) {
  const options = {
    "restart-strategy.type": "fixed-delay",
    "restart-strategy.fixed-delay.attempts": "1000000",
    // A TaskManager that is lost is found out by its heartbeat; until then slots of it are offered again and again.
    "restart-strategy.fixed-delay.delay": "500 ms",
    "state.backend.type": backend,
  };
  const calls = [
    `configure(Configuration.fromMap(${JSON.stringify(options)}))`,
    `enableCheckpointing(${CHECKPOINT_INTERVAL_MS})`,
  ];
  if (barriers !== "aligned") {
    calls.push("getCheckpointConfig().enableUnalignedCheckpoints()");
    // After partitionCustom too: the parallelism stays.
    calls.push("getCheckpointConfig().setForceUnalignedCheckpoints(true)");
  }
  if (barriers === "timeout") calls.push("getCheckpointConfig().setAlignedCheckpointTimeout(5)");
  return calls.map((call) => `env.${call};`).join(" ");
}

/**
 * Slots for any case, and for what is lost.
 * @param {number} seed
 * @param {Conditions} conditions
 * @returns {ScenarioOptions}
 */
export function scenarioOf(seed, { speed }) {
  return { seed, taskManagers: 36, slotsPerTaskManager: 2, files: {}, speeds: { default: speed } };
}
