/** The lab's keys: what each does, in one list that also is the help. */

export type KeyAction =
  | "toggle"
  | "stepBack"
  | "stepAhead"
  | "leapBack"
  | "leapAhead"
  | "slower"
  | "faster"
  | "goTo"
  | "streamGraph"
  | "jobGraph"
  | "executionGraph"
  | "help";

/** Ticks that a step with Shift takes. */
export const LEAP_TICKS = 100;

interface KeyBinding {
  /** `KeyboardEvent.key`. */
  readonly key: string;
  readonly shift?: boolean;
  readonly action: KeyAction;
  /** As the help writes the key. */
  readonly shown: string;
  readonly does: string;
}

export const KEYS: readonly KeyBinding[] = [
  { key: " ", action: "toggle", shown: "Space", does: "run or pause" },
  { key: "ArrowRight", action: "stepAhead", shown: "→", does: "one step ahead" },
  { key: "ArrowLeft", action: "stepBack", shown: "←", does: "one step back" },
  {
    key: "ArrowRight",
    shift: true,
    action: "leapAhead",
    shown: "Shift →",
    does: `${LEAP_TICKS} ticks ahead`,
  },
  { key: "ArrowLeft", shift: true, action: "leapBack", shown: "Shift ←", does: `${LEAP_TICKS} ticks back` },
  { key: "[", action: "slower", shown: "[", does: "slower" },
  { key: "]", action: "faster", shown: "]", does: "faster" },
  { key: "g", action: "goTo", shown: "g", does: "go to a tick" },
  { key: "1", action: "streamGraph", shown: "1", does: "stream graph" },
  { key: "2", action: "jobGraph", shown: "2", does: "job graph" },
  { key: "3", action: "executionGraph", shown: "3", does: "execution graph" },
  { key: "?", action: "help", shown: "?", does: "these keys" },
];

/** Keys that other parts of the lab handle themselves, for the help. */
export const OTHER_KEYS: readonly { readonly shown: string; readonly does: string }[] = [
  { shown: "Ctrl Enter", does: "build the job and run it (⌘ Enter on a Mac)" },
  { shown: "↑ ↓", does: "in the picture: the next and the previous thing; Enter keeps it" },
  { shown: "+ − 0", does: "in the picture: nearer, farther, all of it" },
  { shown: "Alt arrows", does: "in the picture: move it" },
  { shown: "Escape, Tab", does: "leave the editor" },
];

/** What a key press asks for; null where it belongs to something else. */
export function actionOf(event: KeyboardEvent): KeyAction | null {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing)
    return null;
  const binding = KEYS.find(
    ({ key, shift }) =>
      key === event.key && (key.startsWith("Arrow") ? (shift ?? false) === event.shiftKey : true),
  );
  if (binding === undefined) return null;
  const target = event.composedPath()[0];
  return target instanceof HTMLElement && isTaken(target, event.key) ? null : binding.action;
}

/** Whether the element under the focus needs this key for itself. */
function isTaken(target: HTMLElement, key: string): boolean {
  if (
    target.isContentEditable ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement
  )
    return true;
  if (target instanceof HTMLInputElement) return target.type !== "range" || key.startsWith("Arrow");
  const pressable = target instanceof HTMLButtonElement || target instanceof HTMLAnchorElement;
  return pressable && key === " ";
}
