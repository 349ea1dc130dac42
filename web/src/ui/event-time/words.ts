/** The event-time view in words: what is pointed at, and all of it for those who do not see it. */
import { timeText, type Fate, type TimeChart, type TimePoint, type WindowBox } from "../../model/event-time";
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

export function windowInWords(window: WindowBox, key: string | null): string {
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

export function chartInWords(chart: TimeChart): string {
  const fates = (Object.keys(FATE_WORDS) as Fate[])
    .filter((fate) => chart.fates[fate] > 0)
    .map((fate) => `${count(chart.fates[fate])} ${FATE_WORDS[fate]}`);
  const watermark = timeText(chart.watermark.at(-1)?.time ?? -Infinity);
  const windows = chart.windows.filter(({ merged }) => !merged);
  const fired = windows.filter((window) => window.fired.length > 0).length;
  return (
    `${counted(chart.points.length, "record")}${fates.length === 0 ? "" : `: ${fates.join(", ")}`}. ` +
    `${counted(windows.length, "window")}, ${count(fired)} of them fired. Watermark: ${watermark}.`
  );
}
