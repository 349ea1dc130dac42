/** What a session does with the answers of its engine. */
import { describe, expect, it } from "vitest";
import { Header } from "../engine/frame";
import type { EnginePort } from "../engine/port";
import type { FromEngine, Graphs, Moment } from "../engine/protocol";
import { Session, type Cluster, type SessionNeeds } from "./session";

type Request = Parameters<EnginePort["request"]>[0];

const CLUSTER: Cluster = {
  seed: 1,
  taskManagers: 1,
  slots: 1,
  speeds: {},
  speedChanges: [],
  processFaults: [],
  segmentBytes: null,
  networkMemory: null,
  managedMemory: null,
  linkLatencyTicks: null,
  linkBytesPerTick: null,
  diskBytesPerTick: null,
  scenario: {},
};
const GRAPHS = { jobName: "a job" } as Graphs;

function moment(tick: number): Moment {
  const frame = new Uint32Array(Header.length);
  frame[Header.tickLow] = tick;
  return { frame, stdout: { from: 0, lines: [] }, furthestTick: tick, sentence: [{ text: `tick ${tick}` }] };
}

/** A session whose engine answers as `answer` says, in the order in which it was asked. */
function sessionWith(
  answer: (request: Request) => FromEngine,
  needs: Partial<SessionNeeds> = {},
): { session: Session; asked: Request[] } {
  const asked: Request[] = [];
  const port: EnginePort = {
    request: async (request) => {
      asked.push(request);
      await Promise.resolve();
      return answer(request);
    },
    terminate: () => undefined,
  };
  return {
    session: new Session(() => port, {
      texts: () => Promise.resolve({ "a.txt": "text" }),
      layouts: () => Promise.resolve(),
      ...needs,
    }),
    asked,
  };
}

/** An engine that does what it is asked. */
function willing(request: Request): FromEngine {
  if (request.kind === "open") return { kind: "opened", request: 0, graphs: GRAPHS, moment: moment(0) };
  return { kind: "moved", request: 0, moment: moment(request.kind === "seek" ? request.tick : 1) };
}

describe("Session", () => {
  it("opens a job with its texts at tick 0", async () => {
    const { session, asked } = sessionWith(willing);
    expect(await session.open("job", CLUSTER)).toBe(true);
    expect(asked[0]).toMatchObject({ kind: "open", source: "job", scenario: { files: { "a.txt": "text" } } });
    expect(session.run?.source).toBe("job");
    expect(session.tick).toBe(0);
  });

  it("gives the network exactly the memory that is set", async () => {
    const { session, asked } = sessionWith(willing);
    await session.open("job", { ...CLUSTER, networkMemory: "1m" });
    const memory = { "taskmanager.memory.network.min": "1m", "taskmanager.memory.network.max": "1m" };
    expect(asked[0]).toMatchObject({ scenario: { memory } });
  });

  it("keeps the run when a job does not build", async () => {
    const { session } = sessionWith((request) =>
      request.kind === "open" && request.source === "bad"
        ? { kind: "error", request: 0, error: { kind: "syntax", message: "no" } }
        : willing(request),
    );
    await session.open("good", CLUSTER);
    await session.seek(7);
    expect(await session.open("bad", CLUSTER)).toBe(false);
    expect(session.run?.source).toBe("good");
    expect(session.tick).toBe(7);
    expect(session.jobError?.message).toBe("no");
    await session.open("good", CLUSTER);
    expect(session.jobError).toBeNull();
  });

  it("says what did not load, and keeps no run that it cannot draw", async () => {
    const missing = { "a text": true, "a layout": false };
    const load = (what: keyof typeof missing): Promise<void> =>
      missing[what] ? Promise.reject(new Error(`${what} is missing`)) : Promise.resolve();
    const { session } = sessionWith(willing, {
      texts: async () => {
        await load("a text");
        return {};
      },
      layouts: () => load("a layout"),
    });
    expect(await session.open("job", CLUSTER)).toBe(false);
    expect(session.jobError).toEqual({ kind: "load", message: "a text is missing" });
    missing["a text"] = false;
    expect(await session.open("job", CLUSTER)).toBe(true);
    expect(session.jobError).toBeNull();
    missing["a layout"] = true;
    expect(await session.open("other", CLUSTER)).toBe(false);
    expect(session.run).toBeNull();
    expect(session.jobError?.message).toBe("a layout is missing");
    expect(session.waiting).toBeNull();
  });

  it("jumps only to the last of the ticks that were scrubbed over", async () => {
    const { session, asked } = sessionWith(willing);
    await session.open("job", CLUSTER);
    await Promise.all([session.seek(1), session.seek(2), session.seek(3)]);
    expect(session.tick).toBe(3);
    expect(asked.filter((request) => request.kind === "seek")).toHaveLength(1);
  });

  it("stops at a panic, and goes back to the tick before it", async () => {
    let broken = true;
    const { session, asked } = sessionWith((request) =>
      request.kind === "step" && broken
        ? { kind: "error", request: 0, error: { kind: "panic", message: "boom", tick: 12 } }
        : willing(request),
    );
    await session.open("job", CLUSTER);
    await session.step(1);
    expect(session.wreck).toMatchObject({ tick: 12 });
    await session.seek(3);
    expect(asked.at(-1)?.kind).toBe("step");
    broken = false;
    await session.recover();
    expect(session.wreck).toBeNull();
    expect(session.tick).toBe(11);
  });

  it("opens a run again with what it was commanded", async () => {
    const { session, asked } = sessionWith((request) =>
      request.kind === "command"
        ? { kind: "commanded", request: 0, tick: session.tick, moment: moment(session.tick) }
        : willing(request),
    );
    await session.open("job", CLUSTER);
    for (const tick of [5, 9, 7]) {
      await session.seek(tick);
      await session.command({ kind: "setSpeed", vertex: 0, speed: tick });
    }
    session.dispose();
    await session.resume();
    const opened = asked.filter((request) => request.kind === "open").at(-1);
    expect(opened?.commands).toEqual(
      [5, 7].map((tick) => ({ tick, command: { kind: "setSpeed", vertex: 0, speed: tick } })),
    );
    expect(session.run?.commands).toHaveLength(2);
    expect(session.tick).toBe(7);
  });

  it("tells an endless function apart from a job that was not built", async () => {
    const { session } = sessionWith((request) =>
      request.kind === "step"
        ? { kind: "error", request: 0, error: { kind: "endless", message: "never", tick: 3 } }
        : willing(request),
    );
    await session.open("job", CLUSTER);
    await session.step(1);
    expect(session.runError?.kind).toBe("endless");
    expect(session.jobError).toBeNull();
    await session.seek(0);
    expect(session.runError).toBeNull();
  });
});
