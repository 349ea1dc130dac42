/** A task's card: a machine that is read from left to right; from far away, how busy it is. */
import { at } from "../model/at";
import { chainX, laneWidening, type CardLayout } from "../model/card-layout";
import { Level, levelOf } from "../model/back-pressure";
import { TaskField } from "../model/frame-reader";
import { shortTimeText } from "../model/time-text";
import { blendRect, lerp, type Box } from "../model/geometry";
import { FontSize } from "../model/graph-layouts";
import { HitCode } from "../model/hits";
import { drawCheckpointBadge } from "./checkpoint-picture";
import { Align } from "./display-list";
import { drawState, isEnded, stateColour } from "./glyphs";
import { drawOperatorBox } from "./graph-picture";
import { TextStyle, type Pen } from "./pen";
import type { Drawing } from "./picture";
import { drawPools } from "./pool-picture";
import { drawLanes } from "./queue-picture";
import { Colour } from "./theme";

/** Texts of all whole percentages, made once. */
const PERCENTS = Array.from({ length: 101 }, (_, percent) => `${percent} %`);
const BUSY = PERCENTS.map((text) => `busy ${text}`);
const BACK_PRESSURED = PERCENTS.map((text) => `back-pr. ${text}`);
const IDLE = PERCENTS.map((text) => `idle ${text}`);

/** From this share of the way on, a card's contents come. */
const CONTENTS_FROM = 0.6;
const BAR_HEIGHT_MAX = 13;
/** Font size of what is written on a card from far away, at scale 1. */
const FAR_SIZE = 17;

/**
 * Draws a task in a rectangle in CSS pixels. `share` 1 is the ExecutionGraph; before it, the card is on its
 * way from its job vertex (whose operators stand at `from`), and its contents are not yet there.
 */
export function drawCard(
  drawing: Drawing,
  task: number,
  x: number,
  y: number,
  width: number,
  height: number,
  share: number,
): void {
  const { pen, picture, hits, frame } = drawing;
  if (!pen.sees(x, y, width, height)) return;
  const card = at(picture.execution.cards, at(picture.cluster.tasks, task).vertex);
  const state = frame.present ? frame.taskState(task) : "";
  const working = share === 1 && frame.present && frame.task(TaskField.operator, task) > 0;
  hits.rect(HitCode.task, task, 0, 0, x, y, width, height);
  drawFrame(pen, x, y, width, height, working, isEnded(state), share);
  const late = Math.max(0, (share - CONTENTS_FROM) / (1 - CONTENTS_FROM));
  if (drawing.detail === "far") {
    if (share < 1) drawOperators(drawing, task, card, x, y, share, 1 - late);
    pen.list.opacity(late);
    if (late > 0) drawFarCard(drawing, task, state, x, y, width, height);
  } else {
    pen.list.opacity(late);
    if (late > 0) drawContents(drawing, task, card, state, x, y);
    drawOperators(drawing, task, card, x, y, share, 1);
  }
  if (share === 1) drawCheckpointBadge(drawing, task, x, y + height, width);
  pen.list.opacity(1);
}

function drawContents(
  drawing: Drawing,
  task: number,
  card: CardLayout,
  state: string,
  x: number,
  y: number,
): void {
  drawHeader(drawing, task, card, state, x, y);
  drawLanes(drawing, task, card, "input", x, y);
  drawLanes(drawing, task, card, "output", x, y);
  drawTimes(drawing, task, card, x, y);
  if (drawing.detail === "nearest" && drawing.frame.present) drawPools(drawing, task, card, x, y);
}

function drawFrame(
  pen: Pen,
  x: number,
  y: number,
  width: number,
  height: number,
  working: boolean,
  ended: boolean,
  share: number,
): void {
  const radius = 9 * Math.min(1.3, pen.scale);
  if (share === 1) {
    pen.list.rect(x - 0.5, y + 1.5, width + 1, height + 0.5, radius, Colour.cardShadow, Colour.none);
  }
  const fill = ended ? Colour.cardEnded : Colour.card;
  pen.list.rect(
    x,
    y,
    width,
    height,
    radius,
    fill,
    working ? Colour.atWorkBorder : Colour.cardBorder,
    working ? 2 : 1,
  );
}

