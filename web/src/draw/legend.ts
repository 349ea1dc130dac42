/** What the signs of the picture mean, as a small picture of its own: as wide as it may be, as high as it needs. */
import type { Measure } from "../model/text-ruler";
import { EventId } from "../model/frame-reader";
import { CURVE_LENGTH, directCurve } from "../model/geometry";
import { TextRuler } from "../model/text-ruler";
import { Align, Dash, type DisplayList, Shape } from "./display-list";
import { drawEvent, drawRecord, drawState } from "./glyphs";
import { drawLink, drawOperatorBox } from "./graph-picture";
import { LINE_HEIGHT, Pen, TextStyle } from "./pen";
import type { Depth } from "./scene-types";
import { Colour } from "./theme";

const FONT_SIZE = 11;
const ROW_HEIGHT = 22;
const SIGN_HEIGHT = 13;
const SIGN_GAP = 6;
const ENTRY_GAP = 20;
const MARGIN = 10;

interface Entry {
  readonly text: string;
  readonly width: number;
  /** Draws the sign in a room of `width` × `SIGN_HEIGHT` with its left top corner at (x, y). */
  readonly draw: (pen: Pen, x: number, y: number) => void;
}

/** See the head of this file. */
export interface Legend {
  /** The signs of a depth, broken into rows no wider than `width`. The list's height is what they take. */
  draw(depth: Depth, width: number): DisplayList;
}

/** Makes a legend; its list is used again by each call. */
export function createLegend(measure: Measure): Legend {
  const pen = new Pen(new TextRuler(measure));
  return { draw: (depth, width) => drawLegend(pen, depth === "execution" ? EXECUTION : LOGICAL, width) };
}

function drawLegend(pen: Pen, entries: readonly Entry[], width: number): DisplayList {
  const widthOf = (entry: Entry): number =>
    entry.width + SIGN_GAP + pen.ruler.width(entry.text, FONT_SIZE, TextStyle.regular);
  const room = Math.max(80, width - 2 * MARGIN);
  const places: { entry: Entry; x: number; row: number }[] = [];
  let x = 0;
  let row = 0;
  for (const entry of entries) {
    if (x > 0 && x + widthOf(entry) > room) {
      x = 0;
      row += 1;
    }
    places.push({ entry, x: MARGIN + x, row });
    x += widthOf(entry) + ENTRY_GAP;
  }
  const height = (row + 1) * ROW_HEIGHT + 4;
  pen.begin({ x: width / 2, y: height / 2, scale: 1 }, { width, height });
  for (const place of places) {
    const { entry } = place;
    const top = 2 + place.row * ROW_HEIGHT;
    entry.draw(pen, place.x, top + (ROW_HEIGHT - SIGN_HEIGHT) / 2);
    const left = place.x + entry.width + SIGN_GAP;
    const line = FONT_SIZE * LINE_HEIGHT + 1;
    const y = top + (ROW_HEIGHT - line) / 2;
    const style = TextStyle.regular;
    pen.write(entry.text, left, y, width - left, line, FONT_SIZE, style, Align.left, Colour.textMuted);
  }
  return pen.list;
}

const curve = new Float64Array(CURVE_LENGTH);

function drawSampleWire(pen: Pen, x: number, y: number, width: number, colour: number, thick: number): void {
  directCurve(curve, 0, { x, y: y + 10 }, { x: x + width, y: y + 3 }, "across");
  pen.list.curve(curve, 0, colour, thick);
}

function drawSampleBar(pen: Pen, x: number, y: number, width: number): void {
  const top = y + 3;
  pen.list.rect(x, top, width, 7, 2, Colour.idle, Colour.none);
  pen.list.rect(x, top, width * 0.4, 7, 2, Colour.busy, Colour.none);
  pen.list.rect(x + width * 0.4, top, width * 0.35, 7, 2, Colour.backPressure, Colour.none);
  pen.list.hatch(x + width * 0.4, top, width * 0.35, 7, Colour.hatch, 4);
}

