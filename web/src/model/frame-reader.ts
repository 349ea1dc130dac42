/** Reads a frame (`engine/frame.ts`) where it lies, without copying. */
import {
  ACTOR_KINDS,
  BUFFER_FIELDS,
  BufferFlag,
  CHANNEL_FIELDS,
  ChannelFlag,
  DOT_FIELDS,
  DotKind,
  EXECUTION_STATES,
  GATE_FIELDS,
  Header,
  JOB_STATUS,
  LAYOUT_VERSION,
  LINK_FIELDS,
  LINK_STATES,
  MANAGER_FIELDS,
  MESSAGE_FIELDS,
  OUTPUT_FIELDS,
  TASK_FIELDS,
} from "../engine/frame";

type Places<Names extends readonly string[]> = Readonly<Record<Names[number], number>>;

function placesOf<const Names extends readonly string[]>(names: Names): Places<Names> {
  return Object.fromEntries(names.map((name, place) => [name, place])) as Places<Names>;
}

/** The place of each field of a row. */
export const TaskField = placesOf(TASK_FIELDS);
export const ChannelField = placesOf(CHANNEL_FIELDS);
export const OutputField = placesOf(OUTPUT_FIELDS);
export const GateField = placesOf(GATE_FIELDS);
export const ManagerField = placesOf(MANAGER_FIELDS);
export const LinkField = placesOf(LINK_FIELDS);
export const BufferField = placesOf(BUFFER_FIELDS);
export const MessageField = placesOf(MESSAGE_FIELDS);
const DotField = placesOf(DOT_FIELDS);
export { BufferFlag, ChannelFlag, DotKind, LINK_STATES };

/** Ids of events in Flink's EventSerializer. */
export const EventId = { endOfPartition: 0, barrier: 1, endOfData: 8 } as const;

const EVENT_NAMES: readonly (string | undefined)[] = [
  "EndOfPartition",
  "CheckpointBarrier",
  ...[undefined, undefined],
  "CancelCheckpointMarker",
  "EndOfOutputChannelState",
  "EventAnnouncement",
  undefined,
  "EndOfData",
];

/** What an event's id stands for, in Flink's words. */
export function eventName(id: number): string {
  return EVENT_NAMES[id] ?? `event ${id}`;
}

/** Ids of Flink's NettyMessage. */
export const MessageKind = {
  errorResponse: 1,
  addCredit: 6,
  backlogAnnouncement: 9,
  newBufferSize: 10,
} as const;

const MESSAGE_NAMES: readonly (string | undefined)[] = [
  "BufferResponse",
  "ErrorResponse",
  "PartitionRequest",
  "TaskEvent",
  "CancelPartitionRequest",
  "CloseRequest",
  "AddCredit",
  "ResumeConsumption",
  "AckAllUserRecordsProcessed",
  "BacklogAnnouncement",
  "NewBufferSize",
];

/** What a message's id stands for, in Flink's words. */
export function messageName(kind: number): string {
  return MESSAGE_NAMES[kind] ?? `message ${kind}`;
}

/** An event time from its two words: -Infinity for none yet, Infinity for the end of time. */
function timeOf(low: number, high: number): number {
  if (low === 0 && high === 0) return -Infinity;
  if (low === 0xffff_ffff && high === 0xffff_ffff) return Infinity;
  // The least Long is taken off before the words are put together: a double holds what is left.
  return (high - 0x8000_0000) * 0x1_0000_0000 + low;
}

/** See the head of this file. */
export class FrameReader {
  private numbers: Uint32Array = new Uint32Array(Header.length);
  private channelsAt = 0;
  private outputsAt = 0;
  private gatesAt = 0;
  private managersAt = 0;
  private linksAt = 0;
  private buffersAt = 0;
  private messagesAt = 0;
  private dotsAt = 0;
  taskCount = 0;
  channelCount = 0;
  outputCount = 0;
  gateCount = 0;
  managerCount = 0;
  linkCount = 0;
  bufferCount = 0;
  messageCount = 0;
  private dotCount = 0;
  /** Whether there is a frame at all. */
  present = false;

