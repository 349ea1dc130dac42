/** The buffer pools of a task at the nearest zoom: the floating buffers of its gates, the segments of its outputs. */
import type { CardLayout } from "../model/card-layout";
import { GateField, OutputField, TaskField } from "../model/frame-reader";
import { Align } from "./display-list";
import { TextStyle } from "./pen";
import type { Drawing } from "./picture";
import { Colour } from "./theme";

/** Below this height in CSS pixels there is no gauge. */
const HEIGHT_MIN = 7;
const FONT_SIZE = 7.5;
const GAUGE_MAX = 90;
const GAP = 6;

/** Draws the gauges of a task whose card's corner is at (x, y) in CSS pixels. */
export function drawPools(drawing: Drawing, task: number, card: CardLayout, x: number, y: number): void {
  const { pen, frame } = drawing;
  const k = pen.scale;
  const height = card.pools.height * k;
  if (height < HEIGHT_MIN) return;
  const top = y + card.pools.y * k;
  const left = x + card.pools.x * k;
  const half = (card.pools.width * k) / 2 - GAP;
  const gates = frame.task(TaskField.gates, task);
  for (let place = 0; place < gates; place += 1) {
    const gate = frame.task(TaskField.firstGate, task) + place;
    const size = frame.gate(GateField.size, gate);
    const requested = frame.gate(GateField.requested, gate);
    const atHand = frame.gate(GateField.atHand, gate);
    const room = half / gates;
    drawPool(
      drawing,
      "floating",
      size,
      requested,
      atHand,
      false,
      left + place * room,
      top,
      room,
      height,
      Align.left,
    );
  }
  const outputs = frame.task(TaskField.outputs, task);
  for (let place = 0; place < outputs; place += 1) {
    const output = frame.task(TaskField.firstOutput, task) + place;
    const size = frame.output(OutputField.size, output);
    const requested = frame.output(OutputField.requested, output);
    const atHand = frame.output(OutputField.atHand, output);
    const isFull = (frame.output(OutputField.flags, output) & 1) !== 0;
    const room = half / outputs;
    const start = left + card.pools.width * k - half + place * room;
    drawPool(drawing, "pool", size, requested, atHand, isFull, start, top, room, height, Align.right);
  }
}

/** One gauge and its numbers: in use, at hand, not yet requested; what is beyond the pool's size stands out. */
function drawPool(
  drawing: Drawing,
  name: string,
  size: number,
  requested: number,
  atHand: number,
  isFull: boolean,
  x: number,
  y: number,
  width: number,
  height: number,
  align: number,
): void {
  if (size === 0) return;
  const { pen } = drawing;
  const inUse = requested - atHand;
  const style = isFull ? TextStyle.strong : TextStyle.regular;
  const colour = isFull ? Colour.backPressure : Colour.textMuted;
  const short = `${inUse}/${size}`;
  const long = `${name} ${short}`;
  const room = width - GAP;
  const longWidth = pen.widthOf(long, FONT_SIZE, style, height);
  const text = longWidth > 0 && longWidth <= room * 0.62 ? long : short;
  const textWidth = Math.min(room, pen.widthOf(text, FONT_SIZE, style, height));
  const gauge = Math.min(GAUGE_MAX, room - textWidth - 4);
  const start = align === Align.left ? x : x + width - textWidth - 4 - gauge;
  if (gauge >= 12)
    drawGauge(drawing, size, requested, inUse, start, y + height / 2, gauge, Math.min(6, height * 0.4));
  const textX = gauge >= 12 ? start + gauge + 4 : x;
  pen.writeWhole(text, textX, y, textWidth + 1, height, FONT_SIZE, style, Align.left, colour);
}

function drawGauge(
  drawing: Drawing,
  size: number,
  requested: number,
  inUse: number,
  x: number,
  middle: number,
  width: number,
  height: number,
): void {
  const { list } = drawing.pen;
  const top = middle - height / 2;
  const unit = width / Math.max(size, requested);
  const border = x + size * unit;
  list.rect(x, top, size * unit, height, 1, Colour.idle, Colour.none);
  // At hand: taken from the TaskManager's pool, and waiting here to be used.
  if (requested > 0)
    list.rect(x, top, Math.min(requested, size) * unit, height, 1, Colour.bufferFill, Colour.bufferBorder, 1);
  if (inUse > 0) list.rect(x, top, Math.min(inUse, size) * unit, height, 1, Colour.bufferBorder, Colour.none);
  if (requested <= size) return;
  list.rect(border, top, (requested - size) * unit, height, 0, Colour.backPressure, Colour.none);
  list.hatch(border, top, (requested - size) * unit, height, Colour.hatch, 3);
  list.line(border, top - 2, border, top + height + 2, Colour.text, 1.5);
}
