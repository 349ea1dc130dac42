/** The texts that `readTextFile` finds: those shipped with the lab and those the reader brought. */

/** A text longer than this is not taken: the engine holds it in memory as a string. */
const BYTES_MAX = 16 * 1024 * 1024;

export interface JobFile {
  readonly path: string;
  readonly bytes: number;
  /** Brought by the reader rather than shipped. */
  readonly own: boolean;
}

export class JobFiles {
  private readonly own = new Map<string, string>();
  private readonly loaded = new Map<string, string>();

  private readonly shipped: Readonly<Record<string, () => Promise<string>>>;

  constructor(shipped: Readonly<Record<string, () => Promise<string>>>) {
    this.shipped = shipped;
  }

  /** Takes files that were opened or dropped; says of each that cannot be taken why. */
  async add(files: Iterable<File>): Promise<readonly string[]> {
    const refused: string[] = [];
    for (const file of files) {
      if (file.size > BYTES_MAX) refused.push(`${file.name} is larger than 16 MB.`);
      else if (await holdsBinary(file)) refused.push(`${file.name} is no text.`);
      else this.own.set(file.name, await file.text());
    }
    return refused;
  }

  remove(path: string): void {
    this.own.delete(path);
  }

  /** The files that a source names, and all that the reader brought. */
  list(source: string): readonly JobFile[] {
    const own = [...this.own].map(([path, text]) => ({ path, bytes: text.length, own: true }));
    const shipped = this.named(source)
      .filter((path) => !this.own.has(path))
      .map((path) => ({ path, bytes: this.loaded.get(path)?.length ?? 0, own: false }));
    return [...own, ...shipped];
  }

  /** The texts for a run of `source`: all of the reader's, and the shipped ones that it names. */
  async textsFor(source: string): Promise<Readonly<Record<string, string>>> {
    const texts: Record<string, string> = {};
    for (const path of this.named(source)) {
      const load = this.shipped[path];
      if (load === undefined) continue;
      const text = this.loaded.get(path) ?? (await load());
      this.loaded.set(path, text);
      texts[path] = text;
    }
    return { ...texts, ...Object.fromEntries(this.own) };
  }

  private named(source: string): readonly string[] {
    return Object.keys(this.shipped).filter((path) => source.includes(path));
  }
}

/** A NUL in the first bytes: no text that a job could read by lines. */
async function holdsBinary(file: File): Promise<boolean> {
  const head = new Uint8Array(await file.slice(0, 4096).arrayBuffer());
  return head.includes(0);
}