  /** Takes a frame, or none. Throws for one that another version of the engine wrote. */
  read(frame: Uint32Array | null): void {
    this.present = frame !== null;
    this.numbers = frame ?? new Uint32Array(Header.length);
    if (frame !== null && frame[Header.layoutVersion] !== LAYOUT_VERSION) {
      throw new RangeError(
        `a frame of version ${frame[Header.layoutVersion]} where the page reads version ${LAYOUT_VERSION}`,
      );
    }
    this.taskCount = this.header(Header.taskCount);
    this.channelCount = this.header(Header.channelCount);
    this.outputCount = this.header(Header.outputCount);
    this.gateCount = this.header(Header.gateCount);
    this.managerCount = this.header(Header.managerCount);
    this.linkCount = this.header(Header.linkCount);
    this.bufferCount = this.header(Header.bufferCount);
    this.messageCount = this.header(Header.messageCount);
    this.channelsAt = Header.length + this.taskCount * TASK_FIELDS.length;
    this.outputsAt = this.channelsAt + this.channelCount * CHANNEL_FIELDS.length;
    this.gatesAt = this.outputsAt + this.outputCount * OUTPUT_FIELDS.length;
    this.managersAt = this.gatesAt + this.gateCount * GATE_FIELDS.length;
    this.linksAt = this.managersAt + this.managerCount * MANAGER_FIELDS.length;
    this.buffersAt = this.linksAt + this.linkCount * LINK_FIELDS.length;
    this.messagesAt = this.buffersAt + this.bufferCount * BUFFER_FIELDS.length;
    this.dotsAt = this.messagesAt + this.messageCount * MESSAGE_FIELDS.length;
    this.dotCount = this.header(Header.dotCount);
    const wanted = this.dotsAt + this.dotCount * DOT_FIELDS.length;
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

  /** The watermark of a task's head: -Infinity for none yet, Infinity for the end of time. */
  watermark(task: number): number {
    return timeOf(this.task(TaskField.watermarkLow, task), this.task(TaskField.watermarkHigh, task));
  }

  /** The checkpoint under way that waits for a task; 0 for none. */
  checkpoint(task: number): number {
    return this.task(TaskField.checkpoint, task) >>> 3;
  }

  /** How far the task is with it. */
  checkpointPhase(task: number): number {
    return this.task(TaskField.checkpoint, task) & 7;
  }

  /** The id of a buffer's event, as Flink's EventSerializer numbers it. */
  eventId(buffer: number): number {
    return (this.buffer(BufferField.flags, buffer) >>> BufferFlag.eventShift) & 0xff;
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

  /** A field of a result partition. */
  output(field: number, output: number): number {
    return this.numbers[this.outputsAt + field * this.outputCount + output] ?? 0;
  }

  gate(field: number, gate: number): number {
    return this.numbers[this.gatesAt + field * this.gateCount + gate] ?? 0;
  }

  /** A field of a TaskManager, by its place. */
  manager(field: number, manager: number): number {
    return this.numbers[this.managersAt + field * this.managerCount + manager] ?? 0;
  }

  link(field: number, link: number): number {
    return this.numbers[this.linksAt + field * this.linkCount + link] ?? 0;
  }

  message(field: number, message: number): number {
    return this.numbers[this.messagesAt + field * this.messageCount + message] ?? 0;
  }

  /** A field of all result partitions of a task, added up. */
  outputSum(field: number, task: number): number {
    const first = this.task(TaskField.firstOutput, task);
    const end = first + this.task(TaskField.outputs, task);
    let sum = 0;
    for (let output = first; output < end; output += 1) sum += this.output(field, output);
    return sum;
  }

  /** Whether a channel has this ChannelFlag. */
  isChannel(flag: number, channel: number): boolean {
    return (this.channel(ChannelField.flags, channel) & flag) !== 0;
  }

  buffer(field: number, buffer: number): number {
    return this.numbers[this.buffersAt + field * this.bufferCount + buffer] ?? 0;
  }

  /** The hash of a record's key. */
  dot(place: number): number {
    return this.dotField(DotField.hash, place);
  }

  /** The length of an element, as far as it stands in its buffer. */
  dotBytes(place: number): number {
    return this.dotField(DotField.bytes, place);
  }

  /** Which element a dot stands for: a `DotKind`. */
  dotKind(place: number): number {
    return this.dotField(DotField.kind, place);
  }

  /** The time of a watermark. */
  dotTime(place: number): number {
    return timeOf(this.dotField(DotField.hash, place), this.dotField(DotField.high, place));
  }

  private dotField(field: number, place: number): number {
    return this.numbers[this.dotsAt + field * this.dotCount + place] ?? 0;
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
