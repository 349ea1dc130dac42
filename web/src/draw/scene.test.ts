/** The picture as its reader has it: what is drawn, what is hit, what moves, and that texts keep to their room. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { deployedTopology, graphsOfCase, type RecordedCase } from "../model/fixtures/case-graphs";
import { busyFrame } from "../model/fixtures/frame-writer";
import { plainMeasure } from "../model/fixtures/recorded";
import { widened } from "../model/fixtures/widen";
import type { Item } from "../model/items";
import { readJob } from "../model/job-model";
import { DASH_PATTERNS, Op } from "./display-list";
import { opCounts, overlappingTexts, textsOf } from "./fixtures/read-list";
import { createScene, LIGHT_THEME, loadReading, type Depth, type Scene, toSvg } from "./index";

await loadReading();

const folder = join(import.meta.dirname, "../../../tests/conformance/cases");

function recorded(name: string): RecordedCase {
  return JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")) as RecordedCase;
}

interface Setup {
  readonly name: string;
  readonly width?: number;
  readonly height?: number;
  readonly slots?: number;
  readonly parallelism?: number;
  readonly depth?: Depth;
  readonly motion?: "full" | "reduced";
}

/** A scene at rest, with a busy frame where the job is deployed. */
function sceneOf(setup: Setup): Scene {
  const scene = createScene({ measure: plainMeasure, motion: setup.motion ?? "reduced" });
  scene.resize(setup.width ?? 1000, setup.height ?? 600);
  const source = recorded(setup.name);
  const graphs = graphsOfCase(
    setup.name,
    setup.parallelism === undefined ? source : widened(source, setup.parallelism),
  );
  scene.setGraphs(graphs);
  if (setup.slots !== 0) {
    const topology = deployedTopology(graphs, readJob(graphs), setup.slots ?? 2);
    scene.setTopology(topology);
    scene.setFrame(busyFrame(topology, 137), 0, 0);
  }
  scene.setDepth(setup.depth ?? "execution", 0);
  return scene;
}

describe("texts", () => {
  const setups: Setup[] = [
    { name: "wordcount_p4" },
    { name: "wordcount_p4", width: 360, height: 500 },
    { name: "wordcount_p4", width: 1400, height: 900 },
    { name: "wordcount_p4", parallelism: 20, slots: 4, width: 1200, height: 700 },
    { name: "wordcount_p4", parallelism: 8, slots: 4, width: 700, height: 600 },
    { name: "interval_join", width: 900, height: 300, slots: 3 },
    { name: "side_outputs", width: 500 },
    { name: "diamond", slots: 0 },
  ];
  for (const setup of setups) {
    for (const depth of ["stream", "job", "execution"] as const) {
      test(`${JSON.stringify(setup)} ${depth}`, () => {
        const scene = sceneOf({ ...setup, depth });
        for (const factor of [1, 1.3, 1.7, 2.2, 0.3]) {
          scene.camera.zoomBy(factor, (setup.width ?? 1000) / 2, 100);
          const texts = textsOf(scene.draw(0)).filter((text) => text.text !== "");
          expect(overlappingTexts(texts)).toEqual([]);
        }
      });
    }
  }

  test("there are some at every size", () => {
    for (const setup of setups) {
      expect(textsOf(sceneOf(setup).draw(0)).length).toBeGreaterThan(8);
      expect(textsOf(sceneOf({ ...setup, depth: "stream" }).draw(0)).length).toBeGreaterThan(3);
    }
  });
});

describe("pointing", () => {
  test("the middle of a task's header is the task", () => {
    const scene = sceneOf({ name: "wordcount_p4" });
    scene.draw(0);
    for (let task = 0; task < 9; task += 1) {
      const area = scene.areaOf({ kind: "task", task })!;
      expect(scene.hit(area.x + area.width / 2, area.y + 4)).toEqual({ kind: "task", task });
    }
  });

  test("operators, buffers and records lie over their task", () => {
    const scene = sceneOf({ name: "wordcount_p4" });
    scene.draw(0);
    const operator: Item = { kind: "operator", task: 6, operator: 1 };
    const area = scene.areaOf(operator)!;
    expect(scene.hit(area.x + 5, area.y + 5)).toEqual(operator);
    const seen = new Set<string>();
    for (let y = 0; y < 600; y += 4)
      for (let x = y % 3; x < 1000; x += 5) seen.add(scene.hit(x, y)?.kind ?? "nothing");
    expect([...seen].sort()).toEqual([
      "buffer",
      "channel",
      "nothing",
      "operator",
      "record",
      "slot",
      "task",
      "taskManager",
      "vertex",
    ]);
  });

  test("what is hit is what is drawn there", () => {
    const scene = sceneOf({ name: "diamond" });
    scene.draw(0);
    for (let y = 0; y < 600; y += 7) {
      for (let x = 0; x < 1000; x += 7) {
        const item = scene.hit(x, y);
        if (item === null || item.kind === "channel") continue;
        const area = scene.areaOf(item)!;
        expect(x).toBeGreaterThanOrEqual(area.x);
        expect(x).toBeLessThan(area.x + area.width);
        expect(y).toBeGreaterThanOrEqual(area.y);
        expect(y).toBeLessThan(area.y + area.height);
      }
    }
  });

  test("edges of the logical graphs", () => {
    const stream = sceneOf({ name: "diamond", depth: "stream" });
    stream.draw(0);
    const area = stream.areaOf({ kind: "streamEdge", source: 1, edge: 0 })!;
    expect(stream.hit(area.x + area.width / 2, area.y + area.height / 2)).toEqual({
      kind: "streamEdge",
      source: 1,
      edge: 0,
    });
    const job = sceneOf({ name: "wordcount_p4", depth: "job" });
    job.draw(0);
    const kinds = new Set<string>();
    for (let x = 0; x < 1000; x += 1) kinds.add(job.hit(x, 300)?.kind ?? "nothing");
    expect(kinds).toContain("jobEdge");
    expect(kinds).toContain("vertex");
  });
});

