/**
 * Streams of records: plain ones, those that an operator puts out, and keyed ones.
 *
 * Each method adds to the job what Flink's method of that name adds. The three classes stand together
 * because the first makes the others, which extend it.
 */
import * as native from "../engine/native";
import {
  booleanArgument,
  describe,
  instanceArgument,
  integerArgument,
  nameArgument,
  textArgument,
} from "./arguments";
import { BroadcastConnectedStream, BroadcastStream, ConnectedStreams } from "./connected-streams";
import { DataStreamSink } from "./data-stream-sink";
import { spanArgument, type TimeSpan } from "./duration";
import type { StreamExecutionEnvironment } from "./environment";
import { reject } from "./errors";
import { CountEvictor } from "./evictors";
import { type FieldName, fieldArgument } from "./field";
import type {
  FilterFunction,
  FlatMapFunction,
  KeySelector,
  MapFunction,
  Partitioner,
  ReduceFunction,
} from "./functions";
import { guardMembers } from "./guard";
import { IntervalJoin } from "./interval-join";
import { CoGroupedStreams, JoinedStreams } from "./joined-streams";
import { OutputTag } from "./output-tag";
import { PartitionWindowedStream } from "./partition-windowed-stream";
import type {
  KeyedProcessFunction,
  KeyedProcessLike,
  ProcessFunction,
  ProcessLike,
} from "./process-functions";
import type { RoleName } from "./roles";
import { Sink } from "./sinks";
import { MapStateDescriptor } from "./state-descriptors";
import type { StreamOrigin } from "./stream-origin";
import { CountTrigger, EndOfStreamTrigger, PurgingTrigger, type Trigger } from "./triggers";
import { shapeOf, type TypeInformation } from "./types";
import { WatermarkStrategy } from "./watermarks";
import { isUserSink, type UserSink } from "./user-sinks";
import { AllWindowedStream, WindowedStream } from "./windowed-stream";
import {
  assignerHandle,
  defaultTriggerOf,
  GlobalWindows,
  type CustomWindowAssigner,
  type WindowAssigner,
} from "./windows";

/** A stream of records. Flink: `DataStream`. */
export class DataStream<T> {
  /** @internal */
  readonly origin: StreamOrigin;
  /** @internal */
  readonly handle: native.DataStream;
  declare protected readonly record?: T;

  /** @internal */
  constructor(origin: StreamOrigin, handle: native.DataStream) {
    this.origin = origin;
    this.handle = handle;
  }

  /** The number of the transformation whose output it is. */
  getId(): number {
    return this.handle.id;
  }

  getParallelism(): number {
    return this.handle.parallelism;
  }

  getExecutionEnvironment(): StreamExecutionEnvironment {
    return this.origin.owner;
  }

  /** One record in, one out: `map(n => n + 1)`. */
  map<R>(mapper: MapFunction<T, R>): SingleOutputStreamOperator<R> {
    return added(this, "map(mapper)", "map", mapper, (handle, id) => handle.map(id));
  }

  /** One record in, any number out: `flatMap((line, out) => { out.collect(...); })`. */
  flatMap<R>(flatMapper: FlatMapFunction<T, R>): SingleOutputStreamOperator<R> {
    return added(this, "flatMap(flatMapper)", "flatMap", flatMapper, (handle, id) => handle.flatMap(id));
  }

  /** Keeps the records for which the function answers true. */
  filter(filter: FilterFunction<T>): SingleOutputStreamOperator<T> {
    return added(this, "filter(filter)", "filter", filter, (handle, id) => handle.filter(id));
  }

