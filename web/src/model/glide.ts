/**
 * Where each buffer is on its way between two frames. A buffer's way is one number: 0 in the sender's queue,
 * up to 1 on the link, 1 at the receiver; so a buffer glides forwards, and backwards when time goes back. On
 * a local channel there is no link: it goes from 0 to 1 in one step.
 */
import type { ClusterModel } from "./cluster-model";
import { BufferField, ChannelField, type FrameReader } from "./frame-reader";
import { numberAt } from "./at";

/** See the head of this file. */
export class Glide {
  private known = new Map<number, number>();
  private next = new Map<number, number>();
  private ends = new Float32Array(256);
  private starts = new Float32Array(256);
  /** Whether any buffer moves. */
  moving = false;

  /** Takes the buffers of a new frame. Without `from`, all stand where they are. */
  update(frame: FrameReader, cluster: ClusterModel, from: "last" | "nowhere"): void {
    this.grow(frame.bufferCount);
    this.moving = false;
    this.next.clear();
    if (from === "nowhere") this.known.clear();
    const channels = Math.min(frame.channelCount, cluster.channels.length);
    for (let channel = 0; channel < channels; channel += 1) {
      const first = frame.channel(ChannelField.firstBuffer, channel);
      const queued = frame.channel(ChannelField.queued, channel);
      const sent = queued + frame.channel(ChannelField.inFlight, channel);
      const count = frame.bufferCountOf(channel);
      for (let i = 0; i < count; i += 1) {
        const buffer = first + i;
        const end = i < queued ? 0 : i < sent ? frame.buffer(BufferField.progress, buffer) / 1000 : 1;
        this.ends[buffer] = end;
        this.starts[buffer] = end;
        // Ids are unique in a job; the channel keeps apart what a restart may number anew.
        const key = channel * 0x1_0000_0000 + frame.buffer(BufferField.id, buffer);
        const start = this.known.get(key) ?? end;
        this.starts[buffer] = start;
        this.next.set(key, end);
        if (start !== end) this.moving = true;
      }
    }
    const freed = this.known;
    this.known = this.next;
    this.next = freed;
  }

  /** The way of a buffer (by its place in the frame) when `share` of the gliding time is over. */
  way(buffer: number, share: number): number {
    const start = numberAt(this.starts, buffer);
    return start + (numberAt(this.ends, buffer) - start) * share;
  }

  private grow(count: number): void {
    if (count <= this.ends.length) return;
    const length = Math.max(count, this.ends.length * 2);
    this.ends = new Float32Array(length);
    this.starts = new Float32Array(length);
  }
}
