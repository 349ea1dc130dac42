/** Makes the layouts of a job from its graphs and its topology, each part only when what it stands on changes. */
import type { Graphs, Topology } from "../engine/protocol";
import { fitView, type Viewport } from "../model/camera";
import { plannedTopology, readCluster } from "../model/cluster-model";
import { layoutExecution } from "../model/execution-layout";
import type { Flow } from "../model/geometry";
import { layoutJob, layoutStream, vertexHulls } from "../model/graph-layouts";
import { type JobModel, readJob } from "../model/job-model";
import type { TextRuler } from "../model/text-ruler";
import type { JobPicture } from "./picture";

/** The layouts of the two logical graphs. */
type LogicalLayouts = Pick<JobPicture, "stream" | "jobLayout" | "hulls">;

/** So much larger must graphs be that run downwards, before they do: reading across is the habit. */
const DOWN_ADVANTAGE = 1.2;

/** See the head of this file. */
export class PictureBuilder {
  private readonly ruler: TextRuler;
  private graphs: Graphs | null = null;
  private topology: Topology | null = null;
  private job: JobModel | null = null;
  private viewport: Viewport = { width: 0, height: 0 };
  private readonly logical = new Map<Flow, LogicalLayouts>();
  private flow: Flow = "across";

  constructor(ruler: TextRuler) {
    this.ruler = ruler;
  }

  /** Whether this changes anything. */
  setGraphs(graphs: Graphs | null): boolean {
    if (graphs === this.graphs) return false;
    this.graphs = graphs;
    this.job = graphs === null ? null : readJob(graphs);
    this.logical.clear();
    this.chooseFlow();
    return true;
  }

  /** Whether this changes anything. */
  setTopology(topology: Topology | null): boolean {
    if (topology === this.topology) return false;
    this.topology = topology;
    return true;
  }

  /** Whether the graphs run in another direction in a drawing of this size. */
  setViewport(viewport: Viewport): boolean {
    this.viewport = viewport;
    return this.chooseFlow();
  }

  /** The picture of all that is known; `null` without a job. */
  build(): JobPicture | null {
    const { graphs, job, topology } = this;
    if (graphs === null || job === null || job.vertices.length === 0) return null;
    const logical = this.layoutsOf(job, this.flow);
    // The topology of another job may still be set when the graphs of a new one come.
    const known = topology?.vertices.every((vertex) => job.vertexById.has(vertex.id)) === true;
    const cluster = readCluster(job, topology !== null && known ? topology : plannedTopology(graphs, job));
    return { job, cluster, ...logical, execution: layoutExecution(job, cluster, logical.jobLayout) };
  }

  /** Takes the direction in which both logical graphs are seen larger. Whether it changed. */
  private chooseFlow(): boolean {
    const { job, flow } = this;
    if (job === null || job.vertices.length === 0) return false;
    const down = this.scaleOf(job, "down");
    this.flow = down > this.scaleOf(job, "across") * DOWN_ADVANTAGE ? "down" : "across";
    return this.flow !== flow;
  }

  private scaleOf(job: JobModel, flow: Flow): number {
    const { stream, jobLayout } = this.layoutsOf(job, flow);
    const fits = [stream, jobLayout].map(({ bounds }) => fitView(bounds, this.viewport).scale);
    return Math.min(...fits);
  }

  private layoutsOf(job: JobModel, flow: Flow): LogicalLayouts {
    let layouts = this.logical.get(flow);
    if (layouts === undefined) {
      const stream = layoutStream(job, this.ruler, flow);
      layouts = { stream, jobLayout: layoutJob(job, this.ruler, stream), hulls: vertexHulls(job, stream) };
      this.logical.set(flow, layouts);
    }
    return layouts;
  }
}
