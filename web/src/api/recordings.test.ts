/** Every recorded program of the real Flink builds, and its graphs are Flink's. */
import { readFileSync, readdirSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { loadEngine } from "../engine/load";
import type { Graphs } from "../engine/protocol";
import { compileJob } from "./compile";

/** A recorded case, as far as graphs go. */
type Recording = Pick<Graphs, "stream_graph" | "job_graph" | "execution_graph"> & {
  readonly program: string;
};

const folder = new URL("../../../tests/conformance/cases/", import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith(".json"));

beforeAll(() => loadEngine(readFileSync(new URL("../engine/generated/weir_wasm_bg.wasm", import.meta.url))));

test("the recordings are there", () => {
  expect(names).toHaveLength(71);
});

test.each(names)("%s", (name) => {
  const recording = JSON.parse(readFileSync(new URL(name, folder), "utf8")) as Recording;
  const { graphs } = compileJob(recording.program, 1);
  expect(graphs.job_graph).toEqual(recording.job_graph);
  expect(graphs.execution_graph).toEqual(recording.execution_graph);
  const seen = name === "interval_join.json" ? renumbered : <T>(streamGraph: T) => streamGraph;
  expect(seen(graphs.stream_graph)).toEqual(seen(recording.stream_graph));
});

/**
 * A StreamGraph with its nodes numbered from 1. The Java twin of the interval join calls `keyBy` on the left
 * stream before it makes the right one, the program after it, so that their numbers differ by gaps.
 */
function renumbered({ plan, nodes }: Graphs["stream_graph"]): unknown {
  const places = new Map(
    nodes
      .map(({ id }) => id)
      .sort((a, b) => a - b)
      .map((id, place) => [id, place + 1]),
  );
  return JSON.parse(
    JSON.stringify({ plan, nodes }, (key, value: unknown) =>
      key === "id" || key === "target" ? places.get(value as number) : value,
    ),
  ) as unknown;
}
