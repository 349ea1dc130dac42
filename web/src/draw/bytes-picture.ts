/**
 * A buffer's bytes at the nearest zoom, where its records are wide enough to be told apart: each record as a cell as
 * long as it is, behind its length prefix; hatched what belongs to a record that spans two buffers.
 */
import { BufferField, BufferFlag, DotKind } from "../model/frame-reader";
import { HitCode } from "../model/hits";
import { Shape } from "./display-list";
import { drawMark, drawRecord, hasMore } from "./glyphs";
import type { Drawing } from "./picture";
import { Colour } from "./theme";

/** From this width of the first record on, in CSS pixels, cells are drawn. */
const CELL_MIN = 11;
/** The length of a record stands before it in so many bytes. */
const PREFIX_BYTES = 4;

/** Draws the records of a buffer in its box as cells. Whether they have room; else nothing is drawn. */
export function drawBytes(
  drawing: Drawing,
  channel: number,
  buffer: number,
  x: number,
  y: number,
  width: number,
  height: number,
): boolean {
  const { pen, frame, hits } = drawing;
  const scale = width / drawing.segmentBytes;
  const dots = frame.buffer(BufferField.dots, buffer);
  const firstDot = frame.buffer(BufferField.firstDot, buffer);
  const rest = frame.buffer(BufferField.rest, buffer) * scale;
  const filled = frame.buffer(BufferField.bytes, buffer) * scale;
  // What no dot stands for is a part of a record that spans buffers, as long as there is no dot at all.
  const first = dots > 0 ? frame.dotBytes(firstDot) * scale : filled - rest;
  if (Math.max(rest, first) < CELL_MIN) return false;
  const id = frame.buffer(BufferField.id, buffer);
  const cut = (frame.buffer(BufferField.flags, buffer) & BufferFlag.endsInRecord) !== 0;
  const all = !hasMore(frame, buffer, DotKind.record);
  if (rest > 0) pen.list.hatch(x, y, rest, height, Colour.spanning, 4);
  let left = x + rest;
  for (let dot = 0; dot < dots; dot += 1) {
    const room = frame.dotBytes(firstDot + dot) * scale;
    const prefix = Math.min(room, Math.max(1.5, PREFIX_BYTES * scale));
    if (cut && all && dot === dots - 1) drawPart(drawing, left, y, room, height, prefix);
    else pen.list.rect(left, y, prefix, height, 0, Colour.accent, Colour.none);
    const radius = Math.min(height * 0.26, (room - prefix) * 0.4, 7);
    if (radius >= 1) {
      const middle = left + prefix + (room - prefix) / 2;
      const kind = frame.dotKind(firstDot + dot);
      if (kind === DotKind.record) drawRecord(pen, frame.dot(firstDot + dot), middle, y + height / 2, radius);
      else drawMark(pen, kind, middle, y + height / 2, radius);
    }
    hits.rect(HitCode.record, channel, id, dot, left, y, room, height);
    left += room;
  }
  if (dots === 0) {
    if (first > 0) drawPart(drawing, left, y, first, height, PREFIX_BYTES * scale);
    return true;
  }
  // The end of the last one that is drawn.
  pen.list.line(left, y, left, y + height, Colour.bufferBorder, 1);
  if (!all) {
    for (let point = 0; point < 3 && left + 5 + point * 5 < x + width - 3; point += 1) {
      pen.list.shape(Shape.circle, left + 5 + point * 5, y + height / 2, 1, Colour.textMuted, Colour.none, 0);
    }
  }
  return true;
}

/** The beginning of a record that goes on in the next buffer, behind its length prefix. */
function drawPart(
  { pen }: Drawing,
  x: number,
  y: number,
  width: number,
  height: number,
  prefix: number,
): void {
  const shown = Math.min(width, Math.max(1.5, prefix));
  pen.list.rect(x, y, shown, height, 0, Colour.accent, Colour.none);
  pen.list.hatch(x + shown, y, width - shown, height, Colour.spanning, 4);
}
