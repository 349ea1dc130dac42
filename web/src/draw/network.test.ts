/** The network in the picture: both ends of a channel, what flies between, the pools, and what is out of order. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { BufferFlag, ChannelFlag, DotKind } from "../engine/frame";
import { deployedTopology, graphsOfCase, type RecordedCase } from "../model/fixtures/case-graphs";
import { type ChannelWriting, type TaskWriting, writeFrame } from "../model/fixtures/frame-writer";
import { plainMeasure } from "../model/fixtures/recorded";
import { readJob } from "../model/job-model";
import type { Topology } from "../engine/protocol";
import { type DisplayList, Op, Shape } from "./display-list";
import { bordersOf, opCounts, overlappingTexts, shapesOf, textsOf } from "./fixtures/read-list";
import { createScene, type Depth, LIGHT_THEME, toSvg } from "./index";
import { Colour } from "./theme";

const path = join(import.meta.dirname, "../../../tests/conformance/cases/wordcount_p4.json");
const graphs = graphsOfCase("words", JSON.parse(readFileSync(path, "utf8")) as RecordedCase);
const topology = deployedTopology(graphs, readJob(graphs), 2);
const remote = topology.channels.findIndex((channel) => channel.remote);
const local = topology.channels.findIndex((channel) => !channel.remote);
const sender = topology.channels[remote]!.from;
const receiver = topology.channels[remote]!.to;

interface Moment {
  readonly tasks?: Readonly<Record<number, TaskWriting>>;
  readonly channels?: Readonly<Record<number, ChannelWriting>>;
  readonly zoom?: number;
  readonly depth?: Depth;
  readonly topology?: Topology;
}

/** A picture of a moment in which all else is at rest, 2000 pixels wide so that nothing is out of sight. */
function drawn({ tasks = {}, channels = {}, zoom = 2, depth = "execution", ...moment }: Moment): DisplayList {
  const scene = createScene({ measure: plainMeasure, motion: "reduced" });
  scene.resize(2400, 2400);
  scene.setGraphs(graphs);
  scene.setTopology(moment.topology ?? topology);
  const frame = writeFrame({
    tick: 40,
    tasks: topology.tasks.map((_, place) => tasks[place] ?? {}),
    channels: topology.channels.map((_, place) => channels[place] ?? {}),
    managers: topology.taskManagers.map(() => ({ segments: 64, used: 40 })),
  });
  scene.setDepth(depth, 0);
  scene.setFrame(frame, 0, 0);
  scene.draw(0);
  // Around what is sent from, which so stays in sight.
  const area = scene.areaOf({ kind: "task", task: sender });
  const [x, y] = area === null ? [1200, 1200] : [area.x + area.width, area.y + area.height / 2];
  scene.camera.zoomBy(zoom / scene.camera.scale, x, y);
  return scene.draw(0);
}

function words(list: DisplayList): string[] {
  return textsOf(list).map(({ text }) => text);
}

function count(list: DisplayList, shape: number, colour: number): number {
  return shapesOf(list).filter((each) => each.shape === shape && each.colour === colour).length;
}

const full: ChannelWriting = {
  queued: [
    { id: 1, bytes: 32_768, hashes: [1, 2], flags: BufferFlag.endsInRecord },
    { id: 2, bytes: 900, hashes: [3], flags: BufferFlag.open },
  ],
  inFlight: [{ id: 3, bytes: 32_768, hashes: [4], progress: 500 }],
  received: [{ id: 4, bytes: 32_768, hashes: [5] }],
  messages: [
    { kind: 6, number: 1, progress: 330, sentAt: 39 },
    { kind: 6, number: 2, progress: 330, sentAt: 39 },
    { kind: 2, number: 2, progress: 900, sentAt: 38 },
  ],
  credit: 2,
  used: 3,
  backlog: 2,
  exclusive: 2,
  exclusiveFree: 1,
  floating: 3,
  floatingFree: 2,
  unannounced: 1,
};

test("messages fly with their name, credits of one tick as one number", () => {
  const list = drawn({ channels: { [remote]: full } });
  expect(words(list)).toContain("+3");
  expect(words(list)).toContain("PartitionRequest");
  expect(count(list, Shape.arrowLeft, Colour.good)).toBe(1);
  expect(count(list, Shape.arrowLeft, Colour.accent)).toBe(1);
  const near = drawn({ channels: { [remote]: full }, zoom: 1 });
  expect(words(near)).not.toContain("+3");
  expect(count(near, Shape.arrowLeft, Colour.good)).toBe(1);
  expect(
    shapesOf(drawn({ channels: { [remote]: full }, zoom: 0.4 })).map(({ shape }) => shape),
  ).not.toContain(Shape.arrowLeft);
});

