/** The picture as one object: it takes graphs, frames and gestures, and gives display lists. */
import type { Graphs, Topology } from "../engine/protocol";
import { Pressure } from "../model/back-pressure";
import { Camera, fitView, type View, type Viewport, zoomedView, blendView } from "../model/camera";
import type { describeItem } from "../model/describe";
import { FrameReader } from "../model/frame-reader";
import { ease, type Rect } from "../model/geometry";
import { Glide } from "../model/glide";
import { exists, hitOf, itemOf } from "../model/hit-items";
import { HitMap } from "../model/hits";
import { type Item, sameItem } from "../model/items";
import { TextRuler } from "../model/text-ruler";
import { Throughput } from "../model/throughput";
import type { DisplayList } from "./display-list";
import { drawEmpty } from "./empty-picture";
import { drawExecution } from "./execution-picture";
import { drawGraphs } from "./graph-picture";
import { drawMarks } from "./mark-picture";
import { Pen } from "./pen";
import type { Drawing, JobPicture, Overlay } from "./picture";
import { PictureBuilder } from "./picture-builder";
import type * as Reading from "./reading";
import type {
  Area,
  Depth,
  Description,
  Detail,
  Direction,
  Motion,
  Scene,
  SceneCamera,
  SceneOptions,
  Table,
} from "./scene-types";
import { Colour } from "./theme";

/** How long the change from one graph to the next takes, in milliseconds. */
const MORPH_MS = 700;
const DEPTHS: readonly Depth[] = ["stream", "job", "execution"];
const FAR_BELOW = 0.5;
const NEAREST_FROM = 1.6;
/** Scale at which things can be read, for `reveal`. */
const READING_SCALE = 1;

let reading: typeof Reading | null = null;

/** Loads what `describe`, `table` and `neighbour` of every scene need. Before that they know nothing. */
export async function loadReading(): Promise<void> {
  reading ??= await import("./reading");
}

/** Whether it is there. */
export function canRead(): boolean {
  return reading !== null;
}

/** Makes a scene without a job. */
export function createScene(options: SceneOptions): Scene {
  return new PictureScene(options);
}

interface Morph {
  /** Places among the depths, with fractions. */
  readonly from: number;
  readonly start: number;
}

class PictureScene implements Scene {
  depth: Depth = "execution";
  selected: Item | null = null;
  hovered: Item | null = null;
  readonly camera: SceneCamera;

  private readonly pen: Pen;
  private readonly hits = new HitMap();
  private readonly builder: PictureBuilder;
  private readonly frame = new FrameReader();
  private readonly glide = new Glide();
  private readonly throughput = new Throughput();
  private readonly pressure = new Pressure();
  private readonly eye = new Camera();
  private motion: Motion;
  private viewport: Viewport = { width: 0, height: 0 };
  private picture: JobPicture | null = null;
  private numbers: Uint32Array | null = null;
  private segmentBytes = 32_768;
  private overlay: Overlay | null = null;
  private morph: Morph | null = null;
  private glideStart = 0;
  private glideMs = 0;
  private lastNow = 0;
  /** Whether the list no longer shows what is. */
  private stale = true;

  constructor(options: SceneOptions) {
    const ruler = new TextRuler(options.measure);
    this.pen = new Pen(ruler);
    this.builder = new PictureBuilder(ruler);
    this.motion = options.motion;
    this.camera = this.makeCamera();
  }

  setGraphs(graphs: Graphs | null): void {
    if (!this.builder.setGraphs(graphs)) return;
    this.selected = null;
    this.hovered = null;
    this.rebuild("new");
  }

  setTopology(topology: Topology | null): void {
    if (this.builder.setTopology(topology)) this.rebuild("same");
  }

  setSegmentBytes(bytes: number): void {
    this.segmentBytes = bytes;
    this.stale = true;
  }

  setOverlay(overlay: Overlay | null): void {
    if (overlay === this.overlay) return;
    this.overlay = overlay;
    this.stale = true;
  }

  setFrame(frame: Uint32Array | null, now: number, glideMs: number): void {
    const before = this.frame.present;
    this.numbers = frame;
    this.glideStart = now;
    this.glideMs = this.motion === "reduced" ? 0 : glideMs;
    this.readFrame(before && this.glideMs > 0 ? "last" : "nowhere");
    this.stale = true;
  }

  setDepth(depth: Depth, now: number): void {
    if (depth === this.depth) return;
    const from = this.depthAt(now);
    const view = this.viewAt(now);
    const wasFitted = this.eye.fitted && !this.eye.isFlying(now);
    this.depth = depth;
    this.morph = this.motion === "reduced" ? null : { from, start: now };
    // The fitted view follows the morph by itself; any other flies there.
    this.eye.fit(wasFitted || this.motion === "reduced" ? null : view, now);
    if (this.selected !== null && !this.belongs(this.selected)) this.selected = null;
    this.hovered = null;
    this.stale = true;
  }

