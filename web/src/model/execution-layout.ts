/**
 * The ExecutionGraph laid out: a column for each job vertex, a row for each slot, a panel for each
 * TaskManager. Tasks without a slot stand in a panel of their own.
 */
import { at, numberAt } from "./at";
import { type CardLayout, type Density, laneArea, layoutCards } from "./card-layout";
import type { ClusterModel } from "./cluster-model";
import {
  CURVE_LENGTH,
  curveBy,
  directCurve,
  type Point,
  type Rect,
  SAMPLE_COUNT,
  sampleCurve,
} from "./geometry";
import type { JobModel } from "./job-model";
import type { JobLayout } from "./graph-layouts";

/** A slot's row. */
export interface RowLayout {
  readonly slot: number;
  /** From the panel's left border to its right one. */
  readonly rect: Rect;
  readonly free: boolean;
  /** The slot sharing group of what is in it, if that has a name of its own. */
  readonly group: string;
  /** Where its first card stands: so far its names have room. */
  readonly room: number;
}

/** A TaskManager's panel, or the panel of the tasks that have none. */
export interface PanelLayout {
  /** Place of the TaskManager in the cluster model; -1 for the tasks without a slot. */
  readonly manager: number;
  readonly rect: Rect;
  readonly header: Rect;
  readonly rows: readonly RowLayout[];
}

/** A NodeManager's box around the panels of its containers. */
export interface NodeLayout {
  /** Place of the NodeManager in the cluster model. */
  readonly node: number;
  readonly rect: Rect;
  /** A line for its name, and one for each container in which no TaskManager is. */
  readonly lines: readonly Rect[];
}

export interface ColumnLayout {
  /** Place of the vertex. */
  readonly vertex: number;
  /** Where its title stands. */
  readonly header: Rect;
}

/** Where the edges of the JobGraph run when their channels are too many to be told apart: 20 numbers a branch. */
export interface BundleLayout {
  /** A branch for each sender and then each receiver. */
  readonly branches: Float64Array;
  readonly senders: readonly number[];
  readonly receivers: readonly number[];
  /** Where all branches meet. */
  readonly knot: Point;
}

export interface ExecutionLayout {
  readonly density: Density;
  readonly bounds: Rect;
  /** From left to right. */
  readonly columns: readonly ColumnLayout[];
  readonly panels: readonly PanelLayout[];
  readonly nodes: readonly NodeLayout[];
  /** By vertex. */
  readonly cards: readonly CardLayout[];
  /** By task. */
  readonly tasks: readonly Rect[];
  /** 20 numbers a channel. */
  readonly wires: Float64Array;
  /** `SAMPLE_COUNT` points a channel, of even distance. */
  readonly samples: Float32Array;
  /** By edge of the JobGraph. */
  readonly bundles: readonly BundleLayout[];
  /** Width of the gap between two columns. */
  readonly gap: number;
}

/** Width of the strip at a panel's left, where slots are named. */
export const GUTTER_WIDTH = 54;
/** Height of the columns' titles, which stay readable when a high picture is seen from far away. */
const COLUMN_HEADER_HEIGHT = 58;
const COLUMN_HEADER_SHARE = 0.05;
const PANEL_HEADER_HEIGHT = 24;
const FREE_ROW_HEIGHT = 22;
const PANEL_GAP = 14;
/** A NodeManager's box stands so far out of the panels in it. */
const NODE_INSET = 10;
const NODE_LINE_HEIGHT = 20;
const PANEL_PADDING = 12;
/** From so many rows with tasks on, cards are dense, and then tight. */
const DENSE_ROWS = 6;
const TIGHT_ROWS = 13;
const GAP = 90;
/** A high picture has wide gaps: there is room, and wires that are less steep are easier to follow. */
const GAP_GROWTH = 8;
const GAP_MAX = 220;
const ROW_GAPS: Readonly<Record<Density, number>> = { roomy: 14, dense: 9, tight: 7 };
/** Between rows through which wires run, buffers must have room. */
const CORRIDOR_GAP = 22;

interface Cell {
  readonly vertex: number;
  readonly tasks: number[];
}

interface Row {
  readonly slot: number;
  readonly cells: Map<number, Cell>;
}

