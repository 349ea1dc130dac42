/** Compares what Weir gives with what Flink gave, and says where they differ. No input, no output. */

const DIFFERENCES_SHOWN_MAX = 4;
const VALUE_LETTERS_MAX = 120;

/**
 * The places at which two values differ, each as `path: expected ... got ...`. The order of an object's keys
 * says nothing, an array's order does.
 * @param {unknown} expected
 * @param {unknown} actual
 * @param {string} [path] where both stand, as in `vertices[1].name`
 * @returns {string[]}
 */
export function differences(expected, actual, path = "") {
  if (Array.isArray(expected) && Array.isArray(actual)) {
    const longer = expected.length >= actual.length ? expected : actual;
    return longer.flatMap((_, place) => differences(expected[place], actual[place], `${path}[${place}]`));
  }
  if (isPlainObject(expected) && isPlainObject(actual)) {
    const keys = [...new Set([...Object.keys(expected), ...Object.keys(actual)])];
    return keys.flatMap((key) =>
      differences(expected[key], actual[key], path === "" ? key : `${path}.${key}`),
    );
  }
  return Object.is(expected, actual) ? [] : [`${path}: expected ${show(expected)} got ${show(actual)}`];
}

/**
 * What differs in two collections of lines, whatever their order: the lines that only one of them has.
 * @param {readonly string[]} expected
 * @param {readonly string[]} actual
 * @returns {string[]}
 */
export function lineDifferences(expected, actual) {
  /** @type {Map<string, number>} */
  const count = new Map();
  for (const line of expected) {
    count.set(line, (count.get(line) ?? 0) + 1);
  }
  for (const line of actual) {
    count.set(line, (count.get(line) ?? 0) - 1);
  }
  return [...count]
    .filter(([, surplus]) => surplus !== 0)
    .map(([line, surplus]) =>
      surplus > 0
        ? `line ${show(line)}: expected ${surplus} more`
        : `line ${show(line)}: got ${-surplus} more than expected`,
    );
}

/**
 * A printed line without the number of the subtask that printed it, which is a race in Flink where a case
 * says so: `2> x` is `> x`, and `big:2> x` is `big> x`, as is `big:> x`.
 * @param {string} line
 */
export function withoutSubtask(line) {
  return line.replace(
    /^(?:([^:>]*):)?\d*> /,
    (_, /** @type {string | undefined} */ name) => `${name ?? ""}> `,
  );
}

/**
 * One sentence for a list of differences: the first ones, and how many more there are.
 * @param {readonly string[]} found
 */
export function summary(found) {
  const more = found.length - DIFFERENCES_SHOWN_MAX;
  const first = found.slice(0, DIFFERENCES_SHOWN_MAX).join("; ");
  return more > 0 ? `${first}; and ${more} more` : first;
}

/** @param {unknown} value */
function show(value) {
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return text.length > VALUE_LETTERS_MAX ? `${text.slice(0, VALUE_LETTERS_MAX)} ...` : text;
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
function isPlainObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
