/**
 * The two ends of a channel at the nearest zoom, as marks beneath its queue: what the sender may still send and how
 * much of its share of the pool the queue takes; which of the receiver's buffers are free.
 */
import { BufferField, ChannelField } from "../model/frame-reader";
import { Align, Shape } from "./display-list";
import { TextStyle } from "./pen";
import type { Drawing } from "./picture";
import { Colour } from "./theme";

/** Segments that a subpartition may hold before its task waits (Flink: hard-coded 10). */
const SUBPARTITION_MAX = 10;
const MARK_MAX = 16;
const GAP = 2;
/** Width of a credit for its height, and how narrow it may be. */
const CREDIT_SHARE = 0.32;
const CREDIT_MIN = 3;
const FONT_SIZE = 7;

/** What a sender's end has: its queue's share of the pool at the left, and at the wire its credits. */
export function drawSenderEnd(
  drawing: Drawing,
  channel: number,
  remote: boolean,
  x: number,
  y: number,
  width: number,
  height: number,
): void {
  const { pen, frame } = drawing;
  const mark = Math.min(MARK_MAX, height - 2);
  const top = y + (height - mark) / 2;
  const used = frame.channel(ChannelField.used, channel);
  const cell = Math.max(1, Math.min(mark * 0.55, (width * 0.5) / SUBPARTITION_MAX - 1));
  const isFull = used >= SUBPARTITION_MAX;
  for (let place = 0; place < SUBPARTITION_MAX; place += 1) {
    const fill = place >= used ? Colour.idle : isFull ? Colour.backPressure : Colour.bufferBorder;
    pen.list.rect(x + place * (cell + 1), top, cell, mark, 0, fill, Colour.none);
  }
  let left = x + SUBPARTITION_MAX * (cell + 1);
  if (isFull) pen.list.rect(x - 1, top - 1, left - x + 1, mark + 2, 1, Colour.none, Colour.backPressure, 1.5);
  // There is no credit before the receiver has asked, and none once it is gone.
  if (!remote || frame.channel(ChannelField.exclusive, channel) === 0) return;
  left += GAP + 2;
  const right = x + width;
  const credit = frame.channel(ChannelField.credit, channel);
  if (credit > 0) {
    const end = drawCredits(drawing, credit, "announced", left, right, top, mark);
    writeNote(drawing, "credit", left, y, end - GAP - left, height, Colour.textMuted);
    return;
  }
  // Only who has something to send lacks credit.
  const first = frame.channel(ChannelField.firstBuffer, channel);
  const lacks = frame.channel(ChannelField.queued, channel) > 0 && frame.buffer(BufferField.bytes, first) > 0;
  const colour = lacks ? Colour.backPressure : Colour.textFaint;
  if (writeNote(drawing, lacks ? "no credit" : "credit 0", left, y, right - left, height, colour)) return;
  pen.list.rect(right - CREDIT_MIN, top, CREDIT_MIN, mark, 0, Colour.none, colour, 1);
}

/** What a receiver's end has: its buffers at the right, floating ones round; at the wire what it has to tell. */
export function drawReceiverEnd(
  drawing: Drawing,
  channel: number,
  x: number,
  y: number,
  width: number,
  height: number,
): void {
  const { frame } = drawing;
  const mark = Math.min(MARK_MAX, height - 2);
  const top = y + (height - mark) / 2;
  const exclusive = frame.channel(ChannelField.exclusive, channel);
  const floating = frame.channel(ChannelField.floating, channel);
  const gaps = (exclusive + floating) * GAP;
  const size = Math.max(1.5, Math.min(mark, (width * 0.7 - gaps) / Math.max(1, exclusive + floating)));
  let right = x + width;
  right = drawPlaces(
    drawing,
    "square",
    exclusive,
    frame.channel(ChannelField.exclusiveFree, channel),
    right,
    top,
    size,
    mark,
  );
  right = drawPlaces(
    drawing,
    "round",
    floating,
    frame.channel(ChannelField.floatingFree, channel),
    right,
    top,
    size,
    mark,
  );
  const unannounced = frame.channel(ChannelField.unannounced, channel);
  let left = x;
  if (unannounced > 0) {
    const end = Math.min(right, left + unannounced * (creditWidth(mark) + GAP) + GAP);
    drawCredits(drawing, unannounced, "unannounced", left, end, top, mark);
    left = end;
  }
  const backlog = frame.channel(ChannelField.backlog, channel);
  if (backlog > 0) writeNote(drawing, `backlog ${backlog}`, left, y, right - left, height, Colour.textMuted);
}

/** Buffers as places from the right on, the taken ones first. Returns where they begin. */
function drawPlaces(
  drawing: Drawing,
  form: "square" | "round",
  count: number,
  free: number,
  end: number,
  top: number,
  size: number,
  mark: number,
): number {
  const { list } = drawing.pen;
  let right = end;
  for (let place = 0; place < count; place += 1) {
    const fill = place < count - free ? Colour.bufferBorder : Colour.none;
    const y = top + (mark - size) / 2;
    const radius = form === "round" ? size / 2 : 0;
    list.rect(right - size + 0.5, y + 0.5, size - 1, size - 1, radius, fill, Colour.bufferBorder, 1);
    right -= size + GAP;
  }
  return count > 0 ? right - GAP : right;
}

/** Credits as upright bars that end at `right`; hollow where they are not announced. Returns where they begin. */
function drawCredits(
  drawing: Drawing,
  count: number,
  state: "announced" | "unannounced",
  left: number,
  right: number,
  top: number,
  height: number,
): number {
  const { list } = drawing.pen;
  const fill = state === "announced" ? Colour.good : Colour.none;
  const width = creditWidth(height);
  const room = Math.floor((right - left) / (width + GAP));
  const shown = Math.min(count, room);
  let x = right;
  for (let bar = 0; bar < shown; bar += 1) {
    x -= width;
    list.rect(x, top, width, height, 0, fill, Colour.good, state === "announced" ? 0 : 1);
    x -= GAP;
  }
  // More than there is room for: the last one is crossed.
  if (shown > 0 && shown < count) {
    list.shape(Shape.cross, x + GAP + width / 2, top + height / 2, width, Colour.none, Colour.good, 1.5);
  }
  return x;
}

function creditWidth(height: number): number {
  return Math.max(CREDIT_MIN, height * CREDIT_SHARE);
}

function writeNote(
  drawing: Drawing,
  text: string,
  x: number,
  y: number,
  width: number,
  height: number,
  colour: number,
): boolean {
  const style = colour === Colour.backPressure ? TextStyle.strong : TextStyle.regular;
  return drawing.pen.writeWhole(text, x, y, width, height, FONT_SIZE, style, Align.right, colour) > 0;
}
