/**
 * Paints event time against processing time: windows as boxes that fill and fire, the watermark, the newest
 * timestamp, and each record by what became of it. Every colour has a shape beside it.
 */
import type { Theme } from "../../draw";
import {
  axisText,
  timeTicks,
  type Fate,
  type TimeChart,
  type TimePoint,
  type TimerMark,
  type WindowBox,
} from "../../model/event-time";
import { axisStep } from "../timeline-scale";
import { count, seconds } from "../words";
import type { Move } from "./move";
import { MARGIN, timerHeight, type ChartScale } from "./scale";

const FONT = "11px system-ui, sans-serif";
const RADIUS = 3.2;
/** A label of event time needs so much height. */
const LABEL_PIXELS = 34;

/** What is pointed at. */
export interface Pointed {
  readonly kind: "point" | "window" | "timer";
  readonly at: number;
}

export function paintChart(
  context: CanvasRenderingContext2D,
  chart: TimeChart,
  scale: ChartScale,
  theme: Theme,
  pointed: Pointed | null,
  move: Move | null = null,
): void {
  context.clearRect(0, 0, scale.width, scale.height);
  context.font = FONT;
  paintAxes(context, scale, theme);
  chart.windows.forEach((window, at) =>
    paintWindow(context, window, scale, theme, pointed?.kind === "window" && pointed.at === at),
  );
  chart.timers.forEach((timer, at) =>
    paintTimer(context, timer, scale, theme, pointed?.kind === "timer" && pointed.at === at),
  );
  context.setLineDash([3, 3]);
  paintSteps(context, chart.newest, scale, { colour: theme.textMuted, width: 1 });
  context.setLineDash([]);
  paintSteps(context, chart.watermark, scale, { colour: theme.accent, width: 2 });
  for (const point of chart.points) paintPoint(context, point, scale, theme);
  const marked = pointed?.kind === "point" ? chart.points[pointed.at] : undefined;
  if (marked !== undefined) paintMark(context, marked, scale, theme);
  const moved = move === null ? undefined : chart.points[move.at];
  if (moved !== undefined && move !== null) paintMove(context, moved, move.time, scale, theme);
}

function paintAxes(context: CanvasRenderingContext2D, scale: ChartScale, theme: Theme): void {
  const bottom = scale.height - MARGIN.bottom;
  context.fillStyle = theme.textMuted;
  context.strokeStyle = theme.panelBorder;
  context.lineWidth = 1;
  context.textBaseline = "middle";
  context.textAlign = "right";
  for (const time of timeTicks(scale.times, (bottom - MARGIN.top) / LABEL_PIXELS)) {
    const y = Math.round(scale.y(time)) + 0.5;
    line(context, MARGIN.left, y, scale.width - MARGIN.right, y);
    context.fillText(axisText(time, scale.times[1] - scale.times[0]), MARGIN.left - 6, y);
  }
  context.textAlign = "center";
  const [first, last] = scale.ticks;
  const step = axisStep(last - first, scale.width - MARGIN.left);
  for (let tick = Math.ceil(first / step) * step; tick <= last; tick += step) {
    const text = seconds(tick);
    const half = context.measureText(text).width / 2;
    const x = Math.min(scale.width - half, Math.max(MARGIN.left + half, scale.x(tick)));
    context.fillText(text, x, scale.height - MARGIN.bottom / 2);
  }
  context.textAlign = "left";
}

/** A box from its first record until it is over, filled as high as it held records, with a bar where it fired. */
function paintWindow(
  context: CanvasRenderingContext2D,
  window: WindowBox,
  scale: ChartScale,
  theme: Theme,
  isPointed: boolean,
): void {
  const left = scale.x(window.since);
  const right = Math.max(left + 2, scale.x(window.over ?? scale.ticks[1]));
  const top = scale.y(window.end);
  const bottom = scale.y(window.start);
  if (window.added.length > 0) paintFill(context, window, scale, theme, { left, right, top, bottom });
  context.strokeStyle = isPointed ? theme.text : theme.bufferBorder;
  context.lineWidth = isPointed ? 2 : 1;
  if (window.over === null) context.setLineDash([4, 3]);
  context.strokeRect(Math.round(left) + 0.5, Math.round(top) + 0.5, right - left, bottom - top);
  context.setLineDash([]);
  for (const tick of window.fired) paintFire(context, scale.x(tick), top, bottom, theme);
  const text = count(window.added.length);
  if (!window.merged && bottom - top > 14 && right - left > context.measureText(text).width + 8) {
    context.fillStyle = theme.textMuted;
    context.fillText(text, left + 4, top + 8);
  }
}

/** What a window or an interval holds: as high as it is full, from each record on. */
function paintFill(
  context: CanvasRenderingContext2D,
  window: WindowBox,
  scale: ChartScale,
  theme: Theme,
  { left, right, top, bottom }: Readonly<Record<"left" | "right" | "top" | "bottom", number>>,
): void {
  context.fillStyle = theme.bufferFill;
  context.globalAlpha = window.over === null ? 0.75 : 0.4;
  context.beginPath();
  context.moveTo(left, bottom);
  const high = bottom - top - 2;
  window.added.forEach((tick, before) => {
    const x = Math.max(left, scale.x(tick));
    context.lineTo(x, bottom - (before / window.added.length) * high);
    context.lineTo(x, bottom - ((before + 1) / window.added.length) * high);
  });
  context.lineTo(right, bottom - high);
  context.lineTo(right, bottom);
  context.fill();
  context.globalAlpha = 1;
}

