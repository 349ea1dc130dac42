/** Asynchronous functions: answers that come later, their order, time-outs, and calls that are made again. */
import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { loadEngine } from "../engine/load";
import type { Lab } from "../engine/native";
import type { ScenarioOptions } from "../engine/protocol";
import { compileJob, momentOf, submitJob, type CompiledJob } from "./compile";

const scenario: ScenarioOptions = { seed: 7, taskManagers: 2, slotsPerTaskManager: 4, files: {} };
const TICKS_MAX = 100_000;

beforeAll(() => loadEngine(readFileSync(new URL("../engine/generated/weir_wasm_bg.wasm", import.meta.url))));

function open(source: string): { compiled: CompiledJob; lab: Lab } {
  const compiled = compileJob(source, 7);
  return { compiled, lab: submitJob(compiled, scenario) };
}

function linesOf({ compiled, lab }: ReturnType<typeof open>): string[] {
  const { stdout, failure } = momentOf(compiled, lab);
  if (failure !== undefined) return [`${failure.at?.line}: ${failure.message}`];
  return stdout.lines.map(({ text }) => text);
}

function run(source: string): string[] {
  const opened = open(source);
  opened.lab.advance(TICKS_MAX);
  return linesOf(opened);
}

/** Answers n after 50 - 10 n ms: each answer overtakes the one before it. */
const OVERTAKING = `{ asyncInvoke(n, future) { future.completeAfter(50 - 10 * n, [n]); } }`;

test("ordered keeps the order, unordered does not", () => {
  const job = (wait: string) =>
    `AsyncDataStream.${wait}(env.fromSequence(1, 4), ${OVERTAKING}, 1000, 10).print();`;
  expect(run(job("orderedWait"))).toEqual(["1", "2", "3", "4"]);
  expect(run(job("unorderedWait"))).toEqual(["4", "3", "2", "1"]);
});

test("the capacity holds records back", () => {
  const job = `AsyncDataStream.unorderedWait(env.fromSequence(1, 4), ${OVERTAKING}, 1000, 1).print();`;
  expect(run(job)).toEqual(["1", "2", "3", "4"]);
});

test("a service answers in its time, again and again the same", () => {
  const source = `
    const service = SimulatedService.answering(n => n * n).withLatency(5, Duration.ofMillis(60));
    AsyncDataStream.unorderedWait(env.fromSequence(1, 8), {
      asyncInvoke(n, future) { service.query(n).thenAccept(square => future.complete([[n, square]])); },
    }, 1000).print();`;
  const straight = run(source);
  expect(straight.toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((n) => `(${n},${n * n})`));
  expect(straight).not.toEqual(straight.toSorted());
  const again = open(source);
  again.lab.advance(TICKS_MAX);
  again.lab.seek(120, 0);
  again.lab.advance(TICKS_MAX);
  expect(linesOf(again)).toEqual(straight);
});

test("one question after another takes the time of both", () => {
  const source = `
    const service = SimulatedService.answering(n => n + 1).withLatency(30);
    AsyncDataStream.orderedWait(env.fromData(1), {
      asyncInvoke(n, future) {
        const asked = Date.now();
        service.query(n).thenAccept(a => service.query(a).thenAccept(b => future.complete([[b, asked]])));
      },
    }, 1000).map(t => [t[0], Date.now() - t[1]]).print();`;
  expect(run(source)).toEqual(["(3,60)"]);
});

test("what does not come in time is the business of timeout, or fails the job", () => {
  const never = (more: string) => `AsyncDataStream.orderedWait(env.fromSequence(1, 2), {
    asyncInvoke(n, future) { if (n === 2) future.complete([n]); },${more}
  }, 50).print();`;
  expect(run(never(" timeout(n, future) { future.complete([-n]); },"))).toEqual(["-1", "2"]);
  expect(run(never(""))[0]).toMatch(
    /Could not complete the stream element: Record @ \S+ : 1\. TimeoutException: Async function call has timed out\.$/,
  );
});

test("an error fails the job at its line", () => {
  const source = `AsyncDataStream.orderedWait(env.fromData("a"), {
    asyncInvoke(s, future) {
      future.completeExceptionallyAfter(5, new RangeError("no " + s));
    },
  }, 50).print();`;
  expect(run(source)[0]).toMatch(
    /^3: async wait operator: Could not complete the stream element: Record @ \S+ : a\. RangeError: no a$/,
  );
});

/** The first numbers, from 1, of an input that goes on for a while: where it ends, nothing is asked again. */
const FIRST = `const first = count => env.fromSource(
  new DataGeneratorSource(i => i + 1, 60, RateLimiterStrategy.perSecond(40)),
  WatermarkStrategy.noWatermarks(), "rated").filter(n => n <= count);`;

test("failed calls are made again, as often as the strategy says", () => {
  const source = (strategy: string) => `${FIRST}
    const service = SimulatedService.answering(n => n).withLatency(3).withFailures(0.5, "down");
    AsyncDataStream.unorderedWaitWithRetry(first(20), {
      asyncInvoke(n, future) {
        service.query(n).whenComplete((answer, error) => {
          if (error) future.completeExceptionally(error); else future.complete([answer]);
        });
      },
    }, 5000, ${strategy}).print();`;
  const fixed = `new AsyncRetryStrategies.FixedDelayRetryStrategyBuilder(50, 10)
    .ifException(error => error.message === "down").build()`;
  const all = Array.from({ length: 20 }, (_, place) => String(place + 1)).toSorted();
  expect(run(source(fixed)).toSorted()).toEqual(all);
  const growing = `new AsyncRetryStrategies.ExponentialBackoffDelayRetryStrategyBuilder(50, 2, 40, 1.5)
    .ifException(RetryPredicates.HAS_EXCEPTION_PREDICATE).build()`;
  expect(run(source(growing)).toSorted()).toEqual(all);
  expect(run(source("AsyncRetryStrategies.NO_RETRY_STRATEGY"))[0]).toMatch(/Error: down$/);
});

test("empty results can be asked for again", () => {
  const source = `${FIRST}
    AsyncDataStream.orderedWaitWithRetry(first(1).map(n => 7), {
      asyncInvoke(n, future) { future.completeAfter(1, Date.now() % 100 < 90 ? [] : [n]); },
    }, 5000, 10, new AsyncRetryStrategies.FixedDelayRetryStrategyBuilder(100, 5)
      .ifResult(RetryPredicates.EMPTY_RESULT_PREDICATE).build()).print();`;
  expect(run(source)).toEqual(["7"]);
});

test("what cannot be is rejected", () => {
  const strategy =
    "new AsyncRetryStrategies.FixedDelayRetryStrategyBuilder(1, 1).ifResult(() => true).build()";
  const job = (call: string) => () => compileJob(`${call}.print();`, 7);
  const f = "{ asyncInvoke(n, future) {} }";
  expect(job(`AsyncDataStream.orderedWaitWithRetry(env.fromData(1), ${f}, 0, ${strategy})`)).toThrow(
    "Timeout should be configured when do async with retry.",
  );
  expect(job("new AsyncRetryStrategies.FixedDelayRetryStrategyBuilder(0, 1)")).toThrow(
    "maxAttempts should be greater than zero.",
  );
  const promised = `AsyncDataStream.orderedWait(env.fromData(1), {
    async asyncInvoke(n, future) { future.complete([n]); } }, 50).print();`;
  expect(run(promised)[0]).toMatch(/asyncInvoke returned a Promise/);
});
