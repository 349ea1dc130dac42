/** The event-time view in words: what is pointed at, and all of it for those who do not see it. */
import {
  timeText,
  type Fate,
  type TimeChart,
  type TimePoint,
  type TimerMark,
  type WindowBox,
} from "../../model/event-time";
import { count, counted } from "../words";

export const FATE_WORDS: Readonly<Record<Fate, string>> = {
  onTime: "on time",
  allowed: "late, but allowed",
  toSide: "late, to the side output",
  dropped: "dropped as too late",
};

export function pointInWords(point: TimePoint, key: string): string {
  const time = Number.isFinite(point.time) ? `event time ${timeText(point.time)}` : "no timestamp";
  const found = Number.isFinite(point.watermark)
    ? `the watermark stood at ${timeText(point.watermark)}`
    : point.watermark > 0
      ? "the watermark was at the end of time"
      : "there was no watermark yet";
  return `Record of key ${key}, ${time}, taken at tick ${count(point.tick)}: ${FATE_WORDS[point.fate]}; ${found}.`;
}

export function timerInWords(timer: TimerMark, key: string): string {
  const became =
    timer.over === null
      ? "waits"
      : timer.fired
        ? `fired at tick ${count(timer.over)}`
        : `was deleted at tick ${count(timer.over)}`;
  const time = timer.clock ? `tick ${count(timer.time)} of processing time` : timeText(timer.time);
  return `Timer of key ${key} for ${time}, set at tick ${count(timer.since)}: ${became}.`;
}

export function windowInWords(window: WindowBox, key: string | null): string {
  if (window.opened) return intervalInWords(window, key);
  const fired =
    window.fired.length === 0 ? "not fired yet" : `fired at tick ${window.fired.map(count).join(", ")}`;
  const over =
    window.over === null
      ? "is kept"
      : window.merged
        ? `became part of a greater window at tick ${count(window.over)}`
        : `was forgotten at tick ${count(window.over)}`;
  const of = key === null ? "" : ` of key ${key}`;
  return `Window${of} ${timeText(window.start)} – ${timeText(window.end)}: ${counted(window.added.length, "record")}, ${fired}, ${over}.`;
}

/** The span has its end not included. */
function intervalInWords({ start, end, added, over }: WindowBox, key: string | null): string {
  const until = over === null ? "still waits" : `was forgotten at tick ${count(over)}`;
  const of = key === null ? "A record" : `A record of key ${key}`;
  return `${of} waits for those from ${timeText(start)} to ${timeText(end - 1)}: joined ${counted(added.length, "time")}, ${until}.`;
}

export function chartInWords(chart: TimeChart): string {
  const fates = (Object.keys(FATE_WORDS) as Fate[])
    .filter((fate) => chart.fates[fate] > 0)
    .map((fate) => `${count(chart.fates[fate])} ${FATE_WORDS[fate]}`);
  const watermark = timeText(chart.watermark.at(-1)?.time ?? -Infinity);
  const windows = chart.windows.filter(({ merged }) => !merged);
  const fired = windows.filter((window) => window.fired.length > 0).length;
  const records = `${counted(chart.points.length, "record")}${fates.length === 0 ? "" : `: ${fates.join(", ")}`}. `;
  let held = `${counted(windows.length, "window")}, ${count(fired)} of them fired. `;
  if (windows.some(({ opened }) => opened)) {
    const pairs = windows.reduce((sum, { added }) => sum + added.length, 0);
    const open = windows.filter(({ over }) => over === null).length;
    held = `${counted(windows.length, "interval")}, ${count(open)} of them open; ${counted(pairs, "pair")}. `;
  } else if (chart.timers.length > 0) {
    const rang = chart.timers.filter((timer) => timer.fired).length;
    const wait = chart.timers.filter(({ over }) => over === null).length;
    held = `${counted(chart.timers.length, "timer")}: ${count(rang)} fired, ${count(wait)} ${wait === 1 ? "waits" : "wait"}. `;
  }
  return `${records}${held}Watermark: ${watermark}.`;
}
