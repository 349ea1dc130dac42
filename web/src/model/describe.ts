/** What there is to say about a thing in the picture: a title, and lines with the most important first. */
import { at } from "./at";
import { levelName, levelOf } from "./back-pressure";
import { describeBuffer, describeChannel, describeRecord, poolLines } from "./describe-network";
import { ManagerField, TaskField } from "./frame-reader";
import { jobEdgePlace } from "./hit-items";
import type { Item } from "./items";
import type { JobModel, StreamEdgeModel } from "./job-model";
import type { JobMoment } from "./moment";
import { countText, percentText, rateText } from "./numbers";
import { timeText } from "./time-text";

/** See the head of this file. */
export interface ItemText {
  readonly title: string;
  readonly lines: readonly string[];
}

/** Describes a thing that exists (see `exists` in hit-items.ts). */
export function describeItem(item: Item, moment: JobMoment): ItemText {
  switch (item.kind) {
    case "node":
      return describeNode(moment.job, item.node);
    case "streamEdge":
      return describeStreamEdge(moment.job, item.source, item.edge);
    case "vertex":
      return describeVertex(moment, item.vertex);
    case "jobEdge":
      return describeJobEdge(moment, jobEdgePlace(moment.job, item.target, item.input));
    case "task":
      return describeTask(moment, item.task);
    case "operator":
      return describeOperator(moment, item.task, item.operator);
    case "channel":
      return describeChannel(moment, item.channel);
    case "buffer":
      return describeBuffer(moment, item.channel, item.buffer);
    case "record":
      return describeRecord(moment, item.channel, item.buffer, item.dot);
    case "slot":
      return describeSlot(moment, item.taskManager, item.slot);
    case "taskManager":
      return describeTaskManager(moment, item.taskManager);
  }
}

function describeNode(job: JobModel, id: number): ItemText {
  const place = job.nodes.findIndex((node) => node.id === id);
  const node = at(job.nodes, place);
  const vertex = at(job.vertices, node.vertex);
  const lines = [`parallelism: ${node.parallelism}`];
  const others = vertex.nodes.filter((other) => other !== place).map((other) => at(job.nodes, other).name);
  lines.push(
    others.length === 0 ? "Not chained to any other operator." : `Chained with ${others.join(", ")}.`,
  );
  lines.push(`slot sharing group: ${node.slotSharingGroup}`, `chaining strategy: ${node.chainingStrategy}`);
  if (node.uid !== null) lines.push(`uid: ${node.uid}`);
  if (node.position !== null) lines.push(`line ${node.position.line} of the job`);
  lines.push(`stream node: ${node.id}`, `operator id: ${node.operatorId}`);
  return { title: node.name, lines };
}

/** Why two operators are chained or not, in sentences. */
function chainingLines(edge: StreamEdgeModel): string[] {
  if (edge.chained) return ["Chained: both run in one task, and records pass by a method call."];
  if (edge.reasons.length === 0) return ["Not chained: records pass through network buffers."];
  return ["Not chained:", ...edge.reasons.map((reason) => `– ${reason}`)];
}

function describeStreamEdge(job: JobModel, source: number, place: number): ItemText {
  const edge = job.streamEdges.find(
    (each) => at(job.nodes, each.source).id === source && each.place === place,
  );
  if (edge === undefined) throw new Error(`no edge ${place} leaves stream node ${source}`);
  const title = `${at(job.nodes, edge.source).name} → ${at(job.nodes, edge.target).name}`;
  const lines = [...chainingLines(edge), `partitioner: ${edge.partitioner}`];
  if (edge.outputTag !== null) lines.push(`side output: ${edge.outputTag}`);
  return { title, lines };
}

function describeVertex({ job, frame, throughput, pressure }: JobMoment, id: string): ItemText {
  const place = job.vertexById.get(id) ?? -1;
  const vertex = at(job.vertices, place);
  const names = vertex.nodes.map((node) => at(job.nodes, node).name);
  const lines = [
    `parallelism: ${vertex.parallelism}`,
    names.length === 1 ? "one operator" : `chain of ${names.length}: ${names.join(", ")}`,
    `slot sharing group: ${vertex.slotSharingGroup}`,
  ];
  if (frame.present) {
    const into = `${countText(throughput.totalIn(place))} records in, ${rateText(throughput.rateIn(place))}`;
    const out = `${countText(throughput.totalOut(place))} records out, ${rateText(throughput.rateOut(place))}`;
    lines.push(into, out, ...pressureLines(pressure.ofVertex(place), "subtask"));
  }
  lines.push(`job vertex id: ${vertex.id}`);
  return { title: vertex.name, lines };
}

/** What there is to say of a vertex or an edge under back-pressure. */
function pressureLines(perMille: number, worst: string): string[] {
  if (levelOf(perMille) === 0) return [];
  return [`back-pressure ${levelName(perMille)}: ${percentText(perMille)} in its worst ${worst}`];
}

