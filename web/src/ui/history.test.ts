/** What the timeline keeps of a long run. */
import { describe, expect, it } from "vitest";
import { History, type Sample } from "./history";

const sample = (records: number): Sample => ({ busy: 0, backPressured: 0, records, lines: 0 });

describe("History", () => {
  it("gives the sample at a tick, or the nearest before it", () => {
    const history = new History();
    history.note(0, sample(0));
    history.note(10, sample(5));
    expect(history.at(10)?.records).toBe(5);
    expect(history.at(14)?.records).toBe(5);
    expect(history.at(9)?.records).toBe(0);
  });

  it("keeps its size whatever the run's length", () => {
    const history = new History();
    for (let tick = 0; tick <= 100_000; tick += 50) history.note(tick, sample(tick));
    expect(history.at(100_000)?.records).toBe(100_000);
    const columns = history.columns(100_001, 100);
    expect(columns).toHaveLength(100);
    expect(columns.every((column) => column !== undefined)).toBe(true);
    const records = columns.map((column) => column!.records);
    expect(records).toEqual([...records].sort((a, b) => a - b));
  });

  it("has empty columns before anything was seen", () => {
    const history = new History();
    history.note(90, sample(1));
    const columns = history.columns(100, 10);
    expect(columns.slice(0, 9)).toEqual(Array.from({ length: 9 }));
    expect(columns[9]?.records).toBe(1);
  });

  it("forgets", () => {
    const history = new History();
    history.note(1, sample(1));
    history.clear();
    expect(history.at(5)).toBeUndefined();
  });
});
