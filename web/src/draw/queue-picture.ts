/**
 * The queues of a task: a lane for each channel. What is next stands at the right, as things move from left
 * to right; what waits behind it is a sliver each, and a number where there are too many.
 */
import { at } from "../model/at";
import { laneArea, laneWidening, type CardLayout } from "../model/card-layout";
import { BufferField, BufferFlag, ChannelField, ChannelFlag, DotKind } from "../model/frame-reader";
import { HitCode } from "../model/hits";
import { overtakenBy } from "../model/overtaking";
import { drawBuffer } from "./buffer-picture";
import { drawReceiverEnd, drawSenderEnd } from "./channel-picture";
import { Align, Dash } from "./display-list";
import { drawMark, drawTaken, eventColour, isEvent, markOf } from "./glyphs";
import { type Pen, TextStyle } from "./pen";
import type { Drawing } from "./picture";
import { Colour } from "./theme";

const BOX_WIDTH = 26;
const BOX_HEIGHT_MAX = 14;
const SLIVER_WIDTH = 4;
/** Below this height in CSS pixels a queue is a bar that grows with its length. */
const BOX_HEIGHT_LEGIBLE = 5;
/** From this height on, a buffer that waits shows how full it is. */
const LEVEL_FROM = 16;
/** From this height of a lane in CSS pixels on there is room for the ends of its channel. */
const ENDS_FROM = 24;
const ENDS_HEIGHT = 24;
const ENDS_GAP = 2;
/** So many buffers make that bar full. */
const BAR_FULL = 5;

/** Places of the buffers that stand in one lane, the next one first. Used again for each lane. */
const waiting: number[] = [];

/** Draws the lanes of one side of a task's card, whose corner is at (x, y) in CSS pixels. */
export function drawLanes(
  drawing: Drawing,
  task: number,
  card: CardLayout,
  side: "input" | "output",
  x: number,
  y: number,
): void {
  const { pen, picture, frame, hits } = drawing;
  const channels = at(picture.cluster.tasks, task)[side === "input" ? "inputs" : "outputs"];
  const area = laneArea(card, side, channels.length);
  if (area === null) return;
  const k = pen.scale;
  const widening = laneWidening(card, k);
  const left = x + (area.x - (side === "output" ? widening : 0)) * k;
  const width = (area.width + widening) * k;
  const cardWidth = card.width * k;
  const pitch = area.pitch * k;
  const wide = Math.min(BOX_HEIGHT_MAX, Math.max(area.pitch * 0.7, area.pitch - 2)) * k;
  // At the nearest zoom the channel's end stands beneath its queue.
  const ends = drawing.detail === "nearest" && pitch >= ENDS_FROM ? Math.min(ENDS_HEIGHT, pitch * 0.34) : 0;
  const boxHeight = Math.min(wide, pitch - 2 * ENDS_GAP - ends);
  for (let lane = 0; lane < channels.length; lane += 1) {
    const channel = at(channels, lane);
    const middle = y + (area.y + (lane + 0.5) * area.pitch) * k;
    hits.rect(HitCode.channel, channel, 0, 0, left, middle - pitch / 2, width, pitch);
    // The lane's floor goes on to the wire at the card's border.
    const outer = side === "input" ? x : x + cardWidth;
    const inner = side === "input" ? left + width : left;
    if (boxHeight >= 2) pen.list.line(outer, middle, inner, middle, Colour.idle, 1, Dash.solid);
    if (!frame.present) continue;
    collect(drawing, channel, side);
    const top = middle - (ends > 0 ? boxHeight + ENDS_GAP + ends : boxHeight) / 2;
    drawQueue(drawing, channel, left, top, width, boxHeight);
    if (ends > 0) drawEnd(drawing, side, channel, left, top + boxHeight + ENDS_GAP, width, ends);
    if (side === "input" && frame.isChannel(ChannelFlag.blocked, channel)) {
      drawBlocked(pen, left, middle - pitch / 2, width, pitch);
    }
  }
}

function drawEnd(
  drawing: Drawing,
  side: "input" | "output",
  channel: number,
  x: number,
  y: number,
  width: number,
  height: number,
): void {
  const { remote } = at(drawing.picture.cluster.channels, channel);
  if (side === "output") drawSenderEnd(drawing, channel, remote, x, y, width, height);
  else if (remote) drawReceiverEnd(drawing, channel, x, y, width, height);
}

