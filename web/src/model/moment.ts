/** A job at one moment, as texts are made of it: what stands where, and what the last frame says of it. */
import type { Pressure } from "./back-pressure";
import type { ClusterModel } from "./cluster-model";
import type { FrameReader } from "./frame-reader";
import type { JobModel } from "./job-model";
import type { Throughput } from "./throughput";

/** See the head of this file. */
export interface JobMoment {
  readonly job: JobModel;
  readonly cluster: ClusterModel;
  /** `present` only where it fits the cluster. */
  readonly frame: FrameReader;
  readonly throughput: Throughput;
  readonly pressure: Pressure;
  readonly segmentBytes: number;
}
