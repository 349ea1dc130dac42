/**
 * The inside of a task's card, read from left to right: a queue for each input channel, the chain of
 * operators, a queue for each subpartition; under them how its last second was spent.
 */
import { at } from "./at";
import { chainGrid, type ChainGrid } from "./chain-grid";
import type { ClusterModel } from "./cluster-model";
import type { Rect } from "./geometry";
import type { JobModel } from "./job-model";

/** `dense`: more of everything on less room, for many slots. */
export type Density = "roomy" | "dense";

/** Lanes of one side: equal strips from `y` on, a channel each. */
export interface LaneArea {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  /** Height of a strip. */
  readonly pitch: number;
}

/** All places are relative to the card's top left corner. */
export interface CardLayout {
  readonly width: number;
  readonly height: number;
  readonly header: Rect;
  /** Operators, in the order of the vertex' nodes. */
  readonly operators: readonly Rect[];
  /** Places in `operators` of the two ends of each arrow of the chain. */
  readonly links: readonly (readonly [number, number])[];
  /** Middle of the band in which the lanes stand. */
  readonly laneMiddle: number;
  readonly input: Omit<LaneArea, "y"> | null;
  readonly output: Omit<LaneArea, "y"> | null;
  readonly bar: Rect;
  readonly numbers: Rect;
}

interface Sizes {
  readonly padding: number;
  readonly headerHeight: number;
  readonly bodyTop: number;
  readonly bodyHeight: number;
  readonly operatorHeight: number;
  readonly laneWidth: number;
  readonly barGap: number;
  readonly barHeight: number;
  readonly numbersHeight: number;
}

const SIZES: Readonly<Record<Density, Sizes>> = {
  roomy: {
    padding: 9,
    headerHeight: 17,
    bodyTop: 31,
    bodyHeight: 56,
    operatorHeight: 26,
    laneWidth: 42,
    barGap: 8,
    barHeight: 7,
    numbersHeight: 14,
  },
  dense: {
    padding: 7,
    headerHeight: 15,
    bodyTop: 23,
    bodyHeight: 32,
    operatorHeight: 16,
    laneWidth: 40,
    barGap: 5,
    barHeight: 5,
    numbersHeight: 12,
  },
};

const OPERATOR_GAP = 8;
const LANE_GAP = 7;

/** Height of a lane where one side has so many. */
export function lanePitch(count: number, density: Density): number {
  if (density === "roomy")
    return count <= 3 ? 19 : count <= 5 ? 15 : count <= 10 ? 11 : Math.max(4, 110 / count);
  return count <= 2 ? 16 : count <= 4 ? 10 : Math.max(4, 44 / count);
}

/** Width of an operator in a chain of so many columns. */
function operatorWidth(columns: number): number {
  return columns <= 1 ? 92 : columns === 2 ? 74 : 66;
}

/** One card for each vertex; all are equally high, so that rows are calm. */
export function layoutCards(job: JobModel, cluster: ClusterModel, density: Density): CardLayout[] {
  const grids = job.vertices.map((_, vertex) => chainGrid(job, vertex));
  const lanes = job.vertices.map(() => ({ input: 0, output: 0 }));
  for (const task of cluster.tasks) {
    const most = at(lanes, task.vertex);
    most.input = Math.max(most.input, task.inputs.length);
    most.output = Math.max(most.output, task.outputs.length);
  }
  const sizes = SIZES[density];
  const bodyHeight = Math.max(
    sizes.bodyHeight,
    ...grids.map((grid) => grid.rows * sizes.operatorHeight + (grid.rows - 1) * (OPERATOR_GAP / 2)),
    ...lanes.flatMap(({ input, output }) => [
      input * lanePitch(input, density),
      output * lanePitch(output, density),
    ]),
  );
  return grids.map((grid, vertex) => cardOf(job, vertex, grid, at(lanes, vertex), bodyHeight, density));
}

function cardOf(
  job: JobModel,
  vertex: number,
  grid: ChainGrid,
  lanes: { readonly input: number; readonly output: number },
  bodyHeight: number,
  density: Density,
): CardLayout {
  const sizes = SIZES[density];
  const { padding, laneWidth } = sizes;
  const chainWidth = grid.columns * operatorWidth(grid.columns) + (grid.columns - 1) * OPERATOR_GAP;
  const chainX = padding + (lanes.input > 0 ? laneWidth + LANE_GAP : 0);
  const outputX = chainX + chainWidth + LANE_GAP;
  const width = Math.max(150, (lanes.output > 0 ? outputX + laneWidth : chainX + chainWidth) + padding);
  const slack = width - ((lanes.output > 0 ? outputX + laneWidth : chainX + chainWidth) + padding);
  const barY = sizes.bodyTop + bodyHeight + sizes.barGap;
  const inner = width - 2 * padding;
  const chain = { x: chainX, y: sizes.bodyTop, width: chainWidth + slack, height: bodyHeight };
  const lane = (x: number, count: number): Omit<LaneArea, "y"> | null =>
    count === 0 ? null : { x, width: laneWidth, pitch: lanePitch(count, density) };
  return {
    width,
    height: barY + sizes.barHeight + 2 + sizes.numbersHeight + 4,
    header: {
      x: padding,
      y: sizes.bodyTop - sizes.headerHeight - 6,
      width: inner,
      height: sizes.headerHeight,
    },
    operators: grid.cells.map((cell) => operatorRect(grid, cell.column, cell.row, chain, sizes)),
    links: linksOf(job, vertex),
    laneMiddle: sizes.bodyTop + bodyHeight / 2,
    input: lane(padding, lanes.input),
    output: lane(outputX + slack, lanes.output),
    bar: { x: padding, y: barY, width: inner, height: sizes.barHeight },
    numbers: { x: padding, y: barY + sizes.barHeight + 2, width: inner, height: sizes.numbersHeight },
  };
}

function operatorRect(grid: ChainGrid, column: number, row: number, chain: Rect, sizes: Sizes): Rect {
  const width = (chain.width - (grid.columns - 1) * OPERATOR_GAP) / grid.columns;
  const gap = OPERATOR_GAP / 2;
  const room = (chain.height - (grid.rows - 1) * gap) / grid.rows;
  // A lone operator need not be as high as many lanes are.
  const height = Math.min(room, Math.max(sizes.bodyHeight, sizes.operatorHeight));
  const top = chain.y + (chain.height - grid.rows * height - (grid.rows - 1) * gap) / 2;
  return { x: chain.x + column * (width + OPERATOR_GAP), y: top + row * (height + gap), width, height };
}

function linksOf(job: JobModel, vertex: number): (readonly [number, number])[] {
  const nodes = at(job.vertices, vertex).nodes;
  return job.streamEdges.flatMap((edge) =>
    edge.chained && nodes.includes(edge.source)
      ? [[nodes.indexOf(edge.source), nodes.indexOf(edge.target)] as const]
      : [],
  );
}

/** The lanes of one task's side: as many as it has channels, around the middle of the card. */
export function laneArea(card: CardLayout, side: "input" | "output", count: number): LaneArea | null {
  const area = card[side];
  if (area === null || count === 0) return null;
  return { ...area, y: card.laneMiddle - (count * area.pitch) / 2 };
}
