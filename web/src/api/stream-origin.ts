/** Where streams come from: their environment, and the lines at which its transformations were made. */
import type * as native from "../engine/native";
import type { SourcePosition } from "../engine/protocol";
import type { StreamExecutionEnvironment } from "./environment";
import { reject } from "./errors";
import { callNative } from "./native-call";
import { callPosition } from "./position";
import type { BuildSession } from "./session";

/** What the streams of one environment share. */
export class StreamOrigin {
  readonly session: BuildSession;
  readonly owner: StreamExecutionEnvironment;
  readonly environment: native.Environment;
  /** Where each transformation was made, by its id. */
  readonly positions = new Map<number, SourcePosition>();
  /** Where the runtime mode was set. */
  runtimeModeAt: SourcePosition | undefined;
  #lastId = 0;

  constructor(session: BuildSession, owner: StreamExecutionEnvironment, environment: native.Environment) {
    this.session = session;
    this.owner = owner;
    this.environment = environment;
  }

  /** Whether anything was built. */
  get isEmpty(): boolean {
    return this.#lastId === 0;
  }

  /** Calls the builder. */
  call<R>(action: () => R): R {
    this.session.checkOpen();
    if (this.environment.isExecuted()) {
      return reject("What is built after env.execute() is no part of the job: move execute() to the end.");
    }
    return callNative(action);
  }

  /** Makes transformations, and remembers that they came from the call of the API that is under way. */
  make<R>(action: () => R, idOf: (made: R) => number): R {
    const made = this.call(action);
    const at = callPosition();
    const id = idOf(made);
    // Some calls make several; they are numbered in order.
    for (let between = this.#lastId + 1; at !== undefined && between <= id; between++) {
      this.positions.set(between, at);
    }
    this.#lastId = Math.max(this.#lastId, id);
    return made;
  }
}