/** Of a card's first line, what its task's name has beside a watermark. */
const NAME_SHARE = 0.5;

function drawHeader(
  drawing: Drawing,
  task: number,
  card: CardLayout,
  state: string,
  x: number,
  y: number,
): void {
  const { pen, picture, frame } = drawing;
  const k = pen.scale;
  const left = x + card.header.x * k;
  const top = y + card.header.y * k;
  const height = card.header.height * k;
  let room = card.header.width * k;
  let textX = left;
  if (state !== "") {
    const radius = Math.min(4.2 * k, 5.5);
    drawState(pen, state, left + radius, top + height / 2, radius);
    textX += radius * 2 + 5 * k;
    room -= radius * 2 + 5 * k;
  }
  if (state !== "" && state !== "RUNNING") {
    const word = pen.writeWhole(
      state,
      textX,
      top,
      room,
      height,
      8.5,
      TextStyle.strong,
      Align.right,
      stateColour(state),
    );
    room -= word + 6 * k;
  }
  const watermark = frame.present && state === "RUNNING" ? frame.watermark(task) : -Infinity;
  if (watermark > -Infinity) {
    // The name keeps the greater part of the line.
    const text = `⚑ ${shortTimeText(watermark)}`;
    const least = room * NAME_SHARE;
    const word = pen.writeWhole(
      text,
      textX + least,
      top,
      room - least,
      height,
      8.5,
      TextStyle.regular,
      Align.right,
      Colour.accent,
    );
    if (word > 0) room -= word + 5 * k;
  }
  const { name } = at(picture.cluster.tasks, task);
  const split = name.lastIndexOf(" (");
  const end = split < 0 ? "" : name.slice(split);
  const head = split < 0 ? name : name.slice(0, split);
  const colour = isEnded(state) ? Colour.textMuted : Colour.text;
  pen.writeWithEnd(head, end, textX, top, room, height, FontSize.name, TextStyle.strong, colour);
}

function drawOperators(
  drawing: Drawing,
  task: number,
  card: CardLayout,
  x: number,
  y: number,
  share: number,
  opacity: number,
): void {
  const { pen, picture, frame } = drawing;
  pen.list.opacity(opacity);
  const { vertex, operators } = at(picture.cluster.tasks, task);
  const nodes = at(picture.job.vertices, vertex).nodes;
  const from = at(picture.jobLayout.boxes, vertex);
  const now = frame.present && share === 1 ? frame.task(TaskField.operator, task) - 1 : -1;
  const ended = frame.present && isEnded(frame.taskState(task));
  const widening = share === 1 && drawing.detail === "nearest" ? laneWidening(card, pen.scale) : 0;
  drawChainLinks(drawing, card, widening, x, y, share);
  for (let place = 0; place < nodes.length; place += 1) {
    const node = at(nodes, place);
    const rect = at(card.operators, place);
    const start = at(picture.jobLayout.nodes, node);
    const k = pen.scale;
    const rectX = chainX(card, rect.x, widening);
    const left = x + lerp(start.x - from.x, rectX, share) * k;
    const top = y + lerp(start.y - from.y, rect.y, share) * k;
    const w = lerp(start.width, chainX(card, rect.x + rect.width, widening) - rectX, share) * k;
    const h = lerp(start.height, rect.height, share) * k;
    const inChain = operators.indexOf(node);
    const working = inChain >= 0 && inChain === now;
    drawOperatorBox(pen, left, top, w, h, working ? "working" : ended ? "ended" : "resting");
    drawing.hits.rect(HitCode.operator, task, Math.max(0, inChain), 0, left, top, w, h);
    const pad = 4 * k;
    const base = lerp(FontSize.plain, FontSize.plain - 0.5, share);
    const colour = ended ? Colour.textMuted : Colour.text;
    pen.writeBlock(
      at(picture.job.nodes, node).name,
      left + pad,
      top,
      w - 2 * pad,
      h,
      base,
      TextStyle.regular,
      colour,
      3,
    );
  }
}

