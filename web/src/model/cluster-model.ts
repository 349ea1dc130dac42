/**
 * Who is where, with its references resolved: tasks with their vertices, channels with the edges of the
 * JobGraph that they belong to. Before a job is submitted, the same for the tasks as they are planned.
 */
import type { Graphs, Topology } from "../engine/protocol";
import { at } from "./at";
import type { JobModel } from "./job-model";
import { shownName } from "./text-ruler";

/** A subtask's running attempt. */
export interface TaskModel {
  readonly name: string;
  /** Place of its vertex in the JobModel. */
  readonly vertex: number;
  readonly subtask: number;
  readonly attempt: number;
  /** Id of its TaskManager; -1 where it has none yet. */
  readonly taskManager: number;
  /** Its slot; without a TaskManager, the row in which it waits. */
  readonly slot: number;
  /** Places of its channels, in the order of gates and of subpartitions. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Place of the node of each operator of its chain, head first; -1 where the graphs do not know it. */
  readonly operators: readonly number[];
}

/** A channel: a sender's subpartition and the receiver's input channel. */
export interface ChannelModel {
  readonly from: number;
  readonly to: number;
  readonly output: number;
  readonly subpartition: number;
  readonly gate: number;
  readonly channel: number;
  readonly remote: boolean;
  readonly shipStrategy: string;
  /** Place of the edge of the JobGraph; -1 where the graphs do not know it. */
  readonly jobEdge: number;
}

export interface TaskManagerModel {
  readonly id: number;
  readonly name: string;
  readonly slots: number;
  readonly segments: number;
}

/** What a TaskManager that is gone, stands still or is slow has behind its name: that it is so. */
export const STATE_IN_NAME = / \((.*)\)$/;

/** A NodeManager of YARN: the ids of the TaskManagers in its containers, and in words what is in others. */
export interface NodeModel {
  readonly name: string;
  readonly taskManagers: readonly number[];
  readonly others: readonly string[];
}

/** See the head of this file. */
export interface ClusterModel {
  /** Nothing of this runs yet: the tasks stand where a cluster with enough slots would have them. */
  readonly planned: boolean;
  readonly taskManagers: readonly TaskManagerModel[];
  /** Where the processes are in containers. */
  readonly nodes: readonly NodeModel[];
  readonly tasks: readonly TaskModel[];
  readonly channels: readonly ChannelModel[];
}

/** The cluster as the engine reports it. */
export function readCluster(job: JobModel, topology: Topology): ClusterModel {
  const known = new Set(topology.taskManagers.map((manager) => manager.id));
  const vertexOf = topology.vertices.map((vertex) => job.vertexById.get(vertex.id) ?? -1);
  const channels = topology.channels.map((channel): ChannelModel => {
    const target = vertexOf[at(topology.tasks, channel.to).vertex] ?? -1;
    return {
      from: channel.from,
      to: channel.to,
      output: channel.output,
      subpartition: channel.subpartition,
      gate: channel.gate,
      channel: channel.channel,
      remote: channel.remote,
      shipStrategy: channel.shipStrategy,
      jobEdge: job.vertices[target]?.inputs[channel.gate] ?? -1,
    };
  });
  const { inputs, outputs } = sortLanes(topology.tasks.length, channels);
  const tasks = topology.tasks.map((task, place): TaskModel => {
    const vertex = vertexOf[task.vertex] ?? -1;
    if (vertex === -1) throw new Error(`task ${task.name} belongs to no vertex of the JobGraph`);
    const placed = known.has(task.taskManager);
    return {
      name: shownName(task.name),
      vertex,
      subtask: task.subtask,
      attempt: task.attempt,
      taskManager: placed ? task.taskManager : -1,
      slot: placed ? task.slot : task.subtask,
      inputs: inputs[place] ?? [],
      outputs: outputs[place] ?? [],
      operators: at(topology.vertices, task.vertex).operators.map(
        (operator) => job.nodeByOperator.get(operator.id) ?? -1,
      ),
    };
  });
  const { taskManagers, nodes = [] } = topology;
  return { planned: topology.version < 0, taskManagers, nodes, tasks, channels };
}

