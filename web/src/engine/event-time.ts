/** The part of the protocol that is about event time: watermarks, timers, and what happened in windows. */
import type { SentencePart } from "./protocol";

/** Event time in a task. Times are texts: a time of day where they are one. */
export interface TaskWatermarks {
  /** Its head's; of a source, what it sent. */
  readonly current: string;
  /** What the chain sent last. */
  readonly output: string;
  readonly inputs: readonly {
    readonly input: number;
    readonly watermark: string;
    /** Whether all its channels are. */
    readonly idle: boolean;
    readonly channels: readonly {
      readonly channel: number;
      readonly from: string;
      readonly watermark: string;
      readonly idle: boolean;
      /** It was idle, and does not count before it has come as far as the others. */
      readonly catchesUp: boolean;
      /** The input's watermark rises only when this one's does. */
      readonly holdsBack: boolean;
    }[];
  }[];
  /** Where the watermark stands, and what holds it back. */
  readonly sentence: readonly SentencePart[];
}

/** A timer that waits. */
export interface TimerEntry {
  readonly operator: string;
  readonly eventTime: boolean;
  readonly time: string;
  readonly key: string;
  /** What it is for beside the key: a window, say; empty for nothing. */
  readonly namespace: string;
}

/** An operator in a subtask: the task's place in the topology, the operator's in the chain. */
export interface OperatorPlace {
  readonly task: number;
  readonly place: number;
}

/** Where a record was given its time, and which one it bears. */
export interface RecordOrigin {
  readonly tick: number;
  /** The places of the task, and of the operator in its chain, that gave it. */
  readonly task: number;
  readonly operator: number;
  /** Records that were given a time before it. */
  readonly record: number;
  readonly timestamp: number;
}

/** Event time against processing time. */
export interface EventTime {
  readonly operators: readonly (OperatorPlace & {
    readonly taskName: string;
    readonly name: string;
    readonly entries: number;
    /** What there is to see: `intervals` of a join are the times of those that a record waits for. */
    readonly shows: "watermarks" | "windows" | "intervals" | "timers";
  })[];
  /** Of the operator that was asked for, if there is one. */
  readonly log: TimeLog | null;
}

/** What an entry of a `TimeLog` says: its place here. */
export const TIME_KINDS = [
  "watermark",
  "record",
  "added",
  "merged",
  "fired",
  "cleared",
  "opened",
  "timerSet",
  "timerFired",
  "timerDeleted",
  "clockTimerSet",
  "clockTimerFired",
  "clockTimerDeleted",
] as const;

/** What becomes of a record: its place here. */
export const FATES = ["onTime", "allowed", "toSide", "dropped"] as const;

/** What happened to event time in one operator of one subtask: columns, the oldest entry first. */
export interface TimeLog {
  /** Entries that are not here: earlier ones, and those of records that came when too many came at once. */
  readonly skipped: number;
  readonly kinds: Uint8Array;
  readonly ticks: Float64Array;
  /** Places in `keyTexts`; of no meaning for watermarks. */
  readonly keys: Uint32Array;
  /** Watermark, timestamp of a record (NaN: none), time of a timer (of processing time: its tick), or start of a window or an interval. */
  readonly times: Float64Array;
  /** End of a window or an interval; infinite for the global one. */
  readonly ends: Float64Array;
  readonly fates: Uint8Array;
  /** Start and end of the greater window, for each entry of kind `merged`, in their order. */
  readonly into: Float64Array;
  readonly keyTexts: readonly string[];
  /** Flink's numLateRecordsDropped. */
  readonly lateRecordsDropped: number;
}
