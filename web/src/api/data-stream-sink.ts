/** The end of a stream. */
import type * as native from "../engine/native";
import { integerArgument, nameArgument, textArgument } from "./arguments";
import { guardMembers } from "./guard";
import type { StreamOrigin } from "./stream-origin";

/** A sink of the job. Flink: `DataStreamSink`. */
export class DataStreamSink<T> {
  readonly #origin: StreamOrigin;
  readonly #sink: native.Sink;
  declare protected readonly record?: T;

  /** @internal */
  constructor(origin: StreamOrigin, made: native.Sink) {
    this.#origin = origin;
    this.#sink = made;
  }

  /** The sink's name in graphs, metrics and logs. */
  name(name: string): this {
    this.#sink.setName(textArgument("name(name)", "a name", name));
    return this;
  }

  /** What the sink does, for its detailed view. */
  setDescription(description: string): this {
    this.#sink.setDescription(textArgument("setDescription(description)", "a text", description));
    return this;
  }

  /** The sink's lasting id. */
  uid(uid: string): this {
    this.#sink.setUid(nameArgument("uid(uid)", "a uid", uid));
    return this;
  }

  /** The sink's id itself, as 32 hexadecimal digits. */
  setUidHash(uidHash: string): this {
    const hash = textArgument("setUidHash(uidHash)", "a hash", uidHash);
    this.#origin.call(() => this.#sink.setUidHash(hash));
    return this;
  }

  /** How many subtasks the sink has. */
  setParallelism(parallelism: number): this {
    const call = "setParallelism(parallelism)";
    const count = integerArgument(call, "a parallelism", parallelism, { min: -(2 ** 31) });
    this.#origin.call(() => this.#sink.setParallelism(count));
    return this;
  }

  /** The most subtasks to which the sink can be rescaled. */
  setMaxParallelism(maxParallelism: number): this {
    const call = "setMaxParallelism(maxParallelism)";
    const count = integerArgument(call, "a parallelism", maxParallelism, { min: -(2 ** 31) });
    this.#origin.call(() => this.#sink.setMaxParallelism(count));
    return this;
  }

  /** Keeps the sink in a task of its own. */
  disableChaining(): this {
    this.#sink.disableChaining();
    return this;
  }

  /** The group of operators whose subtasks share slots. */
  slotSharingGroup(slotSharingGroup: string): this {
    const group = nameArgument("slotSharingGroup(slotSharingGroup)", "a name", slotSharingGroup);
    this.#sink.slotSharingGroup(group);
    return this;
  }
}

guardMembers({ DataStreamSink });