  setMotion(motion: Motion): void {
    this.motion = motion;
    if (motion === "reduced") this.morph = null;
    this.stale = true;
  }

  resize(width: number, height: number): void {
    if (width === this.viewport.width && height === this.viewport.height) return;
    this.viewport = { width, height };
    if (this.builder.setViewport(this.viewport)) this.rebuild("same");
    this.stale = true;
  }

  hit(x: number, y: number): Item | null {
    const found = this.hits.find(x, y);
    return found === null || this.picture === null ? null : itemOf(found, this.picture.job);
  }

  areaOf(item: Item): Area | null {
    const hit = this.picture === null ? null : hitOf(item, this.picture.job);
    return hit === null ? null : this.hits.areaOf(hit.code, hit.a, hit.b, hit.c);
  }

  select(item: Item | null): void {
    if (sameItem(item, this.selected)) return;
    this.selected = item;
    this.stale = true;
  }

  hover(item: Item | null): void {
    if (sameItem(item, this.hovered)) return;
    this.hovered = item;
    this.stale = true;
  }

  neighbour(item: Item | null, direction: Direction): Item | null {
    if (this.picture === null || reading === null) return null;
    const known = item !== null && this.belongs(item) ? item : null;
    return reading.walk({ ...this.picture, depth: this.depth, frame: this.frame }, known, direction);
  }

  describe(item: Item): Description {
    const { picture } = this;
    if (reading === null) return { title: "", lines: [] };
    if (picture === null || !exists(item, picture.job, picture.cluster)) {
      return { title: "Gone", lines: ["This is not part of the job any more."] };
    }
    return reading.describeItem(item, this.moment(picture));
  }

  table(): Table {
    const { picture } = this;
    if (picture === null || reading === null) return { caption: "No job yet", columns: [], rows: [] };
    const moment = this.moment(picture);
    if (this.depth === "stream") return reading.streamTable(moment);
    if (this.depth === "job") return reading.jobTable(moment);
    return reading.executionTable(moment, picture.execution);
  }

  isAnimating(now: number): boolean {
    return this.stale || this.isMorphing(now) || this.eye.isFlying(now) || this.isGliding(now);
  }

  draw(now: number): DisplayList {
    this.lastNow = now;
    const moving = this.isMorphing(now) || this.eye.isFlying(now) || this.isGliding(now);
    if (!this.stale && !moving) return this.pen.list;
    // One more picture after the last move, so that everything stands where it belongs.
    this.stale = moving;
    this.hits.clear();
    const view = this.viewAt(now);
    this.pen.begin(view, this.viewport);
    const { width, height } = this.viewport;
    this.pen.list.rect(0, 0, width, height, 0, Colour.background, Colour.none);
    if (this.picture === null) {
      drawEmpty(this.pen);
      return this.pen.list;
    }
    const drawing = this.drawing(this.picture, now, view);
    const depth = this.depthAt(now);
    if (depth <= 1) drawGraphs(drawing, depth);
    else drawExecution(drawing, depth - 1);
    drawMarks(drawing);
    return this.pen.list;
  }

  private drawing(picture: JobPicture, now: number, view: View): Drawing {
    const { pen, hits, frame, glide, throughput, pressure, segmentBytes } = this;
    const share = this.glideMs <= 0 ? 1 : Math.max(0, Math.min(1, (now - this.glideStart) / this.glideMs));
    return {
      pen,
      hits,
      picture,
      frame,
      glide,
      glideShare: share,
      throughput,
      pressure,
      segmentBytes,
      detail: detailOf(view.scale),
      selected: this.selected === null ? null : hitOf(this.selected, picture.job),
      hovered: this.hovered === null ? null : hitOf(this.hovered, picture.job),
      overlay: this.overlay,
    };
  }

  private moment(picture: JobPicture): Parameters<typeof describeItem>[1] {
    const { frame, throughput, pressure, segmentBytes } = this;
    return { job: picture.job, cluster: picture.cluster, frame, throughput, pressure, segmentBytes };
  }

  private rebuild(job: "new" | "same"): void {
    this.picture = this.builder.build();
    if (job === "new") {
      this.throughput.clear(this.picture?.job.vertices.length ?? 0);
      this.pressure.clear(this.picture?.job ?? null);
    }
    const { picture } = this;
    if (
      this.selected !== null &&
      (picture === null || !exists(this.selected, picture.job, picture.cluster))
    ) {
      this.selected = null;
    }
    this.readFrame("nowhere");
    this.stale = true;
  }

