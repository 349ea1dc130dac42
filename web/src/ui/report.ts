/** The report of a failed engine: all that is needed to see the same failure again. */
import { processFaultInWords } from "./faults";
import type { Run, Wreck } from "./session";

export function reportOf(run: Run | null, wreck: Wreck): string {
  const cluster = run?.cluster;
  const speeds = Object.entries(cluster?.speeds ?? {}).map(
    ([task, speed]) => `${task}: ${speed} records a tick`,
  );
  const changes = (cluster?.speedChanges ?? []).map(
    ({ tick, name, speed }) => `${name}: ${speed} records a tick from tick ${tick} on`,
  );
  const faults = (cluster?.processFaults ?? []).map(
    ({ tick, fault }) => `${processFaultInWords(fault)} at tick ${tick}`,
  );
  return [
    "The engine of Weir failed",
    "",
    wreck.error.message,
    "",
    `tick: ${wreck.tick}`,
    `seed: ${cluster?.seed ?? "none"}`,
    `cluster: ${cluster?.taskManagers ?? 0} TaskManagers of ${cluster?.slots ?? 0} slots`,
    `segment: ${cluster?.segmentBytes ?? 32_768} bytes`,
    `network memory: ${cluster?.networkMemory ?? "as Flink derives it"}`,
    `managed memory: ${cluster?.managedMemory ?? "as Flink derives it"}`,
    `speeds: ${speeds.length === 0 ? "one record a tick" : speeds.join(", ")}`,
    `speed changes: ${changes.length === 0 ? "none" : changes.join(", ")}`,
    `faults: ${faults.length === 0 ? "none" : faults.join(", ")}`,
    `link: ${cluster?.linkLatencyTicks ?? 3} ticks, ${cluster?.linkBytesPerTick ?? 125_000} bytes a tick`,
    `besides: ${JSON.stringify(cluster?.scenario ?? {})}`,
    `disk: ${cluster?.diskBytesPerTick ?? 200_000} bytes a tick`,
    "commands: submit the job at tick 0",
    ...(wreck.error.task === undefined ? [] : [`task: ${wreck.error.task}`]),
    "",
    "job:",
    run?.source ?? "none",
  ].join("\n");
}
