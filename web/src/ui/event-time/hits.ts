/** What lies under the pointer in the event-time view, and what the arrow keys come to next. */
import type { TimeChart } from "../../model/event-time";
import type { Pointed } from "./paint";
import { timerHeight, type ChartScale } from "./scale";

/** A record counts as pointed at from so far away. */
const REACH_PIXELS = 12;

/** The nearest record in reach; else a timer, else the smallest window that holds the place. */
export function nearest(chart: TimeChart, scale: ChartScale, x: number, y: number): Pointed | null {
  const point = nearestPoint(chart, scale, x, y);
  if (point !== null) return { kind: "point", at: point };
  return timerAt(chart, scale, x, y) ?? windowAt(chart, scale, x, y);
}

function timerAt(chart: TimeChart, scale: ChartScale, x: number, y: number): Pointed | null {
  const at = chart.timers.findLastIndex(
    (timer) =>
      Math.abs(timerHeight(timer, scale) - y) < REACH_PIXELS / 2 &&
      scale.x(timer.since) - REACH_PIXELS < x &&
      x < scale.x(timer.over ?? scale.ticks[1]) + REACH_PIXELS,
  );
  return at < 0 ? null : { kind: "timer", at };
}

function nearestPoint(chart: TimeChart, scale: ChartScale, x: number, y: number): number | null {
  let best = -1;
  let least = REACH_PIXELS ** 2;
  chart.points.forEach(({ tick, time }, at) => {
    const distance = (scale.x(tick) - x) ** 2 + (scale.y(time) - y) ** 2;
    if (distance > least) return;
    least = distance;
    best = at;
  });
  return best < 0 ? null : best;
}

function windowAt(chart: TimeChart, scale: ChartScale, x: number, y: number): Pointed | null {
  let best = -1;
  let span = Infinity;
  chart.windows.forEach(({ start, end, since, over }, at) => {
    const isAcross = scale.x(since) <= x && x <= scale.x(over ?? scale.ticks[1]);
    const isWithin = scale.y(end) <= y && y <= scale.y(start);
    if (!isAcross || !isWithin || end - start >= span) return;
    span = end - start;
    best = at;
  });
  return best < 0 ? null : { kind: "window", at: best };
}

const PAGE = 10;

/** The record that a key leads to, from the one that is chosen; null where it is no such key. */
export function nextPoint(key: string, at: number | null, length: number): number | null {
  if (length === 0) return null;
  const from = at ?? length;
  const moves: Readonly<Record<string, number>> = {
    ArrowUp: at === null ? length - 1 : from + 1,
    ArrowDown: from - 1,
    PageUp: from + PAGE,
    PageDown: from - PAGE,
    Home: 0,
    End: length - 1,
  };
  const to = moves[key];
  return to === undefined ? null : Math.min(length - 1, Math.max(0, to));
}
