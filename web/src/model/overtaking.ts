/**
 * Barriers that overtake: which buffers of a channel one has passed. Those belong to the in-flight data of its checkpoint.
 *
 * A sender numbers buffers as it makes them, so that whoever stands before a buffer with a smaller number has passed it.
 */
import { BufferField, BufferFlag, ChannelField, EventId, type FrameReader } from "./frame-reader";

/** The checkpoint whose barrier has overtaken a buffer of a channel; 0 for none. */
export function overtakenBy(frame: FrameReader, channel: number, buffer: number): number {
  if (isBarrier(frame, buffer)) return 0;
  const end = frame.channel(ChannelField.firstBuffer, channel) + frame.bufferCountOf(channel);
  const id = frame.buffer(BufferField.id, buffer);
  const first = firstBeside(frame, channel, buffer, 0);
  const next = firstBeside(frame, channel, buffer, 1);
  for (let other = first; other < end; other += 1) {
    // Ahead are those before it in its own place, and all in the places that come after.
    if (other >= buffer && other < next) continue;
    if (isBarrier(frame, other) && frame.buffer(BufferField.id, other) > id) {
      return frame.buffer(BufferField.records, other);
    }
  }
  return 0;
}

/** How many buffers of its channel a barrier has overtaken. */
export function overtakenCount(frame: FrameReader, channel: number, barrier: number): number {
  const first = frame.channel(ChannelField.firstBuffer, channel);
  const end = first + frame.bufferCountOf(channel);
  const checkpoint = frame.buffer(BufferField.records, barrier);
  let count = 0;
  for (let other = first; other < end; other += 1) {
    if (overtakenBy(frame, channel, other) === checkpoint) count += 1;
  }
  return count;
}

/** The first buffer that is where this one is, at the sender, under way or received; with 1, the first in the place after. */
function firstBeside(frame: FrameReader, channel: number, buffer: number, after: 0 | 1): number {
  const first = frame.channel(ChannelField.firstBuffer, channel);
  const sent = first + frame.channel(ChannelField.queued, channel);
  const received = sent + frame.channel(ChannelField.inFlight, channel);
  const end = first + frame.bufferCountOf(channel);
  if (buffer < sent) return after === 0 ? first : sent;
  if (buffer < received) return after === 0 ? sent : received;
  return after === 0 ? received : end;
}

function isBarrier(frame: FrameReader, buffer: number): boolean {
  return (
    (frame.buffer(BufferField.flags, buffer) & BufferFlag.event) !== 0 &&
    frame.eventId(buffer) === EventId.barrier
  );
}
