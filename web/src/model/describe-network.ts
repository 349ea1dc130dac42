/** What there is to say about channels, their buffers and records, and the pools at both ends. */
import { at } from "./at";
import { channelPressure, levelName } from "./back-pressure";
import type { ItemText } from "./describe";
import {
  BufferField,
  BufferFlag,
  ChannelField,
  ChannelFlag,
  DotKind,
  EventId,
  eventName,
  type FrameReader,
  GateField,
  MessageField,
  messageName,
  OutputField,
  TaskField,
} from "./frame-reader";
import type { JobMoment } from "./moment";
import { timeText } from "./time-text";
import { overtakenBy, overtakenCount } from "./overtaking";
import { bytesText, percentText } from "./numbers";

/** The buffer pools of a task's outputs and inputs, a line each. */
export function poolLines(frame: FrameReader, task: number): string[] {
  const lines: string[] = [];
  const outputs = frame.task(TaskField.outputs, task);
  for (let place = 0; place < outputs; place += 1) {
    const output = frame.task(TaskField.firstOutput, task) + place;
    const [size, requested] = [
      frame.output(OutputField.size, output),
      frame.output(OutputField.requested, output),
    ];
    const inUse = requested - frame.output(OutputField.atHand, output);
    const which = outputs === 1 ? "its output" : `output ${place}`;
    const overdraft = requested > size ? `, ${requested - size} of them overdraft` : "";
    const full = (frame.output(OutputField.flags, output) & 1) !== 0 ? "; no record may begin" : "";
    lines.push(`network segments of ${which}: ${inUse} of ${size}${overdraft}${full}`);
  }
  const gates = frame.task(TaskField.gates, task);
  for (let place = 0; place < gates; place += 1) {
    const gate = frame.task(TaskField.firstGate, task) + place;
    const size = frame.gate(GateField.size, gate);
    if (size === 0) continue;
    const inUse = frame.gate(GateField.requested, gate) - frame.gate(GateField.atHand, gate);
    lines.push(`floating buffers of ${gates === 1 ? "its input" : `gate ${place}`}: ${inUse} of ${size}`);
  }
  return lines;
}

export function describeChannel(moment: JobMoment, place: number): ItemText {
  const { cluster, frame } = moment;
  const channel = at(cluster.channels, place);
  const title = `${at(cluster.tasks, channel.from).name} → ${at(cluster.tasks, channel.to).name}`;
  const lines = frame.present ? liveLines(moment, place, channel.remote) : [];
  lines.push(
    `${channel.shipStrategy}, ${channel.remote ? "remote" : "local"}`,
    `subpartition ${channel.subpartition} of output ${channel.output} → channel ${channel.channel} of gate ${channel.gate}`,
  );
  return { title, lines };
}

const FLAG_LINES: readonly (readonly [number, string])[] = [
  [ChannelFlag.failed, "Failed: its connection is lost."],
  [ChannelFlag.cut, "Cut: nothing that is sent arrives."],
  [ChannelFlag.cutBack, "Cut on the way back: no credit arrives at the sender."],
  [ChannelFlag.slow, "Its link has another speed than usual."],
  [ChannelFlag.blocked, "Blocked: its receiver reads nothing of it for now."],
  [ChannelFlag.ended, "Finished: its end was read."],
];

function liveLines({ cluster, frame }: JobMoment, place: number, remote: boolean): string[] {
  const field = (name: keyof typeof ChannelField): number => frame.channel(ChannelField[name], place);
  const queued = buffers(field("queued"));
  const lines = [
    remote
      ? `${queued} queued at the sender, ${field("inFlight")} on the way, ${field("received")} at the receiver`
      : `${queued} queued, ${field("received")} being read; a local channel has no link between them`,
    ...FLAG_LINES.flatMap(([flag, line]) => (frame.isChannel(flag, place) ? [line] : [])),
  ];
  const pressure = channelPressure(frame, cluster, place);
  if (pressure > 0) lines.push(`It holds its sender up: back-pressure ${levelName(pressure)}.`);
  if (!remote) return lines;
  lines.push(`credit: ${field("credit")}`);
  if (field("exclusive") > 0) {
    lines.push(
      `free at the receiver: ${field("exclusiveFree")} of ${field("exclusive")} exclusive buffers, ${field("floatingFree")} of ${field("floating")} floating ones`,
      `backlog, as the receiver knows it: ${field("backlog")}`,
    );
  }
  if (field("unannounced") > 0) lines.push(`credit not announced yet: ${field("unannounced")}`);
  for (let n = field("firstMessage"); n < field("firstMessage") + field("messages"); n += 1) {
    const name = messageName(frame.message(MessageField.kind, n));
    const done = percentText(frame.message(MessageField.progress, n));
    lines.push(`on the way: ${name} ${frame.message(MessageField.number, n)}, ${done} of it done`);
  }
  return lines;
}

function buffers(count: number): string {
  return `${count} ${count === 1 ? "buffer" : "buffers"}`;
}

