/** Reads a frame (`engine/frame.ts`) where it lies, without copying. */
import {
  ACTOR_KINDS,
  BUFFER_FIELDS,
  BufferFlag,
  CHANNEL_FIELDS,
  EXECUTION_STATES,
  Header,
  JOB_STATUS,
  TASK_FIELDS,
} from "../engine/frame";

type Places<Names extends readonly string[]> = Readonly<Record<Names[number], number>>;

function placesOf<const Names extends readonly string[]>(names: Names): Places<Names> {
  return Object.fromEntries(names.map((name, place) => [name, place])) as Places<Names>;
}

/** The place of each field of a task, a channel and a buffer. */
export const TaskField = placesOf(TASK_FIELDS);
export const ChannelField = placesOf(CHANNEL_FIELDS);
export const BufferField = placesOf(BUFFER_FIELDS);
export { BufferFlag };

/** Ids of events in Flink's EventSerializer. */
export const EventId = { endOfPartition: 0, endOfData: 8 } as const;

/** What an event's id stands for, in Flink's words. */
export function eventName(id: number): string {
  if (id === EventId.endOfPartition) return "EndOfPartition";
  if (id === EventId.endOfData) return "EndOfData";
  return `event ${id}`;
}

/** See the head of this file. */
export class FrameReader {
  private numbers: Uint32Array = new Uint32Array(Header.length);
  private channelsAt: number = Header.length;
  private buffersAt: number = Header.length;
  private dotsAt: number = Header.length;
  taskCount = 0;
  channelCount = 0;
  bufferCount = 0;
  /** Whether there is a frame at all. */
  present = false;

  /** Takes a frame, or none. */
  read(frame: Uint32Array | null): void {
    this.present = frame !== null;
    this.numbers = frame ?? new Uint32Array(Header.length);
    this.taskCount = this.header(Header.taskCount);
    this.channelCount = this.header(Header.channelCount);
    this.bufferCount = this.header(Header.bufferCount);
    this.channelsAt = Header.length + this.taskCount * TASK_FIELDS.length;
    this.buffersAt = this.channelsAt + this.channelCount * CHANNEL_FIELDS.length;
    this.dotsAt = this.buffersAt + this.bufferCount * BUFFER_FIELDS.length;
    const wanted = this.dotsAt + this.header(Header.dotCount);
    if (this.numbers.length < wanted) {
      throw new RangeError(`a frame of ${this.numbers.length} numbers should have ${wanted}`);
    }
  }

  header(place: number): number {
    return this.numbers[place] ?? 0;
  }

  get tick(): number {
    return this.header(Header.tickHigh) * 0x1_0000_0000 + this.header(Header.tickLow);
  }

  get jobStatus(): string {
    return JOB_STATUS[this.header(Header.jobStatus)] ?? "";
  }

  get actorKind(): string {
    return ACTOR_KINDS[this.header(Header.actorKind)] ?? "none";
  }

  task(field: number, task: number): number {
    return this.numbers[Header.length + field * this.taskCount + task] ?? 0;
  }

  taskState(task: number): string {
    return EXECUTION_STATES[this.task(TaskField.state, task)] ?? "";
  }

  channel(field: number, channel: number): number {
    return this.numbers[this.channelsAt + field * this.channelCount + channel] ?? 0;
  }

  buffer(field: number, buffer: number): number {
    return this.numbers[this.buffersAt + field * this.bufferCount + buffer] ?? 0;
  }

  /** The hash of a record's key. */
  dot(place: number): number {
    return this.numbers[this.dotsAt + place] ?? 0;
  }

  /** How many buffers a channel has, in all three places. */
  bufferCountOf(channel: number): number {
    return (
      this.channel(ChannelField.queued, channel) +
      this.channel(ChannelField.inFlight, channel) +
      this.channel(ChannelField.received, channel)
    );
  }

  /** Place of a buffer of this channel by its id; -1 where it is gone. */
  findBuffer(channel: number, id: number): number {
    if (channel >= this.channelCount) return -1;
    const first = this.channel(ChannelField.firstBuffer, channel);
    const end = first + this.bufferCountOf(channel);
    for (let buffer = first; buffer < end; buffer += 1) {
      if (this.buffer(BufferField.id, buffer) === id) return buffer;
    }
    return -1;
  }
}
