/** Where a key leads from an item: along the picture's reading order, to the side, or a level in and out. */
import { at } from "./at";
import type { ClusterModel } from "./cluster-model";
import type { ExecutionLayout } from "./execution-layout";
import { BufferField, ChannelField, type FrameReader } from "./frame-reader";
import type { Rect } from "./geometry";
import type { JobLayout, StreamLayout } from "./graph-layouts";
import { type Item, sameItem } from "./items";
import type { JobModel } from "./job-model";
import { jobEdgePlace } from "./hit-items";

/** See the head of this file. */
export type Way = "next" | "previous" | "left" | "right" | "up" | "down" | "in" | "out";

/** What is walked through. */
export interface Ground {
  readonly depth: "stream" | "job" | "execution";
  readonly job: JobModel;
  readonly cluster: ClusterModel;
  readonly stream: StreamLayout;
  readonly jobLayout: JobLayout;
  readonly execution: ExecutionLayout;
  readonly frame: FrameReader;
}

/** The item that `way` leads to from `item`; `item` itself where there is nothing further. */
export function walk(ground: Ground, item: Item | null, way: Way): Item | null {
  if (item === null) return topOrder(ground)[0] ?? null;
  if (way === "in") return inside(ground, item)[0] ?? item;
  if (way === "out") return parentOf(ground, item) ?? item;
  const siblings = siblingsOf(ground, item);
  const place = siblings.findIndex((each) => sameItem(each, item));
  if (way === "next") return siblings[Math.min(siblings.length - 1, place + 1)] ?? item;
  if (way === "previous") return siblings[Math.max(0, place - 1)] ?? item;
  const rect = rectOf(ground, item);
  return rect === null ? item : (beside(ground, siblings, item, rect, way) ?? item);
}

/** The things of the present depth in reading order; each is followed by the edges that leave it. */
export function topOrder(ground: Ground): Item[] {
  const { job } = ground;
  if (ground.depth === "stream") {
    return ground.stream.order.flatMap((node): Item[] => [
      { kind: "node", node: at(job.nodes, node).id },
      ...job.streamEdges
        .filter((edge) => edge.source === node)
        .map((edge) => streamEdgeItem(job, node, edge.place)),
    ]);
  }
  if (ground.depth === "job") {
    return ground.jobLayout.order.flatMap((vertex): Item[] => [
      { kind: "vertex", vertex: at(job.vertices, vertex).id },
      ...at(job.vertices, vertex).outputs.map((edge) => jobEdgeItem(job, edge)),
    ]);
  }
  return ground.execution.columns.flatMap(({ vertex }) =>
    ground.cluster.tasks
      .map((_, task) => task)
      .filter((task) => at(ground.cluster.tasks, task).vertex === vertex)
      .sort((a, b) => at(ground.cluster.tasks, a).subtask - at(ground.cluster.tasks, b).subtask)
      .map((task): Item => ({ kind: "task", task })),
  );
}

function streamEdgeItem(job: JobModel, source: number, edge: number): Item {
  return { kind: "streamEdge", source: at(job.nodes, source).id, edge };
}

function jobEdgeItem(job: JobModel, place: number): Item {
  const edge = at(job.jobEdges, place);
  return { kind: "jobEdge", target: at(job.vertices, edge.target).id, input: edge.input };
}

/** What is one level further in. */
function inside(ground: Ground, item: Item): Item[] {
  const { job, cluster, frame } = ground;
  if (item.kind === "vertex") {
    const vertex = job.vertexById.get(item.vertex);
    if (vertex === undefined) return [];
    return at(job.vertices, vertex).nodes.map((node) => ({ kind: "node", node: at(job.nodes, node).id }));
  }
  if (item.kind === "task") {
    const { operators, outputs } = at(cluster.tasks, item.task);
    return [
      ...operators.map((_, operator): Item => ({ kind: "operator", task: item.task, operator })),
      ...outputs.map((channel): Item => ({ kind: "channel", channel })),
    ];
  }
  if (item.kind === "channel" && frame.present) {
    const first = frame.channel(ChannelField.firstBuffer, item.channel);
    const count = frame.bufferCountOf(item.channel);
    return Array.from({ length: count }, (_, place) => ({
      kind: "buffer",
      channel: item.channel,
      buffer: frame.buffer(BufferField.id, first + place),
    }));
  }
  if (item.kind === "buffer" && frame.present) {
    const buffer = frame.findBuffer(item.channel, item.buffer);
    const dots = buffer < 0 ? 0 : frame.buffer(BufferField.dots, buffer);
    return Array.from({ length: dots }, (_, dot) => ({ ...item, kind: "record", dot }));
  }
  return [];
}