/** The rows of a TaskManager; -1: of the tasks without one. */
interface Group {
  readonly manager: number;
  readonly rows: Row[];
}

/** Lays out the tasks; `jobLayout` gives the order of the columns and the chains. */
export function layoutExecution(job: JobModel, cluster: ClusterModel, jobLayout: JobLayout): ExecutionLayout {
  const groups = groupRows(cluster);
  const rowCount = groups.reduce(
    (sum, group) => sum + group.rows.filter((row) => row.cells.size > 0).length,
    0,
  );
  const density: Density = rowCount >= TIGHT_ROWS ? "tight" : rowCount >= DENSE_ROWS ? "dense" : "roomy";
  const cards = layoutCards(job, cluster, jobLayout.grids, density);
  const gap = Math.min(GAP_MAX, GAP + Math.max(0, rowCount - DENSE_ROWS) * GAP_GROWTH);
  const order = columnOrder(job, jobLayout);
  const rowGap = hasCorridors(job, order) ? CORRIDOR_GAP : ROW_GAPS[density];
  const titles = Math.max(COLUMN_HEADER_HEIGHT, rowCount * (cards[0]?.height ?? 0) * COLUMN_HEADER_SHARE);
  const columns = placeColumns(order, cards, gap, titles);
  const last = columns.at(-1);
  const width = (last === undefined ? 0 : columnEnd(last)) + PANEL_PADDING;
  const columnX = new Map(columns.map((column) => [column.vertex, column.header.x]));
  const tasks: Rect[] = cluster.tasks.map(() => ({ x: 0, y: 0, width: 0, height: 0 }));
  const panels: PanelLayout[] = [];
  let y = titles;
  const place = (group: Group): void => {
    const panel = placePanel(job, group, y, width, cards, columnX, tasks, rowGap);
    panels.push(panel);
    y += panel.rect.height + PANEL_GAP;
  };
  const nodes = cluster.nodes.map((node, number): NodeLayout => {
    const top = y;
    const lines = [node.name, ...node.others].map((_, line) => {
      return { x: 0, y: top + 4 + line * NODE_LINE_HEIGHT, width, height: NODE_LINE_HEIGHT };
    });
    y += lines.length * NODE_LINE_HEIGHT + 10;
    const isHere = ({ manager }: Group): boolean =>
      manager >= 0 && node.taskManagers.includes(at(cluster.taskManagers, manager).id);
    groups.filter(isHere).forEach(place);
    const rect = { x: -NODE_INSET, y: top, width: width + 2 * NODE_INSET, height: y - top };
    y += PANEL_GAP;
    return { node: number, rect, lines };
  });
  const placed = new Set(panels.map(({ manager }) => manager));
  groups.filter(({ manager }) => !placed.has(manager)).forEach(place);
  const inset = nodes.length === 0 ? 0 : NODE_INSET;
  const bounds = { x: -inset, y: 0, width: width + 2 * inset, height: Math.max(titles, y - PANEL_GAP) };
  const wires = routeWires(cluster, columns, cards, tasks, rowGap);
  const samples = new Float32Array(cluster.channels.length * SAMPLE_COUNT * 2);
  cluster.channels.forEach((_, place) => {
    sampleCurve(wires, place * CURVE_LENGTH, samples, place * SAMPLE_COUNT * 2);
  });
  const bundles = job.jobEdges.map((_, edge) => bundleOf(cluster, edge, columns, cards, tasks, rowGap));
  return { density, bounds, columns, panels, nodes, cards, tasks, wires, samples, bundles, gap };
}

/** Whether an edge leads past a column. */
function hasCorridors(job: JobModel, order: readonly number[]): boolean {
  return job.jobEdges.some((edge) => order.indexOf(edge.target) - order.indexOf(edge.source) > 1);
}

/** The vertices in topological order; where that leaves a choice, as the JobGraph's picture has them. */
function columnOrder(job: JobModel, layout: JobLayout): number[] {
  const rank = new Map(layout.order.map((vertex, place) => [vertex, place]));
  const done = new Set<number>();
  const order: number[] = [];
  while (order.length < job.vertices.length) {
    const ready = job.vertices
      .map((_, vertex) => vertex)
      .filter((vertex) => !done.has(vertex))
      .filter((vertex) =>
        at(job.vertices, vertex).inputs.every((edge) => done.has(at(job.jobEdges, edge).source)),
      )
      .sort((one, other) => (rank.get(one) ?? 0) - (rank.get(other) ?? 0));
    const next = ready[0];
    if (next === undefined) throw new Error("the JobGraph has a cycle");
    done.add(next);
    order.push(next);
  }
  return order;
}

