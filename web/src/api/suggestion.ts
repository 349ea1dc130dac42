/** The nearest existing name to one that does not exist. */

/** What Flink once had, or what a newcomer expects, and what to write. */
const RENAMED: Readonly<Record<string, string>> = {
  generateSequence: "fromSequence",
  addSource: "fromSource",
  addSink: "sinkTo",
  timeWindow: "window",
  timeWindowAll: "windowAll",
  partitionByHash: "keyBy",
  groupBy: "keyBy",
  forEach: "process",
  log: "print",
  seconds: "ofSeconds",
  milliseconds: "ofMillis",
  minutes: "ofMinutes",
};

/** What Flink has and Weir has not, by class and name, and why or what to write. */
const NOT_HERE: Readonly<Record<string, string>> = {
  "StreamExecutionEnvironment.fromElements":
    "it makes a source of Flink's former kind, deprecated there: write fromData(...), which is the same of the new kind.",
  "StreamExecutionEnvironment.fromCollection":
    "it makes a source of Flink's former kind, deprecated there: write fromData([...]), which is the same of the new kind.",
  "DataStream.executeAndCollect":
    "the job runs when all of this code has, so that it could not wait for results here. Write print(), or sinkTo(new TableSink(name)) and look at the table.",
  "DataStream.collectAsync":
    "the job runs when all of this code has. Write print(), or sinkTo(new TableSink(name)) and look at the table.",
  "DataStream.cache":
    "it keeps a result for the next job of the same program, and here a program is one job. Use the stream twice.",
  "DataStream.addMetricVariable":
    "it names a variable for the scope of an operator's metrics, and scopes have no variables here. The inspector shows metrics by operator.",
};

/** Why a method of Flink is not there, where it is one: by the names of the class and of those it extends. */
export function whyNotHere(classes: readonly string[], name: string): string | undefined {
  const known = classes.map((owner) => `${owner}.${name}`).find((key) => Object.hasOwn(NOT_HERE, key));
  return known === undefined ? undefined : NOT_HERE[known];
}

/** The one of `names` that `wrong` most likely means, or `undefined` where none is near. */
export function nearestName(wrong: string, names: Iterable<string>): string | undefined {
  const known = [...names];
  const renamed = Object.hasOwn(RENAMED, wrong) ? RENAMED[wrong] : undefined;
  if (renamed !== undefined && known.includes(renamed)) return renamed;
  // A third of the letters may differ; in a short name one.
  let nearest: string | undefined;
  let distanceMin = Math.max(1, Math.floor(wrong.length / 3)) + 1;
  for (const name of known) {
    const distance = editDistance(wrong.toLowerCase(), name.toLowerCase());
    if (distance < distanceMin) {
      nearest = name;
      distanceMin = distance;
    }
  }
  return nearest;
}

/** So few names are said where none is near: what comes next in a join, say. */
const NAMES_SAID_MAX = 2;

/** `. Did you mean x?`, or what there is, where that is short. */
export function didYouMean(wrong: string, names: Iterable<string>): string {
  const known = [...names];
  const nearest = nearestName(wrong, known);
  if (nearest !== undefined) return `. Did you mean ${nearest}?`;
  const isShort = known.length > 0 && known.length <= NAMES_SAID_MAX;
  return isShort ? `. It has ${known.join(" and ")}.` : ".";
}

/** Letters to insert, drop, replace or swap with a neighbour. */
function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(at(previous, j) + 1, at(current, j - 1) + 1, at(previous, j - 1) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, at(beforePrevious, j - 2) + 1);
      }
      current.push(cost);
    }
    beforePrevious = previous;
    previous = current;
  }
  return at(previous, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
