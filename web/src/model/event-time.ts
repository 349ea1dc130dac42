/**
 * Event time against processing time, as a drawing needs it: the records where they fell, the steps of the
 * watermark, and the windows with what they held when. Made of an operator's log of time.
 */
import { FATES, TIME_KINDS, type TimeLog } from "../engine/protocol";
import { DATES_FROM, DAY, parseTime, timeText } from "./time-text";

export { parseTime, timeText };

/** What becomes of a record. */
export type Fate = (typeof FATES)[number];

/** A record where it fell. */
export interface TimePoint {
  /** Its number among the entries of the log, also of those before the ones that are here. */
  readonly entry: number;
  readonly tick: number;
  /** NaN: it has no timestamp. */
  readonly time: number;
  readonly fate: Fate;
  /** Place of its key among the log's. */
  readonly key: number;
  /** The watermark that it found; -Infinity before the first one. */
  readonly watermark: number;
}

/** From a tick on, a time. */
export interface TimeStep {
  readonly tick: number;
  readonly time: number;
}

export interface WindowBox {
  readonly start: number;
  readonly end: number;
  /** Its key; null where the windows of all keys that have the same span are drawn as one. */
  readonly key: number | null;
  /** From when on it is drawn: its first record, or when others became part of it. */
  readonly since: number;
  /** The ticks at which records were added, those of the windows that became part of it among them. */
  readonly added: readonly number[];
  /** The ticks at which it was computed. */
  readonly fired: readonly number[];
  /** When it was forgotten or became part of another one; null: it is kept. */
  readonly over: number | null;
  readonly merged: boolean;
  /** The interval of a join: of the records that one waits for. */
  readonly opened: boolean;
}

/** A timer of a function. */
export interface TimerMark {
  /** Whether it is of processing time: then `time` is a tick. */
  readonly clock: boolean;
  readonly time: number;
  readonly key: number;
  /** When it was set, or was there first. */
  readonly since: number;
  /** When it fired or was deleted; null: it waits. */
  readonly over: number | null;
  readonly fired: boolean;
}

export interface TimeChart {
  readonly points: readonly TimePoint[];
  readonly watermark: readonly TimeStep[];
  /** The newest timestamp so far: the watermark of a stream without disorder. */
  readonly newest: readonly TimeStep[];
  readonly windows: readonly WindowBox[];
  readonly timers: readonly TimerMark[];
  readonly fates: Readonly<Record<Fate, number>>;
  readonly firstTick: number;
  /** The least and the greatest time that is drawn. */
  readonly times: readonly [number, number];
}

interface TimerChange {
  readonly clock: boolean;
  readonly what: "set" | "fired" | "deleted";
}

/** What becomes of timers, by the kind of the entry. */
const TIMER_CHANGES: Readonly<Record<string, TimerChange>> = {
  timerSet: { clock: false, what: "set" },
  timerFired: { clock: false, what: "fired" },
  timerDeleted: { clock: false, what: "deleted" },
  clockTimerSet: { clock: true, what: "set" },
  clockTimerFired: { clock: true, what: "fired" },
  clockTimerDeleted: { clock: true, what: "deleted" },
};

interface OpenWindow {
  readonly start: number;
  readonly end: number;
  readonly key: number;
  readonly since: number;
  readonly added: number[];
  readonly fired: number[];
  over: number | null;
  merged: boolean;
  /** An interval, which is there before anything is in it. */
  opened: boolean;
}

/** The drawing of a log: of one of its keys, or of all. */
export function timeChart(log: TimeLog, key: number | null = null): TimeChart {
  const reader = new LogReader(log, key);
  for (let entry = 0; entry < log.kinds.length; entry += 1) reader.take(entry);
  return reader.chart();
}

class LogReader {
  private readonly points: TimePoint[] = [];
  private readonly watermark: TimeStep[] = [];
  private readonly newest: TimeStep[] = [];
  private readonly fates: Record<Fate, number> = { onTime: 0, allowed: 0, toSide: 0, dropped: 0 };
  private readonly windows: OpenWindow[] = [];
  /** Those that are kept, by key and span. */
  private readonly open = new Map<string, OpenWindow>();
  private readonly timers: TimerMark[] = [];
  /** The places of the timers that wait, by key and time. */
  private readonly waiting = new Map<string, number>();
  private merges = 0;

  private readonly log: TimeLog;
  private readonly key: number | null;

  constructor(log: TimeLog, key: number | null) {
    this.log = log;
    this.key = key;
  }

  take(entry: number): void {
    const { log } = this;
    const kind = TIME_KINDS[log.kinds[entry] ?? 0];
    const tick = log.ticks[entry] ?? 0;
    const time = log.times[entry] ?? NaN;
    if (kind === "watermark") {
      this.watermark.push({ tick, time });
      return;
    }
    const merge = kind === "merged" ? this.merges++ : 0;
    const key = log.keys[entry] ?? 0;
    if (this.key !== null && key !== this.key) return;
    if (kind === "record") {
      this.takeRecord(entry, FATES[log.fates[entry] ?? 0] ?? "onTime");
      return;
    }
    const change = TIMER_CHANGES[kind ?? ""];
    if (change !== undefined) {
      this.takeTimer(change, tick, time, key);
      return;
    }
    const end = log.ends[entry] ?? NaN;
    if (!Number.isFinite(end)) return;
    const window = this.windowOf(key, time, end, tick);
    if (kind === "opened") window.opened = true;
    else if (kind === "added") window.added.push(tick);
    else if (kind === "fired") window.fired.push(tick);
    else if (kind === "cleared") this.close(window, tick);
    else this.merge(window, tick, log.into[2 * merge] ?? time, log.into[2 * merge + 1] ?? end);
  }

