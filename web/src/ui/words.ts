/** How the lab writes numbers, times and errors: one place, so that it writes them the same everywhere. */
import type { JobError } from "../engine/protocol";

/** `4,936`. */
export function count(value: number): string {
  return value.toLocaleString("en-US");
}

/** `1 record`, `4,936 records`. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** A tick as a time: `4.936 s`. */
export function seconds(tick: number): string {
  return `${(tick / 1000).toLocaleString("en-US", { minimumFractionDigits: 3, maximumFractionDigits: 3 })} s`;
}

/** `812 B`, `32 KiB`, `1.2 MiB`. */
export function bytes(value: number): string {
  if (value < 1024) return `${value} B`;
  const [size, unit] = value < 1024 ** 2 ? [value / 1024, "KiB"] : [value / 1024 ** 2, "MiB"];
  return `${size.toFixed(size < 10 && !Number.isInteger(size) ? 1 : 0)} ${unit}`;
}

/** What an error is, and what to do about it. */
export function errorInWords(error: JobError): { readonly title: string; readonly advice: string } {
  switch (error.kind) {
    case "syntax":
      return { title: "The job does not parse", advice: "Mend the line and run it again." };
    case "api":
      return { title: "The job misuses the API", advice: "Mend the call and run it again." };
    case "graph":
      return {
        title: "Flink would reject this graph",
        advice: "Change the job as the message says and run it again.",
      };
    case "restore":
      return {
        title: "The job cannot start from this snapshot",
        advice: "Choose another file, or change the job as the message says, and run it again.",
      };
    case "user":
      return {
        title: "A function of the job threw",
        advice: "Step back to see the record before it, or mend the function.",
      };
    case "network":
      return {
        title: "The network failed a task",
        advice: "Step back to see what came before it, or give the TaskManagers what the message asks for.",
      };
    case "endless":
      return {
        title: "A function of the job does not return",
        advice: "Look for a loop that never ends at that line.",
      };
    case "load":
      return { title: "A part of the lab did not load", advice: "Run the job again to try once more." };
    case "panic":
      return {
        title: "The engine failed",
        advice: "This is a bug of the lab, not of your job. The report below finds it again.",
      };
  }
}
