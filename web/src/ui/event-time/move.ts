/**
 * Moving a record to another event time: round times on the way, what they would make of it in words, and the
 * command that it becomes. The run is repeated with that command from where the record was given its time.
 */
import type { GivenCommand, RecordOrigin, SetTimestamp } from "../../engine/protocol";
import { roundStep, timeText, type TimePoint } from "../../model/event-time";
import type { ChartScale } from "./scale";

/** A record that is being moved: its place among the chart's points, and the time at which it is held. */
export interface Move {
  readonly at: number;
  readonly time: number;
}

/** Steps of the arrow keys on the way from the least time of the chart to the greatest; with Shift, fewer. */
const STEPS = 100;
const LEAPS = 12;

/** The time at a height, as round as a pixel allows. */
export function timeAt(scale: ChartScale, y: number): number {
  const step = roundStep(scale.times[1] - scale.times[0], scale.height);
  return Math.round(scale.timeAt(y) / step) * step;
}

/** The time that an arrow key leads to; null for other keys. */
export function nudged(time: number, { key, shiftKey }: KeyboardEvent, scale: ChartScale): number | null {
  const direction = key === "ArrowUp" ? 1 : key === "ArrowDown" ? -1 : 0;
  if (direction === 0) return null;
  const step = roundStep(scale.times[1] - scale.times[0], shiftKey ? LEAPS : STEPS);
  const steps = time / step;
  const next = direction > 0 ? Math.floor(steps) + 1 : Math.ceil(steps) - 1;
  return next * step + 0;
}

/** What the new time would make of a record, as far as the watermark that it found tells. */
export function moveInWords({ time, watermark }: TimePoint, to: number): string {
  const from = `From ${timeText(time)} to ${timeText(to)}`;
  if (to === time) return `${from}: where it was.`;
  if (!Number.isFinite(watermark)) return `${from}.`;
  const far = timeText(watermark);
  return to > watermark
    ? `${from}: ahead of the watermark that it found, ${far}.`
    : `${from}: behind the watermark that it found, ${far}, and so late for what ends before that.`;
}

/** The run's commands with one record moved, and the tick from which the run is another one. */
export function withMove(
  commands: readonly GivenCommand[],
  origin: RecordOrigin,
  timestamp: number,
): { readonly from: number; readonly commands: readonly GivenCommand[] } {
  const { tick, task, operator, record } = origin;
  const before = commands.find(({ command }) => isOf(command, origin))?.command;
  const was = before?.kind === "setTimestamp" ? (before.was ?? origin.timestamp) : origin.timestamp;
  const others = commands.filter(({ command }) => !isOf(command, origin));
  const command: SetTimestamp = { kind: "setTimestamp", task, operator, record, timestamp, was };
  // Back where it was, it needs no command.
  const moved = timestamp === was ? [] : [{ tick, command }];
  return { from: tick, commands: [...others, ...moved].sort((a, b) => a.tick - b.tick) };
}

/** The run's commands without one of them. */
export function without(
  commands: readonly GivenCommand[],
  move: GivenCommand,
): { readonly from: number; readonly commands: readonly GivenCommand[] } {
  return { from: move.tick, commands: commands.filter((given) => given !== move) };
}

function isOf(command: GivenCommand["command"], { task, operator, record }: RecordOrigin): boolean {
  return (
    command.kind === "setTimestamp" &&
    command.task === task &&
    command.operator === operator &&
    command.record === record
  );
}
