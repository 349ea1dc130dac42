/**
 * The trace as a sequence diagram: participants as lanes, messages as arrows from lane to lane, changes of state
 * as notes on a lane, all grouped under the phases of a job. Plain data; who draws it needs nothing else.
 */
import type { TraceEntry } from "../engine/protocol";
import { opensPhase, phaseTitle } from "./phases";

/** A line of the diagram. */
export type SequenceRow =
  /** A phase begins. */
  | { readonly kind: "phase"; readonly phase: number; readonly entry: TraceEntry }
  /** From lane to lane. */
  | {
      readonly kind: "message";
      readonly from: number;
      readonly to: number;
      readonly phase: number;
      readonly entry: TraceEntry;
    }
  /** Beside a lane. */
  | { readonly kind: "note"; readonly lane: number; readonly entry: TraceEntry };

/** See the head of this file. */
export interface Sequence {
  readonly lanes: readonly string[];
  readonly rows: readonly SequenceRow[];
}

/** What is left out. */
export interface SequenceFilter {
  /** Only messages from or to this participant; null: all. */
  readonly participant: string | null;
  /** Only messages whose text contains this, whatever its case. */
  readonly text: string;
  /** Whether changes of state are shown. */
  readonly notes: boolean;
  /** Kinds of messages that are left out. */
  readonly without: ReadonlySet<MessageKind>;
}

/** What a message is about. */
export const MESSAGE_KINDS = ["cluster", "slots", "tasks", "checkpoints", "sources", "YARN"] as const;

export type MessageKind = (typeof MESSAGE_KINDS)[number];

/** All of it. */
export const ALL: SequenceFilter = { participant: null, text: "", notes: true, without: new Set() };

/** By what the method's name has in it; what is not found is about tasks. */
const KIND_SIGNS: readonly (readonly [RegExp, MessageKind])[] = [
  [/^\w*(Checkpoint|Savepoint)/, "checkpoints"],
  [/^(RequestSplit|AddSplit|NoMoreSplits|ReportedWatermark|WatermarkAlignment)Event/, "sources"],
  [/^(requestSlot|offerSlots|freeSlots|declareRequired|notifySlot|notifyNotEnough)/, "slots"],
  [/^(register|disconnect|submitJob|cancelJob|start JobMaster|job reached|shutDown|deregister)/, "cluster"],
];

/** What a message is about. */
export function kindOf({ from, to, text }: TraceEntry): MessageKind {
  if (ON_YARN.test(from) || ON_YARN.test(to)) return "YARN";
  return KIND_SIGNS.find(([sign]) => sign.test(text))?.[1] ?? "tasks";
}

const ON_YARN = /^(YARN |NodeManager |HDFS)/;

/** Who stands left of whom; who is not named comes after them, in natural order. */
const ORDER: readonly string[] = [
  ...["Client", "HDFS", "YARN ResourceManager"],
  ...["Application", "Dispatcher", "ResourceManager", "JobMaster"],
];
/** The lane of what the trace says of who has none, as the job and its tasks: it is the JobMaster that knows. */
const KEEPER = "JobMaster";
const natural = new Intl.Collator("en", { numeric: true });

/** The diagram of what `filter` lets through. */
export function sequence(entries: readonly TraceEntry[], filter: SequenceFilter): Sequence {
  const wanted = filter.text.toLowerCase();
  const messages = entries.filter(isCall);
  const names = new Set(messages.flatMap(({ from, to }) => [from, to]));
  const lanes = [...names].sort((a, b) => rank(a) - rank(b) || natural.compare(a, b));
  const laneOf = new Map(lanes.map((name, place) => [name, place]));
  const rows: SequenceRow[] = [];
  let phase = 0;
  for (const entry of entries) {
    if (opensPhase(phase, entry.phase)) phase = entry.phase;
    const from = laneOf.get(entry.from);
    const to = laneOf.get(entry.to);
    if (!isCall(entry) || from === undefined || to === undefined) {
      const lane = from ?? laneOf.get(KEEPER);
      if (filter.notes && lane !== undefined && noteFits(entry, lanes[lane] ?? KEEPER, filter, wanted)) {
        openGroup(rows, phase, entry);
        rows.push({ kind: "note", lane, entry });
      }
      continue;
    }
    if (!messageFits(entry, filter, wanted)) continue;
    openGroup(rows, phase, entry);
    rows.push({ kind: "message", from, to, phase, entry });
  }
  return { lanes, rows };
}

/** A phase of which nothing is shown leaves its title out. */
function openGroup(rows: SequenceRow[], phase: number, entry: TraceEntry): void {
  const last = rows.findLast((row) => row.kind === "phase");
  if (last?.phase !== phase) rows.push({ kind: "phase", phase, entry });
}

/** Whether it is a call, be it that it has no effect. */
function isCall(entry: TraceEntry): boolean {
  return entry.kind === "rpc" || entry.kind === "ignored" || entry.kind === "heartbeat";
}

function messageFits(entry: TraceEntry, filter: SequenceFilter, wanted: string): boolean {
  const { participant } = filter;
  if (filter.without.has(kindOf(entry))) return false;
  if (participant !== null && entry.from !== participant && entry.to !== participant) return false;
  return entry.text.toLowerCase().includes(wanted);
}

function noteFits(entry: TraceEntry, beside: string, filter: SequenceFilter, wanted: string): boolean {
  if (filter.participant !== null && filter.participant !== beside) return false;
  return noteText(entry).toLowerCase().includes(wanted);
}

/** What a note says. */
export function noteText(entry: TraceEntry): string {
  return entry.from === "" ? entry.text : `${entry.from}: ${entry.text}`;
}

function rank(name: string): number {
  const place = ORDER.indexOf(name);
  return place === -1 ? ORDER.length : place;
}

/** The first row that is not of `total` entries: there stands the cursor. */
export function cursorRow(rows: readonly SequenceRow[], total: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const row = rows[middle];
    if (row !== undefined && row.entry.number < total) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The diagram in Mermaid's language. */
export function toMermaid({ lanes, rows }: Sequence): string {
  const id = (lane: number): string => `P${lane}`;
  const lines = ["sequenceDiagram"];
  lanes.forEach((name, lane) => lines.push(`  participant ${id(lane)} as ${plain(name)}`));
  const [first, last] = [id(0), id(Math.max(0, lanes.length - 1))];
  const over = first === last ? first : `${first},${last}`;
  for (const row of rows) {
    const { tick, text } = row.entry;
    if (row.kind === "phase") lines.push(`  Note over ${over}: ${plain(phaseTitle(row.phase))}`);
    else if (row.kind === "note")
      lines.push(`  Note right of ${id(row.lane)}: ${plain(noteText(row.entry))}`);
    else {
      const { fate } = row.entry;
      const arrow = fate === "" ? "->>" : fate === "lost" ? "-x" : "--x";
      const said = fate === "" ? text : `${text} (${fate})`;
      lines.push(`  ${id(row.from)}${arrow}${id(row.to)}: ${plain(`${tick} ms: ${said}`)}`);
    }
  }
  return lines.join("\n") + "\n";
}

/** A text without what ends a statement of Mermaid. */
function plain(text: string): string {
  return text.replaceAll(/[#;]/g, (sign) => `#${sign.charCodeAt(0)};`).replaceAll("\n", " ");
}
