/** Makes the layouts of a job from its graphs and its topology, each part only when what it stands on changes. */
import type { Graphs, Topology } from "../engine/protocol";
import { plannedTopology, readCluster } from "../model/cluster-model";
import { layoutExecution } from "../model/execution-layout";
import type { Flow } from "../model/geometry";
import { layoutJob, layoutStream, vertexHulls } from "../model/graph-layouts";
import { type JobModel, readJob } from "../model/job-model";
import type { TextRuler } from "../model/text-ruler";
import type { JobPicture } from "./picture";

/** See the head of this file. */
export class PictureBuilder {
  private readonly ruler: TextRuler;
  private graphs: Graphs | null = null;
  private topology: Topology | null = null;
  private job: JobModel | null = null;
  private flow: Flow = "across";
  private logical: Pick<JobPicture, "stream" | "jobLayout" | "hulls"> | null = null;

  constructor(ruler: TextRuler) {
    this.ruler = ruler;
  }

  setGraphs(graphs: Graphs | null): void {
    this.graphs = graphs;
    this.job = graphs === null ? null : readJob(graphs);
    this.logical = null;
  }

  setTopology(topology: Topology | null): void {
    this.topology = topology;
  }

  /** Whether this changes anything. */
  setFlow(flow: Flow): boolean {
    if (flow === this.flow) return false;
    this.flow = flow;
    this.logical = null;
    return true;
  }

  /** The picture of all that is known; `null` without a job. */
  build(): JobPicture | null {
    const { graphs, job, topology, ruler, flow } = this;
    if (graphs === null || job === null || job.vertices.length === 0) return null;
    if (this.logical === null) {
      const stream = layoutStream(job, ruler, flow);
      this.logical = { stream, jobLayout: layoutJob(job, ruler, stream), hulls: vertexHulls(job, stream) };
    }
    // The topology of another job may still be set when the graphs of a new one come.
    const known = topology?.vertices.every((vertex) => job.vertexById.has(vertex.id)) === true;
    const cluster = readCluster(job, topology !== null && known ? topology : plannedTopology(graphs, job));
    return {
      job,
      cluster,
      ...this.logical,
      execution: layoutExecution(job, cluster, this.logical.jobLayout),
    };
  }
}
