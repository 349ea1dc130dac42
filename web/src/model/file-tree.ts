/** Files by path as a tree of directories, and who needs them. */
export interface TreeFile {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  /** The checkpoints that need it, oldest first. */
  readonly users: readonly number[];
}

export interface TreeDirectory {
  readonly name: string;
  readonly directories: readonly TreeDirectory[];
  readonly files: readonly TreeFile[];
  /** Of all files below. */
  readonly bytes: number;
}

interface KnownFile {
  readonly path: string;
  readonly bytes: number;
}

/** The files of checkpoints that are kept. */
export function fileTree(
  checkpoints: readonly { readonly id: number; readonly files: readonly KnownFile[] }[],
): TreeDirectory {
  const all = new Map<string, { bytes: number; users: number[] }>();
  for (const { id, files } of checkpoints) {
    for (const { path, bytes } of files) {
      const known = all.get(path);
      if (known === undefined) all.set(path, { bytes, users: [id] });
      else known.users.push(id);
    }
  }
  const files = [...all].map(([path, { bytes, users }]) => ({ path, bytes, users, rest: path }));
  return directory("", files);
}

type Placed = Omit<TreeFile, "name"> & { readonly rest: string };

function directory(name: string, all: readonly Placed[]): TreeDirectory {
  const inside = new Map<string, Placed[]>();
  const files: TreeFile[] = [];
  for (const { rest, ...file } of all) {
    const slash = rest.indexOf("/");
    if (slash < 0) {
      files.push({ ...file, name: rest });
      continue;
    }
    const child = rest.slice(0, slash);
    const placed = { ...file, rest: rest.slice(slash + 1) };
    inside.set(child, [...(inside.get(child) ?? []), placed]);
  }
  const byName = <T extends { readonly name: string }>(a: T, b: T): number =>
    a.name.localeCompare(b.name, "en", { numeric: true });
  const directories = [...inside].map(([child, placed]) => directory(child, placed));
  return joined({
    name,
    directories: directories.sort(byName),
    files: files.sort(byName),
    bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
  });
}

/** A directory with nothing but one other in it is one with it: `checkpoints/7f3a`. */
function joined(tree: TreeDirectory): TreeDirectory {
  const [only] = tree.directories;
  if (only === undefined || tree.directories.length > 1 || tree.files.length > 0) return tree;
  return { ...only, name: tree.name === "" ? only.name : `${tree.name}/${only.name}` };
}
