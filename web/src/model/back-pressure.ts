/**
 * Back-pressure in Flink's three levels: of a task, of a channel that holds its sender up, and of vertices and
 * edges, which are as bad as the worst of their subtasks (Flink: `JobVertexBackPressureHandler`).
 */
import { at, numberAt } from "./at";
import type { ClusterModel } from "./cluster-model";
import { ChannelField, type FrameReader, TaskField } from "./frame-reader";
import type { JobModel } from "./job-model";

/** The levels, each worse than the one before. */
export const Level = { ok: 0, low: 1, high: 2 } as const;

/** Up to so many per mille of the time is OK, and up to so many LOW. */
const OK_MAX = 100;
const LOW_MAX = 500;
/** From so many buffers on, a queue is one that its sender waits for. */
const QUEUED_FROM = 2;

const LEVEL_NAMES = ["OK", "LOW", "HIGH"] as const;

export function levelOf(perMille: number): number {
  return perMille <= OK_MAX ? Level.ok : perMille <= LOW_MAX ? Level.low : Level.high;
}

/** The level as Flink names it. */
export function levelName(perMille: number): string {
  return LEVEL_NAMES[levelOf(perMille)] ?? "";
}

/** How much a channel holds its sender up, in per mille: its sender waits, and buffers wait in the channel. */
export function channelPressure(frame: FrameReader, cluster: ClusterModel, channel: number): number {
  const pressed = frame.task(TaskField.backPressured, at(cluster.channels, channel).from);
  if (levelOf(pressed) === Level.ok) return 0;
  return frame.channel(ChannelField.queued, channel) >= QUEUED_FROM ? pressed : 0;
}

/** The worst of the subtasks of each vertex, and of the channels of each edge, in per mille. */
export class Pressure {
  private vertices = new Uint16Array(0);
  private edges = new Uint16Array(0);

  /** For another job. */
  clear(job: JobModel | null): void {
    this.vertices = new Uint16Array(job?.vertices.length ?? 0);
    this.edges = new Uint16Array(job?.jobEdges.length ?? 0);
  }

  update(frame: FrameReader, cluster: ClusterModel): void {
    this.vertices.fill(0);
    this.edges.fill(0);
    for (let task = 0; task < cluster.tasks.length; task += 1) {
      const { vertex } = at(cluster.tasks, task);
      const pressed = frame.task(TaskField.backPressured, task);
      if (pressed > numberAt(this.vertices, vertex)) this.vertices[vertex] = pressed;
    }
    for (let channel = 0; channel < cluster.channels.length; channel += 1) {
      const { jobEdge } = at(cluster.channels, channel);
      if (jobEdge < 0) continue;
      const pressure = channelPressure(frame, cluster, channel);
      if (pressure > numberAt(this.edges, jobEdge)) this.edges[jobEdge] = pressure;
    }
  }

  ofVertex(vertex: number): number {
    return this.vertices[vertex] ?? 0;
  }

  ofEdge(edge: number): number {
    return this.edges[edge] ?? 0;
  }
}
