/** What is fitted is seen whole, what is pointed at stays under the pointer. */
import { expect, test } from "vitest";
import { Camera, fitView, FLIGHT_MS, zoomedView } from "./camera";

const bounds = { x: 100, y: 50, width: 2000, height: 600 };
const viewport = { width: 900, height: 500 };

test("the fitted view holds all of the layout", () => {
  for (const size of [viewport, { width: 360, height: 700 }, { width: 200, height: 90 }]) {
    const view = fitView(bounds, size);
    expect(bounds.width * view.scale).toBeLessThanOrEqual(size.width);
    expect(bounds.height * view.scale).toBeLessThanOrEqual(size.height);
    expect([view.x, view.y]).toEqual([1100, 350]);
  }
});

test("a zoom keeps the point under the pointer", () => {
  const view = fitView(bounds, viewport);
  const after = zoomedView(view, viewport, 1.7, 200, 120);
  const worldX = (at: typeof view): number => at.x + (200 - viewport.width / 2) / at.scale;
  const worldY = (at: typeof view): number => at.y + (120 - viewport.height / 2) / at.scale;
  expect(worldX(after)).toBeCloseTo(worldX(view), 9);
  expect(worldY(after)).toBeCloseTo(worldY(view), 9);
});

test("a flight starts where the eye is and ends where it should", () => {
  const camera = new Camera();
  const fit = fitView(bounds, viewport);
  const aim = { x: 500, y: 300, scale: 2 };
  camera.flyTo(aim, fit, 1000, bounds);
  expect(camera.viewAt(1000, fit)).toEqual(fit);
  const half = camera.viewAt(1000 + FLIGHT_MS / 2, fit);
  expect(half.scale).toBeGreaterThan(fit.scale);
  expect(half.scale).toBeLessThan(2);
  expect(camera.viewAt(1000 + FLIGHT_MS, fit)).toEqual(aim);
  expect(camera.isFlying(1000 + FLIGHT_MS)).toBe(false);
  camera.fit(null, 2000);
  expect(camera.viewAt(2000, fit)).toEqual(fit);
});

test("the picture cannot be lost", () => {
  const camera = new Camera();
  const fit = fitView(bounds, viewport);
  camera.panBy(1e6, -1e6, fit, bounds);
  const view = camera.viewAt(0, fit);
  expect([view.x, view.y]).toEqual([bounds.x, bounds.y + bounds.height]);
});
