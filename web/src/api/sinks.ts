/** Sinks for `stream.sinkTo(sink)`. */
import type * as native from "../engine/native";
import { nameArgument } from "./arguments";
import { guardMembers } from "./guard";

/** Takes the records at the end of a stream. Flink: `Sink`. */
export abstract class Sink<T> {
  declare protected readonly record?: T;
  /** @internal Ends a stream with the sink. */
  abstract addTo(stream: native.DataStream): native.Sink;
}

/** Forgets every record. Flink: `DiscardingSink`. */
export class DiscardingSink<T> extends Sink<T> {
  /** @internal */
  addTo(stream: native.DataStream): native.Sink {
    return stream.sinkToDiscard();
  }
}

/** Collects the records into a table that the page shows under `name`. */
export class CollectSink<T> extends Sink<T> {
  readonly #name: string;

  constructor(name: string) {
    super();
    this.#name = nameArgument("new CollectSink(name)", "a name", name);
  }

  /** @internal */
  addTo(stream: native.DataStream): native.Sink {
    return stream.sinkToTable(this.#name);
  }
}

guardMembers({ Sink });