/** A line at its time from where it was set on, with a diamond where it fires; at the foot for processing time. */
function paintTimer(
  context: CanvasRenderingContext2D,
  timer: TimerMark,
  scale: ChartScale,
  theme: Theme,
  isPointed: boolean,
): void {
  const { since, over, fired } = timer;
  const y = timerHeight(timer, scale);
  const [left, right] = [scale.x(since), scale.x(over ?? scale.ticks[1])];
  context.strokeStyle = isPointed ? theme.text : fired ? theme.good : theme.bufferBorder;
  context.lineWidth = isPointed ? 2 : 1;
  if (!fired) context.setLineDash([4, 3]);
  line(context, left, y, right, y);
  context.setLineDash([]);
  line(context, left, y - 3, left, y + 3);
  if (fired) paintDiamond(context, right, y, theme);
}

function paintDiamond(context: CanvasRenderingContext2D, x: number, y: number, theme: Theme): void {
  context.fillStyle = theme.good;
  context.beginPath();
  context.moveTo(x, y - 4);
  context.lineTo(x + 4, y);
  context.lineTo(x, y + 4);
  context.lineTo(x - 4, y);
  context.fill();
}

function paintFire(
  context: CanvasRenderingContext2D,
  x: number,
  top: number,
  bottom: number,
  theme: Theme,
): void {
  context.strokeStyle = theme.good;
  context.lineWidth = 2;
  line(context, x, top, x, bottom);
  paintDiamond(context, x, top, theme);
}

/** A line that stays until it steps up. */
function paintSteps(
  context: CanvasRenderingContext2D,
  steps: readonly { readonly tick: number; readonly time: number }[],
  scale: ChartScale,
  { colour, width }: { readonly colour: string; readonly width: number },
): void {
  const [first] = steps;
  if (first === undefined) return;
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.beginPath();
  let y = scale.y(first.time);
  context.moveTo(scale.x(first.tick), y);
  for (const step of steps) {
    const x = scale.x(step.tick);
    context.lineTo(x, y);
    y = scale.y(step.time);
    context.lineTo(x, y);
  }
  context.lineTo(scale.x(scale.ticks[1]), y);
  context.stroke();
}

/** Dot: on time. Triangle: late but allowed. Square: to the side. Cross: dropped. */
export function paintShape(
  context: CanvasRenderingContext2D,
  fate: Fate,
  x: number,
  y: number,
  theme: Theme,
): void {
  context.beginPath();
  switch (fate) {
    case "onTime":
      context.arc(x, y, RADIUS, 0, 2 * Math.PI);
      context.fillStyle = theme.record0;
      context.fill();
      return;
    case "allowed":
      context.moveTo(x, y - RADIUS - 1.5);
      context.lineTo(x + RADIUS + 1.5, y + RADIUS);
      context.lineTo(x - RADIUS - 1.5, y + RADIUS);
      context.closePath();
      context.fillStyle = theme.record1;
      context.strokeStyle = theme.recordEdge;
      context.lineWidth = 1;
      context.fill();
      context.stroke();
      return;
    case "toSide":
      context.strokeStyle = theme.blocked;
      context.lineWidth = 2;
      context.strokeRect(x - RADIUS, y - RADIUS, 2 * RADIUS, 2 * RADIUS);
      return;
    case "dropped":
      context.strokeStyle = theme.bad;
      context.lineWidth = 2;
      line(context, x - RADIUS - 0.5, y - RADIUS - 0.5, x + RADIUS + 0.5, y + RADIUS + 0.5);
      line(context, x - RADIUS - 0.5, y + RADIUS + 0.5, x + RADIUS + 0.5, y - RADIUS - 0.5);
  }
}

function paintPoint(
  context: CanvasRenderingContext2D,
  point: TimePoint,
  scale: ChartScale,
  theme: Theme,
): void {
  if (Number.isFinite(point.time))
    paintShape(context, point.fate, scale.x(point.tick), scale.y(point.time), theme);
}

function paintMark(
  context: CanvasRenderingContext2D,
  point: TimePoint,
  scale: ChartScale,
  theme: Theme,
): void {
  const x = scale.x(point.tick);
  const y = scale.y(point.time);
  context.strokeStyle = theme.text;
  context.lineWidth = 1.5;
  context.beginPath();
  context.arc(x, y, RADIUS + 4, 0, 2 * Math.PI);
  context.stroke();
  // How far the record is from the watermark that it found.
  if (!Number.isFinite(point.watermark)) return;
  context.setLineDash([2, 2]);
  line(context, x, y, x, scale.y(point.watermark));
  context.setLineDash([]);
}

/** Where a record is held on its way to another time: hollow, with the time beside it. */
function paintMove(
  context: CanvasRenderingContext2D,
  point: TimePoint,
  time: number,
  scale: ChartScale,
  theme: Theme,
): void {
  const x = scale.x(point.tick);
  const y = scale.y(time);
  const isLate = time <= point.watermark;
  context.strokeStyle = isLate ? theme.bad : theme.text;
  context.lineWidth = 1.5;
  context.setLineDash([3, 2]);
  line(context, x, scale.y(point.time), x, y);
  context.setLineDash([]);
  context.fillStyle = theme.card;
  context.beginPath();
  context.arc(x, y, RADIUS + 2.5, 0, 2 * Math.PI);
  context.fill();
  context.stroke();
  const text = `${axisText(time, scale.times[1] - scale.times[0])}${isLate ? " · late" : ""}`;
  const width = context.measureText(text).width;
  const left = x + 12 + width > scale.width ? x - 12 - width : x + 12;
  const middle = Math.min(scale.height - MARGIN.bottom, Math.max(MARGIN.top, y));
  context.fillRect(left - 3, middle - 8, width + 6, 16);
  context.fillStyle = isLate ? theme.bad : theme.text;
  context.textBaseline = "middle";
  context.fillText(text, left, middle);
}

function line(context: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(x2, y2);
  context.stroke();
}
