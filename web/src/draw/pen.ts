/**
 * Writes into a display list through the camera: from the layout's units to CSS pixels, and texts into the
 * room that they have. A text that would be too small to read is not written.
 */
import { numberAt } from "../model/at";
import { CURVE_LENGTH, lerp } from "../model/geometry";
import { type TextRuler, TextStyle } from "../model/text-ruler";
import type { View, Viewport } from "../model/camera";
import { Align, DisplayList } from "./display-list";

/** No text is smaller than this, in CSS pixels. */
const FONT_SIZE_MIN = 8.5;
/** Texts grow with the zoom up to so many times their size; after that there is room for more of them. */
const FONT_GROWTH_MAX = 1.5;
/** Height of a line of text for its font size. */
export const LINE_HEIGHT = 1.18;
/** From the middle of a line down to its baseline, for its font size. */
const BASELINE = 0.36;

/** See the head of this file. */
export class Pen {
  readonly list = new DisplayList();
  readonly ruler: TextRuler;
  /** CSS pixels for a unit of the layout. */
  scale = 1;
  width = 0;
  height = 0;
  private originX = 0;
  private originY = 0;
  /** Scratch for a curve in CSS pixels. */
  readonly points = new Float64Array(CURVE_LENGTH);

  constructor(ruler: TextRuler) {
    this.ruler = ruler;
  }

  /** Begins a new picture as seen by this view. */
  begin(view: View, viewport: Viewport): void {
    this.list.clear(viewport.width, viewport.height);
    this.scale = view.scale;
    this.width = viewport.width;
    this.height = viewport.height;
    this.originX = viewport.width / 2 - view.x * view.scale;
    this.originY = viewport.height / 2 - view.y * view.scale;
  }

  x(x: number): number {
    return this.originX + x * this.scale;
  }

  y(y: number): number {
    return this.originY + y * this.scale;
  }

  /** Whether a rectangle in CSS pixels is in sight. */
  sees(x: number, y: number, width: number, height: number): boolean {
    return x < this.width && y < this.height && x + width > 0 && y + height > 0;
  }

  /** Brings a curve between two layouts' curves into `points`, in CSS pixels. Whether it is in sight. */
  placeCurve(
    from: ArrayLike<number>,
    fromOffset: number,
    to: ArrayLike<number>,
    toOffset: number,
    share: number,
  ): boolean {
    let left = Infinity;
    let top = Infinity;
    let right = -Infinity;
    let bottom = -Infinity;
    for (let i = 0; i < CURVE_LENGTH; i += 2) {
      const x = this.x(lerp(numberAt(from, fromOffset + i), numberAt(to, toOffset + i), share));
      const y = this.y(lerp(numberAt(from, fromOffset + i + 1), numberAt(to, toOffset + i + 1), share));
      this.points[i] = x;
      this.points[i + 1] = y;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
    return left < this.width && top < this.height && right > 0 && bottom > 0;
  }

  /** Font size for a text that is `base` at scale 1, in a line of this height in CSS pixels; 0: does not fit. */
  fontSize(base: number, height: number): number {
    const wanted = Math.min(base * FONT_GROWTH_MAX, Math.max(FONT_SIZE_MIN, base * this.scale));
    const size = Math.min(wanted, height / LINE_HEIGHT);
    // Quarters of a pixel, so that fitted texts are found again while zooming.
    return size < FONT_SIZE_MIN ? 0 : Math.floor(size * 4) / 4;
  }

  /** Width of a line in a room of this height; 0 where it would not be written. */
  widthOf(text: string, base: number, style: number, height: number): number {
    const size = this.fontSize(base, height);
    return size === 0 ? 0 : this.ruler.width(text, size, style);
  }

  /** Writes one line into a room in CSS pixels, cut where it is too long. Returns its width; 0: not written. */
  write(
    text: string,
    x: number,
    y: number,
    width: number,
    height: number,
    base: number,
    style: number,
    align: number,
    colour: number,
  ): number {
    const size = this.fontSize(base, height);
    if (size === 0) return 0;
    return this.place(
      this.ruler.fit(text, size, style, width),
      x,
      y,
      width,
      height,
      size,
      style,
      align,
      colour,
    );
  }

  /** Like `write`, but all or nothing. */
  writeWhole(
    text: string,
    x: number,
    y: number,
    width: number,
    height: number,
    base: number,
    style: number,
    align: number,
    colour: number,
  ): number {
    const size = this.fontSize(base, height);
    if (size === 0 || this.ruler.width(text, size, style) > width) return 0;
    return this.place(text, x, y, width, height, size, style, align, colour);
  }

  /** Like `write`, but what is cut is the end of `head`: `Keyed Aggr… (1/4)`. */
  writeWithEnd(
    head: string,
    end: string,
    x: number,
    y: number,
    width: number,
    height: number,
    base: number,
    style: number,
    colour: number,
  ): number {
    const size = this.fontSize(base, height);
    if (size === 0) return 0;
    const fitted = this.ruler.fitWithEnd(head, end, size, style, width);
    return this.place(fitted, x, y, width, height, size, style, Align.left, colour);
  }

  /** Writes a text in as many lines as it needs and the room has, in the middle of it. */
  writeBlock(
    text: string,
    x: number,
    y: number,
    width: number,
    height: number,
    base: number,
    style: number,
    colour: number,
    linesMax: number,
  ): void {
    const size = this.fontSize(base, height);
    if (size === 0) return;
    const room = Math.min(linesMax, Math.max(1, Math.floor(height / (size * LINE_HEIGHT))));
    const lines = this.ruler.wrap(text, size, style, width, room);
    const lineHeight = size * LINE_HEIGHT;
    let top = y + (height - lines.length * lineHeight) / 2;
    for (const line of lines) {
      this.place(line, x, top, width, lineHeight, size, style, Align.middle, colour);
      top += lineHeight;
    }
  }

  private place(
    text: string,
    x: number,
    y: number,
    width: number,
    height: number,
    size: number,
    style: number,
    align: number,
    colour: number,
  ): number {
    if (text === "") return 0;
    const anchor = align === Align.left ? x : align === Align.right ? x + width : x + width / 2;
    this.list.text(text, anchor, y + height / 2 + size * BASELINE, size, style, align, colour);
    return this.ruler.width(text, size, style);
  }
}

/** Text styles, again here for those who draw. */
export { TextStyle };