/** A channel that is not read for now: hatched, in a border of its own. */
export function drawBlocked(pen: Pen, x: number, y: number, width: number, height: number): void {
  const inset = Math.min(1, height / 8);
  pen.list.hatch(x - 2, y + inset, width + 4, height - 2 * inset, Colour.blockedHatch, 5);
  pen.list.rect(x - 2, y + inset, width + 4, height - 2 * inset, 3, Colour.none, Colour.blocked, 1.25);
}

/** Collects the buffers that stand in this lane now: those on their way are on the wire. */
function collect(drawing: Drawing, channel: number, side: "input" | "output"): void {
  const { frame, glide, glideShare } = drawing;
  waiting.length = 0;
  const first = frame.channel(ChannelField.firstBuffer, channel);
  const count = frame.bufferCountOf(channel);
  for (let buffer = first; buffer < first + count; buffer += 1) {
    const way = glide.way(buffer, glideShare);
    const here = side === "output" ? way <= 0 : way >= 1;
    if (here) waiting.push(buffer);
  }
}

function drawQueue(
  drawing: Drawing,
  channel: number,
  x: number,
  y: number,
  width: number,
  height: number,
): void {
  const { pen, frame } = drawing;
  const head = waiting[0];
  if (head === undefined) return;
  if (height < BOX_HEIGHT_LEGIBLE) {
    const length = width * Math.min(1, waiting.length / BAR_FULL);
    const bar = Math.max(1.5, height);
    pen.list.rect(
      x + width - length,
      y + (height - bar) / 2,
      length,
      bar,
      1,
      isEvent(frame, head) ? eventColour(frame, head) : Colour.bufferBorder,
      Colour.none,
    );
    return;
  }
  const k = pen.scale;
  const boxWidth = Math.min(BOX_WIDTH * k, width);
  drawBuffer(drawing, "waiting", channel, head, x + width - boxWidth, y, boxWidth, height);
  drawSlivers(drawing, channel, x, y, width - boxWidth - 2 * k, height);
}

/** What waits behind the first buffer. */
function drawSlivers(
  drawing: Drawing,
  channel: number,
  x: number,
  y: number,
  width: number,
  height: number,
): void {
  const { pen, frame, hits } = drawing;
  const k = pen.scale;
  const pitch = (SLIVER_WIDTH + 1) * k;
  const room = Math.floor((width + k) / pitch);
  const behind = waiting.length - 1;
  if (behind <= 0) return;
  if (behind > room) {
    const size = 8;
    const text = `+${behind}`;
    if (
      pen.writeWhole(text, x, y, width, height, size, TextStyle.strong, Align.right, Colour.textMuted) > 0
    ) {
      return;
    }
  }
  const sliver = SLIVER_WIDTH * k;
  for (let place = 1; place <= Math.min(behind, room); place += 1) {
    const buffer = at(waiting, place);
    const left = x + width - place * pitch + k;
    const open = (frame.buffer(BufferField.flags, buffer) & BufferFlag.open) !== 0;
    const event = isEvent(frame, buffer);
    const radius = Math.min(1.5, sliver / 3);
    const fill = event ? eventColour(frame, buffer) : Colour.bufferFill;
    const border = event ? Colour.none : Colour.bufferBorder;
    const dash = open ? Dash.dotted : Dash.solid;
    if (event || height < LEVEL_FROM) {
      pen.list.rect(left, y, sliver, height, radius, fill, border, 1, dash);
    } else {
      // Upright, a buffer fills from its bottom.
      const share = Math.min(1, frame.buffer(BufferField.bytes, buffer) / drawing.segmentBytes);
      const level = Math.max(1, share * height);
      pen.list.rect(left, y, sliver, height, radius, Colour.buffer, Colour.none);
      pen.list.rect(left, y + height - level, sliver, level, radius, fill, Colour.none);
      pen.list.rect(left, y, sliver, height, radius, Colour.none, border, 1, dash);
    }
    if (!event && overtakenBy(frame, channel, buffer) > 0) drawTaken(pen, left, y, sliver, height);
    const mark = event ? DotKind.record : markOf(frame, buffer);
    if (mark !== DotKind.record) drawMark(pen, mark, left + sliver / 2, y + sliver * 0.6, sliver * 0.45);
    hits.rect(
      HitCode.buffer,
      channel,
      frame.buffer(BufferField.id, buffer),
      0,
      left - k / 2,
      y,
      pitch,
      height,
    );
  }
}
