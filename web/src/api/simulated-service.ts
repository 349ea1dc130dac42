/**
 * A service outside the job, as the job imagines it: what it answers, how long that takes, and how often it fails.
 *
 * The answer is found when the question is asked and given when its time has come, so that a run that goes back gets
 * it again at the same tick.
 */
import * as native from "../engine/native";
import { numberArgument } from "./arguments";
import { spanArgument, type TimeSpan } from "./duration";
import { reject } from "./errors";
import { guardMembers } from "./guard";
import { runLater } from "./result-future";

/** What becomes of a question. Java: `CompletableFuture`. */
export class ServiceAnswer<A> {
  readonly #delay: number;
  readonly #error: Error | undefined;
  readonly #answer: A | undefined;

  /** @internal */
  constructor(delay: number, answer: A | undefined, error: Error | undefined) {
    this.#delay = delay;
    this.#answer = answer;
    this.#error = error;
  }

  /** @internal How long it takes, what comes, or why nothing does. */
  get outcome(): readonly [delay: number, answer: A | undefined, error: Error | undefined] {
    return [this.#delay, this.#answer, this.#error];
  }

  /** Calls `action(answer)` when the answer comes; never, if the service fails. */
  thenAccept(action: (answer: A) => void): this {
    return this.whenComplete((answer, error) => {
      if (error === undefined) action(answer as A);
    });
  }

  /** Calls `action(error)` when the service fails. */
  exceptionally(action: (error: Error) => void): this {
    return this.whenComplete((_answer, error) => {
      if (error !== undefined) action(error);
    });
  }

  /** Calls `action(answer, error)`, with one of them, when the answer comes or the service fails. */
  whenComplete(action: (answer: A | undefined, error: Error | undefined) => void): this {
    runLater(this.#delay, () => {
      action(this.#answer, this.#error);
    });
    return this;
  }
}

interface ServiceSettings {
  readonly least: number;
  readonly most: number;
  readonly failures: number;
  readonly message: string;
}

/** See above. Its methods answer a service with another setting; this one stays as it is. */
export class SimulatedService<Q = unknown, A = unknown> {
  readonly #answer: (question: Q) => A;
  readonly #settings: ServiceSettings;

  private constructor(answer: (question: Q) => A, settings: ServiceSettings) {
    this.#answer = answer;
    this.#settings = settings;
  }

  /** A service that answers with `answer(question)`, after 10 ms until it is told otherwise. */
  static answering<Q, A>(answer: (question: Q) => A): SimulatedService<Q, A> {
    if (typeof answer !== "function") reject("SimulatedService.answering(answer) takes a function.");
    return new SimulatedService(answer, { least: 10, most: 10, failures: 0, message: "The service failed" });
  }

  /** Answers after `least` to `most`, any whole number of milliseconds between them with equal chance. */
  withLatency(least: TimeSpan, most: TimeSpan = least): SimulatedService<Q, A> {
    const call = "withLatency(least, most)";
    const [from, to] = [spanArgument(call, least), spanArgument(call, most)];
    if (from < 0 || to < from) reject(`${call} takes 0 <= least <= most, and got ${from} and ${to} ms.`);
    return new SimulatedService(this.#answer, { ...this.#settings, least: from, most: to });
  }

  /** Fails so many times of one: 0.1 is one of ten. */
  withFailures(rate: number, message: string = this.#settings.message): SimulatedService<Q, A> {
    const call = "withFailures(rate, message)";
    const failures = numberArgument(call, "a rate", rate);
    if (failures < 0 || failures > 1) reject(`${call}: the rate must be from 0 to 1, and is ${failures}.`);
    return new SimulatedService(this.#answer, { ...this.#settings, failures, message });
  }

  /** Asks it, from within a function of the job: `service.query(id).thenAccept(name => future.complete([name]))`. */
  query(question: Q): ServiceAnswer<A> {
    const { least, most, failures, message } = this.#settings;
    const delay = least + (most > least ? Math.floor(native.random() * (most - least + 1)) : 0);
    return failures > 0 && native.random() < failures
      ? new ServiceAnswer<A>(delay, undefined, new Error(message))
      : new ServiceAnswer<A>(delay, this.#answer(question), undefined);
  }
}

guardMembers({ ServiceAnswer, SimulatedService });
