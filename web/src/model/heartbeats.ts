/**
 * Heartbeats, reckoned from the trace: the engine plays none that is answered, since it changes nothing. Who watches asks
 * each process every ten seconds, counted from when it began to; a process that is gone or paused does not answer.
 * Flink: `HeartbeatManagerSenderImpl`, `heartbeat.interval`, `heartbeat.timeout`, `heartbeat.rpc-failure-threshold`.
 */
import type { TraceEntry } from "../engine/protocol";

const INTERVAL_TICKS = 10_000;
const TIMEOUT_TICKS = 50_000;

/** Who watches which process. */
export interface Watch {
  readonly watcher: string;
  readonly process: string;
  /** It asks at this tick, and every interval after it. */
  readonly since: number;
  /** From when to when it watches this process. */
  readonly from: number;
  readonly to: number;
}

/** A process is gone, does nothing, or is cut off from who asks. */
type SilenceKind = "gone" | "paused" | "cut off";

/** A heartbeat that was asked for. */
export interface Beat {
  /** The tick at which it was asked for. */
  readonly at: number;
  /** The tick at which the answer arrived; null: none did, up to now. */
  readonly answered: number | null;
  /** Why who was asked does not answer. */
  readonly silence: SilenceKind | null;
}

/** From when to when a process did not answer. */
interface Silence {
  readonly from: number;
  to: number;
  readonly kind: SilenceKind;
}

/** Heartbeats of a trace up to a tick. */
export class Heartbeats {
  readonly watches: readonly Watch[];
  private readonly entries: readonly TraceEntry[];
  private readonly end: number;
  private readonly latency: number;

  constructor(all: readonly TraceEntry[], end: number) {
    this.entries = all.filter(({ tick }) => tick <= end);
    this.end = end;
    const call = all.find(({ kind }) => kind === "rpc");
    this.latency = Math.max(1, (call?.tick ?? 0) - (call?.sentAt ?? 0));
    this.watches = call === undefined ? [] : watchesIn(this.entries);
  }

  /** What a process was asked and has answered. */
  beatsOf({ process, since, from, to }: Watch): readonly Beat[] {
    const silences = silencesOf(this.entries, process);
    const beats: Beat[] = [];
    for (let at = since; at <= this.end && at < to; at += INTERVAL_TICKS) {
      if (at < from) continue;
      const taken = at + this.latency;
      const silence = silences.find((each) => taken >= each.from && taken < each.to)?.kind ?? null;
      const isAnswered = silence === null && taken + this.latency <= this.end;
      beats.push({ at, answered: isAnswered ? taken + this.latency : null, silence });
    }
    return beats;
  }

  /** When the process counts as gone if it stays as it is; null: it answers. The ResourceManager tells the JobMaster. */
  goneAt(watch: Watch): number | null {
    const own = this.noticedAt(watch);
    if (own === null || watch.watcher !== "JobMaster") return own;
    const { process } = watch;
    const teller = this.watches.find((one) => one.process === process && one.watcher === "ResourceManager");
    const told = teller === undefined ? null : this.noticedAt(teller);
    return told === null ? own : Math.min(own, told + this.latency);
  }

  private noticedAt(watch: Watch): number | null {
    const beats = this.beatsOf(watch);
    const silence = silencesOf(this.entries, watch.process).find(({ to }) => to > this.end);
    if (silence === undefined) return null;
    const heard = beats.findLast(({ answered }) => answered !== null)?.answered ?? watch.from;
    if (silence.kind !== "gone") return heard + TIMEOUT_TICKS;
    const asked = Math.max(0, Math.ceil((silence.from - watch.since) / INTERVAL_TICKS));
    return watch.since + (asked + 1) * INTERVAL_TICKS;
  }

  /** The entries, with the heartbeats among what they tell. */
  among(): readonly TraceEntry[] {
    const { entries, end, latency } = this;
    const calls = this.watches.flatMap((watch) => {
      const { watcher, process } = watch;
      return this.beatsOf(watch).flatMap(({ at, answered, silence }) => [
        ...(at + latency <= end ? [call(watcher, process, at, at + latency, silence === null)] : []),
        ...(answered === null ? [] : [call(process, watcher, at + latency, answered, true)]),
      ]);
    });
    const place = ({ tick }: TraceEntry): number =>
      entries.findLast((entry) => entry.tick <= tick)?.number ?? 0;
    const merged = [...entries, ...calls.map((one) => ({ ...one, number: place(one) }))];
    return merged.sort((a, b) => a.tick - b.tick || a.number - b.number);
  }
}