describe("morph", () => {
  /** Areas of operators' boxes, which exist at every depth. */
  function nodeAreas(scene: Scene): number[][] {
    return [1, 2, 4, 5].map((node) => {
      const area = scene.areaOf({ kind: "node", node })!;
      return [area.x, area.y, area.width, area.height].map((value) => Math.round(value * 10) / 10);
    });
  }

  function operatorAreas(scene: Scene): number[][] {
    return [0, 1, 5, 5].map((task, place) => {
      const area = scene.areaOf({ kind: "operator", task, operator: place === 3 ? 1 : 0 })!;
      return [area.x, area.y, area.width, area.height].map((value) => Math.round(value * 10) / 10);
    });
  }

  test("begins and ends as the two graphs stand alone", () => {
    const stream = sceneOf({ name: "wordcount_p4", depth: "stream" });
    stream.draw(0);
    const job = sceneOf({ name: "wordcount_p4", depth: "job" });
    job.draw(0);
    const scene = sceneOf({ name: "wordcount_p4", depth: "stream" });
    scene.draw(0);
    scene.setMotion("full");
    scene.setDepth("job", 1000);
    scene.draw(1000);
    expect(nodeAreas(scene)).toEqual(nodeAreas(stream));
    scene.draw(1350);
    expect(nodeAreas(scene)).not.toEqual(nodeAreas(stream));
    expect(nodeAreas(scene)).not.toEqual(nodeAreas(job));
    expect(scene.isAnimating(1350)).toBe(true);
    scene.draw(5000);
    expect(nodeAreas(scene)).toEqual(nodeAreas(job));
    scene.draw(5001);
    expect(scene.isAnimating(5001)).toBe(false);
  });

  test("every subtask begins as its vertex and ends in its slot", () => {
    const job = sceneOf({ name: "wordcount_p4", depth: "job" });
    job.draw(0);
    const execution = sceneOf({ name: "wordcount_p4" });
    execution.draw(0);
    const scene = sceneOf({ name: "wordcount_p4", depth: "job" });
    scene.draw(0);
    scene.setMotion("full");
    scene.setDepth("execution", 1000);
    scene.draw(1003);
    expect(operatorAreas(scene)).toEqual(nodeAreas(job));
    scene.draw(5000);
    expect(operatorAreas(scene)).toEqual(operatorAreas(execution));
  });

  test("from the first graph to the last one it passes the middle one", () => {
    const scene = sceneOf({ name: "wordcount_p4", depth: "stream" });
    scene.draw(0);
    scene.setMotion("full");
    scene.setDepth("execution", 0);
    scene.draw(600);
    expect(scene.areaOf({ kind: "node", node: 1 })).not.toBeNull();
    scene.draw(800);
    expect(scene.areaOf({ kind: "node", node: 1 })).toBeNull();
    expect(scene.areaOf({ kind: "task", task: 0 })).not.toBeNull();
  });

  test("with reduced motion all is there at once", () => {
    const scene = sceneOf({ name: "wordcount_p4", depth: "stream" });
    scene.draw(0);
    scene.setDepth("job", 0);
    const first = toSvg(scene.draw(0), LIGHT_THEME, "");
    expect(toSvg(scene.draw(400), LIGHT_THEME, "")).toBe(first);
    expect(scene.isAnimating(1)).toBe(false);
  });
});

