/** The layouts of every recorded case: nothing overlaps, nothing is crossed, all is where it belongs. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { laneArea } from "./card-layout";
import { graphsOfCase, type RecordedCase } from "./fixtures/case-graphs";
import { layoutAll, type Layouts } from "./fixtures/recorded";
import { widened } from "./fixtures/widen";
import { CURVE_LENGTH, curvePoint, overlaps, type Rect } from "./geometry";

const folder = join(import.meta.dirname, "../../../tests/conformance/cases");
const names = readdirSync(folder)
  .filter((file) => file.endsWith(".json"))
  .map((file) => file.slice(0, -".json".length));

function recorded(name: string): RecordedCase {
  return JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")) as RecordedCase;
}

function overlapping(rects: readonly Rect[]): string[] {
  return rects.flatMap((one, place) =>
    rects
      .slice(place + 1)
      .flatMap((other, gap) => (overlaps(one, other) ? [`${place} ${place + 1 + gap}`] : [])),
  );
}

function isWithin(inner: Rect, outer: Rect): boolean {
  const slack = 1e-6;
  return (
    inner.x >= outer.x - slack &&
    inner.y >= outer.y - slack &&
    inner.x + inner.width <= outer.x + outer.width + slack &&
    inner.y + inner.height <= outer.y + outer.height + slack
  );
}

/** The places of the rectangles that a curve runs through. */
function crossed(curves: Float64Array, place: number, rects: readonly Rect[]): number[] {
  const found = new Set<number>();
  for (let i = 0; i <= 60; i += 1) {
    const x = curvePoint(curves, place * CURVE_LENGTH, 0, i / 60);
    const y = curvePoint(curves, place * CURVE_LENGTH, 1, i / 60);
    rects.forEach((rect, index) => {
      if (x > rect.x + 1 && x < rect.x + rect.width - 1 && y > rect.y + 1 && y < rect.y + rect.height - 1) {
        found.add(index);
      }
    });
  }
  return [...found];
}

function checkGraphs({ job, stream, jobLayout }: Layouts): void {
  expect(overlapping([...stream.boxes, ...stream.labels.filter((label) => label !== null)])).toEqual([]);
  job.streamEdges.forEach((edge, place) => {
    const through = crossed(stream.curves, place, stream.boxes);
    expect(through.filter((node) => node !== edge.source && node !== edge.target)).toEqual([]);
  });
  expect(overlapping([...jobLayout.boxes, ...jobLayout.labels.filter((label) => label !== null)])).toEqual(
    [],
  );
  expect(overlapping(jobLayout.nodes)).toEqual([]);
  job.nodes.forEach((node, place) => {
    expect(isWithin(jobLayout.nodes[place]!, jobLayout.boxes[node.vertex]!)).toBe(true);
  });
}

function checkExecution({ cluster, execution }: Layouts): void {
  expect(overlapping(execution.tasks)).toEqual([]);
  expect(overlapping(execution.columns.map((column) => column.header))).toEqual([]);
  expect(overlapping(execution.panels.map((panel) => panel.rect))).toEqual([]);
  cluster.tasks.forEach((task, place) => {
    const manager = cluster.taskManagers.findIndex((each) => each.id === task.taskManager);
    const panel = execution.panels.find((each) => each.manager === manager)!;
    const rect = execution.tasks[place]!;
    expect(isWithin(rect, panel.rect)).toBe(true);
    expect(overlaps(rect, panel.header)).toBe(false);
    expect(isWithin(rect, panel.rows.find((row) => row.slot === task.slot)!.rect)).toBe(true);
    const column = execution.columns.find((each) => each.vertex === task.vertex)!;
    expect(rect.x).toBe(column.header.x);
  });
  cluster.channels.forEach((_, place) => {
    expect(crossed(execution.wires, place, execution.tasks)).toEqual([]);
  });
}

function checkCards({ execution }: Layouts): void {
  for (const card of execution.cards) {
    const whole = { x: 0, y: 0, width: card.width, height: card.height };
    const lanes = (["input", "output"] as const).flatMap((side) => {
      const area = laneArea(card, side, 1);
      return area === null ? [] : [{ x: area.x, y: card.bar.y - 20, width: area.width, height: 1 }];
    });
    const columns = card.operators.map((rect) => ({ ...rect, y: card.bar.y - 20, height: 1 }));
    for (const part of [card.header, card.bar, card.numbers, ...card.operators]) {
      expect(isWithin(part, whole)).toBe(true);
    }
    expect(overlapping([card.header, card.bar, card.numbers, ...card.operators])).toEqual([]);
    expect(lanes.flatMap((lane) => columns.filter((column) => overlaps(lane, column)))).toEqual([]);
  }
}

describe.each(["across", "down"] as const)("%s", (flow) => {
  test.each(names)("%s", (name) => {
    const layouts = layoutAll(graphsOfCase(name, recorded(name)), 2, flow);
    checkGraphs(layouts);
    checkExecution(layouts);
    checkCards(layouts);
  });
});

test.each([
  ["wordcount_p4", 20, 4],
  ["diamond", 30, 3],
  ["partition_rescale_2_4", 8, 0],
  ["interval_join", 1, 0],
])("%s on %i slots, %i a TaskManager", (name, parallelism, slots) => {
  const layouts = layoutAll(graphsOfCase(name, widened(recorded(name), parallelism)), slots, "across");
  checkExecution(layouts);
  checkCards(layouts);
});

test("columns follow the edges of the job", () => {
  for (const name of names) {
    const { job, execution } = layoutAll(graphsOfCase(name, recorded(name)), 2, "across");
    const place = new Map(execution.columns.map((column, at) => [column.vertex, at]));
    const backwards = job.jobEdges.filter((edge) => place.get(edge.source)! >= place.get(edge.target)!);
    expect(backwards).toEqual([]);
  }
});

test("free slots are named and low, used ones hold their tasks", () => {
  const { execution } = layoutAll(graphsOfCase("interval_join", recorded("interval_join")), 3, "across");
  const rows = execution.panels[0]!.rows;
  expect(rows.map((row) => row.free)).toEqual([false, true, true]);
  expect(rows[1]!.rect.height).toBeLessThan(rows[0]!.rect.height / 3);
});
