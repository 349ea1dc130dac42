/** The small signs: records, buffers, events, and the states of tasks. */
import { BufferField, BufferFlag, EventId, type FrameReader } from "../model/frame-reader";
import { HitCode } from "../model/hits";
import { Align, Dash, Shape } from "./display-list";
import { LINE_HEIGHT, TextStyle, type Pen } from "./pen";
import type { Drawing } from "./picture";
import { Colour, RECORD_COLOUR_COUNT } from "./theme";

/** Shapes of records: with the eight colours, 32 kinds of dots. */
const RECORD_SHAPES = [Shape.circle, Shape.square, Shape.triangle, Shape.diamond] as const;

/** A record, coloured and shaped by the hash of its key. */
export function drawRecord(pen: Pen, hash: number, x: number, y: number, radius: number): void {
  const colour = Colour.record0 + (hash % RECORD_COLOUR_COUNT);
  const shape = RECORD_SHAPES[(hash >>> 3) & 3] ?? Shape.circle;
  const edge = radius >= 2.5 ? Colour.recordEdge : Colour.none;
  pen.list.shape(shape, x, y, radius, colour, edge, 0.5);
}

/** Whether a buffer of the frame is an event, not data. */
export function isEvent(frame: FrameReader, buffer: number): boolean {
  return (frame.buffer(BufferField.flags, buffer) & BufferFlag.event) !== 0;
}

/** The id of a buffer's event in Flink's EventSerializer. */
function eventId(frame: FrameReader, buffer: number): number {
  return (frame.buffer(BufferField.flags, buffer) >>> BufferFlag.eventShift) & 0xff;
}

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
    drawEvent(
      pen,
      eventId(frame, buffer),
      x + (place === "waiting" ? 0 : (width - room) / 2),
      y,
      room,
      height,
    );
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
  pen.list.rect(
    x,
    y,
    width,
    height,
    radius,
    Colour.none,
    beingRead ? Colour.atWorkBorder : Colour.bufferBorder,
    beingRead ? 1.75 : 1,
    open ? Dash.dashed : Dash.solid,
  );
  drawSpans(pen, flags, x, y, width, height);
  const noted = place === "waiting" && drawing.detail === "nearest" && height >= 24;
  drawDots(drawing, channel, buffer, x, y, width, noted ? height * 0.55 : height);
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
  const records = Math.max(dots, frame.buffer(BufferField.records, buffer));
  const radius = Math.min(height * 0.26, width * 0.1, 7);
  if (records === 0 || radius < 0.9) return;
  const pitch = radius * 2.5;
  const inset = Math.max(3, radius);
  const room = Math.max(1, Math.floor((width - 2 * inset + radius * 0.5) / pitch));
  const all = records <= room && dots === records;
  const shown = all ? dots : Math.min(dots, room - 1);
  const first = frame.buffer(BufferField.firstDot, buffer);
  const id = frame.buffer(BufferField.id, buffer);
  const middle = y + height / 2;
  let at = x + inset + radius;
  for (let dot = 0; dot < shown; dot += 1) {
    drawRecord(pen, frame.dot(first + dot), at, middle, radius);
    hits.rect(HitCode.record, channel, id, dot, at - pitch / 2, middle - pitch / 2, pitch, pitch);
    at += pitch;
  }
  if (all) return;
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

/** An event: a dark box with its sign; near enough, with its name. */
export function drawEvent(pen: Pen, id: number, x: number, y: number, width: number, height: number): void {
  const side = Math.min(width, Math.max(height * 1.3, 3));
  const name =
    id === EventId.endOfPartition ? "end of partition" : id === EventId.endOfData ? "end of data" : "event";
  const size = pen.fontSize(7, height);
  const nameWidth = size === 0 ? Infinity : pen.ruler.width(name, size, TextStyle.regular) + height;
  const wide = height >= 22 && nameWidth <= width - 4;
  const boxWidth = wide ? width : side;
  const left = x + width - boxWidth;
  pen.list.rect(left, y, boxWidth, height, Math.min(3, height / 4), Colour.event, Colour.none);
  const middle = wide ? left + height * 0.55 : left + boxWidth / 2;
  drawEventSign(pen, id, middle, y + height / 2, Math.min(height, side) * 0.28);
  if (!wide) return;
  const textX = left + height;
  pen.write(
    name,
    textX,
    y + (height - size * LINE_HEIGHT) / 2,
    left + boxWidth - textX,
    size * LINE_HEIGHT,
    7,
    TextStyle.regular,
    Align.left,
    Colour.eventText,
  );
}

/** End of data: an arrow against a bar. End of partition: a stop. Any other event: a diamond. */
function drawEventSign(pen: Pen, id: number, x: number, y: number, radius: number): void {
  if (radius < 0.8) return;
  if (id === EventId.endOfData) {
    pen.list.shape(
      Shape.arrowToBar,
      x,
      y,
      radius * 1.2,
      Colour.none,
      Colour.eventText,
      Math.max(1, radius / 2.6),
    );
  } else if (id === EventId.endOfPartition) {
    pen.list.shape(Shape.square, x, y, radius, Colour.eventText, Colour.none, 0);
  } else {
    pen.list.shape(Shape.diamond, x, y, radius, Colour.eventText, Colour.none, 0);
  }
}

interface StateSign {
  readonly shape: number;
  readonly fill: number;
  readonly stroke: number;
}

/** Each state its own shape and colour; a running task's is the plain green dot. */
const STATE_SIGNS: Readonly<Record<string, StateSign>> = {
  CREATED: { shape: Shape.circle, fill: Colour.none, stroke: Colour.textFaint },
  SCHEDULED: { shape: Shape.diamond, fill: Colour.none, stroke: Colour.textFaint },
  DEPLOYING: { shape: Shape.arrowRight, fill: Colour.none, stroke: Colour.accent },
  INITIALIZING: { shape: Shape.arrowRight, fill: Colour.accent, stroke: Colour.none },
  RUNNING: { shape: Shape.circle, fill: Colour.good, stroke: Colour.none },
  FINISHED: { shape: Shape.square, fill: Colour.textFaint, stroke: Colour.none },
  CANCELING: { shape: Shape.cross, fill: Colour.none, stroke: Colour.warn },
  CANCELED: { shape: Shape.cross, fill: Colour.none, stroke: Colour.textFaint },
  FAILED: { shape: Shape.cross, fill: Colour.none, stroke: Colour.bad },
};

/** The sign of a task's state. */
export function drawState(pen: Pen, state: string, x: number, y: number, radius: number): void {
  const sign = STATE_SIGNS[state];
  if (sign === undefined) return;
  pen.list.shape(sign.shape, x, y, radius, sign.fill, sign.stroke, 1.5);
}

/** Colour in which the word for a state is written. */
export function stateColour(state: string): number {
  if (state === "FAILED") return Colour.bad;
  if (state === "CANCELING") return Colour.warn;
  if (state === "DEPLOYING" || state === "INITIALIZING") return Colour.accent;
  return Colour.textMuted;
}

/** Whether a task in this state does no more work. */
export function isEnded(state: string): boolean {
  return state === "FINISHED" || state === "CANCELED" || state === "FAILED";
}
