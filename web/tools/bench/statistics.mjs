/** Order statistics of measured times. */

/**
 * The value below which a share of the samples lies.
 * @param {readonly number[]} samples
 * @param {number} share from 0 to 1
 */
export function quantile(samples, share) {
  const sorted = [...samples].sort((a, b) => a - b);
  const place = Math.min(sorted.length - 1, Math.floor(share * sorted.length));
  const value = sorted[place];
  if (value === undefined) {
    throw new Error("a quantile of no samples");
  }
  return value;
}

/** @param {readonly number[]} samples */
export function median(samples) {
  return quantile(samples, 0.5);
}

/**
 * Milliseconds that an action takes.
 * @param {() => void} action
 */
export function timed(action) {
  const start = performance.now();
  action();
  return performance.now() - start;
}

/**
 * A figure with three digits that count.
 * @param {number} value
 */
export function rounded(value) {
  return Number(value.toPrecision(3));
}
