/**
 * What a job sees in place of JavaScript's clocks and chances, so that a replay gives the same results:
 * the virtual clock, and a random generator whose state belongs to the run.
 */
import * as native from "../engine/native";
import { reject } from "./errors";

/** Names that stand before JavaScript's own in a job, with their values. */
export function sandbox(seed: number): Readonly<Record<string, unknown>> {
  const random = mulberry32(seed);
  const now = (): number => (native.isRunning() ? native.now() : native.epoch());
  return {
    Math: virtualMath(() => (native.isRunning() ? native.random() : random())),
    Date: virtualDate(now),
    performance: Object.freeze({ now: () => now() - native.epoch() }),
    ...Object.fromEntries(UNAVAILABLE.map((name) => [name, () => unavailable(name)])),
  };
}

/** They would call back at a time that no replay knows. */
const UNAVAILABLE = ["setTimeout", "setInterval", "requestAnimationFrame", "queueMicrotask", "fetch"];

function unavailable(name: string): never {
  return reject(`${name}() is not there for a job: what it brings would differ from run to run.`);
}

function virtualMath(random: () => number): typeof Math {
  const properties = Object.getOwnPropertyDescriptors(Math);
  return Object.freeze(
    Object.create(Object.prototype, { ...properties, random: { value: random } }) as typeof Math,
  );
}

function virtualDate(now: () => number): DateConstructor {
  return new Proxy(Date, {
    apply: () => new Date(now()).toString(),
    construct: (target, parts: readonly unknown[], newTarget) =>
      Reflect.construct(target, parts.length === 0 ? [now()] : parts, newTarget) as object,
    get: (target, name, receiver) =>
      name === "now" ? now : (Reflect.get(target, name, receiver) as unknown),
  });
}

/** A small seeded generator, for the job's own code; its functions draw from the engine's. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
