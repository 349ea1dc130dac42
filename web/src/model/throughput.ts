/**
 * Records a second of each vertex, from the counts of the frames seen: over the last second of virtual time,
 * or since the job's start where that is shorter.
 */
import type { ClusterModel } from "./cluster-model";
import { type FrameReader, TaskField } from "./frame-reader";
import { at, numberAt } from "./at";

/** Ticks over which a rate is taken. */
const WINDOW_TICKS = 1000;
/** Samples closer than this replace each other. */
const SAMPLE_TICKS = 20;
const SAMPLES_MAX = 128;

interface Sample {
  readonly tick: number;
  readonly into: Uint32Array;
  readonly out: Uint32Array;
}

/** See the head of this file. */
export class Throughput {
  private samples: Sample[] = [];
  private into = new Uint32Array(0);
  private out = new Uint32Array(0);
  private tick = 0;

  /** Forgets all: for another job. */
  clear(vertexCount: number): void {
    this.into = new Uint32Array(vertexCount);
    this.out = new Uint32Array(vertexCount);
    this.tick = 0;
    this.samples = [{ tick: 0, into: this.into.slice(), out: this.out.slice() }];
  }

  /** Takes the counts of a frame. What lies after it is forgotten: another future may follow. */
  add(frame: FrameReader, cluster: ClusterModel): void {
    this.into.fill(0);
    this.out.fill(0);
    const tasks = Math.min(frame.taskCount, cluster.tasks.length);
    for (let task = 0; task < tasks; task += 1) {
      const vertex = at(cluster.tasks, task).vertex;
      this.into[vertex] = numberAt(this.into, vertex) + frame.task(TaskField.recordsIn, task);
      this.out[vertex] = numberAt(this.out, vertex) + frame.task(TaskField.recordsOut, task);
    }
    this.tick = frame.tick;
    while (this.samples.length > 1 && (this.samples.at(-1)?.tick ?? 0) >= this.tick) this.samples.pop();
    if (this.tick - (this.samples.at(-1)?.tick ?? 0) < SAMPLE_TICKS) return;
    this.samples.push({ tick: this.tick, into: this.into.slice(), out: this.out.slice() });
    if (this.samples.length > SAMPLES_MAX) this.samples.shift();
  }

  /** Records that the vertex has read so far, modulo 2^32. */
  totalIn(vertex: number): number {
    return numberAt(this.into, vertex);
  }

  /** Records that it has written so far, modulo 2^32. */
  totalOut(vertex: number): number {
    return numberAt(this.out, vertex);
  }

  /** Records a second that it reads. */
  rateIn(vertex: number): number {
    const before = this.before();
    return this.rate(before.tick, numberAt(before.into, vertex), numberAt(this.into, vertex));
  }

  /** Records a second that it writes. */
  rateOut(vertex: number): number {
    const before = this.before();
    return this.rate(before.tick, numberAt(before.out, vertex), numberAt(this.out, vertex));
  }

  /** The newest sample that is a whole window old, else the oldest. */
  private before(): Sample {
    for (let place = this.samples.length - 1; place > 0; place -= 1) {
      const sample = at(this.samples, place);
      if (sample.tick <= this.tick - WINDOW_TICKS) return sample;
    }
    return at(this.samples, 0);
  }

  private rate(tick: number, before: number, now: number): number {
    const ticks = this.tick - tick;
    return ticks <= 0 ? 0 : Math.round((((now - before) >>> 0) * 1000) / ticks);
  }
}
