/** The tables that say what the drawing of event time shows: windows or intervals, timers, and records. */
import { html, nothing, type TemplateResult } from "lit";
import type { TimeLog } from "../../engine/protocol";
import { timeText, type TimeChart, type TimePoint } from "../../model/event-time";
import { count } from "../words";
import { FATE_WORDS } from "./words";

const ROWS_MAX = 200;

type Cell = string | TemplateResult | typeof nothing;

/** `act` is what can be done with a record, by its place among the chart's points. */
export function renderTables(
  chart: TimeChart,
  log: TimeLog,
  act: (at: number, point: TimePoint) => Cell,
): TemplateResult {
  const key = (place: number | null): string => (place === null ? "all" : (log.keyTexts[place] ?? ""));
  return html`${chart.windows.some(({ opened }) => opened) ? intervals(chart, key) : windows(chart, key)}
  ${chart.timers.length === 0 ? nothing : timers(chart, key)} ${records(chart, key, act)}`;
}

type KeyText = (place: number | null) => string;

function windows({ windows }: TimeChart, key: KeyText): TemplateResult | typeof nothing {
  if (windows.length === 0) return nothing;
  const rows = newest(windows).map(({ start, end, key: of, added, fired, over, merged }) => [
    `${timeText(start)} – ${timeText(end)}`,
    key(of),
    count(added.length),
    fired.map(count).join(", ") || "–",
    over === null ? "–" : `${count(over)}${merged ? " (merged)" : ""}`,
  ]);
  return table(
    "Windows, the newest first",
    ["window", "key", "records", "fired at tick", "over at tick"],
    rows,
  );
}

function intervals({ windows }: TimeChart, key: KeyText): TemplateResult {
  const rows = newest(windows).map(({ start, end, key: of, since, added, over }) => [
    `${timeText(start)} – ${timeText(end - 1)}`,
    key(of),
    count(since),
    count(added.length),
    over === null ? "–" : count(over),
  ]);
  const heads = ["waits for times", "key", "from tick", "pairs", "forgotten at tick"];
  return table("What records wait for, the newest first", heads, rows);
}

function timers({ timers }: TimeChart, key: KeyText): TemplateResult {
  const rows = newest(timers).map(({ clock, time, key: of, since, over, fired }) => [
    clock ? `tick ${count(time)}` : timeText(time),
    clock ? "processing" : "event",
    key(of),
    count(since),
    over === null ? "waits" : `${fired ? "fired" : "deleted"} at tick ${count(over)}`,
  ]);
  return table("Timers, the newest first", ["time", "clock", "key", "set at tick", "became"], rows);
}

function records(
  { points }: TimeChart,
  key: KeyText,
  act: (at: number, point: TimePoint) => Cell,
): TemplateResult {
  const rows = newest(points.map((point, at) => ({ point, at }))).map(({ point, at }): readonly Cell[] => [
    count(point.tick),
    Number.isFinite(point.time) ? timeText(point.time) : "none",
    key(point.key),
    timeText(point.watermark),
    FATE_WORDS[point.fate],
    act(at, point),
  ]);
  return table("Records, the newest first", ["tick", "event time", "key", "watermark", "became", ""], rows);
}

function newest<T>(all: readonly T[]): T[] {
  return all.slice(-ROWS_MAX).reverse();
}

function table(
  caption: string,
  heads: readonly string[],
  rows: readonly (readonly Cell[])[],
): TemplateResult {
  return html`<table>
    <caption>
      ${caption}
    </caption>
    <thead>
      <tr>
        ${heads.map((head) => html`<th>${head}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (cells) =>
          html`<tr>
            ${cells.map((cell) => html`<td>${cell}</td>`)}
          </tr>`,
      )}
    </tbody>
  </table>`;
}
