/** Paints the timeline's lanes: records, output, back-pressure, and where the run stands. */
import type { Theme } from "../draw";
import type { History, Sample } from "./history";
import { axisStep, INSET_PIXELS, xAtTick } from "./timeline-scale";
import { seconds } from "./words";

export const LANES = ["records", "output", "back-pressure"] as const;

const AXIS_PIXELS = 16;
const COLUMN_PIXELS = 3;
const FONT = "11px system-ui, sans-serif";

export interface TimelineScene {
  readonly width: number;
  readonly height: number;
  readonly theme: Theme;
  readonly history: History;
  readonly tick: number;
  readonly furthest: number;
  /** The tick at the right end. */
  readonly extent: number;
}

export function paintTimeline(context: CanvasRenderingContext2D, scene: TimelineScene): void {
  const { width, height, theme } = scene;
  context.clearRect(0, 0, width, height);
  const lane = (height - AXIS_PIXELS) / LANES.length;
  paintGround(context, scene, lane);
  const end = xAtTick(scene.furthest, width, scene.extent);
  const columns = Math.max(1, Math.floor((end - INSET_PIXELS) / COLUMN_PIXELS));
  const samples = scene.history.columns(scene.furthest + 1, columns);
  paintRate(context, samples, (sample) => sample.records, { top: 0, lane, colour: theme.accent, end });
  paintRate(context, samples, (sample) => sample.lines, { top: lane, lane, colour: theme.textMuted, end });
  paintHeat(context, samples, { top: 2 * lane, lane, colour: theme.backPressure, end });
  paintAxis(context, scene);
  paintNow(context, scene);
}

interface Lane {
  readonly top: number;
  readonly lane: number;
  readonly colour: string;
  /** Where the ticks run so far end. */
  readonly end: number;
}

function paintGround(context: CanvasRenderingContext2D, scene: TimelineScene, lane: number): void {
  context.fillStyle = scene.theme.panelBorder;
  for (let at = 1; at <= LANES.length; at += 1) {
    context.fillRect(INSET_PIXELS, Math.round(at * lane) - 1, scene.width - 2 * INSET_PIXELS, 1);
  }
}

/** An area: how much was added from one column to the next, against the most of any column. */
function paintRate(
  context: CanvasRenderingContext2D,
  samples: readonly (Sample | undefined)[],
  total: (sample: Sample) => number,
  { top, lane, colour, end }: Lane,
): void {
  const added = samples.map((sample, at) => {
    const before = samples[at - 1];
    return sample === undefined ? 0 : Math.max(0, total(sample) - (before === undefined ? 0 : total(before)));
  });
  const most = Math.max(1, ...added);
  const step = (end - INSET_PIXELS) / samples.length;
  const bottom = top + lane - 1;
  context.beginPath();
  context.moveTo(INSET_PIXELS, bottom);
  added.forEach((value, at) => {
    const y = bottom - (value / most) * (lane - 6);
    context.lineTo(INSET_PIXELS + at * step, y);
    context.lineTo(INSET_PIXELS + (at + 1) * step, y);
  });
  context.lineTo(end, bottom);
  context.fillStyle = colour;
  context.globalAlpha = 0.3;
  context.fill();
  context.globalAlpha = 1;
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.stroke();
}

/** One band whose strength is the share of time that the most back-pressured task waited. */
function paintHeat(
  context: CanvasRenderingContext2D,
  samples: readonly (Sample | undefined)[],
  { top, lane, colour, end }: Lane,
): void {
  const step = (end - INSET_PIXELS) / samples.length;
  context.fillStyle = colour;
  samples.forEach((sample, at) => {
    if (sample === undefined || sample.backPressured === 0) return;
    context.globalAlpha = 0.12 + 0.88 * (sample.backPressured / 1000);
    // Whole pixels: where two translucent columns overlap there would be a stripe.
    const left = Math.round(INSET_PIXELS + at * step);
    context.fillRect(left, top + 4, Math.round(INSET_PIXELS + (at + 1) * step) - left, lane - 8);
  });
  context.globalAlpha = 1;
}

function paintAxis(context: CanvasRenderingContext2D, { width, height, extent, theme }: TimelineScene): void {
  context.font = FONT;
  context.fillStyle = theme.textMuted;
  context.textBaseline = "middle";
  const step = axisStep(extent, width);
  for (let tick = 0; tick <= extent; tick += step) {
    const x = xAtTick(tick, width, extent);
    const text = seconds(tick);
    const wide = context.measureText(text).width;
    if (x + wide / 2 > width) break;
    context.fillText(text, Math.max(0, x - wide / 2), height - AXIS_PIXELS / 2 + 1);
  }
}

function paintNow(
  context: CanvasRenderingContext2D,
  { width, height, tick, extent, theme }: TimelineScene,
): void {
  const x = xAtTick(Math.min(tick, extent), width, extent);
  context.fillStyle = theme.accent;
  context.fillRect(x - 1, 0, 2, height - AXIS_PIXELS);
  context.beginPath();
  context.moveTo(x - 6, 0);
  context.lineTo(x + 6, 0);
  context.lineTo(x, 7);
  context.fill();
}