function placeColumns(
  order: readonly number[],
  cards: readonly CardLayout[],
  gap: number,
  height: number,
): ColumnLayout[] {
  let x = GUTTER_WIDTH;
  return order.map((vertex) => {
    const width = at(cards, vertex).width;
    const header = { x, y: 0, width, height };
    x += width + gap;
    return { vertex, header };
  });
}

/** The rows of each TaskManager and of the tasks without one. */
function groupRows(cluster: ClusterModel): Group[] {
  const groups = cluster.taskManagers.map((manager, place) => ({
    manager: place,
    rows: Array.from({ length: manager.slots }, (_, slot): Row => ({ slot, cells: new Map() })),
  }));
  const waiting: Row[] = [];
  const groupOf = new Map(cluster.taskManagers.map((manager, place) => [manager.id, at(groups, place)]));
  cluster.tasks.forEach((task, place) => {
    const rows = groupOf.get(task.taskManager)?.rows ?? waiting;
    while (rows.length <= task.slot) rows.push({ slot: rows.length, cells: new Map() });
    const row = at(rows, task.slot);
    const cell = row.cells.get(task.vertex) ?? { vertex: task.vertex, tasks: [] };
    cell.tasks.push(place);
    row.cells.set(task.vertex, cell);
  });
  return waiting.length === 0 ? groups : [...groups, { manager: -1, rows: waiting }];
}

function placePanel(
  job: JobModel,
  group: Group,
  top: number,
  width: number,
  cards: readonly CardLayout[],
  columnX: ReadonlyMap<number, number>,
  tasks: Rect[],
  rowGap: number,
): PanelLayout {
  const rows: RowLayout[] = [];
  let y = top + PANEL_HEADER_HEIGHT;
  for (const row of group.rows) {
    let rowHeight = 0;
    for (const cell of row.cells.values()) {
      let cardY = y;
      for (const task of cell.tasks) {
        const card = at(cards, cell.vertex);
        tasks[task] = { x: columnX.get(cell.vertex) ?? 0, y: cardY, width: card.width, height: card.height };
        cardY += card.height + rowGap;
      }
      rowHeight = Math.max(rowHeight, cardY - y);
    }
    const free = rowHeight === 0;
    const height = free ? FREE_ROW_HEIGHT : rowHeight;
    const vertex = row.cells.keys().next().value;
    const name = vertex === undefined ? "default" : at(job.vertices, vertex).slotSharingGroup;
    const sharing = name === "default" ? "" : name;
    const room = Math.min(width, ...[...row.cells.keys()].map((column) => columnX.get(column) ?? 0));
    rows.push({ slot: row.slot, rect: { x: 0, y, width, height }, free, group: sharing, room });
    y += height;
  }
  const bottom = y + (rows.at(-1)?.free === true ? 2 : 0);
  return {
    manager: group.manager,
    rect: { x: 0, y: top, width, height: bottom - top },
    header: { x: 10, y: top + 2, width: width - 20, height: PANEL_HEADER_HEIGHT - 4 },
    rows,
  };
}

/** Where a task's lane meets the border of its card. */
function portOf(rect: Rect, card: CardLayout, side: "input" | "output", lane: number, count: number): Point {
  const area = laneArea(card, side, count);
  const y = area === null ? rect.y + rect.height / 2 : rect.y + area.y + (lane + 0.5) * area.pitch;
  return { x: side === "input" ? rect.x : rect.x + rect.width, y };
}

