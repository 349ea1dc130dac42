/** Heartbeats come every ten seconds, and stay without an answer while a process is paused. */
import { expect, test } from "vitest";
import type { TraceEntry } from "../engine/protocol";
import { withHeartbeats } from "./heartbeats";

function entry(number: number, tick: number, kind: string, between: string, text: string): TraceEntry {
  const [from = "", to = from] = between.split(" → ");
  return { number, tick, kind, from, to, text, sentAt: tick - 1, phase: 0, fate: "" };
}

test("who watches asks every ten seconds, and who is paused does not answer", () => {
  const trace = [
    entry(0, 1, "rpc", "TaskExecutor 1 → ResourceManager", "registerTaskExecutor, 1 slots"),
    entry(1, 2, "rpc", "Dispatcher → JobMaster", "start JobMaster"),
    entry(2, 12_000, "fault", "TaskExecutor 1", "paused"),
    entry(3, 25_000, "fault", "TaskExecutor 1", "goes on"),
  ];
  const all = withHeartbeats(trace, 32_000);
  const beats = all.filter(({ kind }) => kind === "heartbeat");
  const told = beats.map(({ tick, from, fate }) => `${tick} ${from}${fate === "" ? "" : ` ${fate}`}`);
  expect(told).toEqual([
    ...["3 JobMaster", "4 TaskExecutor 1"],
    ...["10001 ResourceManager", "10002 TaskExecutor 1", "10003 JobMaster", "10004 TaskExecutor 1"],
    ...["20001 ResourceManager lost", "20003 JobMaster lost"],
    ...["30001 ResourceManager", "30002 TaskExecutor 1", "30003 JobMaster", "30004 TaskExecutor 1"],
  ]);
  expect(all.map(({ tick }) => tick)).toEqual(all.map(({ tick }) => tick).sort((a, b) => a - b));
});