function drawChainLinks(
  drawing: Drawing,
  card: CardLayout,
  widening: number,
  x: number,
  y: number,
  share: number,
): void {
  if (share < 1) return;
  const { pen } = drawing;
  const k = pen.scale;
  for (const [source, target] of card.links) {
    const from = at(card.operators, source);
    const to = at(card.operators, target);
    const startX = x + chainX(card, from.x + from.width, widening) * k;
    const endX = x + chainX(card, to.x, widening) * k;
    const startY = y + (from.y + from.height / 2) * k;
    const endY = y + (to.y + to.height / 2) * k;
    pen.list.line(startX, startY, endX, endY, Colour.chained, 1.5);
  }
}

/** The bar of the last second and its numbers. */
function drawTimes(drawing: Drawing, task: number, card: CardLayout, x: number, y: number): void {
  const { pen, frame } = drawing;
  if (!frame.present) return;
  const k = pen.scale;
  const { bar, numbers } = card;
  const thick = Math.min(bar.height * k, BAR_HEIGHT_MAX);
  const barY = y + (bar.y + bar.height / 2) * k - thick / 2;
  drawBar(drawing, task, x + bar.x * k, barY, bar.width * k, thick);
  const left = x + numbers.x * k;
  const top = y + numbers.y * k;
  const width = numbers.width * k;
  const height = numbers.height * k;
  const busy = percent(frame.task(TaskField.busy, task));
  const pressed = percent(frame.task(TaskField.backPressured, task));
  const idle = percent(frame.task(TaskField.idle, task));
  // A task that does not run yet has spent no time at all.
  if (busy + pressed + idle === 0) return;
  const hot = levelOf(frame.task(TaskField.backPressured, task)) > Level.ok;
  const style = hot ? TextStyle.strong : TextStyle.regular;
  const size = 8.6;
  const middle = hot ? Colour.backPressure : Colour.textMuted;
  const muted = Colour.textMuted;
  const thin = TextStyle.regular;
  // The words go first where there is no room for them; the order and the bar above say which is which.
  const hard = percent(frame.task(TaskField.hardBackPressured, task));
  const split = drawing.detail === "nearest" && hard > 0 ? `, hard ${hard} %` : "";
  const [a, b, c] = [textAt(BUSY, busy), textAt(BACK_PRESSURED, pressed) + split, textAt(IDLE, idle)];
  const widths = pen.widthOf(a, size, thin, height) + pen.widthOf(c, size, thin, height) + 10;
  const worded = widths + pen.widthOf(b, size, style, height) <= width;
  const room = worded ? width : width / 3;
  pen.writeWhole(worded ? a : textAt(PERCENTS, busy), left, top, room, height, size, thin, Align.left, muted);
  pen.writeWhole(
    worded ? c : textAt(PERCENTS, idle),
    left + width - room,
    top,
    room,
    height,
    size,
    thin,
    Align.right,
    muted,
  );
  const aWidth = worded ? pen.widthOf(a, size, thin, height) : room;
  const cWidth = worded ? pen.widthOf(c, size, thin, height) : room;
  const between = width - aWidth - cWidth;
  const text = worded ? b : textAt(PERCENTS, pressed);
  pen.writeWhole(text, left + aWidth, top, between, height, size, style, Align.middle, middle);
}

function percent(perMille: number): number {
  return Math.max(0, Math.min(100, Math.round(perMille / 10)));
}

function textAt(texts: readonly string[], place: number): string {
  return texts[place] ?? "";
}