function call(from: string, to: string, sentAt: number, tick: number, isTaken: boolean): TraceEntry {
  const text = from.startsWith("TaskExecutor") ? "heartbeat, with its report" : "requestHeartbeat";
  const fate = isTaken ? "" : "lost";
  return { number: 0, tick, kind: "heartbeat", from, to, text, sentAt, phase: 0, fate };
}

/** Who watches whom, and when: who leads watches each TaskManager from its registration until it counts as gone. */
function watchesIn(entries: readonly TraceEntry[]): readonly Watch[] {
  const reader = new WatchReader();
  for (const entry of entries) reader.read(entry);
  return reader.watches;
}

/** What a watcher says of a process that counts as gone. */
const LOST = /^(TaskManager with id .* no longer reachable|Heartbeat of .* timed out)\.$/;

class WatchReader {
  readonly watches: { -readonly [Key in keyof Watch]: Watch[Key] }[] = [];
  /** Since when who leads asks. */
  private readonly since = new Map<string, number>([["ResourceManager", 0]]);
  /** The TaskManagers that are registered. */
  private readonly known = new Set<string>();
  private leader = "JobManager 1";

  read({ kind, from, to, text, tick }: TraceEntry): void {
    if (text.startsWith("granted leadership")) this.leader = to;
    if (text === "waits for jobs" || /^(ResourceManager )?granted leadership/.test(text)) {
      this.since.set("ResourceManager", tick);
    } else if (text === "start JobMaster") {
      this.since.set("JobMaster", tick);
      this.known.forEach((process) => this.begin("JobMaster", process, tick));
    } else if (kind === "fault" && from === this.leader && (text === "killed" || text === "stopped")) {
      this.since.clear();
      this.known.clear();
      this.end(tick, () => true);
    } else if (kind === "rpc" && text.startsWith("registerTaskExecutor, ")) {
      this.known.add(from);
      this.begin("ResourceManager", from, tick);
      this.begin("JobMaster", from, tick);
    } else if (kind === "fault" && LOST.test(text)) {
      this.known.delete(to);
      this.end(tick, ({ watcher, process }) => watcher === from && process === to);
    } else if (text.startsWith("disconnectTaskManager")) {
      // By itself, to one of those who watch it, or by the ResourceManager, which names it.
      const named = /^disconnectTaskManager TaskManager (\d+)/.exec(text)?.[1];
      const gone = named === undefined ? from : `TaskExecutor ${named}`;
      this.known.delete(gone);
      this.end(tick, ({ watcher, process }) => process === gone && (named !== undefined || watcher === to));
    }
  }

  private begin(watcher: string, process: string, from: number): void {
    const isWatched = this.watches.some(
      (one) => one.watcher === watcher && one.process === process && one.to === Infinity,
    );
    const since = this.since.get(watcher);
    if (isWatched || since === undefined) return;
    this.watches.push({ watcher, process, since, from: Math.max(since, from), to: Infinity });
  }

  private end(tick: number, fits: (watch: Watch) => boolean): void {
    for (const watch of this.watches) if (watch.to === Infinity && fits(watch)) watch.to = tick;
  }
}

/** How a process falls silent, and how that ends. */
const BEGINNINGS: readonly (readonly [string, SilenceKind])[] = [
  ["killed", "gone"],
  ["stopped", "gone"],
  ["paused", "paused"],
  ["cut off", "cut off"],
];
const ENDS: Readonly<Record<string, SilenceKind>> = {
  "goes on": "paused",
  "connected with the JobManager again": "cut off",
};

function silencesOf(entries: readonly TraceEntry[], name: string): readonly Silence[] {
  const silences: Silence[] = [];
  for (const { kind, from, to, text, tick } of entries) {
    if (kind !== "fault" || from !== name || to !== name) continue;
    const begins = BEGINNINGS.find(([start]) => text.startsWith(start))?.[1];
    if (begins !== undefined) silences.push({ from: tick, to: Infinity, kind: begins });
    const ends = ENDS[text];
    const ended = silences.findLast((one) => one.kind === ends && one.to === Infinity);
    if (ended !== undefined) ended.to = tick;
  }
  return silences;
}
