/**
 * How wide texts are and how they are made to fit: a text is cut with an ellipsis or broken into lines,
 * never squeezed and never let over its border.
 *
 * Each character is measured once for a style; a text's width is the sum, so that fitting costs no call of
 * the browser while the picture moves.
 */

/** The styles of text. */
export const TextStyle = { regular: 0, strong: 1, mono: 2 } as const;

const SANS = 'Inter, system-ui, "DejaVu Sans", sans-serif';
const MONO = 'ui-monospace, "DejaVu Sans Mono", monospace';

/** Family of each style, as in CSS. */
export const TEXT_FAMILIES: readonly string[] = [SANS, SANS, MONO];

/** Weight of each style, as in CSS. */
export const TEXT_WEIGHTS: readonly number[] = [400, 600, 400];

/** The CSS `font` of a style at a size in CSS pixels. */
export function fontOf(style: number, size: number): string {
  return `${TEXT_WEIGHTS[style] ?? 400} ${size}px ${TEXT_FAMILIES[style] ?? SANS}`;
}

/** The width of `text` in CSS pixels when set in `font` (the syntax of CSS `font`). */
export type Measure = (text: string, font: string) => number;

/** Size at which characters are measured. */
const MEASURED_AT = 100;
const STYLE_COUNT = 3;
const KEPT_MAX = 4000;

/** See the head of this file. */
export class TextRuler {
  private readonly measure: Measure;
  private readonly widths: readonly Map<number, number>[];
  private readonly fitted = new Map<string, Map<number, string>>();
  private readonly wrapped = new Map<string, Map<number, readonly string[]>>();

  constructor(measure: Measure) {
    this.measure = measure;
    this.widths = Array.from({ length: STYLE_COUNT }, () => new Map<number, number>());
  }

  /** Width of `text` in CSS pixels. */
  width(text: string, size: number, style: number): number {
    let sum = 0;
    for (let i = 0; i < text.length; i += 1) sum += this.charWidth(text.charCodeAt(i), style);
    return (sum * size) / MEASURED_AT;
  }

  /** `text`, cut with an ellipsis where it is wider than `room`; empty where not even that has room. */
  fit(text: string, size: number, style: number, room: number): string {
    if (this.width(text, size, style) <= room) return text;
    const kept = keptFor(this.fitted, text);
    const key = keyOf(size, style, room);
    const known = kept.get(key);
    if (known !== undefined) return known;
    const cut = this.cut(text, size, style, Math.floor(room));
    kept.set(key, cut);
    return cut;
  }

  /** Like `fit`, but the end stays: `Keyed Aggr… (1/4)`. Empty where the end alone has no room. */
  fitWithEnd(head: string, end: string, size: number, style: number, room: number): string {
    const text = head + end;
    if (this.width(text, size, style) <= room) return text;
    const kept = keptFor(this.fitted, text);
    // A negative key: the same text may also be asked for with a plain cut.
    const key = -1 - keyOf(size, style, room);
    const known = kept.get(key);
    if (known !== undefined) return known;
    const endWidth = this.width(end, size, style);
    const start = this.cut(head, size, style, Math.floor(room) - endWidth);
    let fitting = start === "" ? end.trimStart() : start + end;
    if (this.width(fitting, size, style) > room) fitting = "";
    kept.set(key, fitting);
    return fitting;
  }

  /** `text` in at most `lines` lines of width `room`; what has no room ends in an ellipsis. */
  wrap(text: string, size: number, style: number, room: number, lines: number): readonly string[] {
    const kept = keptFor(this.wrapped, text);
    const key = keyOf(size, style, room) * 8 + lines;
    const known = kept.get(key);
    if (known !== undefined) return known;
    const broken = this.breakLines(text, size, style, Math.floor(room), lines);
    kept.set(key, broken);
    return broken;
  }

  private breakLines(text: string, size: number, style: number, room: number, lines: number): string[] {
    const parts = breakable(text);
    const found: string[] = [];
    let next = 0;
    while (next < parts.length && found.length < lines) {
      let line = parts[next] ?? "";
      next += 1;
      while (next < parts.length && this.width((line + (parts[next] ?? "")).trimEnd(), size, style) <= room) {
        line += parts[next] ?? "";
        next += 1;
      }
      // A word that is cut is the end: what would come after it belongs to nothing.
      const tooWide = this.width(line.trimEnd(), size, style) > room;
      const last = tooWide || found.length === lines - 1 || next >= parts.length;
      if (last) line += parts.slice(next).join("");
      found.push(this.fit(line.trimEnd(), size, style, room));
      if (last) break;
    }
    return found.some((line) => line === "") ? [] : found;
  }

  private cut(text: string, size: number, style: number, room: number): string {
    const limit = ((room - this.width("…", size, style)) * MEASURED_AT) / size;
    let sum = 0;
    let length = 0;
    while (length < text.length) {
      sum += this.charWidth(text.charCodeAt(length), style);
      if (sum > limit) break;
      length += 1;
    }
    // An arrow or a bracket that leads to what was cut leads nowhere.
    const start = text.slice(0, length).replace(/[\s→,(:]+$/, "");
    return start === "" ? "" : `${start}…`;
  }

  private charWidth(code: number, style: number): number {
    const widths = this.widths[style];
    const known = widths?.get(code);
    if (known !== undefined) return known;
    const width = this.measure(String.fromCharCode(code), fontOf(style, MEASURED_AT));
    widths?.set(code, width);
    return width;
  }
}

/** One number for a size (in quarters of a pixel), a style and a whole number of pixels. */
function keyOf(size: number, style: number, room: number): number {
  return (Math.floor(room) * 512 + Math.round(size * 4)) * 4 + style;
}

/** What is kept for a text; all is forgotten when it becomes too much. */
function keptFor<T>(kept: Map<string, Map<number, T>>, text: string): Map<number, T> {
  let found = kept.get(text);
  if (found === undefined) {
    if (kept.size >= KEPT_MAX) kept.clear();
    found = new Map();
    kept.set(text, found);
  }
  return found;
}

/** The pieces between which a line may break: after spaces and marks, and inside `CamelCase`. */
function breakable(text: string): string[] {
  const pieces: string[] = [];
  let start = 0;
  for (let i = 1; i < text.length; i += 1) {
    const before = text.charAt(i - 1);
    const after = text.charAt(i);
    const afterMark = /[\s/:>.\-,)]/.test(before) && !/[\s/:>.\-,)]/.test(after);
    if (afterMark || (/[a-z]/.test(before) && /[A-Z]/.test(after))) {
      pieces.push(text.slice(start, i));
      start = i;
    }
  }
  pieces.push(text.slice(start));
  return pieces;
}

/** An operator's or a vertex' name as it is shown: Flink joins chains with `->`. */
export function shownName(name: string): string {
  return name.replaceAll(" -> ", " → ");
}