function sortLanes(
  taskCount: number,
  channels: readonly ChannelModel[],
): { inputs: number[][]; outputs: number[][] } {
  const inputs: number[][] = Array.from({ length: taskCount }, () => []);
  const outputs: number[][] = Array.from({ length: taskCount }, () => []);
  channels.forEach((channel, place) => {
    at(inputs, channel.to).push(place);
    at(outputs, channel.from).push(place);
  });
  const byGate = (one: number, other: number): number => {
    const [a, b] = [at(channels, one), at(channels, other)];
    return a.gate - b.gate || a.channel - b.channel;
  };
  const bySubpartition = (one: number, other: number): number => {
    const [a, b] = [at(channels, one), at(channels, other)];
    return a.output - b.output || a.subpartition - b.subpartition;
  };
  for (const lanes of inputs) lanes.sort(byGate);
  for (const lanes of outputs) lanes.sort(bySubpartition);
  return { inputs, outputs };
}

/** The topology that the ExecutionGraph alone implies: every task waits for a slot. */
export function plannedTopology(graphs: Graphs, job: JobModel): Topology {
  const firstTask: number[] = [];
  const tasks: Topology["tasks"][number][] = [];
  graphs.job_graph.vertices.forEach((vertex, place) => {
    firstTask.push(tasks.length);
    for (let subtask = 0; subtask < vertex.parallelism; subtask += 1) {
      const name = `${vertex.name} (${subtask + 1}/${vertex.parallelism})`;
      tasks.push({ name, vertex: place, subtask, attempt: 0, taskManager: -1, slot: -1 });
    }
  });
  return {
    version: -1,
    jobName: graphs.jobName,
    jobManagers: [],
    taskManagers: [],
    nodes: [],
    vertices: graphs.job_graph.vertices.map((vertex, place) => ({
      id: vertex.id,
      name: vertex.name,
      parallelism: vertex.parallelism,
      maxParallelism: vertex.max_parallelism,
      slotSharingGroup: vertex.slot_sharing_group,
      operators: at(job.vertices, place).nodes.map((node) => {
        const { operatorId, name } = at(job.nodes, node);
        return { id: operatorId, name };
      }),
    })),
    tasks,
    channels: plannedChannels(graphs, job, firstTask),
  };
}

function plannedChannels(graphs: Graphs, job: JobModel, firstTask: readonly number[]): Topology["channels"] {
  const channels: Topology["channels"][number][] = [];
  const taken = new Set<number>();
  for (const edge of graphs.execution_graph.edges) {
    const source = job.vertexById.get(edge.source);
    const target = job.vertexById.get(edge.target);
    if (source === undefined || target === undefined) continue;
    // Two edges may join the same vertices: they come in the order of the target's inputs.
    const place = at(job.vertices, target).inputs.find(
      (each) => at(job.jobEdges, each).source === source && !taken.has(each),
    );
    if (place === undefined) continue;
    taken.add(place);
    const jobEdge = at(job.jobEdges, place);
    const output = at(job.vertices, source).outputs.indexOf(place);
    for (const consumer of edge.consumers) {
      let channel = 0;
      for (const read of consumer.reads) {
        for (let producer = read.first_producer; producer <= read.last_producer; producer += 1) {
          for (let part = read.first_subpartition; part <= read.last_subpartition; part += 1) {
            channels.push({
              from: at(firstTask, source) + producer,
              output,
              subpartition: part,
              to: at(firstTask, target) + consumer.subtask,
              gate: jobEdge.input,
              channel,
              remote: false,
              shipStrategy: jobEdge.shipStrategy,
            });
            channel += 1;
          }
        }
      }
    }
  }
  return channels;
}
