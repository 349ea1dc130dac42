/**
 * The file system that checkpoints and savepoints are in, as a tree: which files a checkpoint needs, which of them it
 * shares with others, for whom the rest is there, and the bytes of one.
 */
import { html, nothing, type TemplateResult } from "lit";
import type { CheckpointEntry, FileContents, FileEntry, Files } from "../../engine/protocol";
import { fileTree, type TreeDirectory } from "../../model/file-tree";
import { bytes, count, counted } from "../words";

/** Bytes of a file that are shown, and how many in a row. */
const SHOWN_BYTES = 1024;
const ROW_BYTES = 16;

const NEED_WORDS: Readonly<Record<FileEntry["need"], string>> = {
  none: "nobody needs it",
  registry: "goes once nobody is known to use it",
  underWay: "of a checkpoint under way",
  kept: "",
  savepoint: "of a savepoint",
};

/** A file that was opened. */
export interface OpenFile {
  readonly path: string;
  /** Null: it is gone. */
  readonly contents: FileContents | null;
}

export interface FilesChoice {
  readonly opened: OpenFile | null;
  /** Opens a file, or closes what is open. */
  readonly open: (path: string | null) => void;
}

export function renderFiles(entry: CheckpointEntry, files: Files, choice: FilesChoice): TemplateResult {
  return html`
    ${entry.kept ? html`<p class="sentence" data-test="files-sentence">${filesInWords(entry.id, files)}</p>` : nothing}
    ${renderState(files)}
    ${
      files.files.length === 0
        ? html`<p class="none">The file system is empty.</p>`
        : html`<ul class="tree" data-test="files">
            ${renderDirectory(fileTree(files.files), entry.id, choice)}
          </ul>`
    }
  `;
}

/** How many files it needs, and what of them it shares. */
export function filesInWords(id: number, { files }: Files): string {
  const own = files.filter(({ users }) => users.includes(id));
  if (own.length === 0) return "It is kept in the JobManager's memory: none of it is in files.";
  const shared = own.filter(({ users }) => users.length > 1);
  const sum = (all: readonly FileEntry[]): string =>
    bytes(all.reduce((total, file) => total + file.bytes, 0));
  const rest =
    shared.length === 0
      ? "no other one needs any of them"
      : `${count(shared.length)} of them, ${sum(shared)}, ${shared.length === 1 ? "is" : "are"} shared with others`;
  return `It needs ${counted(own.length, "file")}, ${sum(own)}; ${rest}.`;
}

/** What is wrong with the file system, and what it is busy with. */
function renderState({ fault, requests }: Files): TemplateResult | typeof nothing {
  const [first] = requests;
  const busy =
    first === undefined
      ? ""
      : `${counted(requests.length, "request")} under way; it ${first.read ? "reads" : "writes"} ${bytes(first.bytes)} of ${first.path.split("/").at(-1)}, done at tick ${count(first.done)}.`;
  if (fault === null && busy === "") return nothing;
  const wrong = fault === "full" ? "The file system is full." : "The file system does not answer.";
  return html`<p class="none">
    ${fault === null ? nothing : html`<span class="failed">${wrong}</span>`} ${busy}
  </p>`;
}

function renderDirectory(
  tree: TreeDirectory<FileEntry>,
  chosen: number,
  choice: FilesChoice,
): TemplateResult {
  return html`<li>
    <details open>
      <summary class=${hasFileOf(tree, chosen) ? "own" : ""}>
        <span class="mono">${tree.name}/</span> <span class="note">${bytes(tree.bytes)}</span>
      </summary>
      <ul>
        ${tree.directories.map((child) => renderDirectory(child, chosen, choice))}
        ${tree.files.map((file) => renderFile(file, chosen, choice))}
      </ul>
    </details>
  </li>`;
}

function renderFile(file: FileEntry, chosen: number, { opened, open }: FilesChoice): TemplateResult {
  const { path, users, need } = file;
  const isOpen = opened?.path === path;
  return html`<li class=${users.includes(chosen) ? "own" : ""}>
    <button
      class="link mono"
      title=${path}
      aria-expanded=${isOpen}
      @click=${() => open(isOpen ? null : path)}
    >
      ${path.split("/").at(-1)}
    </button>
    <span class="note">${bytes(file.bytes)}${NEED_WORDS[need] === "" ? "" : `, ${NEED_WORDS[need]}`}</span>
    ${users.length > 1 ? html`<span class="shared">shared by ${users.map(count).join(", ")}</span>` : nothing}
    ${isOpen ? renderContents(opened) : nothing}
  </li>`;
}

function renderContents({ contents }: OpenFile): TemplateResult {
  if (contents === null) return html`<p class="none">It is gone.</p>`;
  const shown = contents.bytes.subarray(0, SHOWN_BYTES);
  const rows = Array.from({ length: Math.ceil(shown.length / ROW_BYTES) }, (_, row) =>
    hexRow(shown, row * ROW_BYTES),
  );
  const left = contents.bytes.length - shown.length;
  if (left > 0) rows.push(`… and ${counted(left, "byte")} more`);
  return html`<p class="note" data-test="file-text">${contents.text}</p>
    <pre class="hex mono" tabindex="0" aria-label="Bytes of the file">${rows.join("\n")}</pre>`;
}

function hexRow(all: Uint8Array, from: number): string {
  const row = [...all.subarray(from, from + ROW_BYTES)];
  const hex = row.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  const text = row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·")).join("");
  return `${from.toString(16).padStart(4, "0")}  ${hex.padEnd(3 * ROW_BYTES)} ${text}`;
}

function hasFileOf({ directories, files }: TreeDirectory<FileEntry>, chosen: number): boolean {
  return (
    files.some(({ users }) => users.includes(chosen)) ||
    directories.some((directory) => hasFileOf(directory, chosen))
  );
}
