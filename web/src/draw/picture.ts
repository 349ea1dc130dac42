/** What all parts of the picture draw from: the job, its layouts, the frame, and what the reader points at. */
import type { Pressure } from "../model/back-pressure";
import type { ClusterModel } from "../model/cluster-model";
import type { ExecutionLayout } from "../model/execution-layout";
import type { FrameReader } from "../model/frame-reader";
import type { Glide } from "../model/glide";
import type { JobLayout, StreamLayout } from "../model/graph-layouts";
import type { Hit, HitMap } from "../model/hits";
import type { JobModel } from "../model/job-model";
import type { Rect } from "../model/geometry";
import type { Throughput } from "../model/throughput";
import type { Pen } from "./pen";
import type { Detail } from "./scene-types";

/** A job with its layouts. */
export interface JobPicture {
  readonly job: JobModel;
  readonly cluster: ClusterModel;
  readonly stream: StreamLayout;
  readonly jobLayout: JobLayout;
  readonly hulls: readonly Rect[];
  readonly execution: ExecutionLayout;
}

/** What is drawn into the ExecutionGraph besides: first under the cards, then over them. */
export type Overlay = (drawing: Drawing, layer: "under" | "over") => void;

/** See the head of this file. */
export interface Drawing {
  readonly pen: Pen;
  readonly hits: HitMap;
  readonly picture: JobPicture;
  /** `present` only where it fits the cluster. */
  readonly frame: FrameReader;
  readonly glide: Glide;
  /** How much of the gliding time is over, 0 to 1. */
  readonly glideShare: number;
  readonly throughput: Throughput;
  readonly pressure: Pressure;
  readonly segmentBytes: number;
  readonly detail: Detail;
  readonly selected: Hit | null;
  readonly hovered: Hit | null;
  readonly overlay: Overlay | null;
}

/** Whether a thing is selected or pointed at. */
export function isMarked(drawing: Drawing, code: number, a: number, b = 0, c = 0): boolean {
  return isHit(drawing.selected, code, a, b, c) || isHit(drawing.hovered, code, a, b, c);
}

function isHit(hit: Hit | null, code: number, a: number, b: number, c: number): boolean {
  return hit !== null && hit.code === code && hit.a === a && hit.b === b && hit.c === c;
}

/** Opacity of what comes in the second half of a change, and goes in the first half of the way back. */
export function lateShare(share: number): number {
  return Math.max(0, Math.min(1, share * 2 - 1));
}
