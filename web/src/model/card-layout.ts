/**
 * The inside of a task's card, read from left to right: a queue for each input channel, the chain of
 * operators, a queue for each subpartition; under them how its last second was spent.
 */
import { at } from "./at";
import type { ChainGrid } from "./chain-grid";
import type { ClusterModel } from "./cluster-model";
import type { Rect } from "./geometry";
import type { JobModel } from "./job-model";

/** The more slots there are, the less room each card takes. */
export type Density = "roomy" | "dense" | "tight";

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
  /** Where the operators stand. */
  readonly chain: Rect;
  /** Operators, in the order of the vertex' nodes. */
  readonly operators: readonly Rect[];
  /** Places in `operators` of the two ends of each arrow of the chain. */
  readonly links: readonly (readonly [number, number])[];
  /** Middle of the band in which the lanes stand. */
  readonly laneMiddle: number;
  readonly input: Omit<LaneArea, "y"> | null;
  readonly output: Omit<LaneArea, "y"> | null;
  /** Gauges of the buffer pools, at the nearest zoom. */
  readonly pools: Rect;
  readonly bar: Rect;
  readonly numbers: Rect;
}

interface Sizes {
  readonly padding: number;
  readonly headerTop: number;
  readonly headerHeight: number;
  readonly bodyTop: number;
  readonly bodyHeight: number;
  readonly operatorHeight: number;
  readonly laneWidth: number;
  readonly barGap: number;
  readonly barHeight: number;
  readonly numbersHeight: number;
  readonly bottom: number;
}

const SIZES: Readonly<Record<Density, Sizes>> = {
  roomy: {
    padding: 9,
    headerTop: 6,
    headerHeight: 20.5,
    bodyTop: 31,
    bodyHeight: 56,
    operatorHeight: 26,
    laneWidth: 42,
    barGap: 13,
    barHeight: 7,
    numbersHeight: 15.5,
    bottom: 3,
  },
  dense: {
    padding: 7,
    headerTop: 4,
    headerHeight: 15,
    bodyTop: 23,
    bodyHeight: 32,
    operatorHeight: 16,
    laneWidth: 42,
    barGap: 9,
    barHeight: 5,
    numbersHeight: 12,
    bottom: 3,
  },
  // The numbers stand beside the bar, not beneath it.
  tight: {
    padding: 7,
    headerTop: 3,
    headerHeight: 14,
    bodyTop: 19,
    bodyHeight: 24,
    operatorHeight: 12,
    laneWidth: 42,
    barGap: 6,
    barHeight: 4,
    numbersHeight: 10.5,
    bottom: 2,
  },
};

const OPERATOR_GAP = 8;
const LANE_GAP = 7;
const CARD_WIDTH_MIN = 198;
/** Share of the width that the bar has where the numbers stand beside it. */
const BAR_SHARE = 0.42;

/** Height of a lane where one side has so many. */
function lanePitch(count: number, density: Density): number {
  if (density === "roomy")
    return count <= 3 ? 19 : count <= 5 ? 15 : count <= 10 ? 11 : Math.max(4, 110 / count);
  if (density === "dense") return count <= 2 ? 16 : count <= 4 ? 10 : Math.max(3, 44 / count);
  return Math.max(1.2, 24 / Math.max(2, count));
}

/** Width of an operator in a chain of so many columns. */
function operatorWidth(columns: number): number {
  return columns <= 1 ? 92 : columns === 2 ? 80 : 70;
}

/** One card for each vertex; all are equally high, so that rows are calm. */
export function layoutCards(
  job: JobModel,
  cluster: ClusterModel,
  grids: readonly ChainGrid[],
  density: Density,
): CardLayout[] {
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
  const width = Math.max(
    CARD_WIDTH_MIN,
    (lanes.output > 0 ? outputX + laneWidth : chainX + chainWidth) + padding,
  );
  const slack = width - ((lanes.output > 0 ? outputX + laneWidth : chainX + chainWidth) + padding);
  const barY = sizes.bodyTop + bodyHeight + sizes.barGap;
  const inner = width - 2 * padding;
  const chain = { x: chainX, y: sizes.bodyTop, width: chainWidth + slack, height: bodyHeight };
  const lane = (x: number, count: number): Omit<LaneArea, "y"> | null =>
    count === 0 ? null : { x, width: laneWidth, pitch: lanePitch(count, density) };
  return {
    width,
    ...timesOf(sizes, density, padding, barY, inner),
    pools: { x: padding, y: barY - sizes.barGap + 1, width: inner, height: sizes.barGap - 2 },
    chain,
    header: { x: padding, y: sizes.headerTop, width: inner, height: sizes.headerHeight },
    operators: grid.cells.map((cell) => operatorRect(grid, cell.column, cell.row, chain, sizes)),
    links: linksOf(job, vertex),
    laneMiddle: sizes.bodyTop + bodyHeight / 2,
    input: lane(padding, lanes.input),
    output: lane(outputX + slack, lanes.output),
  };
}

/** The bar and its numbers, and with them the card's height. */
function timesOf(
  sizes: Sizes,
  density: Density,
  x: number,
  y: number,
  width: number,
): Pick<CardLayout, "bar" | "numbers" | "height"> {
  const { barHeight, numbersHeight, bottom } = sizes;
  if (density === "tight") {
    const barWidth = width * BAR_SHARE;
    return {
      bar: { x, y: y + (numbersHeight - barHeight) / 2, width: barWidth, height: barHeight },
      numbers: { x: x + barWidth + 8, y, width: width - barWidth - 8, height: numbersHeight },
      height: y + numbersHeight + bottom,
    };
  }
  return {
    bar: { x, y, width, height: barHeight },
    numbers: { x, y: y + barHeight + 2, width, height: numbersHeight },
    height: y + barHeight + 2 + numbersHeight + bottom,
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

/** Between these scales the operators hand room over to the lanes, which have more to show. */
const WIDENING_FROM = 1.6;
const WIDENING_UNTIL = 2.6;
/** Share of the chain's width that goes to the lanes of one side, and how much that is at most. */
const WIDENING_SHARE = 0.28;
const WIDENING_MAX = 46;

/** By how much the lanes of each side are wider at this scale, in the layout's units. */
export function laneWidening(card: CardLayout, scale: number): number {
  const share = Math.min(1, Math.max(0, (scale - WIDENING_FROM) / (WIDENING_UNTIL - WIDENING_FROM)));
  return share * Math.min(WIDENING_MAX, card.chain.width * WIDENING_SHARE);
}

/** The same place in the chain when the lanes are wider. */
export function chainX(card: CardLayout, x: number, widening: number): number {
  const { chain } = card;
  const start = card.input === null ? 0 : widening;
  const end = card.output === null ? 0 : widening;
  return chain.x + start + ((x - chain.x) * (chain.width - start - end)) / chain.width;
}
