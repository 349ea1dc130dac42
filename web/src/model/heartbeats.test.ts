/** Heartbeats come every ten seconds, and stay without an answer while a process is paused. */
import { expect, test } from "vitest";
import type { TraceEntry } from "../engine/protocol";
import { Heartbeats } from "./heartbeats";

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
  const all = new Heartbeats(trace, 32_000).among();
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

const KILLED = [
  entry(0, 1, "rpc", "TaskExecutor 1 → ResourceManager", "registerTaskExecutor, 1 slots"),
  entry(1, 2, "rpc", "Dispatcher → JobMaster", "start JobMaster"),
  entry(2, 5000, "fault", "TaskExecutor 1", "killed"),
  entry(
    3,
    20_000,
    "fault",
    "ResourceManager → TaskExecutor 1",
    "TaskManager with id TaskManager 1 is no longer reachable.",
  ),
  entry(
    4,
    20_002,
    "fault",
    "JobMaster → TaskExecutor 1",
    "TaskManager with id TaskManager 1 is no longer reachable.",
  ),
  entry(5, 50_000, "rpc", "A → B", "later"),
];

test("a process that is gone counts as such with the second call in a row, and is asked no more", () => {
  const early = new Heartbeats(KILLED, 12_000);
  expect(early.watches.map((watch) => [watch.watcher, early.goneAt(watch)])).toEqual([
    ["ResourceManager", 20_000],
    ["JobMaster", 20_001],
  ]);
  const late = new Heartbeats(KILLED, 50_000);
  const [manager] = late.watches;
  expect(late.watches.map(({ to }) => to)).toEqual([20_000, 20_002]);
  expect(late.beatsOf(manager!).map(({ at, silence }) => [at, silence])).toEqual([[10_000, "gone"]]);
});

test("a process that is paused counts as gone so long after its last answer", () => {
  const paused = [...KILLED.slice(0, 2), entry(2, 12_000, "fault", "TaskExecutor 1", "paused")];
  const beats = new Heartbeats(paused, 30_000);
  expect(beats.watches.map((watch) => beats.goneAt(watch))).toEqual([60_002, 60_003]);
});

test("a process that is cut off counts as gone in the same time, and answers when it is connected again", () => {
  const cut = [
    ...KILLED.slice(0, 2),
    entry(2, 12_000, "fault", "TaskExecutor 1", "cut off from the JobManager"),
    entry(3, 45_000, "fault", "TaskExecutor 1", "connected with the JobManager again"),
  ];
  const silences = (end: number) => {
    const beats = new Heartbeats(cut, end);
    const [watch] = beats.watches;
    return [beats.beatsOf(watch!).at(-1)?.silence, beats.goneAt(watch!)];
  };
  expect(silences(30_500)).toEqual(["cut off", 60_002]);
  expect(silences(51_000)).toEqual([null, null]);
});
