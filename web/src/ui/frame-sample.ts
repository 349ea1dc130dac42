/** Reads from a frame what the timeline keeps of it. */
import { Header, TASK_FIELDS } from "../engine/frame";
import type { Sample } from "./history";

export function sampleOf(frame: Uint32Array): Sample {
  const tasks = frame[Header.taskCount] ?? 0;
  return {
    busy: most(frame, "busy", tasks),
    backPressured: most(frame, "backPressured", tasks),
    records: total(frame, "recordsIn", tasks) + total(frame, "recordsOut", tasks),
    lines: frame[Header.stdoutCount] ?? 0,
  };
}

function fieldStart(field: (typeof TASK_FIELDS)[number], tasks: number): number {
  return Header.length + TASK_FIELDS.indexOf(field) * tasks;
}

function most(frame: Uint32Array, field: (typeof TASK_FIELDS)[number], tasks: number): number {
  const start = fieldStart(field, tasks);
  let result = 0;
  for (let task = 0; task < tasks; task += 1) result = Math.max(result, frame[start + task] ?? 0);
  return result;
}

function total(frame: Uint32Array, field: (typeof TASK_FIELDS)[number], tasks: number): number {
  const start = fieldStart(field, tasks);
  let result = 0;
  for (let task = 0; task < tasks; task += 1) result += frame[start + task] ?? 0;
  return result;
}
