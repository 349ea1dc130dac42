/**
 * How a job uses event time's progress, which is no state: after a restart it begins anew, so that what was late is not
 * late any more, and who asks for the watermark gets another one.
 */
import {
  BroadcastContext,
  KeyedReadOnlyBroadcastContext,
  ReadOnlyBroadcastContext,
} from "../api/broadcast-context";
import { TimerService } from "../api/process-context";
import { SinkWriterContext } from "../api/user-sinks";
import { WindowContext } from "../api/window-context";
import { TIME_KINDS, type EventTime } from "./event-time";
import type { Lab } from "./native";

export interface TimeUses {
  readonly count: number;
  /** When the last of them was, or later. */
  readonly lastTick: number;
}

/** Entries of an operator's log of time that are looked at. */
const ENTRIES_MAX = 10_000;

const TELLERS = [
  ...[TimerService, WindowContext, SinkWriterContext],
  ...[ReadOnlyBroadcastContext, KeyedReadOnlyBroadcastContext, BroadcastContext],
];

/** Counts how often functions ask for the watermark, until it is stopped. */
export function readsOfWatermarks(): { count: number; tick: number; lastTick: number; stop: () => void } {
  const reads = { count: 0, tick: 0, lastTick: -1, stop: () => undefined };
  const originals = TELLERS.map(({ prototype }) => {
    const original = Object.getOwnPropertyDescriptor(prototype, "currentWatermark") ?? {};
    const tell = original.value as () => number;
    const value = () => {
      reads.count += 1;
      reads.lastTick = reads.tick;
      return tell();
    };
    Object.defineProperty(prototype, "currentWatermark", { ...original, value });
    return () => Object.defineProperty(prototype, "currentWatermark", original);
  });
  return Object.assign(reads, { stop: () => originals.forEach((restore) => restore()) });
}

/** The records that came after the watermark had passed them. It may be so for one of their windows only. */
export function lateRecords(lab: Lab): TimeUses {
  const look = (task?: number, place?: number) => lab.eventTime(task, place, ENTRIES_MAX) as EventTime;
  let [count, lastTick] = [0, -1];
  for (const { task, place } of look().operators) {
    const { log } = look(task, place);
    let watermark = Number.NEGATIVE_INFINITY;
    for (let at = 0; at < (log?.kinds.length ?? 0); at++) {
      const [kind, time] = [TIME_KINDS[log?.kinds[at] ?? 0], log?.times[at] ?? Number.NaN];
      if (kind === "watermark") watermark = time;
      if (kind !== "record" || time > watermark || !Number.isFinite(time)) continue;
      count += 1;
      lastTick = Math.max(lastTick, log?.ticks[at] ?? 0);
    }
  }
  return { count, lastTick };
}
