/** The files of the checkpoints that are kept, as the distributed file system has them, and who shares them. */
import { html, nothing, type TemplateResult } from "lit";
import type { CheckpointEntry } from "../../engine/protocol";
import { fileTree, type TreeDirectory, type TreeFile } from "../../model/file-tree";
import { bytes, count, counted } from "../words";

export function renderFiles(entry: CheckpointEntry, history: readonly CheckpointEntry[]): TemplateResult {
  const { files } = entry;
  if (files.length === 0)
    return html`<p class="none">It is kept in the JobManager's memory: none of it is in files.</p>`;
  const kept = history.filter((one) => one.kept);
  const others = new Set(
    kept.filter((one) => one !== entry).flatMap((one) => one.files.map(({ path }) => path)),
  );
  const shared = files.filter(({ path }) => others.has(path));
  const sum = (all: readonly { readonly bytes: number }[]): string =>
    bytes(all.reduce((total, file) => total + file.bytes, 0));
  return html`
    <p class="sentence" data-test="files-sentence">
      ${counted(files.length, "file")},
      ${sum(files)}${
        shared.length === 0
          ? "; none of them is shared with another checkpoint."
          : html`; ${counted(shared.length, "of them is", "of them are")} shared with other checkpoints,
            ${sum(shared)}.`
      }
    </p>
    <ul class="tree" data-test="files">
      ${renderDirectory(fileTree(kept), entry.id, true)}
    </ul>
  `;
}

function renderDirectory(tree: TreeDirectory, chosen: number, isOpen: boolean): TemplateResult {
  const isOwn = hasFileOf(tree, chosen);
  return html`<li>
    <details ?open=${isOpen || isOwn}>
      <summary class=${isOwn ? "own" : ""}>
        <span class="mono">${tree.name}/</span> <span class="note">${bytes(tree.bytes)}</span>
      </summary>
      <ul>
        ${tree.directories.map((child) => renderDirectory(child, chosen, false))}
        ${tree.files.map((file) => renderFile(file, chosen))}
      </ul>
    </details>
  </li>`;
}

function renderFile({ name, path, bytes: size, users }: TreeFile, chosen: number): TemplateResult {
  const isOwn = users.includes(chosen);
  return html`<li class=${isOwn ? "own" : ""} title=${path}>
    <span class="mono">${name}</span> <span class="note">${bytes(size)}</span>
    ${users.length > 1 ? html`<span class="shared">shared by ${users.map(count).join(", ")}</span>` : nothing}
  </li>`;
}

function hasFileOf({ directories, files }: TreeDirectory, chosen: number): boolean {
  return (
    files.some(({ users }) => users.includes(chosen)) ||
    directories.some((directory) => hasFileOf(directory, chosen))
  );
}
