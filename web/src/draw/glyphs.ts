/** The small signs: records, events, and the states of tasks. */
import { BufferField, BufferFlag, DotKind, EventId, type FrameReader } from "../model/frame-reader";
import { Align, Shape } from "./display-list";
import { LINE_HEIGHT, TextStyle, type Pen } from "./pen";
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

/** What travels among the records and is none: a watermark's flag, a stop or a start for a status, a clock. */
export function drawMark(pen: Pen, kind: number, x: number, y: number, radius: number): void {
  const { list } = pen;
  const thin = Math.max(0.75, radius * 0.28);
  if (kind === DotKind.watermark) {
    list.shape(Shape.flag, x, y, radius, Colour.accent, Colour.accent, thin);
  } else if (kind === DotKind.latencyMarker) {
    list.shape(Shape.circle, x, y, radius * 0.9, Colour.none, Colour.textMuted, thin);
    list.line(x, y, x, y - radius * 0.6, Colour.textMuted, thin);
    list.line(x, y, x + radius * 0.45, y, Colour.textMuted, thin);
  } else {
    const shape = kind === DotKind.idle ? Shape.pause : Shape.arrowRight;
    list.shape(shape, x, y, radius * 0.9, Colour.textMuted, Colour.none, 0);
  }
}

/** What a buffer has besides records, the most telling first: the `DotKind` for its sign, or that of a record. */
export function markOf(frame: FrameReader, buffer: number): number {
  const flags = frame.buffer(BufferField.flags, buffer);
  if ((flags & BufferFlag.watermark) !== 0) return DotKind.watermark;
  if ((flags & BufferFlag.status) !== 0) return DotKind.idle;
  return (flags & BufferFlag.latencyMarker) !== 0 ? DotKind.latencyMarker : DotKind.record;
}

/** Whether there is more in a buffer than what the frame has dots for: records, or that mark of `markOf`. */
export function hasMore(frame: FrameReader, buffer: number, mark: number): boolean {
  const first = frame.buffer(BufferField.firstDot, buffer);
  const end = first + frame.buffer(BufferField.dots, buffer);
  let records = 0;
  let isMarkSeen = mark === DotKind.record;
  for (let dot = first; dot < end; dot += 1) {
    const kind = frame.dotKind(dot);
    if (kind === DotKind.record) records += 1;
    isMarkSeen ||= kind === mark || (kind === DotKind.active && mark === DotKind.idle);
  }
  return !isMarkSeen || records < frame.buffer(BufferField.records, buffer);
}

/** Whether a buffer of the frame is an event, not data. */
export function isEvent(frame: FrameReader, buffer: number): boolean {
  return (frame.buffer(BufferField.flags, buffer) & BufferFlag.event) !== 0;
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

/** Texts of small numbers, made once. */
const NUMBERS = Array.from({ length: 1000 }, (_, number) => String(number));

/** A number as a text that is not made anew for each picture. */
export function numberText(number: number): string {
  return NUMBERS[number] ?? String(number);
}

/** A checkpoint's barrier: a bar with its number; one that overtakes leaves a wake. */
export function drawBarrier(
  pen: Pen,
  checkpoint: number,
  x: number,
  y: number,
  width: number,
  height: number,
  overtakes: boolean,
): void {
  const bar = Math.min(width, Math.max(height * 0.8, 3));
  const left = x + width - bar;
  const wake = Math.min(left - x - 1, height * 0.6);
  for (let place = 1; overtakes && wake > 1 && place <= 3; place += 1) {
    const level = y + (height * place) / 4;
    pen.list.line(left - (place === 2 ? wake : wake * 0.6), level, left - 1, level, Colour.blocked, 1.25);
  }
  pen.list.rect(left, y, bar, height, Math.min(3, height / 4), Colour.blocked, Colour.none);
  const text = numberText(checkpoint);
  pen.writeWhole(text, left, y, bar, height, 9, TextStyle.strong, Align.middle, Colour.eventText);
}

/** A buffer that a barrier overtook is data in flight of its checkpoint: it stands on a line of the barrier's colour. */
export function drawTaken(pen: Pen, x: number, y: number, width: number, height: number): void {
  const thick = Math.min(3, Math.max(1.25, height / 6));
  pen.list.rect(x, y + height - thick, width, thick, 0, Colour.blocked, Colour.none);
}

/** The colour of an event's sliver. */
export function eventColour(frame: FrameReader, buffer: number): number {
  return frame.eventId(buffer) === EventId.barrier ? Colour.blocked : Colour.event;
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
