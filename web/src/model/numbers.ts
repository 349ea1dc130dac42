/** Numbers as they are written in the picture and its table. */

const SEPARATED = new Intl.NumberFormat("en-US");

/** `12,345` */
export function countText(count: number): string {
  return SEPARATED.format(count);
}

/** `12.3k`: at most three digits and a unit. */
export function shortCount(count: number): string {
  if (count < 1000) return String(Math.round(count));
  const unit = count < 1_000_000 ? "k" : count < 1_000_000_000 ? "M" : "G";
  const value = count / (unit === "k" ? 1e3 : unit === "M" ? 1e6 : 1e9);
  return `${value < 99.95 ? Number(value.toFixed(1)) : Math.round(value)}${unit}`;
}

/** `1.2k/s`: records a second. */
export function rateText(rate: number): string {
  return `${shortCount(rate)}/s`;
}

/** `31 %`, from per mille. */
export function percentText(perMille: number): string {
  return `${Math.round(perMille / 10)} %`;
}

/** `812 B`, `32.8 kB` */
export function bytesText(bytes: number): string {
  return bytes < 1000 ? `${bytes} B` : `${(bytes / 1000).toFixed(1)} kB`;
}
