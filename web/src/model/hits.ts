/**
 * What was drawn where: filled while the picture is drawn, in the same order, so that what is pointed at is
 * what is seen. An entry is a code and three places that say which thing it is.
 */
import { numberAt } from "./at";
import { CURVE_LENGTH, distanceSquared, type Rect } from "./geometry";

/** Codes of things; see `items.ts` for what they are. */
export const HitCode = {
  node: 1,
  streamEdge: 2,
  vertex: 3,
  jobEdge: 4,
  task: 5,
  operator: 6,
  channel: 7,
  buffer: 8,
  record: 9,
  slot: 10,
  taskManager: 11,
} as const;

/** Which thing. */
export interface Hit {
  readonly code: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

const RECT = 0;
const CURVE = 1;
/** Where the area of an entry begins: left, top, right, bottom. */
const AREA = 5;
const HEAD_LENGTH = 9;
/** How near to a curve one has to point, in CSS pixels. */
const CURVE_REACH = 6;

/** See the head of this file. */
export class HitMap {
  private numbers = new Float64Array(2048);
  private length = 0;
  /** Where the last entry begins. */
  private last = 0;

  clear(): void {
    this.length = 0;
  }

  rect(
    code: number,
    a: number,
    b: number,
    c: number,
    x: number,
    y: number,
    width: number,
    height: number,
  ): void {
    this.begin(RECT, code, a, b, c, 0);
    this.setArea(x, y, x + width, y + height);
  }

  curve(code: number, a: number, b: number, points: ArrayLike<number>, from: number): void {
    const start = this.begin(CURVE, code, a, b, 0, CURVE_LENGTH);
    let left = Infinity;
    let top = Infinity;
    let right = -Infinity;
    let bottom = -Infinity;
    for (let i = 0; i < CURVE_LENGTH; i += 2) {
      const x = numberAt(points, from + i);
      const y = numberAt(points, from + i + 1);
      this.numbers[start + i] = x;
      this.numbers[start + i + 1] = y;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
    this.setArea(left, top, right, bottom);
  }

  /** The topmost thing at a point. A curve counts as below all rectangles drawn after it. */
  find(x: number, y: number): Hit | null {
    let found = -1;
    for (let entry = 0; entry < this.length; entry += this.lengthOf(entry)) {
      if (this.covers(entry, x, y)) found = entry;
    }
    return found < 0 ? null : this.hitAt(found);
  }

  /** The area of a thing as drawn last. */
  areaOf(code: number, a: number, b: number, c: number): Rect | null {
    for (let entry = 0; entry < this.length; entry += this.lengthOf(entry)) {
      if (this.is(entry, code, a, b, c)) return this.areaAt(entry);
    }
    return null;
  }

  /** The curve of a thing, where it was drawn as one: the place of its points in `points`; else -1. */
  curveOf(code: number, a: number, b: number): number {
    for (let entry = 0; entry < this.length; entry += this.lengthOf(entry)) {
      if (numberAt(this.numbers, entry) === CURVE && this.is(entry, code, a, b, 0))
        return entry + HEAD_LENGTH;
    }
    return -1;
  }

  /** The numbers that `curveOf` points into. */
  get points(): ArrayLike<number> {
    return this.numbers;
  }

  private covers(entry: number, x: number, y: number): boolean {
    const { numbers } = this;
    const curved = numberAt(numbers, entry) === CURVE;
    const reach = curved ? CURVE_REACH : 0;
    const near =
      x >= numberAt(numbers, entry + AREA) - reach &&
      y >= numberAt(numbers, entry + AREA + 1) - reach &&
      x < numberAt(numbers, entry + AREA + 2) + reach &&
      y < numberAt(numbers, entry + AREA + 3) + reach;
    if (!near || !curved) return near;
    return distanceSquared(numbers, entry + HEAD_LENGTH, x, y) <= CURVE_REACH * CURVE_REACH;
  }

  private is(entry: number, code: number, a: number, b: number, c: number): boolean {
    const numbers = this.numbers;
    return (
      numbers[entry + 1] === code &&
      numbers[entry + 2] === a &&
      numbers[entry + 3] === b &&
      numbers[entry + 4] === c
    );
  }

  private hitAt(entry: number): Hit {
    const number = (place: number): number => numberAt(this.numbers, entry + place);
    return { code: number(1), a: number(2), b: number(3), c: number(4) };
  }

  private areaAt(entry: number): Rect {
    const x = numberAt(this.numbers, entry + AREA);
    const y = numberAt(this.numbers, entry + AREA + 1);
    const width = numberAt(this.numbers, entry + AREA + 2) - x;
    return { x, y, width, height: numberAt(this.numbers, entry + AREA + 3) - y };
  }

  /** Sets the area of the last entry. */
  private setArea(left: number, top: number, right: number, bottom: number): void {
    const start = this.last + AREA;
    this.numbers[start] = left;
    this.numbers[start + 1] = top;
    this.numbers[start + 2] = right;
    this.numbers[start + 3] = bottom;
  }

  private lengthOf(entry: number): number {
    return HEAD_LENGTH + (numberAt(this.numbers, entry) === CURVE ? CURVE_LENGTH : 0);
  }

  private begin(form: number, code: number, a: number, b: number, c: number, length: number): number {
    const start = this.length;
    this.last = start;
    this.length = start + HEAD_LENGTH + length;
    if (this.length > this.numbers.length) {
      const wider = new Float64Array(Math.max(this.length, this.numbers.length * 2));
      wider.set(this.numbers);
      this.numbers = wider;
    }
    this.numbers[start] = form;
    this.numbers[start + 1] = code;
    this.numbers[start + 2] = a;
    this.numbers[start + 3] = b;
    this.numbers[start + 4] = c;
    return start + HEAD_LENGTH;
  }
}
