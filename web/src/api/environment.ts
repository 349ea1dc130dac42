/** Where a job is built: settings, sources, execution. */
import * as native from "../engine/native";
import {
  constantArgument,
  instanceArgument,
  integerArgument,
  longArgument,
  nameArgument,
  textArgument,
} from "./arguments";
import { Configuration } from "./configuration";
import { CheckpointConfig, type CheckpointingMode } from "./checkpoint-config";
import { DataStreamSource } from "./data-stream";
import { spanArgument, type TimeSpan } from "./duration";
import { reject } from "./errors";
import { ExecutionConfig } from "./execution-config";
import { guardMembers } from "./guard";
import { callPosition } from "./position";
import { session } from "./session";
import { Source } from "./sources";
import { StreamOrigin } from "./stream-origin";
import { WatermarkStrategy } from "./watermarks";

/** How a job is executed. Flink: `RuntimeExecutionMode`. */
export const RuntimeExecutionMode = {
  STREAMING: "STREAMING",
  BATCH: "BATCH",
  AUTOMATIC: "AUTOMATIC",
} as const;
export type RuntimeExecutionMode = keyof typeof RuntimeExecutionMode;

/** Any value but null; that an array is named makes the compiler take `["a", 1]` for a tuple. */
// eslint-disable-next-line @typescript-eslint/no-generated-empty-object-type -- a union of primitives would make 1 a type
type Element = [unknown, ...unknown[]] | NonNullable<unknown>;

/** Where a job is built; `env` is one. Flink: `StreamExecutionEnvironment`. */
export class StreamExecutionEnvironment {
  /** @internal */
  readonly origin: StreamOrigin;

  /** Another environment, with a job of its own. */
  constructor() {
    const building = session();
    this.origin = new StreamOrigin(building, this, new native.Environment());
    building.environments.push(this);
  }

  /** A new environment, as in Flink. The job in the editor has one already: `env`. */
  static getExecutionEnvironment(configuration = new Configuration()): StreamExecutionEnvironment {
    return new StreamExecutionEnvironment().configure(configuration);
  }

  /** A new environment with a parallelism. */
  static createLocalEnvironment(parallelism = 1): StreamExecutionEnvironment {
    return new StreamExecutionEnvironment().setParallelism(parallelism);
  }

  /** The parallelism of operators that are made from now on and set none. */
  setParallelism(parallelism: number): this {
    const call = "setParallelism(parallelism)";
    const count = integerArgument(call, "a parallelism", parallelism, { min: -(2 ** 31) });
    this.origin.call(() => this.origin.environment.setParallelism(count));
    return this;
  }

  getParallelism(): number {
    return this.origin.environment.getParallelism();
  }

  /** The number of key groups of operators that set none: the most to which the job can be rescaled. */
  setMaxParallelism(maxParallelism: number): this {
    const call = "setMaxParallelism(maxParallelism)";
    const count = integerArgument(call, "a parallelism", maxParallelism, { min: -(2 ** 31) });
    this.origin.call(() => this.origin.environment.setMaxParallelism(count));
    return this;
  }

  /** The max parallelism; -1 where none was set. */
  getMaxParallelism(): number {
    return this.origin.environment.getMaxParallelism() ?? -1;
  }

  /** Stream after stream, or stage after stage: `setRuntimeMode("BATCH")`. */
  setRuntimeMode(executionMode: RuntimeExecutionMode): this {
    const call = "setRuntimeMode(executionMode)";
    const mode = constantArgument(call, "a mode", executionMode, ["STREAMING", "BATCH", "AUTOMATIC"]);
    this.origin.runtimeModeAt = callPosition();
    const { Streaming, Batch, Automatic } = native.RuntimeMode;
    this.origin.environment.setRuntimeMode(
      { STREAMING: Streaming, BATCH: Batch, AUTOMATIC: Automatic }[mode],
    );
    return this;
  }

  /** After how long a buffer leaves that is not full; 0: after each record; -1: when it is full. */
  setBufferTimeout(timeout: TimeSpan): this {
    const millis = spanArgument("setBufferTimeout(timeout)", timeout);
    this.origin.call(() => this.origin.environment.setBufferTimeout(millis));
    return this;
  }

