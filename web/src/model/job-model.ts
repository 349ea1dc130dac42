/**
 * A job's StreamGraph and JobGraph with their references resolved: everything is found by its place in a
 * list, and the two graphs know which of their parts are the same thing.
 */
import type { Graphs, SourcePosition } from "../engine/protocol";
import { at } from "./at";
import { shownName } from "./text-ruler";

/** A node of the StreamGraph. */
export interface NodeModel {
  readonly id: number;
  readonly name: string;
  readonly parallelism: number;
  readonly uid: string | null;
  readonly operatorId: string;
  /** Place of its JobVertex. */
  readonly vertex: number;
  /** Where the job makes it. */
  readonly position: SourcePosition | null;
  readonly slotSharingGroup: string;
  readonly chainingStrategy: string;
}

/** An edge of the StreamGraph. */
export interface StreamEdgeModel {
  /** Places of the nodes. */
  readonly source: number;
  readonly target: number;
  /** Place among the source's out edges. */
  readonly place: number;
  readonly partitioner: string;
  readonly outputTag: string | null;
  readonly chained: boolean;
  /** The rules that forbid chaining, in words. */
  readonly reasons: readonly string[];
  /** Place of the edge of the JobGraph that it becomes; -1 where it is chained. */
  readonly jobEdge: number;
}

/** A vertex of the JobGraph. */
export interface VertexModel {
  readonly id: string;
  readonly name: string;
  readonly parallelism: number;
  readonly slotSharingGroup: string;
  /** Places of its nodes, head first. */
  readonly nodes: readonly number[];
  /** Places of the edges that end and begin here. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** An edge of the JobGraph. */
export interface JobEdgeModel {
  readonly source: number;
  readonly target: number;
  /** Place among the target's inputs. */
  readonly input: number;
  readonly shipStrategy: string;
  readonly distribution: "POINTWISE" | "ALL_TO_ALL";
  readonly resultType: string;
  readonly broadcast: boolean;
}

/** See the head of this file. */
export interface JobModel {
  readonly jobName: string;
  readonly nodes: readonly NodeModel[];
  readonly streamEdges: readonly StreamEdgeModel[];
  /** In topological order. */
  readonly vertices: readonly VertexModel[];
  readonly jobEdges: readonly JobEdgeModel[];
  /** Place of a node by its operator's id. */
  readonly nodeByOperator: ReadonlyMap<string, number>;
  readonly vertexById: ReadonlyMap<string, number>;
}

/** Resolves the graphs that the engine reports. Throws where they contradict each other. */
export function readJob(graphs: Graphs): JobModel {
  const vertexById = new Map(graphs.job_graph.vertices.map((vertex, place) => [vertex.id, place]));
  const nodes = readNodes(graphs, vertexById);
  const nodeByOperator = new Map(nodes.map((node, place) => [node.operatorId, place]));
  const jobEdges = readJobEdges(graphs, vertexById);
  const streamEdges = readStreamEdges(graphs, nodes, jobEdges);
  const vertices = graphs.job_graph.vertices.map((vertex, place): VertexModel => {
    // Flink lists a chain's operators from its end.
    const operators = vertex.operator_ids.toReversed();
    return {
      id: vertex.id,
      name: shownName(vertex.name),
      parallelism: vertex.parallelism,
      slotSharingGroup: vertex.slot_sharing_group,
      nodes: operators.map((id) => nodeByOperator.get(id)).filter((node) => node !== undefined),
      inputs: placesWhere(jobEdges, (edge) => edge.target === place),
      outputs: placesWhere(jobEdges, (edge) => edge.source === place),
    };
  });
  return { jobName: graphs.jobName, nodes, streamEdges, vertices, jobEdges, nodeByOperator, vertexById };
}

function placesWhere<T>(list: readonly T[], holds: (element: T) => boolean): number[] {
  return list.flatMap((element, place) => (holds(element) ? [place] : []));
}

function readNodes(graphs: Graphs, vertexById: ReadonlyMap<string, number>): NodeModel[] {
  const known = new Map(graphs.lab.nodes.map((node) => [node.id, node]));
  return graphs.stream_graph.nodes.map((node) => {
    const lab = known.get(node.id);
    const vertex = vertexById.get(lab?.vertex ?? "");
    if (lab === undefined || vertex === undefined)
      throw new Error(`stream node ${node.id} has no job vertex`);
    return {
      id: node.id,
      name: shownName(node.name),
      parallelism: node.parallelism,
      uid: node.uid ?? null,
      operatorId: lab.operator_id,
      vertex,
      position: lab.at ?? null,
      slotSharingGroup: node.slot_sharing_group,
      chainingStrategy: node.chaining_strategy,
    };
  });
}

function readJobEdges(graphs: Graphs, vertexById: ReadonlyMap<string, number>): JobEdgeModel[] {
  return graphs.job_graph.vertices.flatMap((vertex, target) =>
    vertex.inputs.map((input, place): JobEdgeModel => {
      const source = vertexById.get(input.source);
      if (source === undefined) throw new Error(`job vertex ${vertex.id} reads an unknown vertex`);
      return {
        source,
        target,
        input: place,
        shipStrategy: input.ship_strategy,
        distribution: input.distribution,
        resultType: input.result_type,
        broadcast: input.broadcast,
      };
    }),
  );
}

function readStreamEdges(
  graphs: Graphs,
  nodes: readonly NodeModel[],
  jobEdges: readonly JobEdgeModel[],
): StreamEdgeModel[] {
  const placeOf = new Map(nodes.map((node, place) => [node.id, place]));
  const taken = new Set<number>();
  return graphs.stream_graph.nodes.flatMap((node, source) =>
    node.out_edges.map((edge, place): StreamEdgeModel => {
      const target = placeOf.get(edge.target);
      if (target === undefined) throw new Error(`stream node ${node.id} leads to an unknown node`);
      const verdict = graphs.lab.chaining.find(
        (entry) => entry.source === node.id && entry.target === edge.target,
      );
      const chained = verdict?.chained ?? at(nodes, source).vertex === at(nodes, target).vertex;
      const jobEdge = chained ? -1 : matchJobEdge(edge.partitioner, nodes, source, target, jobEdges, taken);
      return {
        source,
        target,
        place,
        partitioner: edge.partitioner,
        outputTag: edge.output_tag ?? null,
        chained,
        reasons: verdict?.reasons ?? [],
        jobEdge,
      };
    }),
  );
}

/** The JobGraph keeps no reference to the StreamGraph's edges, but their order; two may join the same vertices. */
function matchJobEdge(
  partitioner: string,
  nodes: readonly NodeModel[],
  source: number,
  target: number,
  jobEdges: readonly JobEdgeModel[],
  taken: Set<number>,
): number {
  const from = at(nodes, source).vertex;
  const to = at(nodes, target).vertex;
  const candidates = placesWhere(jobEdges, (edge) => edge.source === from && edge.target === to);
  const open = candidates.filter((place) => !taken.has(place));
  const best =
    open.find((place) => at(jobEdges, place).shipStrategy === partitioner) ?? open[0] ?? candidates[0];
  if (best === undefined) return -1;
  taken.add(best);
  return best;
}