/** Where a buffer of a channel is. */
function whereOf(moment: JobMoment, channel: number, buffer: number): string {
  const { frame } = moment;
  const place = buffer - frame.channel(ChannelField.firstBuffer, channel);
  const queued = frame.channel(ChannelField.queued, channel);
  if (place < queued) return `queued, ${place + 1} of ${queued}`;
  const sent = queued + frame.channel(ChannelField.inFlight, channel);
  if (place < sent)
    return `on the way, ${percentText(frame.buffer(BufferField.progress, buffer))} of it done`;
  return `received, ${place - sent + 1} of ${frame.channel(ChannelField.received, channel)}`;
}

export function describeBuffer(moment: JobMoment, channel: number, id: number): ItemText {
  const { frame, segmentBytes } = moment;
  const buffer = frame.findBuffer(channel, id);
  if (buffer < 0)
    return { title: `Buffer ${id}`, lines: ["It is gone: read to its end, and its segment is free again."] };
  const flags = frame.buffer(BufferField.flags, buffer);
  const where = whereOf(moment, channel, buffer);
  if ((flags & BufferFlag.event) !== 0) {
    const event = frame.eventId(buffer);
    const name =
      event === EventId.barrier
        ? `Barrier of checkpoint ${frame.buffer(BufferField.records, buffer)}`
        : eventName(event);
    const count = event === EventId.barrier ? overtakenCount(frame, channel, buffer) : 0;
    const wake =
      count > 0 ? [`It overtook ${count} of the channel's buffers: they are its data in flight.`] : [];
    return { title: name, lines: [where, ...wake, describeChannel(moment, channel).title] };
  }
  const bytes = frame.buffer(BufferField.bytes, buffer);
  const records = frame.buffer(BufferField.records, buffer);
  const share = (100 * bytes) / segmentBytes;
  const filled = share > 0 && share < 0.1 ? "less than 0.1" : share.toFixed(1);
  const beingRead = (flags & BufferFlag.beingRead) !== 0;
  const left = beingRead ? "are left in it" : records === 1 ? "begins in it" : "begin in it";
  const lines = [
    `${records} ${records === 1 ? "record" : "records"} ${left}${marksText(flags)}`,
    `${bytesText(bytes)}, ${filled} % of its segment`,
    where,
  ];
  const checkpoint = overtakenBy(frame, channel, buffer);
  if (checkpoint > 0)
    lines.push(`Overtaken by the barrier of checkpoint ${checkpoint}: it is data in flight of it.`);
  if (beingRead) lines.push("Its receiver is reading it.");
  if ((flags & BufferFlag.open) !== 0) lines.push("Open: its sender still writes to it.");
  if ((flags & BufferFlag.startsInRecord) !== 0)
    lines.push("Begins with the rest of a record from the buffer before.");
  if ((flags & BufferFlag.endsInRecord) !== 0)
    lines.push("Ends inside a record, which goes on in the next buffer.");
  lines.push(describeChannel(moment, channel).title);
  return { title: `Buffer ${id}`, lines };
}

/** What is among a buffer's records and is none. */
function marksText(flags: number): string {
  const also = [
    [BufferFlag.watermark, "watermarks"],
    [BufferFlag.status, "a watermark status"],
    [BufferFlag.latencyMarker, "latency markers"],
  ] as const;
  const there = also.filter(([flag]) => (flags & flag) !== 0).map(([, words]) => words);
  return there.length === 0 ? "" : `, and ${there.join(" and ")}`;
}

export function describeRecord(moment: JobMoment, channel: number, id: number, dot: number): ItemText {
  const { frame } = moment;
  const buffer = frame.findBuffer(channel, id);
  if (buffer < 0 || dot >= frame.buffer(BufferField.dots, buffer)) {
    return { title: `Record ${dot + 1} of buffer ${id}`, lines: ["It has been read."] };
  }
  const first = frame.buffer(BufferField.firstDot, buffer);
  const kind = frame.dotKind(first + dot);
  const where = [
    `in buffer ${id}: ${whereOf(moment, channel, buffer)}`,
    describeChannel(moment, channel).title,
  ];
  if (kind !== DotKind.record) return describeMark(kind, frame.dotTime(first + dot), where);
  let place = 1;
  for (let before = first; before < first + dot; before += 1) {
    if (frame.dotKind(before) === DotKind.record) place += 1;
  }
  return {
    title: `Record ${place} of ${frame.buffer(BufferField.records, buffer)}`,
    lines: [`key hash ${frame.dot(first + dot) | 0}: equal keys have equal colours and shapes`, ...where],
  };
}

/** What travels among the records and is none. */
function describeMark(kind: number, time: number, where: readonly string[]): ItemText {
  if (kind === DotKind.watermark) {
    const says =
      time === Infinity
        ? "No record will follow on this channel."
        : `No record with a time up to ${timeText(time)} is expected after it on this channel.`;
    return { title: `Watermark ${timeText(time)}`, lines: [says, ...where] };
  }
  if (kind === DotKind.latencyMarker)
    return {
      title: "Latency marker",
      lines: ["It measures how long records take from its source.", ...where],
    };
  const isIdle = kind === DotKind.idle;
  return {
    title: `Watermark status: ${isIdle ? "idle" : "active"}`,
    lines: [
      isIdle
        ? "From here on the channel does not count for its receiver's watermark."
        : "From here on the channel counts again, once it has caught up.",
      ...where,
    ],
  };
}
