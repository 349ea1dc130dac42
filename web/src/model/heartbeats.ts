/**
 * Heartbeats, reckoned from the trace: the engine plays none that is answered, since it changes nothing. Who watches asks
 * each process every ten seconds, counted from when it began to; a process that is gone or paused does not answer.
 * Flink: `heartbeat.interval`.
 */
import type { TraceEntry } from "../engine/protocol";

const INTERVAL_TICKS = 10_000;

/** From when to when a process did not answer. */
interface Silence {
  readonly from: number;
  to: number;
}

/** The trace up to tick `end`, with the heartbeats among what it tells. */
export function withHeartbeats(entries: readonly TraceEntry[], end: number): readonly TraceEntry[] {
  const call = entries.find(({ kind }) => kind === "rpc");
  if (call === undefined) return entries;
  const latency = Math.max(1, call.tick - call.sentAt);
  const beats: TraceEntry[] = [];
  for (const [watcher, since] of watchersIn(entries)) {
    for (const [name, there] of processesIn(entries)) {
      const silences = silencesOf(entries, name);
      for (let at = since; at + latency <= end; at += INTERVAL_TICKS) {
        if (at < there) continue;
        const isAnswered = !silences.some(({ from, to }) => at + latency >= from && at + latency < to);
        beats.push(beat(watcher, name, at, latency, isAnswered));
        if (isAnswered && at + 2 * latency <= end)
          beats.push(beat(name, watcher, at + latency, latency, true));
      }
    }
  }
  const place = ({ tick }: TraceEntry): number =>
    entries.findLast((entry) => entry.tick <= tick)?.number ?? 0;
  const merged = [...entries, ...beats.map((one) => ({ ...one, number: place(one) }))];
  return merged.sort((a, b) => a.tick - b.tick || a.number - b.number);
}

function beat(from: string, to: string, at: number, latency: number, isTaken: boolean): TraceEntry {
  const text = from.startsWith("TaskExecutor") ? "heartbeat, with its report" : "requestHeartbeat";
  const fate = isTaken ? "" : "lost";
  return { number: 0, tick: at + latency, kind: "heartbeat", from, to, text, sentAt: at, phase: 0, fate };
}

/** Who asks, and since when. */
function watchersIn(entries: readonly TraceEntry[]): readonly (readonly [string, number])[] {
  const started = entries.find(({ text }) => text === "start JobMaster");
  const manager: readonly [string, number] = ["ResourceManager", 0];
  return started === undefined ? [manager] : [manager, ["JobMaster", started.tick]];
}

/** The TaskManagers, and since when they are known. */
function processesIn(entries: readonly TraceEntry[]): ReadonlyMap<string, number> {
  const known = new Map<string, number>();
  for (const { from, text, tick } of entries) {
    if (text.startsWith("registerTaskExecutor, ") && !known.has(from)) known.set(from, tick);
  }
  return known;
}

function silencesOf(entries: readonly TraceEntry[], name: string): readonly Silence[] {
  const silences: Silence[] = [];
  for (const { kind, from, to, text, tick } of entries) {
    if (kind !== "fault" || from !== name || to !== name) continue;
    if (/^(killed|paused|stopped)/.test(text)) silences.push({ from: tick, to: Infinity });
    const last = silences.at(-1);
    if (text === "goes on" && last !== undefined) last.to = tick;
  }
  return silences;
}
