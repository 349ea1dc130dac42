/** Where a moment and an event time stand in the event-time view. */
import type { TimeChart, TimerMark } from "../../model/event-time";

/** Room for the labels of event time at the left, and of ticks below. */
export const MARGIN = { left: 84, right: 12, top: 10, bottom: 20 } as const;

export interface ChartScale {
  readonly width: number;
  readonly height: number;
  readonly ticks: readonly [number, number];
  readonly times: readonly [number, number];
  readonly x: (tick: number) => number;
  /** What lies outside stands at the edge: the end of time at the top. */
  readonly y: (time: number) => number;
  readonly tickAt: (x: number) => number;
  readonly timeAt: (y: number) => number;
}

/** Where a timer stands: at its time, or, if that is one of the clock, at the foot. */
export function timerHeight({ clock, time }: TimerMark, scale: ChartScale): number {
  return clock ? scale.height - MARGIN.bottom - 5 : scale.y(time);
}

export function chartScale(chart: TimeChart, tick: number, width: number, height: number): ChartScale {
  const wide = Math.max(1, width - MARGIN.left - MARGIN.right);
  const high = Math.max(1, height - MARGIN.top - MARGIN.bottom);
  const ticks = [chart.firstTick, Math.max(tick, chart.firstTick + 1)] as const;
  const pad = (chart.times[1] - chart.times[0]) * 0.03 || 1;
  const times = [chart.times[0] - pad, chart.times[1] + pad] as const;
  const share = (time: number): number => Math.min(1, Math.max(0, (time - times[0]) / (times[1] - times[0])));
  return {
    width,
    height,
    ticks,
    times,
    x: (at) => MARGIN.left + (Math.max(0, at - ticks[0]) / (ticks[1] - ticks[0])) * wide,
    y: (time) => MARGIN.top + (1 - share(time)) * high,
    timeAt: (y) => times[1] - (Math.min(high, Math.max(0, y - MARGIN.top)) / high) * (times[1] - times[0]),
    tickAt: (x) =>
      Math.round(ticks[0] + (Math.min(wide, Math.max(0, x - MARGIN.left)) / wide) * (ticks[1] - ticks[0])),
  };
}
