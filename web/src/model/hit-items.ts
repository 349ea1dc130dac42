/** From the codes of a hit map to items and back. */
import type { ClusterModel } from "./cluster-model";
import { at } from "./at";
import { type Hit, HitCode } from "./hits";
import type { Item } from "./items";
import type { JobModel } from "./job-model";

/** The item that a hit stands for. Throws for a code that is none. */
export function itemOf(hit: Hit, job: JobModel): Item {
  const { a, b, c } = hit;
  switch (hit.code) {
    case HitCode.node:
      return { kind: "node", node: a };
    case HitCode.streamEdge:
      return { kind: "streamEdge", source: a, edge: b };
    case HitCode.vertex:
      return { kind: "vertex", vertex: at(job.vertices, a).id };
    case HitCode.jobEdge: {
      const edge = at(job.jobEdges, a);
      return { kind: "jobEdge", target: at(job.vertices, edge.target).id, input: edge.input };
    }
    case HitCode.task:
      return { kind: "task", task: a };
    case HitCode.operator:
      return { kind: "operator", task: a, operator: b };
    case HitCode.channel:
      return { kind: "channel", channel: a };
    case HitCode.buffer:
      return { kind: "buffer", channel: a, buffer: b };
    case HitCode.record:
      return { kind: "record", channel: a, buffer: b, dot: c };
    case HitCode.slot:
      return { kind: "slot", taskManager: a, slot: b };
    case HitCode.taskManager:
      return { kind: "taskManager", taskManager: a };
    default:
      throw new Error(`hit code ${hit.code} stands for nothing`);
  }
}

/** The hit for an item; `null` where the job has no such thing. */
export function hitOf(item: Item, job: JobModel): Hit | null {
  const hit = (code: number, a: number, b = 0, c = 0): Hit => ({ code, a, b, c });
  switch (item.kind) {
    case "node":
      return hit(HitCode.node, item.node);
    case "streamEdge":
      return hit(HitCode.streamEdge, item.source, item.edge);
    case "vertex": {
      const vertex = job.vertexById.get(item.vertex);
      return vertex === undefined ? null : hit(HitCode.vertex, vertex);
    }
    case "jobEdge": {
      const edge = jobEdgePlace(job, item.target, item.input);
      return edge < 0 ? null : hit(HitCode.jobEdge, edge);
    }
    case "task":
      return hit(HitCode.task, item.task);
    case "operator":
      return hit(HitCode.operator, item.task, item.operator);
    case "channel":
      return hit(HitCode.channel, item.channel);
    case "buffer":
      return hit(HitCode.buffer, item.channel, item.buffer);
    case "record":
      return hit(HitCode.record, item.channel, item.buffer, item.dot);
    case "slot":
      return hit(HitCode.slot, item.taskManager, item.slot);
    case "taskManager":
      return hit(HitCode.taskManager, item.taskManager);
  }
}

/** Place of an edge of the JobGraph; -1 for none. */
export function jobEdgePlace(job: JobModel, target: string, input: number): number {
  const vertex = job.vertexById.get(target);
  return vertex === undefined ? -1 : (at(job.vertices, vertex).inputs[input] ?? -1);
}

/** Whether the job and its cluster have this thing at all. Buffers and records come and go with frames. */
export function exists(item: Item, job: JobModel, cluster: ClusterModel): boolean {
  switch (item.kind) {
    case "node":
      return job.nodes.some((node) => node.id === item.node);
    case "streamEdge":
      return job.streamEdges.some(
        (edge) => at(job.nodes, edge.source).id === item.source && edge.place === item.edge,
      );
    case "vertex":
      return job.vertexById.has(item.vertex);
    case "jobEdge":
      return jobEdgePlace(job, item.target, item.input) >= 0;
    case "task":
    case "operator":
      return item.task < cluster.tasks.length;
    case "channel":
    case "buffer":
    case "record":
      return item.channel < cluster.channels.length;
    case "slot":
    case "taskManager":
      return cluster.taskManagers.some((manager) => manager.id === item.taskManager);
  }
}
