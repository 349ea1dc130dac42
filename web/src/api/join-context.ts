/** What a function of an interval join sees beside its pair. */
import * as native from "../engine/native";
import { instanceArgument } from "./arguments";
import { put } from "./exchange";
import { guardMembers } from "./guard";
import { OutputTag } from "./output-tag";

/** Flink: `ProcessJoinFunction.Context`. */
export class JoinContext {
  readonly #left: number;
  readonly #right: number;

  /** @internal */
  constructor(left: number, right: number) {
    this.#left = left;
    this.#right = right;
  }

  getLeftTimestamp(): number {
    return this.#left;
  }

  getRightTimestamp(): number {
    return this.#right;
  }

  /** The later of the two. */
  getTimestamp(): number {
    return this.#left < this.#right ? this.#right : this.#left;
  }

  /** Emits a record to a side output. */
  output<T>(tag: OutputTag<T>, record: T): void {
    instanceArgument("output(tag, record)", tag, OutputTag, 'new OutputTag("late")');
    native.output(tag.getId(), put(record));
  }
}

guardMembers({ JoinContext });