  getBufferTimeout(): number {
    return this.origin.environment.getBufferTimeout();
  }

  /** Gives each operator a task of its own. */
  disableOperatorChaining(): this {
    this.origin.environment.disableOperatorChaining();
    return this;
  }

  isChainingEnabled(): boolean {
    return this.origin.environment.isChainingEnabled();
  }

  /** Sets options: `configure(new Configuration().set(RestartStrategyOptions.RESTART_STRATEGY, "fixed-delay"))`. */
  configure(configuration: Configuration): this {
    instanceArgument("configure(configuration)", configuration, Configuration, "new Configuration()");
    this.origin.call(() => this.origin.environment.configure(configuration.toNative()));
    return this;
  }

  /** Settings of the execution: `env.getConfig().setAutoWatermarkInterval(50)`. */
  getConfig(): ExecutionConfig {
    return new ExecutionConfig(this.origin);
  }

  /** Makes a checkpoint each `interval`: `enableCheckpointing(1000, "AT_LEAST_ONCE")`. */
  enableCheckpointing(interval: TimeSpan, mode?: CheckpointingMode): this {
    const config = this.getCheckpointConfig();
    config.setCheckpointInterval(spanArgument("enableCheckpointing(interval, mode)", interval));
    if (mode !== undefined) config.setCheckpointingConsistencyMode(mode);
    return this;
  }

  /** All settings of checkpoints. */
  getCheckpointConfig(): CheckpointConfig {
    return new CheckpointConfig(this.origin);
  }

  /** A stream of the elements, or of those of one array: `fromData("a", "b")`, `fromData(["a", "b"])`. */
  fromData<T extends Element>(elements: readonly T[]): DataStreamSource<T>;
  fromData<T extends Element>(...elements: readonly T[]): DataStreamSource<T>;
  fromData<T extends Element>(...elements: readonly T[] | [readonly T[]]): DataStreamSource<T> {
    const [first] = elements;
    const data: readonly unknown[] = elements.length === 1 && Array.isArray(first) ? first : elements;
    return this.#source(() => this.origin.environment.fromData([...data]));
  }

  /** The integers from `from` to `to`, both included, in one split for each subtask. */
  fromSequence(from: number, to: number): DataStreamSource<number> {
    const call = "fromSequence(from, to)";
    const first = longArgument(call, "the first number", from);
    const last = longArgument(call, "the last number", to);
    return this.#source(() => this.origin.environment.fromSequence(first, last));
  }

  /** The lines of a text that the page provides. */
  readTextFile(filePath: string): DataStreamSource<string> {
    const path = nameArgument("readTextFile(filePath)", "a path", filePath);
    return this.#source(() => this.origin.environment.readTextFile(path));
  }

  /** What a source reads: `fromSource(new DataGeneratorSource(i => i, 100), WatermarkStrategy.noWatermarks(), "numbers")`. */
  fromSource<T>(
    source: Source<T>,
    timestampsAndWatermarks: WatermarkStrategy<T>,
    sourceName: string,
  ): DataStreamSource<T> {
    const call = "fromSource(source, timestampsAndWatermarks, sourceName)";
    instanceArgument(call, source, Source, "new DataGeneratorSource(i => i, 100)");
    const strategy = instanceArgument(
      call,
      timestampsAndWatermarks,
      WatermarkStrategy,
      "WatermarkStrategy.noWatermarks()",
    );
    const name = textArgument(call, "a name", sourceName);
    return this.#source(() => source.addTo(this.origin.environment, strategy.toNative(), name));
  }

  /** Ends the building of the job. May be left out. */
  execute(jobName?: string): void {
    const name = jobName === undefined ? undefined : textArgument("execute(jobName)", "a name", jobName);
    if (this.origin.session.executed !== null && this.origin.session.executed !== this) {
      reject("execute() was called on another environment already, and only one job can run here.");
    }
    this.origin.call(() => this.origin.environment.execute(name));
    this.origin.session.executed = this;
  }

  #source<T>(make: () => native.Operator): DataStreamSource<T> {
    return new DataStreamSource(
      this.origin,
      this.origin.make(make, (made) => made.stream.id),
    );
  }
}

guardMembers({ StreamExecutionEnvironment });
