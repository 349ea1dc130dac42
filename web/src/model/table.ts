/** The picture's twin in text: one table for each depth, with a row for each thing of it. */
import { at } from "./at";
import { levelName } from "./back-pressure";
import { ChannelField, ManagerField, OutputField, TaskField } from "./frame-reader";
import type { Item } from "./items";
import type { JobMoment } from "./moment";
import { countText, percentText } from "./numbers";
import type { ExecutionLayout } from "./execution-layout";

/** See the head of this file. */
export interface ItemTable {
  readonly caption: string;
  readonly columns: readonly string[];
  readonly rows: readonly { readonly item: Item; readonly cells: readonly string[] }[];
}

/** The StreamGraph: a row for each edge, and for each node that none leaves. */
export function streamTable({ job }: JobMoment): ItemTable {
  const rows = job.nodes.flatMap((node, place): ItemTable["rows"][number][] => {
    const cells = [node.name, String(node.parallelism)];
    const edges = job.streamEdges.filter((edge) => edge.source === place);
    if (edges.length === 0) return [{ item: { kind: "node", node: node.id }, cells: [...cells, "", "", ""] }];
    return edges.map((edge) => {
      const tag = edge.outputTag === null ? "" : ` (side output ${edge.outputTag})`;
      const verdict = edge.chained ? "chained" : `not chained: ${edge.reasons.join("; ")}`;
      return {
        item: { kind: "streamEdge", source: node.id, edge: edge.place },
        cells: [
          ...cells,
          at(job.nodes, edge.target).name,
          edge.partitioner + tag,
          verdict.replace(/: $/, ""),
        ],
      };
    });
  });
  const columns = ["operator", "parallelism", "leads to", "partitioner", "chaining"];
  return { caption: `Stream graph of ${job.jobName}`, columns, rows };
}

/** The JobGraph: a row for each vertex. */
export function jobTable({ job, throughput, pressure, frame }: JobMoment): ItemTable {
  const rows = job.vertices.map((vertex, place) => {
    const inputs = vertex.inputs.map((edge) => {
      const { source, shipStrategy } = at(job.jobEdges, edge);
      return `${at(job.vertices, source).name} (${shipStrategy})`;
    });
    const counts = frame.present
      ? [
          countText(throughput.totalIn(place)),
          countText(throughput.totalOut(place)),
          `${levelName(pressure.ofVertex(place))}, ${percentText(pressure.ofVertex(place))}`,
        ]
      : ["", "", ""];
    return {
      item: { kind: "vertex", vertex: vertex.id } as const,
      cells: [vertex.name, String(vertex.parallelism), inputs.join(", "), ...counts],
    };
  });
  const columns = ["job vertex", "parallelism", "reads from", "records in", "records out", "back-pressure"];
  return { caption: `Job graph of ${job.jobName}`, columns, rows };
}

const SEGMENTS = "network segments";

/** What a frame has of each task. */
const LIVE_COLUMNS = [
  "state",
  "working",
  "busy",
  "back-pressured",
  "of it hard",
  "level",
  "idle",
  "records in",
  "records out",
  "queued in",
  "queued out",
  SEGMENTS,
  "credit",
  "buffers of input free",
] as const;

/** The ExecutionGraph: a row for each task, column by column as in the picture, and one for each TaskManager. */
export function executionTable(moment: JobMoment, layout: ExecutionLayout): ItemTable {
  const { job, cluster, frame } = moment;
  const column = new Map(layout.columns.map(({ vertex }, place) => [vertex, place]));
  const rank = (place: number): number => column.get(at(cluster.tasks, place).vertex) ?? 0;
  const places = cluster.tasks.map((_, place) => place);
  places.sort((a, b) => rank(a) - rank(b) || at(cluster.tasks, a).subtask - at(cluster.tasks, b).subtask);
  const rows = places.map((place): ItemTable["rows"][number] => ({
    item: { kind: "task", task: place },
    cells: frame.present
      ? taskCells(moment, place)
      : [at(cluster.tasks, place).name, slotText(moment, place)],
  }));
  if (frame.present) rows.push(...managerRows(moment));
  const columns = ["task", "slot", ...(frame.present ? LIVE_COLUMNS : [])];
  const status = frame.present ? `, ${frame.jobStatus}` : "";
  return { caption: `Execution graph of ${job.jobName}${status}`, columns, rows };
}

/** The network pool of each TaskManager, in the columns of the tasks. */
function managerRows({ cluster, frame }: JobMoment): ItemTable["rows"][number][] {
  return cluster.taskManagers.map((manager, place) => {
    const [used, all] = [
      frame.manager(ManagerField.used, place),
      frame.manager(ManagerField.segments, place),
    ];
    const cells = LIVE_COLUMNS.map((column) =>
      column === SEGMENTS ? `${countText(used)} of ${countText(all)}` : "",
    );
    return {
      item: { kind: "taskManager", taskManager: manager.id },
      cells: [manager.name, `${manager.slots} slots`, ...cells],
    };
  });
}

function slotText({ cluster }: JobMoment, place: number): string {
  const task = at(cluster.tasks, place);
  const manager = cluster.taskManagers.find((each) => each.id === task.taskManager);
  return manager === undefined ? "none yet" : `${manager.name}, slot ${task.slot}`;
}

function taskCells(moment: JobMoment, place: number): string[] {
  const { job, cluster, frame } = moment;
  const task = at(cluster.tasks, place);
  const working = task.operators[frame.task(TaskField.operator, place) - 1] ?? -1;
  const sum = (channels: readonly number[], fields: readonly number[]): number =>
    channels.reduce(
      (all, channel) => all + fields.reduce((few, field) => few + frame.channel(field, channel), 0),
      0,
    );
  /** Local channels have no credit. */
  const remote = (channels: readonly number[], fields: readonly number[]): string =>
    channels.some((channel) => at(cluster.channels, channel).remote) ? countText(sum(channels, fields)) : "";
  return [
    task.name,
    slotText(moment, place),
    frame.taskState(place),
    working < 0 ? "" : at(job.nodes, working).name,
    percentText(frame.task(TaskField.busy, place)),
    percentText(frame.task(TaskField.backPressured, place)),
    percentText(frame.task(TaskField.hardBackPressured, place)),
    levelName(frame.task(TaskField.backPressured, place)),
    percentText(frame.task(TaskField.idle, place)),
    countText(frame.task(TaskField.recordsIn, place)),
    countText(frame.task(TaskField.recordsOut, place)),
    countText(sum(task.inputs, [ChannelField.received])),
    countText(sum(task.outputs, [ChannelField.queued, ChannelField.inFlight])),
    task.outputs.length === 0
      ? ""
      : `${frame.outputSum(OutputField.requested, place)} of ${frame.outputSum(OutputField.size, place)}`,
    remote(task.outputs, [ChannelField.credit]),
    remote(task.inputs, [ChannelField.exclusiveFree, ChannelField.floatingFree]),
  ];
}