function drawSampleBuffer(
  pen: Pen,
  x: number,
  y: number,
  filled: number,
  border: number,
  dash: number,
): void {
  pen.list.rect(x, y, 26, SIGN_HEIGHT, 3, Colour.buffer, Colour.none);
  if (filled > 0) pen.list.rect(x, y, 26 * filled, SIGN_HEIGHT, 3, Colour.bufferFill, Colour.none);
  const thick = border === Colour.bufferBorder ? 1 : 1.75;
  pen.list.rect(x, y, 26, SIGN_HEIGHT, 3, Colour.none, border, thick, dash);
}

const SAMPLE_HASHES = [0, 9, 18, 27] as const;

const EXECUTION: readonly Entry[] = [
  {
    text: "record: same colour and shape, same key",
    width: 36,
    draw: (pen, x, y) => {
      SAMPLE_HASHES.forEach((hash, place) => {
        drawRecord(pen, hash, x + 4 + place * 9.5, y + 6.5, 3.4);
      });
    },
  },
  {
    text: "buffer, filled to its share of a segment",
    width: 26,
    draw: (pen, x, y) => {
      drawSampleBuffer(pen, x, y, 0.7, Colour.bufferBorder, Dash.solid);
    },
  },
  {
    text: "still written to",
    width: 26,
    draw: (pen, x, y) => {
      drawSampleBuffer(pen, x, y, 0.25, Colour.bufferBorder, Dash.dashed);
    },
  },
  {
    text: "being read",
    width: 26,
    draw: (pen, x, y) => {
      drawSampleBuffer(pen, x, y, 0.5, Colour.atWorkBorder, Dash.solid);
    },
  },
  {
    text: "end of data",
    width: 17,
    draw: (pen, x, y) => {
      drawEvent(pen, EventId.endOfData, x, y, 17, SIGN_HEIGHT);
    },
  },
  {
    text: "end of partition",
    width: 17,
    draw: (pen, x, y) => {
      drawEvent(pen, EventId.endOfPartition, x, y, 17, SIGN_HEIGHT);
    },
  },
  {
    text: "busy, back-pressured, idle in the last second",
    width: 44,
    draw: (pen, x, y) => {
      drawSampleBar(pen, x, y, 44);
    },
  },
  {
    text: "channel that holds its sender up",
    width: 28,
    draw: (pen, x, y) => {
      drawSampleWire(pen, x, y, 28, Colour.backPressure, 3.2);
    },
  },
  {
    text: "at work in this turn",
    width: 24,
    draw: (pen, x, y) => {
      drawOperatorBox(pen, x, y, 24, SIGN_HEIGHT, "working");
    },
  },
  {
    text: "running",
    width: 9,
    draw: (pen, x, y) => {
      drawState(pen, "RUNNING", x + 4.5, y + 6.5, 4.2);
    },
  },
];

const LOGICAL: readonly Entry[] = [
  {
    text: "chained: one task, no network between",
    width: 28,
    draw: (pen, x, y) => {
      pen.list.line(x, y + 6.5, x + 28, y + 6.5, Colour.chained, 1.25);
      drawLink(pen, Colour.chained, x + 14, y + 6.5);
    },
  },
  {
    text: "not chained: records are sent by the partitioner named",
    width: 28,
    draw: (pen, x, y) => {
      pen.list.line(x, y + 6.5, x + 24, y + 6.5, Colour.wireStrong, 1.5);
      pen.list.shape(Shape.arrowRight, x + 24, y + 6.5, 3.6, Colour.wireStrong, Colour.none, 0);
    },
  },
  {
    text: "operator",
    width: 24,
    draw: (pen, x, y) => {
      drawOperatorBox(pen, x, y, 24, SIGN_HEIGHT, "resting");
    },
  },
];
