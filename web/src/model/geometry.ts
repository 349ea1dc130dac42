/**
 * Rectangles and curves of the layouts, and the way between two of them.
 *
 * Every curve is a start and three cubic Bézier pieces, 20 numbers. Because all have the same form, an edge
 * of one graph becomes a wire of the next by moving its ten points.
 */
import { numberAt } from "./at";

/** An area of a layout, in its units. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A rectangle that is used again and again, so that drawing allocates none. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Numbers of a curve. */
export const CURVE_LENGTH = 20;

/** How many points of even distance stand for a curve where a length along it is asked. */
export const SAMPLE_COUNT = 33;

export function lerp(from: number, to: number, share: number): number {
  return from + (to - from) * share;
}

/** Starts and ends slowly; 0 and 1 stay what they are. */
export function ease(share: number): number {
  if (share <= 0) return 0;
  if (share >= 1) return 1;
  return share < 0.5 ? 4 * share ** 3 : 1 - (2 - 2 * share) ** 3 / 2;
}

/** Writes the rectangle between two into `box`. */
export function blendRect(box: Box, from: Rect, to: Rect, share: number): void {
  box.x = lerp(from.x, to.x, share);
  box.y = lerp(from.y, to.y, share);
  box.width = lerp(from.width, to.width, share);
  box.height = lerp(from.height, to.height, share);
}