  /** These fields of each tuple, in this order: `project(2, 0)`. */
  project<R = unknown[]>(...fieldIndexes: readonly number[]): SingleOutputStreamOperator<R> {
    const call = "project(fieldIndexes)";
    if (fieldIndexes.length === 0) reject("project(fieldIndexes) needs to project at least one field.");
    const fields = fieldIndexes.map((index) =>
      integerArgument(call, "the place of a field", index, { min: 0 }),
    );
    const pick = (tuple: T): R => {
      if (!Array.isArray(tuple) || fields.some((field) => field >= tuple.length)) {
        throw new TypeError(
          `project(${fields.join(", ")}) does not fit the record ${JSON.stringify(tuple)}.`,
        );
      }
      return fields.map((field) => tuple[field] as unknown) as R;
    };
    return this.map(pick).name("Projection");
  }

  /** Any number of records out, side outputs too: `process({ processElement(value, ctx, out) { ... } })`. */
  process<R>(processFunction: ProcessFunction<T, R> | ProcessLike<T, R>): SingleOutputStreamOperator<R> {
    const { functions } = this.origin.session;
    const id = functions.add("process(processFunction)", "process", processFunction);
    return operator(this.origin, () => this.handle.process(id));
  }

  /** Partitions the records by key, and gives each key state of its own: `keyBy(t => t[0])`. */
  keyBy<K>(key: KeySelector<T, K>, keyType?: TypeInformation<K>): KeyedStream<T, K> {
    const { functions } = this.origin.session;
    const id = functions.add("keyBy(key)", "keySelector", key, shapeOf("keyBy(key, keyType)", keyType));
    const keyed = this.origin.make(
      () => this.handle.keyBy(id),
      (made) => made.stream.id,
    );
    return new KeyedStream(this.origin, keyed);
  }

  /** One stream of the records of this one and the others. */
  union(...streams: readonly DataStream<T>[]): DataStream<T> {
    const call = "union(streams)";
    if (streams.length === 0) reject(`${call} takes at least one other stream.`);
    for (const stream of streams) streamArgument(call, stream);
    return plain(this.origin, () => this.handle.union(streams.map((stream) => stream.handle.copy())));
  }

  /** Two streams for one operator that keeps them apart. */
  connect<R>(stream: DataStream<R>): ConnectedStreams<T, R>;
  connect<R>(stream: BroadcastStream<R>): BroadcastConnectedStream<T, R>;
  connect<R>(
    stream: DataStream<R> | BroadcastStream<R>,
  ): ConnectedStreams<T, R> | BroadcastConnectedStream<T, R> {
    if (stream instanceof BroadcastStream) {
      const handle = this.origin.call(() => this.handle.connectBroadcast(stream.handle));
      return new BroadcastConnectedStream(this.origin, handle);
    }
    streamArgument("connect(stream)", stream);
    return new ConnectedStreams(
      this.origin,
      this.origin.call(() => this.handle.connect(stream.handle)),
    );
  }

  /** Sends each record to the channel that `partitioner(key, numPartitions)` answers. */
  partitionCustom<K>(partitioner: Partitioner<K>, keySelector: KeySelector<T, K>): DataStream<T> {
    const { functions } = this.origin.session;
    const call = "partitionCustom(partitioner, keySelector)";
    const id = functions.add(call, "partitioner", partitioner);
    const key = functions.add(call, "keySelector", keySelector);
    return plain(this.origin, () => this.handle.partitionCustom(id, key));
  }

  /** Sends each record to all subtasks; with descriptors, to fill broadcast state there. */
  broadcast(): DataStream<T>;
  broadcast(...descriptors: readonly MapStateDescriptor<never, never>[]): BroadcastStream<T>;
  broadcast<K, V>(...descriptors: readonly MapStateDescriptor<K, V>[]): BroadcastStream<T>;
  broadcast(
    ...descriptors: readonly MapStateDescriptor<unknown, unknown>[]
  ): DataStream<T> | BroadcastStream<T> {
    if (descriptors.length === 0) return partitioned(this, native.Partitioning.Broadcast);
    const names = descriptors.map((descriptor) =>
      instanceArgument(
        "broadcast(descriptors)",
        descriptor,
        MapStateDescriptor,
        'new MapStateDescriptor("rules")',
      ).getName(),
    );
    const handle = this.origin.call(() => this.handle.broadcastWithState(names));
    return new BroadcastStream(handle);
  }