function routeWires(
  cluster: ClusterModel,
  columns: readonly ColumnLayout[],
  cards: readonly CardLayout[],
  tasks: readonly Rect[],
  rowGap: number,
): Float64Array {
  const wires = new Float64Array(cluster.channels.length * CURVE_LENGTH);
  cluster.channels.forEach((channel, place) => {
    const sender = at(cluster.tasks, channel.from);
    const receiver = at(cluster.tasks, channel.to);
    const senderRect = at(tasks, channel.from);
    const lane = sender.outputs.indexOf(place);
    const from = portOf(senderRect, at(cards, sender.vertex), "output", lane, sender.outputs.length);
    const to = portOf(
      at(tasks, channel.to),
      at(cards, receiver.vertex),
      "input",
      receiver.inputs.indexOf(place),
      receiver.inputs.length,
    );
    const spread = sender.outputs.length <= 1 ? 0.5 : lane / (sender.outputs.length - 1);
    const corridor = senderRect.y + senderRect.height + rowGap * (0.42 + 0.16 * spread);
    route(wires, place * CURVE_LENGTH, from, to, columns, sender.vertex, receiver.vertex, corridor);
  });
  return wires;
}

/** To the next column straight; further on through the corridor beneath the row, so that no card is crossed. */
function route(
  curves: Float64Array,
  offset: number,
  from: Point,
  to: Point,
  columns: readonly ColumnLayout[],
  source: number,
  target: number,
  corridor: number,
): void {
  const start = columns.findIndex((column) => column.vertex === source);
  const end = columns.findIndex((column) => column.vertex === target);
  if (end - start <= 1) {
    directCurve(curves, offset, from, to, "across");
    return;
  }
  const after = at(columns, start + 1).header;
  const before = at(columns, end - 1).header;
  const first = { x: after.x - 4, y: corridor };
  const second = { x: before.x + before.width + 4, y: corridor };
  curveBy(curves, offset, from, first, second, to, "across");
}

function bundleOf(
  cluster: ClusterModel,
  edge: number,
  columns: readonly ColumnLayout[],
  cards: readonly CardLayout[],
  tasks: readonly Rect[],
  rowGap: number,
): BundleLayout {
  const channels = cluster.channels.filter((channel) => channel.jobEdge === edge);
  const senders = [...new Set(channels.map((channel) => channel.from))];
  const receivers = [...new Set(channels.map((channel) => channel.to))];
  const branches = new Float64Array((senders.length + receivers.length) * CURVE_LENGTH);
  const side = (task: number, which: "input" | "output"): Point => {
    const rect = at(tasks, task);
    return portOf(rect, at(cards, at(cluster.tasks, task).vertex), which, 0, 1);
  };
  const ends = receivers.map((task) => side(task, "input"));
  const starts = senders.map((task) => side(task, "output"));
  if (starts.length === 0 || ends.length === 0) return { branches, senders, receivers, knot: { x: 0, y: 0 } };
  const knot = {
    x: Math.min(...ends.map((end) => end.x)) - (at(columns, 1).header.x - columnEnd(at(columns, 0))) / 2,
    y: middle([...starts, ...ends]),
  };
  const source = at(cluster.tasks, at(senders, 0)).vertex;
  const target = at(cluster.tasks, at(receivers, 0)).vertex;
  starts.forEach((from, place) => {
    const rect = at(tasks, at(senders, place));
    const corridor = rect.y + rect.height + rowGap / 2;
    route(branches, place * CURVE_LENGTH, from, knot, columns, source, target, corridor);
  });
  ends.forEach((to, place) =>
    directCurve(branches, (starts.length + place) * CURVE_LENGTH, knot, to, "across"),
  );
  return { branches, senders, receivers, knot };
}

function columnEnd(column: ColumnLayout): number {
  return column.header.x + column.header.width;
}

function middle(points: readonly Point[]): number {
  const ys = points.map((point) => point.y);
  return (Math.min(...ys) + Math.max(...ys)) / 2;
}

/** A point of a channel's wire, at `share` of its length. Axis 0 is x, 1 is y. */
export function wirePoint(layout: ExecutionLayout, channel: number, axis: 0 | 1, share: number): number {
  const place = Math.max(0, Math.min(1, share)) * (SAMPLE_COUNT - 1);
  const step = Math.min(SAMPLE_COUNT - 2, Math.floor(place));
  const from = (channel * SAMPLE_COUNT + step) * 2 + axis;
  const start = numberAt(layout.samples, from);
  return start + (numberAt(layout.samples, from + 2) - start) * (place - step);
}
