/**
 * A picture as a list of simple operations, in one array of numbers that is filled anew for each picture
 * and never thrown away: the painters need no more, and drawing allocates nothing.
 *
 * All lengths are CSS pixels. An operation is its kind and then as many numbers as its writing method
 * takes parameters, in their order.
 */
import { CURVE_LENGTH } from "../model/geometry";

/** The kinds of operations. */
export const Op = {
  /** x, y, width, height, radius, fill, stroke, line width, dash */
  rect: 1,
  /** ten points (a start and three cubic Bézier pieces of three points), stroke, line width, dash */
  curve: 2,
  /** x1, y1, x2, y2, stroke, line width, dash */
  line: 3,
  /** shape, x, y, radius, fill, stroke, line width */
  shape: 4,
  /** x, baseline y, font size, text style, align, fill, place in `texts` */
  text: 5,
  /** x, y, width, height, stroke, distance of the lines */
  hatch: 6,
  /** opacity of all that follows */
  opacity: 7,
} as const;

/** How a line is broken. */
export const Dash = { solid: 0, dashed: 1, dotted: 2 } as const;

/** The lengths of line and gap of each dash, in CSS pixels. */
export const DASH_PATTERNS: readonly (readonly number[])[] = [[], [4, 3], [1.5, 2.5]];

/** Where a text stands from its x. */
export const Align = { left: 0, middle: 1, right: 2 } as const;

/** Small figures around a middle point; a record's shape is the second sign of its colour. */
export const Shape = {
  circle: 0,
  square: 1,
  triangle: 2,
  diamond: 3,
  cross: 4,
  arrowRight: 5,
  arrowDown: 6,
  arrowToBar: 7,
  /** Two strokes: the way back. */
  chevronLeft: 8,
  chevronUp: 10,
  arrowLeft: 9,
  /** A pennant at its pole. */
  flag: 11,
  /** Two bars. */
  pause: 12,
} as const;

/** How many numbers follow the kind of an operation. */
export const OP_LENGTHS: readonly number[] = [0, 9, 23, 7, 7, 7, 6, 1];

/** See the head of this file. */
export class DisplayList {
  /** Size of the drawing in CSS pixels. */
  width = 0;
  height = 0;
  /** How many operations there are. */
  count = 0;
  /** How many numbers of `data` hold them. */
  length = 0;
  data = new Float32Array(4096);
  /** The texts, in the order of their operations. */
  readonly texts: string[] = [];
  private textCount = 0;

  /** Empties the list for a new picture. */
  clear(width: number, height: number): void {
    this.width = width;
    this.height = height;
    this.count = 0;
    this.length = 0;
    this.textCount = 0;
  }

  rect(
    x: number,
    y: number,
    width: number,
    height: number,
    radius: number,
    fill: number,
    stroke: number,
    lineWidth = 1,
    dash = 0,
  ): void {
    const at = this.begin(Op.rect, 9);
    const data = this.data;
    data[at] = x;
    data[at + 1] = y;
    data[at + 2] = width;
    data[at + 3] = height;
    data[at + 4] = Math.max(0, Math.min(radius, width / 2, height / 2));
    data[at + 5] = fill;
    data[at + 6] = stroke;
    data[at + 7] = lineWidth;
    data[at + 8] = dash;
  }

  /** Writes the curve that stands in `points` from `from` on. */
  curve(points: ArrayLike<number>, from: number, stroke: number, lineWidth: number, dash = 0): void {
    const at = this.begin(Op.curve, CURVE_LENGTH + 3);
    const data = this.data;
    for (let i = 0; i < CURVE_LENGTH; i += 1) data[at + i] = points[from + i] ?? NaN;
    data[at + CURVE_LENGTH] = stroke;
    data[at + CURVE_LENGTH + 1] = lineWidth;
    data[at + CURVE_LENGTH + 2] = dash;
  }

  line(x1: number, y1: number, x2: number, y2: number, stroke: number, lineWidth: number, dash = 0): void {
    const at = this.begin(Op.line, 7);
    const data = this.data;
    data[at] = x1;
    data[at + 1] = y1;
    data[at + 2] = x2;
    data[at + 3] = y2;
    data[at + 4] = stroke;
    data[at + 5] = lineWidth;
    data[at + 6] = dash;
  }

  shape(
    shape: number,
    x: number,
    y: number,
    radius: number,
    fill: number,
    stroke: number,
    lineWidth: number,
  ): void {
    const at = this.begin(Op.shape, 7);
    const data = this.data;
    data[at] = shape;
    data[at + 1] = x;
    data[at + 2] = y;
    data[at + 3] = radius;
    data[at + 4] = fill;
    data[at + 5] = stroke;
    data[at + 6] = lineWidth;
  }

  text(text: string, x: number, y: number, size: number, style: number, align: number, fill: number): void {
    const at = this.begin(Op.text, 7);
    const data = this.data;
    data[at] = x;
    data[at + 1] = y;
    data[at + 2] = size;
    data[at + 3] = style;
    data[at + 4] = align;
    data[at + 5] = fill;
    data[at + 6] = this.textCount;
    this.texts[this.textCount] = text;
    this.textCount += 1;
  }

  hatch(x: number, y: number, width: number, height: number, stroke: number, distance: number): void {
    const at = this.begin(Op.hatch, 6);
    const data = this.data;
    data[at] = x;
    data[at + 1] = y;
    data[at + 2] = width;
    data[at + 3] = height;
    data[at + 4] = stroke;
    data[at + 5] = distance;
  }

  opacity(opacity: number): void {
    const at = this.begin(Op.opacity, 1);
    this.data[at] = opacity;
  }

  private begin(kind: number, length: number): number {
    if (this.length + length + 1 > this.data.length) {
      const wider = new Float32Array(this.data.length * 2);
      wider.set(this.data);
      this.data = wider;
    }
    this.data[this.length] = kind;
    const at = this.length + 1;
    this.length = at + length;
    this.count += 1;
    return at;
  }
}

/** Reads a list from its first number to its last. */
export class ListReader {
  private at = 0;

  private readonly list: DisplayList;

  constructor(list: DisplayList) {
    this.list = list;
  }

  get done(): boolean {
    return this.at >= this.list.length;
  }

  /** The next number. */
  next(): number {
    const value = this.list.data[this.at];
    this.at += 1;
    return value ?? NaN;
  }

  /** The next number, as the place of a text. */
  nextText(): string {
    return this.list.texts[this.next()] ?? "";
  }
}