  private takeRecord(place: number, fate: Fate): void {
    const { log } = this;
    const [entry, tick] = [log.skipped + place, log.ticks[place] ?? 0];
    const [time, key] = [log.times[place] ?? NaN, log.keys[place] ?? 0];
    const watermark = this.watermark.at(-1)?.time ?? -Infinity;
    this.points.push({ entry, tick, time, fate, key, watermark });
    this.fates[fate] += 1;
    if (time > (this.newest.at(-1)?.time ?? -Infinity)) this.newest.push({ tick, time });
  }

  private takeTimer({ clock, what }: TimerChange, tick: number, time: number, key: number): void {
    const name = `${clock} ${key} ${time}`;
    const place = this.waiting.get(name);
    if (what === "set") {
      // One that is there already is not set again.
      if (place !== undefined) return;
      this.waiting.set(name, this.timers.length);
      this.timers.push({ clock, time, key, since: tick, over: null, fired: false });
      return;
    }
    const timer = place === undefined ? undefined : this.timers[place];
    if (place === undefined || timer === undefined) return;
    this.waiting.delete(name);
    this.timers[place] = { ...timer, over: tick, fired: what === "fired" };
  }

  private windowOf(key: number, start: number, end: number, since: number): OpenWindow {
    const name = `${key} ${start} ${end}`;
    let window = this.open.get(name);
    if (window === undefined) {
      window = { start, end, key, since, added: [], fired: [], over: null, merged: false, opened: false };
      this.open.set(name, window);
      this.windows.push(window);
    }
    return window;
  }

  private close(window: OpenWindow, tick: number): void {
    window.over = tick;
    this.open.delete(`${window.key} ${window.start} ${window.end}`);
  }

  /** What a window held, the greater one holds; a record that comes just now is added to that one after it. */
  private merge(window: OpenWindow, tick: number, start: number, end: number): void {
    this.close(window, tick);
    window.merged = true;
    this.windowOf(window.key, start, end, tick).added.push(...window.added);
  }

  chart(): TimeChart {
    const windows = this.merges > 0 || this.key !== null ? this.windows : together(this.windows);
    // A window in which nothing was ever seen was filled before the log begins, or merged at once.
    const seen = windows.filter(({ added, opened }) => added.length > 0 || opened);
    return {
      points: this.points,
      watermark: this.watermark,
      newest: this.newest,
      windows: seen,
      timers: this.timers,
      fates: this.fates,
      firstTick: this.log.ticks[0] ?? 0,
      times: this.range(seen),
    };
  }

  private range(windows: readonly WindowBox[]): [number, number] {
    let least = Infinity;
    let greatest = -Infinity;
    const see = (time: number): void => {
      if (!Number.isFinite(time)) return;
      least = Math.min(least, time);
      greatest = Math.max(greatest, time);
    };
    for (const { time } of this.points) see(time);
    for (const { time } of this.watermark) see(time);
    for (const { clock, time } of this.timers) if (!clock) see(time);
    for (const { start, end } of windows) {
      see(start);
      see(end);
    }
    return least <= greatest ? [least, greatest] : [0, 1];
  }
}

/** The windows of all keys, those of one span as one: it is kept while one of them is. */
function together(windows: readonly OpenWindow[]): WindowBox[] {
  const spans = new Map<string, OpenWindow[]>();
  for (const window of windows) {
    const name = `${window.start} ${window.end}`;
    const same = spans.get(name);
    if (same === undefined) spans.set(name, [window]);
    else same.push(window);
  }
  return [...spans.values()].map((same) => {
    const overs = same.map(({ over }) => over);
    return {
      start: Math.min(...same.map(({ start }) => start)),
      end: Math.max(...same.map(({ end }) => end)),
      key: null,
      since: Math.min(...same.map(({ since }) => since)),
      added: same.flatMap(({ added }) => added).sort((a, b) => a - b),
      fired: [...new Set(same.flatMap(({ fired }) => fired))].sort((a, b) => a - b),
      over: overs.includes(null) ? null : Math.max(...overs.map((over) => over ?? 0)),
      merged: false,
      opened: same.some(({ opened }) => opened),
    };
  });
}

/** The same, as short as an axis over such a span wants it. */
export function axisText(time: number, span: number): string {
  if (Math.abs(time) < DATES_FROM) return timeText(time);
  const iso = new Date(time).toISOString();
  if (span > 2 * DAY) return `${iso.slice(5, 10)} ${iso.slice(11, 16)}`;
  return iso.slice(11, time % 1000 === 0 ? 19 : 23);
}

/** Spans between two labels of an axis: round in numbers, and round on a clock from a second on. */
const SECOND = 1000;
const HOUR = 3_600_000;
const STEPS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800].map((seconds) => seconds * SECOND),
  ...[1, 2, 3, 6, 12, 24, 48, 168, 336].map((hours) => hours * HOUR),
];

/** The least round step of which a span has at most so many. */
export function roundStep(span: number, most: number): number {
  const parts = Math.max(1, span) / most;
  return STEPS.find((step) => parts <= step) ?? Math.ceil(parts / (336 * HOUR)) * 336 * HOUR;
}

/** The times to label between two, at most so many; where there is no room for any, as many as for one. */
export function timeTicks([least, greatest]: readonly [number, number], most: number): readonly number[] {
  const step = roundStep(greatest - least, Math.max(1, most));
  const ticks: number[] = [];
  for (let time = Math.ceil(least / step) * step; time <= greatest; time += step) ticks.push(time + 0);
  return ticks;
}