describe("cost", () => {
  test("a picture of 41 tasks has few operations, from far and from near", () => {
    const scene = sceneOf({ name: "wordcount_p4", parallelism: 20, slots: 4, width: 1200, height: 700 });
    expect(scene.draw(0).count).toBeLessThan(650);
    scene.camera.zoomBy(1.6, 600, 300);
    expect(scene.draw(0).count).toBeLessThan(4000);
  });

  test("what is out of sight costs nothing", () => {
    const scene = sceneOf({ name: "wordcount_p4", parallelism: 20, slots: 4, width: 1200, height: 700 });
    scene.camera.zoomBy(10, 600, 300);
    expect(scene.draw(0).count).toBeLessThan(700);
  });

  test("the list is used again, and left alone while nothing changes", () => {
    const scene = sceneOf({ name: "wordcount_p4" });
    const list = scene.draw(0);
    const { data, count } = list;
    scene.hover({ kind: "task", task: 1 });
    expect(scene.draw(1)).toBe(list);
    expect(list.data).toBe(data);
    scene.hover(null);
    scene.draw(2);
    expect(list.count).toBe(count);
    expect(scene.isAnimating(3)).toBe(false);
  });

  test("a frame with gliding buffers keeps the picture alive for that long", () => {
    const source = graphsOfCase("wordcount_p4", recorded("wordcount_p4"));
    const topology = deployedTopology(source, readJob(source), 2);
    const scene = createScene({ measure: plainMeasure, motion: "full" });
    scene.resize(900, 600);
    scene.setGraphs(source);
    scene.setTopology(topology);
    scene.setFrame(busyFrame(topology, 100), 0, 0);
    scene.draw(0);
    scene.setFrame(busyFrame(topology, 104), 10, 100);
    scene.draw(50);
    // What the page has given already may be given again with every frame.
    scene.setGraphs(source);
    scene.setTopology(topology);
    expect(scene.isAnimating(50)).toBe(true);
    scene.draw(111);
    scene.draw(112);
    expect(scene.isAnimating(112)).toBe(false);
  });
});

describe("states", () => {
  test("without a job there is a place for one", () => {
    const scene = createScene({ measure: plainMeasure, motion: "full" });
    scene.resize(360, 300);
    expect(textsOf(scene.draw(0)).map((text) => text.text)).toContain("No job yet");
    expect(scene.hit(100, 100)).toBeNull();
    expect(scene.neighbour(null, "next")).toBeNull();
    expect(scene.table().rows).toEqual([]);
  });

  test("before a job is submitted its tasks are planned", () => {
    const scene = sceneOf({ name: "wordcount_p4", slots: 0 });
    expect(textsOf(scene.draw(0)).map((text) => text.text)).toContain("Planned: not submitted yet");
    expect(scene.table().rows).toHaveLength(9);
  });

  test("a frame of another topology is not drawn", () => {
    const scene = sceneOf({ name: "wordcount_p4" });
    const withFrame = scene.draw(0).count;
    const other = graphsOfCase("diamond", recorded("diamond"));
    scene.setFrame(busyFrame(deployedTopology(other, readJob(other), 2), 3), 0, 0);
    expect(scene.draw(1).count).toBeLessThan(withFrame);
  });

  test("the topology of the job before is not taken for the new one's", () => {
    const scene = sceneOf({ name: "wordcount_p4" });
    scene.setGraphs(graphsOfCase("diamond", recorded("diamond")));
    expect(scene.table().rows).toHaveLength(4);
    expect(textsOf(scene.draw(0)).map((text) => text.text)).toContain("Planned: not submitted yet");
  });

  test("a selection is marked, and goes with the job", () => {
    const scene = sceneOf({ name: "wordcount_p4" });
    const before = opCounts(scene.draw(0))[Op.rect]!;
    scene.select({ kind: "task", task: 2 });
    expect(opCounts(scene.draw(1))[Op.rect]).toBe(before + 1);
    scene.setGraphs(graphsOfCase("diamond", recorded("diamond")));
    expect(scene.selected).toBeNull();
  });

  test("reveal brings an item into view at a size that can be read", () => {
    const scene = sceneOf({ name: "wordcount_p4", parallelism: 20, slots: 4, width: 800, height: 500 });
    scene.draw(0);
    scene.camera.reveal({ kind: "task", task: 17 }, 0);
    scene.draw(1);
    const area = scene.areaOf({ kind: "task", task: 17 })!;
    expect(area.x + area.width / 2).toBeCloseTo(400, 0);
    expect(scene.camera.scale).toBeGreaterThanOrEqual(1);
    expect(scene.camera.fitted).toBe(false);
    scene.camera.fit(2);
    scene.draw(2);
    expect(scene.camera.detail).toBe("far");
  });
});

test("a small scene as SVG", () => {
  const scene = sceneOf({ name: "sequence_map_filter", width: 480, height: 240 });
  expect(toSvg(scene.draw(0), LIGHT_THEME, "The <b> job")).toMatchSnapshot();
});

test("lists are written and read alike", () => {
  const list = sceneOf({ name: "wordcount_p4" }).draw(0);
  const counts = opCounts(list);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(list.count);
  expect(counts[0]).toBe(0);
  expect(DASH_PATTERNS[0]).toEqual([]);
});
