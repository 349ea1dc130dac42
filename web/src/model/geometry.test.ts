/** Curves keep their form on the way between two graphs, and lengths along them are even. */
import { expect, test } from "vitest";
import {
  CURVE_LENGTH,
  curveBy,
  curvePoint,
  directCurve,
  distanceSquared,
  ease,
  SAMPLE_COUNT,
  sampleCurve,
} from "./geometry";

const direct = new Float64Array(CURVE_LENGTH);
directCurve(direct, 0, { x: 0, y: 0 }, { x: 90, y: 60 }, "across");
const around = new Float64Array(CURVE_LENGTH);
curveBy(around, 0, { x: 0, y: 0 }, { x: 20, y: 50 }, { x: 300, y: 50 }, { x: 340, y: 10 }, "across");

test("a direct curve is one cubic in three pieces", () => {
  for (let i = 0; i <= 30; i += 1) {
    const t = i / 30;
    const u = 1 - t;
    const x = 3 * u * u * t * 45 + 3 * u * t * t * 45 + t * t * t * 90;
    const y = 3 * u * t * t * 60 + t * t * t * 60;
    expect(curvePoint(direct, 0, 0, t)).toBeCloseTo(x, 9);
    expect(curvePoint(direct, 0, 1, t)).toBeCloseTo(y, 9);
  }
});

test("what lies between two curves has no corner", () => {
  for (const share of [0.2, 0.5, 0.8]) {
    const between = direct.map((value, place) => value + (around[place]! - value) * share);
    for (const joint of [6, 12]) {
      for (const axis of [0, 1]) {
        const before = between[joint + axis]! - between[joint - 2 + axis]!;
        const after = between[joint + 2 + axis]! - between[joint + axis]!;
        expect(after).toBeCloseTo(before, 9);
      }
    }
  }
});

test("samples have even distances", () => {
  const samples = new Float32Array(SAMPLE_COUNT * 2);
  sampleCurve(around, 0, samples, 0);
  const steps = Array.from({ length: SAMPLE_COUNT - 1 }, (_, i) =>
    Math.hypot(samples[2 * i + 2]! - samples[2 * i]!, samples[2 * i + 3]! - samples[2 * i + 1]!),
  );
  const mean = steps.reduce((sum, step) => sum + step, 0) / steps.length;
  for (const step of steps) expect(Math.abs(step - mean)).toBeLessThan(mean * 0.15);
  expect([samples[0], samples[1]]).toEqual([0, 0]);
  expect([samples.at(-2), samples.at(-1)]).toEqual([340, 10]);
});

test("distance to a curve", () => {
  expect(distanceSquared(around, 0, 150, 58)).toBeCloseTo(64, 3);
  expect(distanceSquared(around, 0, 0, 0)).toBe(0);
});

test("easing keeps both ends", () => {
  expect([ease(-1), ease(0), ease(0.5), ease(1), ease(2)]).toEqual([0, 0, 0.5, 1, 1]);
});
