/**
 * The buffer in the engine's memory through which values of records cross: a few bytes a value, in place of
 * an object for each number. The other half of the format is `crate/wasm/src/exchange.rs`.
 *
 * What does not fit, or is no value of a record, crosses as it is, and is taken or rejected there.
 */
import * as native from "../engine/native";
import { TaggedUnion, untagged } from "./tagged-union";

const Tag = { null: 0, false: 1, true: 2, number: 3, long: 4, string: 5, tuple: 6, row: 7 } as const;

const LONG_MIN = -(2n ** 63n);
const LONG_MAX = 2n ** 63n - 1n;

/** As deep as the engine takes values in each other. */
const DEPTH_MAX = 64;

/** Up to this length, a string is written and read letter by letter: a coder costs more than that. */
const SHORT_STRING = 32;
/** Strings read before, by a hash of their bytes: the words of a text come again and again. */
const INTERNED_COUNT = 4096;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const interned: (string | undefined)[] = Array.from({ length: INTERNED_COUNT });

let memory: WebAssembly.Memory | undefined;
let bytes = new Uint8Array(0);
let view = new DataView(new ArrayBuffer(0));
/** Where the next value is written or read. */
let at = 0;

/** Begins at the buffer's beginning, to write or to read. */
export function rewind(): void {
  // A memory that has grown has left its old buffer empty.
  if (bytes.length === 0) {
    memory ??= native.engineMemory() as WebAssembly.Memory;
    const [address, length] = [native.exchangeAddress(), native.exchangeBytes()];
    bytes = new Uint8Array(memory.buffer, address, length);
    view = new DataView(memory.buffer, address, length);
  }
  at = 0;
}

/** Writes a value alone; the value itself, for the call that takes it, where it cannot be written. */
export function put(value: unknown): unknown {
  rewind();
  return write(value, 0) ? undefined : value;
}

/** What a call answered: a value in the buffer, or itself. */
export function got(answer: unknown): unknown {
  if (answer !== undefined) return answer;
  rewind();
  return read();
}

/** Writes a value behind the one before. False where it cannot be written. */
export function write(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case "number":
      if (at + 9 > bytes.length) return false;
      bytes[at] = Tag.number;
      view.setFloat64(at + 1, value, true);
      at += 9;
      return true;
    case "string":
      if (at + 1 > bytes.length) return false;
      bytes[at++] = Tag.string;
      return writeString(value);
    case "boolean":
      return writeTag(value ? Tag.true : Tag.false);
    case "undefined":
      return writeTag(Tag.null);
    case "bigint":
      if (at + 9 > bytes.length || value < LONG_MIN || value > LONG_MAX) return false;
      bytes[at] = Tag.long;
      view.setBigInt64(at + 1, value, true);
      at += 9;
      return true;
    case "object":
      return value === null ? writeTag(Tag.null) : writeParts(value, depth);
    case "function":
    case "symbol":
    default:
      return false;
  }
}

function writeTag(tag: number): boolean {
  if (at + 1 > bytes.length) return false;
  bytes[at++] = tag;
  return true;
}

function writeParts(value: object, depth: number): boolean {
  if (depth === DEPTH_MAX || at + 5 > bytes.length) return false;
  if (Array.isArray(value)) {
    bytes[at] = Tag.tuple;
    view.setUint32(at + 1, value.length, true);
    at += 5;
    for (const field of value) {
      if (!write(field, depth + 1)) return false;
    }
    return true;
  }
  if (value instanceof TaggedUnion) return writeParts(value.row, depth);
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  const entries = Object.entries(value);
  bytes[at] = Tag.row;
  view.setUint32(at + 1, entries.length, true);
  at += 5;
  for (const [name, field] of entries) {
    if (!writeString(name) || !write(field, depth + 1)) return false;
  }
  return true;
}

function writeString(value: string): boolean {
  const { length } = value;
  // In UTF-8, a letter takes up to three bytes.
  if (at + 4 + 3 * length > bytes.length) return false;
  const start = at + 4;
  let count = length;
  let letter = 0;
  if (length <= SHORT_STRING) {
    while (letter < length) {
      const code = value.charCodeAt(letter);
      if (code > 127) break;
      bytes[start + letter] = code;
      letter++;
    }
  }
  if (letter < length) count = encoder.encodeInto(value, bytes.subarray(start)).written;
  view.setUint32(at, count, true);
  at = start + count;
  return true;
}

/** Reads the value behind the one before. */
export function read(): unknown {
  const tag = bytes[at++];
  switch (tag) {
    case Tag.null:
      return null;
    case Tag.false:
      return false;
    case Tag.true:
      return true;
    case Tag.number:
      at += 8;
      return view.getFloat64(at - 8, true);
    case Tag.long:
      at += 8;
      return view.getBigInt64(at - 8, true);
    case Tag.string:
      return readString();
    case Tag.tuple: {
      const tuple: unknown[] = [];
      for (let left = readCount(); left > 0; left--) tuple.push(read());
      return tuple;
    }
    case Tag.row: {
      const row: Record<string, unknown> = {};
      for (let left = readCount(); left > 0; left--) {
        const name = readString();
        row[name] = read();
      }
      return untagged(row);
    }
    case undefined:
    default:
      throw new RangeError(`The engine writes no tag ${tag}.`);
  }
}

function readCount(): number {
  at += 4;
  return view.getUint32(at - 4, true);
}

function readString(): string {
  const length = readCount();
  const start = at;
  at += length;
  if (length > SHORT_STRING) return decoder.decode(bytes.subarray(start, at));
  let hash = length;
  for (let place = start; place < at; place++) hash = (Math.imul(hash, 31) + (bytes[place] ?? 0)) | 0;
  const slot = (hash ^ (hash >>> 12)) & (INTERNED_COUNT - 1);
  const known = interned[slot];
  if (known !== undefined && isWritten(known, start, length)) return known;
  const string = decoder.decode(bytes.subarray(start, at));
  interned[slot] = string;
  return string;
}

/** Whether these letters, all of one byte, are what is written there. */
function isWritten(letters: string, start: number, length: number): boolean {
  if (letters.length !== length) return false;
  for (let letter = 0; letter < length; letter++) {
    const byte = bytes[start + letter] ?? 0;
    if (byte > 127 || byte !== letters.charCodeAt(letter)) return false;
  }
  return true;
}