test("both ends of a channel are there at the nearest zoom only, and a local one is bare", () => {
  const rest = opCounts(drawn({}))[Op.rect]!;
  const plain: ChannelWriting = { exclusive: 2, exclusiveFree: 2, floating: 3, floatingFree: 3, credit: 2 };
  // Two credits at the sender, five places at the receiver.
  expect(opCounts(drawn({ channels: { [remote]: plain } }))[Op.rect]).toBe(rest + 2 + 5);
  expect(opCounts(drawn({ channels: { [local]: plain } }))[Op.rect]).toBe(rest);
  expect(words(drawn({ channels: { [remote]: full }, zoom: 3 }))).toContain("backlog 2");
  const starved = { ...full, credit: 0 };
  expect(words(drawn({ channels: { [remote]: starved }, zoom: 3 }))).toContain("no credit");
});

test("a pool tells what is in use and what is beyond its size", () => {
  const outputs = [{ size: 10, requested: 12, atHand: 0, flags: 1 }];
  const gates = [{ size: 8, requested: 5, atHand: 2 }];
  const list = drawn({ tasks: { [sender]: { outputs }, [receiver]: { gates } } });
  expect(words(list)).toContain("pool 12/10");
  expect(words(list)).toContain("floating 3/8");
  expect(opCounts(list)[Op.hatch]).toBe(1);
  expect(words(list)).toContain("network segments 40 / 64");
});

test("a TaskManager that is gone is told from others where there is no room for its name", () => {
  const [first, ...others] = topology.taskManagers;
  const killed = { ...topology, taskManagers: [{ ...first!, name: "TaskManager 1 (killed)" }, ...others] };
  const borders = (of: Topology) => {
    const list = drawn({ zoom: 0.2, topology: of });
    expect(words(list).join()).not.toContain("TaskManager");
    return bordersOf(list).filter((colour) => colour === Colour.bad).length;
  };
  expect([borders(topology), borders(killed)]).toEqual([0, 1]);
});

test("what is cut, failed or blocked has a sign beside its colour", () => {
  expect(count(drawn({}), Shape.cross, Colour.bad)).toBe(0);
  for (const flags of [ChannelFlag.cut, ChannelFlag.cutBack, ChannelFlag.failed]) {
    for (const zoom of [0.4, 1, 2]) {
      expect(count(drawn({ channels: { [remote]: { flags } }, zoom }), Shape.cross, Colour.bad)).toBe(1);
    }
  }
  const blocked = drawn({ channels: { [remote]: { flags: ChannelFlag.blocked } } });
  expect(opCounts(blocked)[Op.hatch]).toBe(1);
});

test("watermarks, statuses and latency markers have signs of their own among the records", () => {
  const { watermark, idle, active, latencyMarker, record } = DotKind;
  const few = { id: 1, bytes: 900, hashes: [1, 2, 3], kinds: [record, watermark, idle], records: 1 };
  const flags = BufferFlag.watermark | BufferFlag.status;
  const list = drawn({ channels: { [remote]: { queued: [{ ...few, flags }] } } });
  expect(count(list, Shape.flag, Colour.accent)).toBe(1);
  expect(count(list, Shape.pause, Colour.textMuted)).toBe(1);
  const flying = {
    id: 2,
    bytes: 90,
    hashes: [1, 2],
    kinds: [active, latencyMarker],
    records: 0,
    progress: 500,
  };
  const moving = drawn({ channels: { [remote]: { inFlight: [{ ...flying, flags: BufferFlag.status }] } } });
  expect(count(moving, Shape.arrowRight, Colour.textMuted)).toBe(1);
  expect(count(moving, Shape.circle, Colour.textMuted)).toBe(1);
});

test("a watermark behind records for which there is no room still has its flag, in a queue too", () => {
  const many = { bytes: 30_000, hashes: [1, 2, 3, 4, 5, 6, 7, 8], records: 900, flags: BufferFlag.watermark };
  const queued = [1, 2, 3].map((id) => ({ ...many, id }));
  for (const zoom of [1, 2]) {
    const list = drawn({ channels: { [remote]: { queued } }, zoom });
    expect(count(list, Shape.flag, Colour.accent)).toBe(3);
  }
});

