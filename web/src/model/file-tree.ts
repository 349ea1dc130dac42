/** Files by path as a tree of directories. */
interface KnownFile {
  readonly path: string;
  readonly bytes: number;
}

export interface TreeDirectory<File extends KnownFile> {
  readonly name: string;
  readonly directories: readonly TreeDirectory<File>[];
  readonly files: readonly File[];
  /** Of all files below. */
  readonly bytes: number;
}

/** Directories and files stand in the order of their names, numbers in theirs. */
export function fileTree<File extends KnownFile>(files: readonly File[]): TreeDirectory<File> {
  return directory("", files, 0);
}

/** What is below a path of so many letters. */
function directory<File extends KnownFile>(
  name: string,
  all: readonly File[],
  depth: number,
): TreeDirectory<File> {
  const inside = new Map<string, File[]>();
  const files: File[] = [];
  for (const file of all) {
    const slash = file.path.indexOf("/", depth);
    if (slash < 0) {
      files.push(file);
      continue;
    }
    const child = file.path.slice(depth, slash);
    const others = inside.get(child);
    if (others === undefined) inside.set(child, [file]);
    else others.push(file);
  }
  const directories = [...inside].map(([child, below]) => directory(child, below, depth + child.length + 1));
  return joined({
    name,
    directories: directories.sort((a, b) => compare(a.name, b.name)),
    files: files.sort((a, b) => compare(a.path, b.path)),
    bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
  });
}

function compare(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

/** A directory with nothing but one other in it is one with it: `checkpoints/7f3a`. */
function joined<File extends KnownFile>(tree: TreeDirectory<File>): TreeDirectory<File> {
  const [only] = tree.directories;
  if (only === undefined || tree.directories.length > 1 || tree.files.length > 0) return tree;
  return { ...only, name: tree.name === "" ? only.name : `${tree.name}/${only.name}` };
}