function describeJobEdge({ job, cluster, frame, pressure }: JobMoment, place: number): ItemText {
  const edge = at(job.jobEdges, place);
  const [source, target] = [at(job.vertices, edge.source), at(job.vertices, edge.target)];
  const channels = cluster.channels.filter((channel) => channel.jobEdge === place);
  const remote = channels.filter((channel) => channel.remote).length;
  const how =
    edge.distribution === "ALL_TO_ALL" ? "every sender to every receiver" : "each sender to some receivers";
  const crossing = cluster.planned ? "" : `, ${remote} of them between TaskManagers`;
  const lines = [
    `${edge.shipStrategy}: ${how}`,
    `${channels.length} ${channels.length === 1 ? "channel" : "channels"}${crossing}`,
    `result partition: ${edge.resultType}${edge.broadcast ? ", broadcast" : ""}`,
  ];
  if (frame.present) lines.push(...pressureLines(pressure.ofEdge(place), "channel"));
  return { title: `${source.name} → ${target.name}`, lines };
}

function describeTask({ job, cluster, frame }: JobMoment, place: number): ItemText {
  const task = at(cluster.tasks, place);
  const manager = cluster.taskManagers.find((each) => each.id === task.taskManager);
  const where = manager === undefined ? "No slot yet." : `${manager.name}, slot ${task.slot}`;
  if (!frame.present) return { title: task.name, lines: [where] };
  const field = (name: keyof typeof TaskField): number => frame.task(TaskField[name], place);
  const lines = [
    frame.taskState(place),
    `busy ${percentText(field("busy"))}, back-pressured ${percentText(field("backPressured"))}, idle ${percentText(field("idle"))}`,
  ];
  const [pressed, hard] = [field("backPressured"), field("hardBackPressured")];
  if (levelOf(pressed) > 0 || hard > 0) {
    lines.push(
      `back-pressure ${levelName(pressed)}: ${percentText(pressed - hard)} before a record (soft), ${percentText(hard)} inside one (hard)`,
    );
  }
  const working = task.operators[field("operator") - 1] ?? -1;
  if (working >= 0) lines.push(`${at(job.nodes, working).name} worked in the last turn.`);
  lines.push(
    `records: ${countText(field("recordsIn"))} in, ${countText(field("recordsOut"))} out`,
    ...poolLines(frame, place),
    ...watermarkLines(frame.watermark(place)),
    ...checkpointLines(frame.checkpoint(place), frame.checkpointPhase(place)),
    `mails waiting: ${field("mailbox")}`,
    `${where}, attempt ${task.attempt}`,
  );
  return { title: task.name, lines };
}

const CHECKPOINT_PHASES = [
  "no barrier yet",
  "has some of its barriers",
  "writes its state",
  "its answer is on its way",
  "has answered",
];

function checkpointLines(checkpoint: number, phase: number): readonly string[] {
  return checkpoint === 0 ? [] : [`checkpoint ${checkpoint}: ${CHECKPOINT_PHASES[phase] ?? ""}`];
}

function watermarkLines(watermark: number): readonly string[] {
  return watermark === -Infinity ? [] : [`watermark: ${timeText(watermark)}`];
}

function describeOperator({ job, cluster, frame }: JobMoment, place: number, operator: number): ItemText {
  const task = at(cluster.tasks, place);
  const node = task.operators[operator] ?? -1;
  const title = node < 0 ? `operator ${operator + 1}` : at(job.nodes, node).name;
  const count = task.operators.length;
  const lines = [
    count === 1
      ? `The only operator of ${task.name}.`
      : `Operator ${operator + 1} of ${count} in ${task.name}.`,
  ];
  if (frame.present && frame.task(TaskField.operator, place) === operator + 1)
    lines.push("It worked in the last turn.");
  if (node >= 0) {
    const { position, operatorId } = at(job.nodes, node);
    if (position !== null) lines.push(`line ${position.line} of the job`);
    lines.push(`operator id: ${operatorId}`);
  }
  return { title, lines };
}

function describeSlot({ cluster }: JobMoment, id: number, slot: number): ItemText {
  const manager = cluster.taskManagers.find((each) => each.id === id);
  const tasks = cluster.tasks.filter((task) => task.taskManager === id && task.slot === slot);
  const lines = tasks.length === 0 ? ["free"] : tasks.map((task) => task.name);
  return { title: `${manager?.name ?? ""}, slot ${slot}`, lines };
}

function describeTaskManager({ cluster, frame }: JobMoment, id: number): ItemText {
  const manager = cluster.taskManagers.find((each) => each.id === id);
  if (manager === undefined) return { title: `TaskManager ${id}`, lines: ["It is gone."] };
  const tasks = cluster.tasks.flatMap((task, place) => (task.taskManager === id ? [place] : []));
  const slots = new Set(tasks.map((task) => at(cluster.tasks, task).slot));
  const lines = [`${slots.size} of ${manager.slots} slots in use, ${tasks.length} tasks`];
  if (frame.present) {
    const place = cluster.taskManagers.indexOf(manager);
    const [used, all] = [
      frame.manager(ManagerField.used, place),
      frame.manager(ManagerField.segments, place),
    ];
    lines.push(`network segments: ${countText(used)} of ${countText(all)} in use`);
  } else {
    lines.push(`network segments: ${countText(manager.segments)}`);
  }
  return { title: manager.name, lines };
}
