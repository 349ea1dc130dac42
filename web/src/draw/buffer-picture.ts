/** A buffer: its box, how full it is, and the records in it. */
import { BufferField, BufferFlag, DotKind, EventId } from "../model/frame-reader";
import { HitCode } from "../model/hits";
import { drawBytes } from "./bytes-picture";
import { Align, Dash, Shape } from "./display-list";
import { drawBarrier, drawEvent, drawMark, drawRecord, drawTaken, hasMore, isEvent, markOf } from "./glyphs";
import { overtakenBy, overtakenCount } from "../model/overtaking";
import { TextStyle, type Pen } from "./pen";
import type { Drawing } from "./picture";
import { Colour } from "./theme";

/** A mark is seen among records: it is larger. */
const MARK_SHARE = 1.25;

/**
 * A buffer with its records, or an event, in a box in CSS pixels. A buffer that waits has room for words
 * where it is large enough; those on their way may cover each other.
 */
export function drawBuffer(
  drawing: Drawing,
  place: "waiting" | "moving",
  channel: number,
  buffer: number,
  x: number,
  y: number,
  width: number,
  height: number,
): void {
  const { pen, frame, hits } = drawing;
  hits.rect(
    HitCode.buffer,
    channel,
    frame.buffer(BufferField.id, buffer),
    0,
    x - 1,
    y - 1,
    width + 2,
    height + 2,
  );
  if (isEvent(frame, buffer)) {
    const room = place === "waiting" ? width : Math.min(width, height * 1.3);
    const left = x + (place === "waiting" ? 0 : (width - room) / 2);
    const event = frame.eventId(buffer);
    if (event === EventId.barrier) {
      const checkpoint = frame.buffer(BufferField.records, buffer);
      drawBarrier(pen, checkpoint, left, y, room, height, overtakenCount(frame, channel, buffer) > 0);
    } else drawEvent(pen, event, left, y, room, height);
    return;
  }
  const flags = frame.buffer(BufferField.flags, buffer);
  const open = (flags & BufferFlag.open) !== 0;
  const beingRead = (flags & BufferFlag.beingRead) !== 0;
  const radius = Math.min(3, height / 4);
  pen.list.rect(x, y, width, height, radius, Colour.buffer, Colour.none);
  const filled = Math.min(1, frame.buffer(BufferField.bytes, buffer) / drawing.segmentBytes);
  if (filled > 0) {
    const share = Math.max(1, filled * width);
    pen.list.rect(x, y, share, height, share > 2 * radius ? radius : 0, Colour.bufferFill, Colour.none);
  }
  const isOvertaken = overtakenBy(frame, channel, buffer) > 0;
  pen.list.rect(
    x,
    y,
    width,
    height,
    radius,
    Colour.none,
    beingRead ? Colour.atWorkBorder : isOvertaken ? Colour.blocked : Colour.bufferBorder,
    beingRead ? 1.75 : 1,
    open ? Dash.dashed : Dash.solid,
  );
  if (isOvertaken) drawTaken(pen, x, y, width, height);
  drawSpans(pen, flags, x, y, width, height);
  const noted = place === "waiting" && drawing.detail === "nearest" && height >= 24;
  const room = noted ? height * 0.55 : height;
  if (!noted || !drawBytes(drawing, channel, buffer, x + 1, y + 1, width - 2, room - 1)) {
    drawDots(drawing, channel, buffer, x, y, width, room);
  }
  if (noted) writeFill(drawing, buffer, x, y + height * 0.5, width, height * 0.48);
}

/** The side at which a record goes on in the buffer before or after is thick. */
function drawSpans(pen: Pen, flags: number, x: number, y: number, width: number, height: number): void {
  const thick = Math.min(3, height / 5);
  const top = y + height * 0.15;
  const bottom = y + height * 0.85;
  if ((flags & BufferFlag.startsInRecord) !== 0) {
    pen.list.line(x + thick / 2, top, x + thick / 2, bottom, Colour.bufferBorder, thick);
  }
  if ((flags & BufferFlag.endsInRecord) !== 0) {
    const right = x + width - thick / 2;
    pen.list.line(right, top, right, bottom, Colour.bufferBorder, thick);
  }
}

function drawDots(
  drawing: Drawing,
  channel: number,
  buffer: number,
  x: number,
  y: number,
  width: number,
  height: number,
): void {
  const { pen, frame, hits } = drawing;
  const dots = frame.buffer(BufferField.dots, buffer);
  const first = frame.buffer(BufferField.firstDot, buffer);
  const mark = markOf(frame, buffer);
  const more = hasMore(frame, buffer, mark);
  const radius = Math.min(height * 0.26, width * 0.1, 7);
  if ((dots === 0 && !more) || radius < 0.9) return;
  const pitch = radius * 2.5;
  const inset = Math.max(3, radius);
  const room = Math.max(1, Math.floor((width - 2 * inset + radius * 0.5) / pitch));
  const all = dots <= room && !more;
  // Of what stands behind the points, a watermark is worth its flag.
  const flagged = mark !== DotKind.record && room > 1 ? 1 : 0;
  const shown = all ? dots : Math.min(dots, Math.max(0, room - 1 - flagged));
  const id = frame.buffer(BufferField.id, buffer);
  const middle = y + height / 2;
  let at = x + inset + radius;
  let isMarked = false;
  for (let dot = 0; dot < shown; dot += 1) {
    const kind = frame.dotKind(first + dot);
    if (kind === DotKind.record) drawRecord(pen, frame.dot(first + dot), at, middle, radius);
    else drawMark(pen, kind, at, middle, radius * MARK_SHARE);
    isMarked ||= kind === mark;
    hits.rect(HitCode.record, channel, id, dot, at - pitch / 2, middle - pitch / 2, pitch, pitch);
    at += pitch;
  }
  if (all) return;
  if (flagged === 1 && !isMarked) drawMark(pen, mark, at + pitch * 0.9, middle, radius * MARK_SHARE);
  // More records than dots: three points stand for them.
  for (let point = -1; point <= 1; point += 1) {
    pen.list.shape(
      Shape.circle,
      at + point * radius * 0.75,
      middle,
      radius * 0.24 + 0.3,
      Colour.textMuted,
      Colour.none,
      0,
    );
  }
}

function writeFill(
  drawing: Drawing,
  buffer: number,
  x: number,
  y: number,
  width: number,
  height: number,
): void {
  const { pen, frame } = drawing;
  const bytes = frame.buffer(BufferField.bytes, buffer);
  const records = frame.buffer(BufferField.records, buffer);
  const room = width - 9;
  const style = TextStyle.regular;
  const write = (text: string): boolean =>
    pen.writeWhole(text, x + 4.5, y, room, height, 7, style, Align.middle, Colour.textMuted) > 0;
  const size = bytes < 1000 ? `${bytes} B` : `${(bytes / 1000).toFixed(1)} kB`;
  if (!write(`${size} · ${records} rec.`) && !write(`${size} · ${records}`)) write(size);
}
