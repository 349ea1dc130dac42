/** Sinks that a job writes: a writer, a committer where it has one, and a table of the simulated external system. */
import * as native from "../engine/native";
import { nameArgument } from "./arguments";
import { reject } from "./errors";
import { put } from "./exchange";
import { guardMembers } from "./guard";
import type { EngineCall } from "./roles";
import { TaskInfo } from "./runtime-context";
import { fieldsOf, restoreFields, type Call } from "./user-calls";

/** What a writer is told of a record. Flink: `SinkWriter.Context`. */
export class SinkWriterContext {
  timestamp(): number | null {
    return native.timestamp() as number | null;
  }

  currentWatermark(): number {
    return native.watermark() as number;
  }
}

/** Where a writer or a committer is made. Flink: `WriterInitContext`, `CommitterInitContext`. */
export class SinkInitContext {
  getTaskInfo(): TaskInfo {
    return new TaskInfo(native.subtask());
  }

  /** The checkpoint that the job starts from; `null` where there is none. */
  getRestoredCheckpointId(): number | null {
    return native.restoredCheckpoint() ?? null;
  }
}

/**
 * Writes the records of one subtask. What it remembers it keeps in its fields, as plain data. Flink: `SinkWriter`,
 * `CommittingSinkWriter`, `StatefulSinkWriter`.
 */
export interface SinkWriter<T, C = unknown, S = unknown> {
  write(element: T, context: SinkWriterContext): void;
  /** Before each barrier, and at the end of the input. */
  flush(endOfInput: boolean): void;
  /** What the committer is to commit when the checkpoint is complete. */
  prepareCommit?(): Iterable<C>;
  /** What the writer is restored from. */
  snapshotState?(checkpointId: number): Iterable<S>;
  close?(): void;
}

/** Commits, so that nothing is seen twice where it is asked twice. Flink: `Committer`. */
export interface Committer<C> {
  commit(committables: readonly CommitRequest<C>[]): void;
  close?(): void;
}

/** A sink that a job writes. Flink: `Sink`, `SupportsWriterState`, `SupportsCommitter`. */
export interface UserSink<T, C = unknown, S = unknown> {
  createWriter(context: SinkInitContext): SinkWriter<T, C, S>;
  restoreWriter?(context: SinkInitContext, recoveredState: readonly S[]): SinkWriter<T, C, S>;
  createCommitter?(context: SinkInitContext): Committer<C>;
}

/** One committable, and what becomes of it: it is committed, if nothing else is said. Flink: `Committer.CommitRequest`. */
export class CommitRequest<C> {
  #committable: C;
  readonly #retries: number;
  #isOpen = false;

  /** @internal */
  constructor(committable: C, retries: number) {
    this.#committable = committable;
    this.#retries = retries;
  }

  /** @internal Whether it is to be tried again. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  getCommittable(): C {
    return this.#committable;
  }

  getNumberOfRetries(): number {
    return this.#retries;
  }

  /** It cannot be committed, and is left. */
  signalFailedWithKnownReason(_reason: unknown): void {
    this.#isOpen = false;
  }

  /** It cannot be committed, and the task fails. */
  signalFailedWithUnknownReason(reason: unknown): never {
    const why = reason instanceof Error ? reason.message : String(reason);
    throw new Error(
      `IllegalStateException: Failed to commit ${JSON.stringify(this.#committable)}. Caused by: ${why}`,
    );
  }

  retryLater(): void {
    this.#isOpen = true;
  }

  updateAndRetryLater(committable: C): void {
    this.#committable = committable;
    this.#isOpen = true;
  }

  signalAlreadyCommitted(): void {
    this.#isOpen = false;
  }
}

/** A table of the simulated external system, for sinks that a job writes. */
export class ExternalTable<T = unknown> {
  readonly #name: string;

  constructor(name: string) {
    this.#name = nameArgument("new ExternalTable(name)", "a name", name);
  }

  /** Adds a row, which is seen at once. */
  insert(row: T): void {
    native.externalInsert(this.#name, put(row));
  }

  /** Adds rows in a transaction: a second one of the same name changes nothing. */
  commit(transaction: string, rows: Iterable<T>): void {
    const name = nameArgument("commit(transaction, rows)", "a name of a transaction", transaction);
    native.externalCommit(this.#name, name, [...rows]);
  }
}

/** Whether it is a sink of the job's own. */
export function isUserSink<T>(sink: object): sink is UserSink<T> {
  return typeof sink === "object" && (sink as object | null) !== null && "createWriter" in sink;
}

type Calls = Partial<Record<EngineCall, Call>>;
type AnyWriter = SinkWriter<unknown> & Record<string, unknown>;

const initContext = new SinkInitContext();
const writerContext = new SinkWriterContext();

/** The calls of a sink's writer: each is given what its fields held, and answers what they hold then. */
export function writerCalls(given: unknown): Calls {
  const sink = given as UserSink<unknown>;
  let writer: AnyWriter | undefined;
  const withFields = (fields: unknown, call: (writer: AnyWriter) => void): unknown => {
    if (writer === undefined) return undefined;
    restoreFields(writer, fields);
    call(writer);
    return fieldsOf(writer);
  };
  const listed = (fields: unknown, list: (writer: AnyWriter) => Iterable<unknown> | undefined): unknown => {
    let items: unknown[] = [];
    const after = withFields(fields, (of) => (items = [...(list(of) ?? [])]));
    return [after ?? null, items];
  };
  return {
    open: (_fields, states) => {
      const recovered = states as unknown[];
      const made =
        recovered.length > 0 && "restoreWriter" in sink
          ? sink.restoreWriter(initContext, recovered)
          : sink.createWriter(initContext);
      writer = checked<AnyWriter>("createWriter(context)", "a writer", made, ["write", "flush"]);
      return fieldsOf(writer);
    },
    close: () => writer?.close?.(),
    write: (fields, element) =>
      withFields(fields, (of) => {
        of.write(element, writerContext);
      }),
    flush: (fields, endOfInput) =>
      withFields(fields, (of) => {
        of.flush(endOfInput === true);
      }),
    prepareCommit: (fields) => listed(fields, (of) => of.prepareCommit?.()),
    snapshotState: (fields, checkpoint) => listed(fields, (of) => of.snapshotState?.(checkpoint as number)),
  };
}

/** The calls of a sink's committer. */
export function committerCalls(given: unknown): Calls {
  let committer: Committer<unknown> | undefined;
  return {
    open: () => {
      const made = (given as UserSink<unknown>).createCommitter?.(initContext);
      committer = checked<Committer<unknown>>("createCommitter(context)", "a committer", made, ["commit"]);
    },
    close: () => committer?.close?.(),
    commit: (committables, retries) => {
      const requests = (committables as unknown[]).map((one) => new CommitRequest(one, retries as number));
      committer?.commit(requests);
      return requests.filter(({ isOpen }) => isOpen).map((request) => request.getCommittable());
    },
  };
}

function checked<W>(call: string, what: string, made: unknown, methods: readonly string[]): W {
  const missing = methods.filter(
    (method) => typeof (made as Record<string, unknown> | undefined)?.[method] !== "function",
  );
  return missing.length === 0
    ? (made as W)
    : reject(`What ${call} makes is ${what}: it needs ${missing.join(" and ")}.`);
}

guardMembers({ SinkWriterContext, SinkInitContext, CommitRequest, ExternalTable });