  /** Sends each record to a random subtask. */
  shuffle(): DataStream<T> {
    return partitioned(this, native.Partitioning.Shuffle);
  }

  /** Keeps each record in its subtask; the next operator must have the same parallelism. */
  forward(): DataStream<T> {
    return partitioned(this, native.Partitioning.Forward);
  }

  /** Sends the records to all subtasks in turn. */
  rebalance(): DataStream<T> {
    return partitioned(this, native.Partitioning.Rebalance);
  }

  /** Sends the records in turn to the subtasks that are this one's share. */
  rescale(): DataStream<T> {
    return partitioned(this, native.Partitioning.Rescale);
  }

  /** Sends all records to the first subtask. */
  global(): DataStream<T> {
    return partitioned(this, native.Partitioning.Global);
  }

  /** Gives the records event times, and makes watermarks. */
  assignTimestampsAndWatermarks(strategy: WatermarkStrategy<T>): SingleOutputStreamOperator<T> {
    const call = "assignTimestampsAndWatermarks(strategy)";
    const example = "WatermarkStrategy.forMonotonousTimestamps()";
    const checked = instanceArgument(call, strategy, WatermarkStrategy, example);
    return operator(this.origin, () => this.handle.assignTimestampsAndWatermarks(checked.toNative()));
  }

  /** Windows over all records, computed in one subtask. */
  windowAll(assigner: WindowAssigner | CustomWindowAssigner<T>): AllWindowedStream<T> {
    const assignerOf = assignerHandle("windowAll(assigner)", assigner);
    const windowed = new AllWindowedStream<T>(
      this.origin,
      this.origin.call(() => this.handle.windowAll(assignerOf)),
    );
    return withDefaultTrigger(windowed, assigner);
  }

  /** The records of each subtask, or of each key of a keyed stream, as one window that ends with the input. */
  fullWindowPartition(): PartitionWindowedStream<T> {
    return new PartitionWindowedStream(this);
  }

  /** Windows of `size` records, or of the last `size` records each time that `slide` have come. */
  countWindowAll(size: number, slide?: number): AllWindowedStream<T> {
    return counting(this.windowAll(GlobalWindows.create()), size, slide);
  }

  /** `a.join(b).where(keyOfA).equalTo(keyOfB).window(...).apply((a, b) => ...)`. */
  join<R>(otherStream: DataStream<R>): JoinedStreams<T, R> {
    streamArgument("join(otherStream)", otherStream);
    return new JoinedStreams(
      this.origin,
      this.origin.call(() => this.handle.join(otherStream.handle)),
    );
  }

  /** `a.coGroup(b).where(keyOfA).equalTo(keyOfB).window(...).apply((as, bs, out) => ...)`. */
  coGroup<R>(otherStream: DataStream<R>): CoGroupedStreams<T, R> {
    streamArgument("coGroup(otherStream)", otherStream);
    return new CoGroupedStreams(
      this.origin,
      this.origin.call(() => this.handle.coGroup(otherStream.handle)),
    );
  }

  /** Writes each record as a line of stdout, behind `sinkIdentifier` and the subtask. */
  print(sinkIdentifier?: string): DataStreamSink<T> {
    const identifier = optionalText("print(sinkIdentifier)", sinkIdentifier);
    return sink(this.origin, () => this.handle.print(identifier));
  }

  /** Writes each record as a line of stderr. */
  printToErr(sinkIdentifier?: string): DataStreamSink<T> {
    const identifier = optionalText("printToErr(sinkIdentifier)", sinkIdentifier);
    return sink(this.origin, () => this.handle.printToErr(identifier));
  }