/** The smallest rectangle around all; empty at the origin where there is none. */
export function boundsOf(rects: readonly Rect[]): Rect {
  if (rects.length === 0) return { x: 0, y: 0, width: 0, height: 0 };
  let left = Infinity;
  let top = Infinity;
  let right = -Infinity;
  let bottom = -Infinity;
  for (const rect of rects) {
    left = Math.min(left, rect.x);
    top = Math.min(top, rect.y);
    right = Math.max(right, rect.x + rect.width);
    bottom = Math.max(bottom, rect.y + rect.height);
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** Whether both share an area (touching borders do not count). */
export function overlaps(one: Rect, other: Rect): boolean {
  return (
    one.x < other.x + other.width &&
    other.x < one.x + one.width &&
    one.y < other.y + other.height &&
    other.y < one.y + one.height
  );
}

/** A point of a layout. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The way in which curves leave and reach things: sideways, or from top to bottom. */
export type Flow = "across" | "down";

/** A smooth curve from one point to another, cut into three pieces. */
export function directCurve(curves: Float64Array, offset: number, from: Point, to: Point, flow: Flow): void {
  const reach = flow === "across" ? (to.x - from.x) / 2 : (to.y - from.y) / 2;
  const c1 = moved(from, reach, flow);
  const c2 = moved(to, -reach, flow);
  // The cubic's value at 1/3 and 2/3 and its pieces, by the control points' blossoms.
  let before = 0;
  curves[offset] = from.x;
  curves[offset + 1] = from.y;
  for (let piece = 0; piece < 3; piece += 1) {
    const after = piece === 2 ? 1 : (piece + 1) / 3;
    const first = blossom(from, c1, c2, to, before, before, after);
    const second = blossom(from, c1, c2, to, before, after, after);
    const end = piece === 2 ? to : blossom(from, c1, c2, to, after, after, after);
    writePiece(curves, offset + 2 + piece * 6, first, second, end);
    before = after;
  }
}

/**
 * A curve by way of two points: to the first, straight on to the second, and from there to the end. At both
 * points its handles are equally long, as they are on a direct curve, so that what lies between this curve
 * and any other is smooth too.
 */
export function curveBy(
  curves: Float64Array,
  offset: number,
  from: Point,
  first: Point,
  second: Point,
  to: Point,
  flow: Flow,
): void {
  const axis = flow === "across" ? "x" : "y";
  const reaches = [first[axis] - from[axis], second[axis] - first[axis], to[axis] - second[axis]].map(half);
  const [start = 0, middle = 0, end = 0] = reaches;
  const atFirst = shorter(start, middle);
  const atSecond = shorter(middle, end);
  curves[offset] = from.x;
  curves[offset + 1] = from.y;
  writePiece(curves, offset + 2, moved(from, start, flow), moved(first, -atFirst, flow), first);
  writePiece(curves, offset + 8, moved(first, atFirst, flow), moved(second, -atSecond, flow), second);
  writePiece(curves, offset + 14, moved(second, atSecond, flow), moved(to, -end, flow), to);
}

function half(length: number): number {
  return length / 2;
}

function shorter(one: number, other: number): number {
  return Math.abs(one) < Math.abs(other) ? one : other;
}

function moved(point: Point, by: number, flow: Flow): Point {
  return flow === "across" ? { x: point.x + by, y: point.y } : { x: point.x, y: point.y + by };
}

function blossom(p0: Point, p1: Point, p2: Point, p3: Point, a: number, b: number, c: number): Point {
  return {
    x: blossomOf(p0.x, p1.x, p2.x, p3.x, a, b, c),
    y: blossomOf(p0.y, p1.y, p2.y, p3.y, a, b, c),
  };
}

function blossomOf(p0: number, p1: number, p2: number, p3: number, a: number, b: number, c: number): number {
  const q0 = lerp(p0, p1, a);
  const q1 = lerp(p1, p2, a);
  const q2 = lerp(p2, p3, a);
  return lerp(lerp(q0, q1, b), lerp(q1, q2, b), c);
}

function writePiece(curves: Float64Array, offset: number, first: Point, second: Point, end: Point): void {
  curves[offset] = first.x;
  curves[offset + 1] = first.y;
  curves[offset + 2] = second.x;
  curves[offset + 3] = second.y;
  curves[offset + 4] = end.x;
  curves[offset + 5] = end.y;
}

/** One coordinate (0: x, 1: y) of a curve, at `share` of its parameter. */
export function curvePoint(curves: ArrayLike<number>, offset: number, axis: 0 | 1, share: number): number {
  const piece = Math.min(2, Math.floor(share * 3));
  const t = share * 3 - piece;
  const at = offset + piece * 6 + axis;
  const u = 1 - t;
  return (
    u * u * u * numberAt(curves, at) +
    3 * u * u * t * numberAt(curves, at + 2) +
    3 * u * t * t * numberAt(curves, at + 4) +
    t * t * t * numberAt(curves, at + 6)
  );
}

/** Writes `SAMPLE_COUNT` points of even distance along a curve: x, y, x, y, ... */
export function sampleCurve(
  curves: ArrayLike<number>,
  offset: number,
  samples: Float32Array,
  samplesOffset: number,
): void {
  const fine = 96;
  const lengths = new Float64Array(fine + 1);
  let x = curvePoint(curves, offset, 0, 0);
  let y = curvePoint(curves, offset, 1, 0);
  for (let i = 1; i <= fine; i += 1) {
    const nextX = curvePoint(curves, offset, 0, i / fine);
    const nextY = curvePoint(curves, offset, 1, i / fine);
    lengths[i] = numberAt(lengths, i - 1) + Math.hypot(nextX - x, nextY - y);
    x = nextX;
    y = nextY;
  }
  const whole = numberAt(lengths, fine);
  let step = 0;
  for (let i = 0; i < SAMPLE_COUNT; i += 1) {
    const wanted = (whole * i) / (SAMPLE_COUNT - 1);
    while (step < fine - 1 && numberAt(lengths, step + 1) < wanted) step += 1;
    const before = numberAt(lengths, step);
    const span = numberAt(lengths, step + 1) - before;
    const share = (step + (span > 0 ? Math.min(1, (wanted - before) / span) : 0)) / fine;
    samples[samplesOffset + 2 * i] = curvePoint(curves, offset, 0, share);
    samples[samplesOffset + 2 * i + 1] = curvePoint(curves, offset, 1, share);
  }
}

/** The square of the distance from a point to a curve. */
export function distanceSquared(curves: ArrayLike<number>, offset: number, x: number, y: number): number {
  const steps = 30;
  let nearest = Infinity;
  let fromX = curvePoint(curves, offset, 0, 0);
  let fromY = curvePoint(curves, offset, 1, 0);
  for (let i = 1; i <= steps; i += 1) {
    const toX = curvePoint(curves, offset, 0, i / steps);
    const toY = curvePoint(curves, offset, 1, i / steps);
    const dx = toX - fromX;
    const dy = toY - fromY;
    const length = dx * dx + dy * dy;
    const along = length === 0 ? 0 : ((x - fromX) * dx + (y - fromY) * dy) / length;
    const share = Math.max(0, Math.min(1, along));
    nearest = Math.min(nearest, (x - fromX - share * dx) ** 2 + (y - fromY - share * dy) ** 2);
    fromX = toX;
    fromY = toY;
  }
  return nearest;
}
