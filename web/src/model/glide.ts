/**
 * Where each buffer and each message is on its way between two frames. A buffer's way is one number: 0 in the
 * sender's queue, up to 1 on the link, 1 at the receiver; so a buffer glides forwards, and backwards when time
 * goes back. On a local channel there is no link: it goes from 0 to 1 in one step. A message's way begins where
 * it was sent, whichever end that is.
 */
import { numberAt } from "./at";
import type { ClusterModel } from "./cluster-model";
import { BufferField, ChannelField, type FrameReader, MessageField } from "./frame-reader";

/** The ways of things of one kind, by their place in the frame. */
class Ways {
  private known = new Map<number, number>();
  private next = new Map<number, number>();
  private ends = new Float32Array(256);
  private starts = new Float32Array(256);
  moving = false;

  begin(count: number, from: "last" | "nowhere"): void {
    if (count > this.ends.length) {
      const length = Math.max(count, this.ends.length * 2);
      this.ends = new Float32Array(length);
      this.starts = new Float32Array(length);
    }
    this.moving = false;
    this.next.clear();
    if (from === "nowhere") this.known.clear();
  }

  /** Takes the thing at `place`, which is the same as the one with this key before. */
  add(place: number, key: number, end: number): void {
    const start = this.known.get(key) ?? end;
    this.ends[place] = end;
    this.starts[place] = start;
    this.next.set(key, end);
    if (start !== end) this.moving = true;
  }

  end(): void {
    const freed = this.known;
    this.known = this.next;
    this.next = freed;
  }

  at(place: number, share: number): number {
    const start = numberAt(this.starts, place);
    return start + (numberAt(this.ends, place) - start) * share;
  }
}

/** So far from both ends is what is on a link: neither in the one queue nor in the other, and beside the cards. */
const LINK_MARGIN = 0.1;

/** The way of what has `perMille` of the link behind it. */
function wayOnLink(perMille: number): number {
  return LINK_MARGIN + ((1 - 2 * LINK_MARGIN) * perMille) / 1000;
}

/** See the head of this file. */
export class Glide {
  private readonly buffers = new Ways();
  private readonly messages = new Ways();

  /** Whether anything moves. */
  get moving(): boolean {
    return this.buffers.moving || this.messages.moving;
  }

  /** Takes what a new frame has. Without `from`, all stands where it is. */
  update(frame: FrameReader, cluster: ClusterModel, from: "last" | "nowhere"): void {
    const { buffers, messages } = this;
    buffers.begin(frame.bufferCount, from);
    messages.begin(frame.messageCount, from);
    const channels = Math.min(frame.channelCount, cluster.channels.length);
    for (let channel = 0; channel < channels; channel += 1) {
      const first = frame.channel(ChannelField.firstBuffer, channel);
      const queued = frame.channel(ChannelField.queued, channel);
      const sent = queued + frame.channel(ChannelField.inFlight, channel);
      const count = frame.bufferCountOf(channel);
      // Ids are unique in a job; the channel keeps apart what a restart may number anew.
      const keys = channel * 0x1_0000_0000;
      for (let i = 0; i < count; i += 1) {
        const buffer = first + i;
        const end = i < queued ? 0 : i < sent ? wayOnLink(frame.buffer(BufferField.progress, buffer)) : 1;
        buffers.add(buffer, keys + frame.buffer(BufferField.id, buffer), end);
      }
      const firstMessage = frame.channel(ChannelField.firstMessage, channel);
      const end = firstMessage + frame.channel(ChannelField.messages, channel);
      for (let message = firstMessage; message < end; message += 1) {
        // Two of a kind that were sent in the same tick fly together.
        const sent =
          frame.message(MessageField.sentAt, message) * 16 + frame.message(MessageField.kind, message);
        messages.add(message, keys + (sent >>> 0), wayOnLink(frame.message(MessageField.progress, message)));
      }
    }
    buffers.end();
    messages.end();
  }

  /** The way of a buffer (by its place in the frame) when `share` of the gliding time is over. */
  way(buffer: number, share: number): number {
    return this.buffers.at(buffer, share);
  }

  /** The same for a message. */
  messageWay(message: number, share: number): number {
    return this.messages.at(message, share);
  }
}
