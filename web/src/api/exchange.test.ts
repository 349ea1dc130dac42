/** Values that cross the exchange buffer come back as they were, in every size. */
import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { loadEngine } from "../engine/load";
import { compileJob, submitJob } from "./compile";
import { put, read, rewind, write } from "./exchange";

beforeAll(() => loadEngine(readFileSync(new URL("../engine/generated/weir_wasm_bg.wasm", import.meta.url))));

/** Through the buffer and back, on this side alone. */
function roundTrip(value: unknown): unknown {
  expect(put(value)).toBeUndefined();
  rewind();
  return read();
}

const VALUES = {
  numbers: [0, -1, 1.5, Number.MAX_SAFE_INTEGER, 1e300, Infinity, -Infinity],
  strings: ["", "a", "word", "a".repeat(32), "a".repeat(33), "ä", "日本語", "😀", "mixed ä and a", "\0"],
  others: [null, true, false, [[]], [[[1]], "x"]],
  bigints: [2n ** 63n - 1n, -(2n ** 63n)],
  rows: [{}, { a: 1, "": { b: ["c"] } }],
};

test.each(Object.entries(VALUES))("%s come back", (_name, values) => {
  for (const value of values) {
    expect(roundTrip(value)).toStrictEqual(value);
    expect(roundTrip([value, value])).toStrictEqual([value, value]);
  }
});

test("strings with equal hashes are told apart", () => {
  // "Aa" and "BB" have one hash, in Java as here.
  expect(roundTrip(["Aa", "BB", "Aa", "BB"])).toStrictEqual(["Aa", "BB", "Aa", "BB"]);
});

test("what cannot be written is handed back", () => {
  for (const value of [() => 1, Symbol("s"), new Map(), new Date(0), 2n ** 63n, "x".repeat(70_000)]) {
    expect(put(value)).toBe(value);
  }
  const circle: unknown[] = [];
  circle.push(circle);
  expect(put(circle)).toBe(circle);
});

test("values follow each other", () => {
  rewind();
  expect(write("key", 0) && write([1, "x"], 0)).toBe(true);
  rewind();
  expect([read(), read()]).toStrictEqual(["key", [1, "x"]]);
});

test("records larger than the buffer pass through functions, state and output", () => {
  const source = `
    class Keep extends KeyedProcessFunction {
      open() {
        this.v = this.getRuntimeContext().getState(new ValueStateDescriptor("v"));
        this.m = this.getRuntimeContext().getMapState(new MapStateDescriptor("m"));
      }
      processElement(t, ctx, out) {
        this.v.update(t); this.m.put(t[1], t[1]); this.m.put("a", 1);
        out.collect([this.v.value()[1].length, this.m.get(t[1]).length, this.m.contains(t[1])]);
        out.collect(t[1]);
      } }
    env.fromData(1).map(n => [n, "ä".repeat(100000)]).keyBy(t => t[1]).process(new Keep())
      .map(v => typeof v === "string" ? [v.length, v.slice(-1)] : v).print();`;
  const lab = submitJob(compileJob(source, 1), {
    seed: 1,
    taskManagers: 1,
    slotsPerTaskManager: 1,
    files: {},
  });
  lab.advance(10_000);
  const { stdout } = lab.moment(undefined) as { stdout: { lines: { text: string }[] } };
  expect(stdout.lines.map(({ text }) => text)).toEqual(["(100000,100000,true)", "(100000,ä)"]);
});
