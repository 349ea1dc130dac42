/** Names of side outputs. */
import { nameArgument } from "./arguments";
import { guardMembers } from "./guard";

/** Names a side output and, in TypeScript, the type of its records. Flink: `OutputTag`. */
export class OutputTag<T> {
  readonly #id: string;
  /** Only in the types: two tags of different records are different. */
  declare protected readonly record?: T;

  /** @param id The tag's name: tags with equal names are the same side output. */
  constructor(id: string) {
    this.#id = nameArgument("new OutputTag(id)", "an id", id);
  }

  getId(): string {
    return this.#id;
  }

  toString(): string {
    return `OutputTag(${this.#id})`;
  }
}

guardMembers({ OutputTag });
