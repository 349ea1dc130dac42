/** What the inspector is told of a batch job: results, sorted inputs, the disks of the TaskManagers. */
import type { BoundedDataKind } from "./protocol";

/** How far a result is; a pipelined one is read while it is written. */
export type ResultState = "planned" | "being written" | "finished" | "being read" | "released";

/** A result partition of a task. */
export interface ResultDetail {
  readonly partition: number;
  /** `PIPELINED_BOUNDED`, `BLOCKING`. */
  readonly resultType: string;
  readonly state: ResultState;
  /** If it is blocking, and there. */
  readonly boundedData: BoundedDataKind | null;
  /** Bytes in its files, with the headers of the buffers. */
  readonly fileBytes: number;
}

/** An input that is sorted by key: records added, records given out, and where they are in between. */
export interface SortingDetail {
  readonly input: number;
  readonly added: number;
  readonly taken: number;
  /** Of records in memory, of so many bytes of managed memory. */
  readonly memoryBytes: number;
  readonly memoryBytesMax: number;
  /** Sorted runs written to the disk so far. */
  readonly runs: number;
  /** Whether it waits for the disk to take a run. */
  readonly spilling: boolean;
  /** Whether all records were added. */
  readonly sorted: boolean;
}

/** The disk of a TaskManager. */
export interface DiskDetail {
  readonly latencyTicks: number;
  readonly bytesPerTick: number;
  /** Of all files. */
  readonly usedBytes: number;
  /** Since the start. */
  readonly readBytes: number;
  readonly writtenBytes: number;
  /** Oldest first. */
  readonly files: readonly {
    readonly name: string;
    readonly bytes: number;
    /** From its start, in memory because it is mapped. */
    readonly mappedBytes: number;
    /** Of those, not on the disk yet. */
    readonly dirtyBytes: number;
    readonly content: FileContent;
  }[];
  /** What it is asked for, in order; `doneAt` is the tick at which it completes, once it is taken up. */
  readonly requests: readonly {
    readonly file: string;
    readonly read: boolean;
    readonly bytes: number;
    readonly doneAt: number | null;
  }[];
}

/** What a file of a TaskManager is for: a subpartition of a blocking result, or a run of a sorted input. */
export type FileContent =
  | {
      readonly kind: "subpartition";
      readonly partition: number;
      readonly subpartition: number;
      /** The task that writes it or wrote it. */
      readonly producer: string;
      readonly boundedData: BoundedDataKind;
      readonly state: ResultState;
      /** Data buffers in it, with those that the disk is still to write. */
      readonly dataBuffers: number;
      /** Buffers and events that the disk is still to write: the segments of the buffers are not free. */
      readonly writing: number;
      readonly readers: readonly {
        readonly channel: number;
        readonly consumer: string;
        /** Buffers and events that it has taken, of `count`. */
        readonly polled: number;
        readonly count: number;
        /** In its memory and not taken yet. */
        readonly ready: number;
        /** Asked of the disk. */
        readonly asked: number;
      }[];
    }
  | { readonly kind: "sortedRun"; readonly task: string; readonly input: number };