  /** Reads the frame where it fits the topology; between two topologies it may not. */
  private readFrame(from: "last" | "nowhere"): void {
    const { picture } = this;
    this.frame.read(this.numbers);
    if (picture === null || !this.frame.present) return;
    const { tasks, channels, planned } = picture.cluster;
    if (planned || this.frame.taskCount !== tasks.length || this.frame.channelCount !== channels.length) {
      this.frame.read(null);
      return;
    }
    this.throughput.add(this.frame, picture.cluster);
    this.pressure.update(this.frame, picture.cluster);
    this.glide.update(this.frame, picture.cluster, from);
  }

  /** Whether an item can be seen at the present depth. */
  private belongs(item: Item): boolean {
    const { picture } = this;
    if (picture === null || !exists(item, picture.job, picture.cluster)) return false;
    if (this.depth === "stream") return item.kind === "node" || item.kind === "streamEdge";
    if (this.depth === "job") return ["node", "streamEdge", "vertex", "jobEdge"].includes(item.kind);
    return item.kind !== "node" && item.kind !== "streamEdge";
  }

  private depthAt(now: number): number {
    const to = DEPTHS.indexOf(this.depth);
    if (this.morph === null) return to;
    const { from, start } = this.morph;
    const share = (now - start) / (MORPH_MS * Math.max(1, Math.abs(to - from)));
    if (share >= 1) {
      this.morph = null;
      return to;
    }
    return blendDepth(from, to, share);
  }

  private isMorphing(now: number): boolean {
    this.depthAt(now);
    return this.morph !== null;
  }

  private isGliding(now: number): boolean {
    return this.glide.moving && this.frame.present && now - this.glideStart < this.glideMs;
  }

  private viewAt(now: number): View {
    return this.eye.viewAt(now, this.fitAt(now));
  }

  /** The view of the whole picture, which during a morph lies between those of two graphs. */
  private fitAt(now: number): View {
    const { picture, viewport } = this;
    if (picture === null) return { x: 0, y: 0, scale: 1 };
    const depth = this.depthAt(now);
    const first = fitView(boundsAt(picture, Math.floor(depth)), viewport);
    return blendView(first, fitView(boundsAt(picture, Math.ceil(depth)), viewport), depth % 1);
  }

  private bounds(): Rect {
    if (this.picture === null) return { x: 0, y: 0, width: 0, height: 0 };
    return boundsAt(this.picture, DEPTHS.indexOf(this.depth));
  }

  private flyTo(view: View, now: number): void {
    const from = this.motion === "reduced" ? null : this.viewAt(now);
    this.eye.flyTo(view, from, now, this.bounds());
    this.stale = true;
  }

  private makeCamera(): SceneCamera {
    const view = (): View => this.viewAt(this.lastNow);
    const eye = this.eye;
    return {
      get scale(): number {
        return view().scale;
      },
      get fitted(): boolean {
        return eye.fitted;
      },
      get detail(): Detail {
        return detailOf(view().scale);
      },
      fit: (now) => {
        eye.fit(this.motion === "reduced" ? null : this.viewAt(now), now);
        this.stale = true;
      },
      panBy: (dx, dy) => {
        eye.panBy(dx, dy, view(), this.bounds());
        this.stale = true;
      },
      zoomBy: (factor, x, y) => {
        eye.flyTo(zoomedView(view(), this.viewport, factor, x, y), null, 0, this.bounds());
        this.stale = true;
      },
      zoomStep: (factor, now) => {
        const { width, height } = this.viewport;
        this.flyTo(zoomedView(this.viewAt(now), this.viewport, factor, width / 2, height / 2), now);
      },
      reveal: (item, now) => {
        this.reveal(item, now);
      },
    };
  }

  private reveal(item: Item, now: number): void {
    this.draw(now);
    const area = this.areaOf(item);
    if (area === null) return;
    const { width, height } = this.viewport;
    const current = this.viewAt(now);
    const inSight =
      area.x >= 0 && area.y >= 0 && area.x + area.width <= width && area.y + area.height <= height;
    if (inSight && current.scale >= READING_SCALE * 0.6) return;
    const x = current.x + (area.x + area.width / 2 - width / 2) / current.scale;
    const y = current.y + (area.y + area.height / 2 - height / 2) / current.scale;
    this.flyTo({ x, y, scale: Math.max(current.scale, READING_SCALE) }, now);
  }
}

function boundsAt(picture: JobPicture, depth: number): Rect {
  if (depth <= 0) return picture.stream.bounds;
  return depth === 1 ? picture.jobLayout.bounds : picture.execution.bounds;
}

function detailOf(scale: number): Detail {
  return scale < FAR_BELOW ? "far" : scale >= NEAREST_FROM ? "nearest" : "near";
}

/** Slow at every graph on the way, so that each is seen before it changes on. */
function blendDepth(from: number, to: number, share: number): number {
  const linear = from + (to - from) * share;
  const step = Math.floor(linear);
  return step + ease(linear - step);
}