  /** Ends the stream with a sink: `sinkTo(new DiscardingSink())`. */
  sinkTo(sinkGiven: Sink<T> | UserSink<T>): DataStreamSink<T> {
    if (isUserSink(sinkGiven)) {
      const { functions } = this.origin.session;
      const [writer, committer] = (["sinkWriter", "committer"] as const).map((role) =>
        role === "sinkWriter" || "createCommitter" in sinkGiven
          ? functions.add("sinkTo(sink)", role, sinkGiven)
          : undefined,
      );
      return sink(this.origin, () => this.handle.sinkToUser(writer ?? 0, committer));
    }
    const checked = instanceArgument("sinkTo(sink)", sinkGiven, Sink, "new DiscardingSink()");
    return sink(this.origin, () => checked.addTo(this.handle));
  }
}

/** A stream that an operator puts out: its operator can be named and set. Flink: `SingleOutputStreamOperator`. */
export class SingleOutputStreamOperator<T> extends DataStream<T> {
  readonly #operator: native.Operator;

  /** @internal */
  constructor(origin: StreamOrigin, made: native.Operator) {
    super(origin, made.stream);
    this.#operator = made;
  }

  getName(): string {
    return this.#operator.getName();
  }

  /** The type of the records: in JavaScript they bear it, so that nothing changes. */
  returns(_typeInfo?: unknown): this {
    return this;
  }

  /** The operator's name in graphs, metrics and logs. */
  name(name: string): this {
    this.#operator.setName(textArgument("name(name)", "a name", name));
    return this;
  }

  /** What the operator does, for its detailed view. */
  setDescription(description: string): this {
    this.#operator.setDescription(textArgument("setDescription(description)", "a text", description));
    return this;
  }

  /** The operator's lasting id, by which state finds it again in a changed job. */
  uid(uid: string): this {
    this.#operator.setUid(nameArgument("uid(uid)", "a uid", uid));
    return this;
  }