test("a barrier bears its checkpoint's number, and a card how far its task is with it", () => {
  const flags = BufferFlag.event | (1 << BufferFlag.eventShift);
  const received = [{ id: 9, bytes: 40, flags, records: 7 }];
  const plain = drawn({ channels: { [remote]: { received } } });
  expect(words(plain).filter((word) => word === "7")).toHaveLength(1);
  const badge = (phase: number): string[] => {
    const list = drawn({ tasks: { [receiver]: { checkpoint: (12 << 3) | phase } } });
    return words(list).filter((word) => word.startsWith("12"));
  };
  expect([0, 1, 2, 3, 4].map(badge)).toEqual([["12"], ["12"], ["12 …"], ["12 ✓"], ["12 ✓"]]);
});

test("a barrier that overtakes leaves a wake, and what it overtook stands on a line of its colour", () => {
  const flags = BufferFlag.event | (1 << BufferFlag.eventShift);
  const barrier = (id: number) => ({ id, bytes: 40, flags, records: 7 });
  const data = [5, 6].map((id) => ({ id, bytes: 9_000, records: 3 }));
  const inTurn = opCounts(drawn({ channels: { [remote]: { queued: [barrier(4), ...data] } } }));
  const ahead = opCounts(drawn({ channels: { [remote]: { queued: [barrier(9), ...data] } } }));
  expect(ahead[Op.line]).toBe(inTurn[Op.line]! + 3);
  expect(ahead[Op.rect]).toBe(inTurn[Op.rect]! + 2);
});

test("back-pressure is LOW with one chevron and HIGH with two, on wires and from far away", () => {
  const queued = [
    { id: 1, bytes: 9 },
    { id: 2, bytes: 9 },
  ];
  for (const depth of ["execution", "job"] as const) {
    for (const [backPressured, chevrons] of [
      [100, 0],
      [300, 1],
      [900, 2],
    ] as const) {
      const list = drawn({
        tasks: { [sender]: { busy: 100, backPressured } },
        channels: { [remote]: { queued } },
        zoom: 1,
        depth,
      });
      // On the wire or edge, and at the column or vertex.
      expect(count(list, Shape.chevronLeft, Colour.backPressure)).toBe(2 * chevrons);
    }
  }
});

test("the hard part of back-pressure stands apart in the bar", () => {
  const soft = opCounts(drawn({ tasks: { [sender]: { backPressured: 800 } } }));
  const hard = opCounts(drawn({ tasks: { [sender]: { backPressured: 800, hardBackPressured: 400 } } }));
  expect(hard[Op.rect]).toBe(soft[Op.rect]! + 1);
  expect(hard[Op.line]).toBeGreaterThan(soft[Op.line]! + 10);
});

test("records wide enough to be told apart are cells of their length, hatched where they span two buffers", () => {
  const spans = BufferFlag.startsInRecord | BufferFlag.endsInRecord;
  const queued = [{ id: 1, bytes: 32_768, rest: 2768, hashes: [1, 2, 3], flags: spans }];
  const cells = drawn({ channels: { [remote]: { queued } }, zoom: 8 });
  const small = { id: 1, bytes: 900, hashes: [1, 2, 3], records: 40 };
  const dots = drawn({ channels: { [remote]: { queued: [small] } }, zoom: 8 });
  // The rest at the start and the beginning at the end; a length prefix a record.
  expect(opCounts(cells)[Op.hatch]).toBe(2);
  expect(opCounts(dots)[Op.hatch]).toBe(0);
  expect(opCounts(cells)[Op.rect]).toBe(opCounts(dots)[Op.rect]! + 3);
});

test("words keep out of each other's way however near the picture is", () => {
  for (let zoom = 1.6; zoom < 12; zoom *= 1.25) {
    const outputs = [{ size: 10, requested: 12, atHand: 0, flags: 1 }];
    const channels = Object.fromEntries(topology.channels.map((_, place) => [place, full]));
    const tasks = Object.fromEntries(
      topology.tasks.map((_, place) => [place, { busy: 300, backPressured: 700, outputs }]),
    );
    expect(overlappingTexts(textsOf(drawn({ channels, tasks, zoom })))).toEqual([]);
  }
});

test("a remote channel at the nearest zoom, as SVG", () => {
  const list = drawn({ channels: { [remote]: full } });
  const shown = toSvg(list, LIGHT_THEME, "").split("\n");
  // What differs from the same picture without that channel's buffers, credits and messages.
  const bare = new Set(toSvg(drawn({}), LIGHT_THEME, "").split("\n"));
  expect(shown.filter((line) => !bare.has(line)).join("\n")).toMatchSnapshot();
});