/** Busy in blue, back-pressured in hatched orange, the hard part of it darker and last, idle in grey. */
function drawBar(drawing: Drawing, task: number, x: number, y: number, width: number, height: number): void {
  const { pen, frame } = drawing;
  const busy = (Math.min(1000, frame.task(TaskField.busy, task)) / 1000) * width;
  const pressed = Math.min(width - busy, (frame.task(TaskField.backPressured, task) / 1000) * width);
  const hard = Math.min(pressed, (frame.task(TaskField.hardBackPressured, task) / 1000) * width);
  const radius = Math.min(2, height / 3);
  pen.list.rect(x, y, width, height, radius, Colour.idle, Colour.none);
  if (busy > 0.5) pen.list.rect(x, y, busy, height, radius, Colour.busy, Colour.none);
  if (pressed > 0.5) {
    pen.list.rect(x + busy, y, pressed, height, radius, Colour.backPressure, Colour.none);
    const soft = pressed - hard;
    if (height >= 3 && soft >= 4) pen.list.hatch(x + busy, y, soft, height, Colour.hatch, 4);
    if (hard > 0.5) drawHard(pen, x + busy + soft, y, hard, height);
  }
}

/** The hard part of a bar: darker, and cut into narrow upright bars. */
export function drawHard(pen: Pen, x: number, y: number, width: number, height: number): void {
  pen.list.rect(x, y, width, height, 0, Colour.hardBackPressure, Colour.none);
  if (height < 3) return;
  for (let left = x + 2; left < x + width; left += 3) {
    pen.list.line(left, y, left, y + height, Colour.hatch, 1);
  }
}

/** From far away: the state, the subtask's number, its bar, and the share of time that matters most. */
function drawFarCard(
  drawing: Drawing,
  task: number,
  state: string,
  x: number,
  y: number,
  width: number,
  height: number,
): void {
  const { pen, picture, frame } = drawing;
  const pad = Math.min(7, width * 0.08);
  const barHeight = Math.max(2.5, Math.min(6, height * 0.14));
  const padY = Math.min(pad, height * 0.1);
  const top = y + padY * 0.6;
  const textHeight = height - barHeight - padY * 1.8;
  const model = at(picture.cluster.tasks, task);
  let left = x + pad;
  if (state !== "") {
    const radius = Math.min(3.6, textHeight / 3, width / 10);
    drawState(pen, state, left + radius, top + textHeight / 2, radius);
    left += radius * 2 + 4;
  }
  // What it is one of may not be what the JobGraph says: its parallelism may follow the slots.
  const name = model.name.slice(model.name.lastIndexOf("(") + 1, -1);
  const ink = isEnded(state) ? Colour.textMuted : Colour.text;
  const right = x + width - pad;
  const style = TextStyle.strong;
  const label =
    pen.widthOf(name, FAR_SIZE, style, textHeight) <= right - left ? name : String(model.subtask + 1);
  left += pen.writeWhole(label, left, top, right - left, textHeight, FAR_SIZE, style, Align.left, ink) + 5;
  if (!frame.present) return;
  drawBar(drawing, task, x + pad, y + height - padY - barHeight, width - 2 * pad, barHeight);
  writeFarNote(drawing, task, state, left, top, right - left, textHeight);
}

/** The word for a state that is not RUNNING, else the share of time that matters most. */
function writeFarNote(
  drawing: Drawing,
  task: number,
  state: string,
  x: number,
  y: number,
  width: number,
  height: number,
): void {
  const { pen, frame } = drawing;
  const style = TextStyle.regular;
  if (state !== "RUNNING") {
    pen.writeWhole(state, x, y, width, height, FontSize.small, style, Align.right, stateColour(state));
    return;
  }
  const pressed = frame.task(TaskField.backPressured, task);
  const busy = frame.task(TaskField.busy, task);
  const hot = levelOf(pressed) > Level.ok && pressed > busy;
  const text = textAt(PERCENTS, percent(hot ? pressed : busy));
  const colour = hot ? Colour.backPressure : Colour.busy;
  pen.writeWhole(text, x, y, width, height, FAR_SIZE, style, Align.right, colour);
}

/** Writes the rectangle of a task, between its vertex' box and its card, into `box`. */
export function placeCard(drawing: Drawing, task: number, share: number, box: Box): void {
  const { picture } = drawing;
  const from = at(picture.jobLayout.boxes, at(picture.cluster.tasks, task).vertex);
  blendRect(box, from, at(picture.execution.tasks, task), share);
}