  /** The operator's id itself, as 32 hexadecimal digits. */
  setUidHash(uidHash: string): this {
    const hash = textArgument("setUidHash(uidHash)", "a hash", uidHash);
    this.origin.call(() => this.#operator.setUidHash(hash));
    return this;
  }

  /** How many subtasks the operator has. */
  setParallelism(parallelism: number): this {
    const count = wholeNumber("setParallelism(parallelism)", "a parallelism", parallelism);
    this.origin.call(() => this.#operator.setParallelism(count));
    return this;
  }

  /** How many key groups the operator's state has: the most to which it can be rescaled. */
  setMaxParallelism(maxParallelism: number): this {
    const count = wholeNumber("setMaxParallelism(maxParallelism)", "a parallelism", maxParallelism);
    this.origin.call(() => this.#operator.setMaxParallelism(count));
    return this;
  }

  /** Parallelism 1, for good. */
  forceNonParallel(): this {
    this.#operator.forceNonParallel();
    return this;
  }

  /** After how long a buffer leaves that is not full; 0: after each record. */
  setBufferTimeout(timeout: TimeSpan): this {
    const millis = spanArgument("setBufferTimeout(timeout)", timeout);
    this.origin.call(() => this.#operator.setBufferTimeout(millis));
    return this;
  }

  /** Keeps the operator in a task of its own. */
  disableChaining(): this {
    this.#operator.disableChaining();
    return this;
  }

  /** Begins a new chain with this operator. */
  startNewChain(): this {
    this.#operator.startNewChain();
    return this;
  }

  /** The group of operators whose subtasks share slots. */
  slotSharingGroup(slotSharingGroup: string): this {
    const group = nameArgument("slotSharingGroup(slotSharingGroup)", "a name", slotSharingGroup);
    this.#operator.slotSharingGroup(group);
    return this;
  }

  /** What stands behind the operator, for the settings that Flink has there alone. */
  getTransformation(): {
    /** Subtasks with the same number of all operators with this key share a slot; null: of none. */
    setCoLocationGroupKey(coLocationGroupKey: string | null): void;
  } {
    return {
      setCoLocationGroupKey: (key) => {
        const call = "setCoLocationGroupKey(coLocationGroupKey)";
        const name = key === null ? undefined : nameArgument(call, "a name or null", key);
        this.#operator.setCoLocationGroupKey(name);
      },
    };
  }

  /** The records that the operator put out under a tag. */
  getSideOutput<R>(sideOutputTag: OutputTag<R>): DataStream<R> {
    const tag = instanceArgument("getSideOutput(tag)", sideOutputTag, OutputTag, 'new OutputTag("late")');
    return plain(this.origin, () => this.#operator.getSideOutput(tag.getId()));
  }
}

/** A source's stream. Flink: `DataStreamSource`. */
export class DataStreamSource<T> extends SingleOutputStreamOperator<T> {}

/** A stream partitioned by key. Flink: `KeyedStream`. */
export class KeyedStream<T, K> extends DataStream<T> {
  /** @internal */
  readonly keyed: native.KeyedStream;
  declare protected readonly key?: K;

  /** @internal */
  constructor(origin: StreamOrigin, keyed: native.KeyedStream) {
    super(origin, keyed.stream);
    this.keyed = keyed;
  }

  /** State, timers and side outputs: `process(new MyFunction())` with `class MyFunction extends KeyedProcessFunction`. */
  override process<R>(
    keyedProcessFunction: KeyedProcessFunction<K, T, R> | KeyedProcessLike<K, T, R>,
  ): SingleOutputStreamOperator<R> {
    const { functions } = this.origin.session;
    const id = functions.add("process(keyedProcessFunction)", "keyedProcess", keyedProcessFunction);
    return operator(this.origin, () => this.keyed.process(id));
  }

  /** Reduces the records of a key to one, and puts out each step: `reduce((a, b) => a + b)`. */
  reduce(reducer: ReduceFunction<T>): SingleOutputStreamOperator<T> {
    const id = this.origin.session.functions.add("reduce(reducer)", "reduce", reducer);
    return operator(this.origin, () => this.keyed.reduce(id));
  }

  /** The sum of a field so far: a position in a tuple, or a name in an object. */
  sum(field: FieldName): SingleOutputStreamOperator<T> {
    return rolled(this, "sum(field)", native.Aggregation.Sum, field);
  }

  /** The least of a field so far; other fields stay those of the first record. */
  min(field: FieldName): SingleOutputStreamOperator<T> {
    return rolled(this, "min(field)", native.Aggregation.Min, field);
  }

  /** The greatest of a field so far; other fields stay those of the first record. */
  max(field: FieldName): SingleOutputStreamOperator<T> {
    return rolled(this, "max(field)", native.Aggregation.Max, field);
  }

  /** The record with the least field so far; among equals the first, unless `first` is false. */
  minBy(field: FieldName, first = true): SingleOutputStreamOperator<T> {
    const { MinByFirst, MinByLast } = native.Aggregation;
    const isFirst = booleanArgument("minBy(field, first)", "first", first);
    return rolled(this, "minBy(field)", isFirst ? MinByFirst : MinByLast, field);
  }

  /** The record with the greatest field so far; among equals the first, unless `first` is false. */
  maxBy(field: FieldName, first = true): SingleOutputStreamOperator<T> {
    const { MaxByFirst, MaxByLast } = native.Aggregation;
    const isFirst = booleanArgument("maxBy(field, first)", "first", first);
    return rolled(this, "maxBy(field)", isFirst ? MaxByFirst : MaxByLast, field);
  }

  /** Windows for each key: `window(TumblingEventTimeWindows.of(Duration.ofSeconds(5)))`. */
  window(assigner: WindowAssigner | CustomWindowAssigner<T>): WindowedStream<T, K> {
    const assignerOf = assignerHandle("window(assigner)", assigner);
    const windowed = new WindowedStream<T, K>(
      this.origin,
      this.origin.call(() => this.keyed.window(assignerOf)),
    );
    return withDefaultTrigger(windowed, assigner);
  }

  /** Windows of `size` records, or of the last `size` records each time that `slide` have come. */
  countWindow(size: number, slide?: number): WindowedStream<T, K> {
    return counting(this.window(GlobalWindows.create()), size, slide);
  }

  /** Joins each record with those of the other stream near it in time. */
  intervalJoin<R>(otherStream: KeyedStream<R, K>): IntervalJoin<T, R> {
    const call = "intervalJoin(otherStream)";
    if (!(otherStream instanceof KeyedStream)) {
      return reject(
        `${call} takes a keyed stream, as in stream.keyBy(t => t[0]), and got ${describe(otherStream)}.`,
      );
    }
    return new IntervalJoin(this.origin, this.keyed, otherStream.keyed);
  }
}

guardMembers({ DataStream, SingleOutputStreamOperator, DataStreamSource, KeyedStream });

/** An operator's stream, made by one call of the builder. */
export function operator<R>(
  origin: StreamOrigin,
  make: () => native.Operator,
): SingleOutputStreamOperator<R> {
  return new SingleOutputStreamOperator(
    origin,
    origin.make(make, (made) => made.stream.id),
  );
}

/** A stream as an argument. */
export function streamArgument(call: string, value: unknown): void {
  if (!(value instanceof DataStream)) reject(`${call} takes a stream, and got ${describe(value)}.`);
}

/** An assigner of the job's own may bring its trigger. */
export function withDefaultTrigger<W extends { trigger(trigger: unknown): unknown }>(
  windowed: W,
  assigner: unknown,
): W {
  const endsWithInput = assigner instanceof GlobalWindows && assigner.endsWithInput;
  const trigger = endsWithInput ? EndOfStreamTrigger.create() : defaultTriggerOf(assigner);
  if (trigger !== undefined) windowed.trigger(trigger);
  return windowed;
}

/** Windows of `size` records, one after the other or each `slide` records. */
function counting<W extends { trigger(trigger: Trigger): W; evictor(evictor: CountEvictor): W }>(
  windowed: W,
  size: number,
  slide: number | undefined,
): W {
  return slide === undefined
    ? windowed.trigger(PurgingTrigger.of(CountTrigger.of(size)))
    : windowed.evictor(CountEvictor.of(size)).trigger(CountTrigger.of(slide));
}

/** A number whose range the builder checks. */
function wholeNumber(call: string, what: string, value: unknown): number {
  return integerArgument(call, what, value, { min: -(2 ** 31) });
}

function optionalText(call: string, value: unknown): string | undefined {
  return value === undefined ? undefined : textArgument(call, "an identifier", value);
}

function added<T, R>(
  stream: DataStream<T>,
  call: string,
  role: RoleName,
  given: unknown,
  make: (handle: native.DataStream, functionId: number) => native.Operator,
): SingleOutputStreamOperator<R> {
  const id = stream.origin.session.functions.add(call, role, given);
  return operator(stream.origin, () => make(stream.handle, id));
}

function plain<R>(origin: StreamOrigin, make: () => native.DataStream): DataStream<R> {
  return new DataStream(
    origin,
    origin.make(make, (made) => made.id),
  );
}

function partitioned<T>(stream: DataStream<T>, partitioning: native.Partitioning): DataStream<T> {
  return plain(stream.origin, () => stream.handle.partition(partitioning));
}

function sink<T>(origin: StreamOrigin, make: () => native.Sink): DataStreamSink<T> {
  return new DataStreamSink(
    origin,
    origin.make(make, (made) => made.id),
  );
}

function rolled<T, K>(
  stream: KeyedStream<T, K>,
  call: string,
  aggregation: native.Aggregation,
  field: FieldName,
): SingleOutputStreamOperator<T> {
  const checked = fieldArgument(call, field);
  return operator(stream.origin, () => stream.keyed.aggregate(aggregation, checked));
}
