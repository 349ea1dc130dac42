/** Reading from lists at places that are known to exist: a place outside is a bug, and stops there. */

/** The element at `place`. Throws where there is none. */
export function at<T>(list: readonly T[], place: number): T {
  const found = list[place];
  if (found === undefined) throw new RangeError(`no element ${place} among ${list.length}`);
  return found;
}

/** The number at `place`; NaN outside, which no comparison holds for and which draws nothing. */
export function numberAt(numbers: ArrayLike<number>, place: number): number {
  return numbers[place] ?? NaN;
}
