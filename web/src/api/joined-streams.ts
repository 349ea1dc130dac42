/** Joins of two streams over windows: `where`, `equalTo`, `window`, `apply`. */
import type * as native from "../engine/native";
import { operator, withDefaultTrigger, type SingleOutputStreamOperator } from "./data-stream";
import { spanArgument, type TimeSpan } from "./duration";
import { evictorHandle, type Evictor, type EvictorLike } from "./evictors";
import type { CoGroupFunction, FlatJoinFunction, JoinFunction, KeySelector } from "./functions";
import { guardMembers } from "./guard";
import type { StreamOrigin } from "./stream-origin";
import { triggerHandle, type Trigger, type TriggerLike } from "./triggers";
import { assignerHandle, type CustomWindowAssigner, type WindowAssigner } from "./windows";

/** Two streams that are joined. Flink: `JoinedStreams`. */
export class JoinedStreams<L, R> {
  readonly #origin: StreamOrigin;
  readonly #handle: native.JoinedStreams;
  declare protected readonly records?: [L, R];

  /** @internal */
  constructor(origin: StreamOrigin, handle: native.JoinedStreams) {
    this.#origin = origin;
    this.#handle = handle;
  }

  /** The key of the first stream's records. */
  where<K>(keySelector: KeySelector<L, K>): JoinWhere<JoinWindow<L, R>, R, K> {
    const first = this.#origin.session.functions.add("where(keySelector)", "keySelector", keySelector);
    return new JoinWhere<JoinWindow<L, R>, R, K>(this.#origin, this.#handle, first, JoinWindow);
  }
}

/** Two streams of which also records without a partner are seen. Flink: `CoGroupedStreams`. */
export class CoGroupedStreams<L, R> {
  readonly #origin: StreamOrigin;
  readonly #handle: native.JoinedStreams;
  declare protected readonly records?: [L, R];

  /** @internal */
  constructor(origin: StreamOrigin, handle: native.JoinedStreams) {
    this.#origin = origin;
    this.#handle = handle;
  }

  /** The key of the first stream's records. */
  where<K>(keySelector: KeySelector<L, K>): JoinWhere<CoGroupWindow<L, R>, R, K> {
    const first = this.#origin.session.functions.add("where(keySelector)", "keySelector", keySelector);
    return new JoinWhere<CoGroupWindow<L, R>, R, K>(this.#origin, this.#handle, first, CoGroupWindow);
  }
}

/** The class of the windowed join that comes out in the end. */
type WindowClass<W extends WithWindow> = new (origin: StreamOrigin, handle: native.JoinedWindow) => W;

/** A join with the first stream's key. Flink: `JoinedStreams.Where`. */
export class JoinWhere<W extends WithWindow, R, K> {
  readonly #origin: StreamOrigin;
  readonly #handle: native.JoinedStreams;
  readonly #first: number;
  readonly #windowClass: WindowClass<W>;
  declare protected readonly types?: [R, K];

  /** @internal */
  constructor(
    origin: StreamOrigin,
    handle: native.JoinedStreams,
    first: number,
    windowClass: WindowClass<W>,
  ) {
    this.#origin = origin;
    this.#handle = handle;
    this.#first = first;
    this.#windowClass = windowClass;
  }

  /** The key of the second stream's records. */
  equalTo(keySelector: KeySelector<R, K>): JoinEqualTo<W> {
    const second = this.#origin.session.functions.add("equalTo(keySelector)", "keySelector", keySelector);
    return new JoinEqualTo(this.#origin, this.#handle, [this.#first, second], this.#windowClass);
  }
}

/** A join with both keys. Flink: `JoinedStreams.Where.EqualTo`. */
export class JoinEqualTo<W extends WithWindow> {
  readonly #origin: StreamOrigin;
  readonly #handle: native.JoinedStreams;
  readonly #keys: readonly [number, number];
  readonly #windowClass: WindowClass<W>;

  /** @internal */
  constructor(
    origin: StreamOrigin,
    handle: native.JoinedStreams,
    keys: readonly [number, number],
    windowClass: WindowClass<W>,
  ) {
    this.#origin = origin;
    this.#handle = handle;
    this.#keys = keys;
    this.#windowClass = windowClass;
  }

  /** The windows over which the streams are joined. */
  window<T>(assigner: WindowAssigner | CustomWindowAssigner<T>): W {
    const handle = this.#handle.window(...this.#keys, assignerHandle("window(assigner)", assigner));
    return withDefaultTrigger(new this.#windowClass(this.#origin, handle), assigner);
  }
}

/** What both windowed joins have. */
abstract class WithWindow {
  /** @internal */
  protected readonly origin: StreamOrigin;
  /** @internal */
  protected handle: native.JoinedWindow;

  /** @internal */
  constructor(origin: StreamOrigin, handle: native.JoinedWindow) {
    this.origin = origin;
    this.handle = handle;
  }

  /** Decides when windows are computed, in place of the assigner's own trigger. */
  trigger<T>(trigger: Trigger<T> | TriggerLike<T>): this {
    this.handle = this.handle.trigger(triggerHandle("trigger(trigger)", trigger));
    return this;
  }

  /** Takes records out of windows before or after they are computed. */
  evictor<T>(evictor: Evictor | EvictorLike<T>): this {
    this.handle = this.handle.evictor(evictorHandle("evictor(evictor)", evictor));
    return this;
  }

  /** For how long after its end a window still takes late records. */
  allowedLateness(lateness: TimeSpan): this {
    this.handle = this.handle.allowedLateness(spanArgument("allowedLateness(lateness)", lateness));
    return this;
  }
}

/** A join over windows. Flink: `JoinedStreams.WithWindow`. */
export class JoinWindow<L, R> extends WithWindow {
  declare protected readonly records?: [L, R];

  /** Each pair of records with equal keys in a window: `apply((left, right) => [left, right])`. */
  apply<O>(joinFunction: JoinFunction<L, R, O> | FlatJoinFunction<L, R, O>): SingleOutputStreamOperator<O> {
    const id = this.origin.session.functions.add("apply(joinFunction)", "join", joinFunction);
    return operator(this.origin, () => this.handle.apply(id));
  }
}

/** A co-group over windows. Flink: `CoGroupedStreams.WithWindow`. */
export class CoGroupWindow<L, R> extends WithWindow {
  declare protected readonly records?: [L, R];

  /** All records of both sides with equal keys in a window. */
  apply<O>(coGroupFunction: CoGroupFunction<L, R, O>): SingleOutputStreamOperator<O> {
    const id = this.origin.session.functions.add("apply(coGroupFunction)", "coGroup", coGroupFunction);
    return operator(this.origin, () => this.handle.apply(id));
  }
}

guardMembers({
  JoinedStreams,
  CoGroupedStreams,
  JoinWhere,
  JoinEqualTo,
  WithWindow,
  JoinWindow,
  CoGroupWindow,
});