function parentOf(ground: Ground, item: Item): Item | null {
  const { job, cluster } = ground;
  switch (item.kind) {
    case "node": {
      if (ground.depth !== "job") return null;
      const node = job.nodes.find((each) => each.id === item.node);
      return node === undefined ? null : { kind: "vertex", vertex: at(job.vertices, node.vertex).id };
    }
    case "operator":
      return { kind: "task", task: item.task };
    case "channel":
      return { kind: "task", task: at(cluster.channels, item.channel).from };
    case "buffer":
      return { kind: "channel", channel: item.channel };
    case "record":
      return { kind: "buffer", channel: item.channel, buffer: item.buffer };
    case "slot":
      return { kind: "taskManager", taskManager: item.taskManager };
    case "streamEdge":
    case "vertex":
    case "jobEdge":
    case "task":
    case "taskManager":
      return null;
  }
}

function siblingsOf(ground: Ground, item: Item): Item[] {
  if (item.kind === "taskManager" || item.kind === "slot") {
    return ground.cluster.taskManagers.flatMap((manager): Item[] =>
      item.kind === "taskManager"
        ? [{ kind: "taskManager", taskManager: manager.id }]
        : Array.from({ length: manager.slots }, (_, slot) => ({
            kind: "slot",
            taskManager: manager.id,
            slot,
          })),
    );
  }
  const parent = parentOf(ground, item);
  return parent === null ? topOrder(ground) : inside(ground, parent);
}

function rectOf(ground: Ground, item: Item): Rect | null {
  const { job, stream, jobLayout, execution } = ground;
  switch (item.kind) {
    case "node": {
      const place = job.nodes.findIndex((node) => node.id === item.node);
      return (ground.depth === "stream" ? stream.boxes[place] : jobLayout.nodes[place]) ?? null;
    }
    case "vertex":
      return jobLayout.boxes[job.vertexById.get(item.vertex) ?? -1] ?? null;
    case "task":
      return execution.tasks[item.task] ?? null;
    case "operator": {
      const task = at(ground.cluster.tasks, item.task);
      const card = at(execution.cards, task.vertex);
      const place = at(job.vertices, task.vertex).nodes.indexOf(task.operators[item.operator] ?? -1);
      const rect = card.operators[place];
      const origin = at(execution.tasks, item.task);
      return rect === undefined ? null : { ...rect, x: rect.x + origin.x, y: rect.y + origin.y };
    }
    case "streamEdge": {
      const edge = job.streamEdges.findIndex(
        (each) => at(job.nodes, each.source).id === item.source && each.place === item.edge,
      );
      return stream.labels[edge] ?? null;
    }
    case "jobEdge":
      return jobLayout.labels[jobEdgePlace(job, item.target, item.input)] ?? null;
    case "channel":
    case "buffer":
    case "record":
    case "slot":
    case "taskManager":
      return null;
  }
}

/** The nearest sibling on one side; what lies straight ahead is nearer than what lies aslant. */
function beside(ground: Ground, siblings: readonly Item[], from: Item, rect: Rect, way: Way): Item | null {
  const middleX = rect.x + rect.width / 2;
  const middleY = rect.y + rect.height / 2;
  let best: Item | null = null;
  let least = Infinity;
  for (const item of siblings) {
    const other = rectOf(ground, item);
    if (other === null || sameItem(item, from)) continue;
    const dx = other.x + other.width / 2 - middleX;
    const dy = other.y + other.height / 2 - middleY;
    const ahead = way === "left" ? -dx : way === "right" ? dx : way === "up" ? -dy : dy;
    const aside = way === "left" || way === "right" ? Math.abs(dy) : Math.abs(dx);
    if (ahead <= 1) continue;
    const distance = ahead + 3 * aside;
    if (distance < least) {
      least = distance;
      best = item;
    }
  }
  return best;
}
