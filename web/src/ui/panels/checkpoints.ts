/**
 * The checkpoints of a job: asked for by hand, the latest ones with their sizes, and of one of them the phases of each
 * subtask, the state that it holds beside that of now, and its files.
 */
import { html, nothing, type TemplateResult } from "lit";
import { readCheckpoints } from "../../engine/checkpoints";
import { readFiles } from "../../engine/files";
import { readHeldState } from "../../engine/held-state";
import type {
  CheckpointEntry,
  Checkpoints as Answer,
  Command,
  Files,
  HeldState,
} from "../../engine/protocol";
import { renderFiles, type OpenFile } from "../checkpoints/files-view";
import { renderPhases } from "../checkpoints/phases-view";
import { renderHeld } from "../checkpoints/state-view";
import { checkpointStyles } from "../checkpoints/styles";
import { download } from "../download";
import { define, Panel } from "../panel";
import { Questions } from "../questions";
import { itemOfPart } from "../sentence-part";
import type { Topic } from "../session";
import { tableHead } from "../table-head";
import { tabStrip, tabStyles } from "../tab-strip";
import { base } from "../theme";
import { bytes, count, counted } from "../words";

const STATUS_WORDS: Readonly<Record<CheckpointEntry["status"], string>> = {
  inProgress: "under way",
  completed: "complete",
  failed: "failed",
};
const STATUS_SIGNS: Readonly<Record<CheckpointEntry["status"], string>> = {
  inProgress: "…",
  completed: "✓",
  failed: "✕",
};

const TABS = [
  { id: "phases", title: "Phases" },
  { id: "state", title: "State" },
  { id: "files", title: "Files" },
] as const;
type Tab = (typeof TABS)[number]["id"];

/** What comes before a path: the file system that it is in. */
const SCHEME = /^[^:]*:\/\//;

export class Checkpoints extends Panel {
  static override styles = [base, tabStyles, checkpointStyles];
  static override properties = {
    ...Panel.properties,
    answer: { state: true },
    isKnown: { state: true },
    chosen: { state: true },
    tab: { state: true },
    held: { state: true },
    onlyChanges: { state: true },
    isNative: { state: true },
    asked: { state: true },
    isAllowing: { state: true },
    files: { state: true },
    file: { state: true },
    isDraining: { state: true },
  };
  declare private answer: Answer | null;
  /** Whether the engine has answered at all. */
  declare private isKnown: boolean;
  /** The id of the checkpoint that is looked at; null: the latest. */
  declare private chosen: number | null;
  declare private tab: Tab;
  /** What a checkpoint holds, and its id. */
  declare private held: { readonly id: number; readonly state: HeldState } | null;
  declare private onlyChanges: boolean;
  /** A savepoint is taken in the format of the state backend. */
  declare private isNative: boolean;
  /** The file system of the checkpoints, once it was looked at. */
  declare private files: Files | null;
  /** Of its files, the one that was opened. */
  declare private file: OpenFile | null;
  /** The job that is to be stopped works off what it has first. */
  declare private isDraining: boolean;
  /** State that the job does not have a place for is left out when it starts from a snapshot. */
  declare private isAllowing: boolean;
  /** A snapshot was chosen to start from. */
  private hasStarted = false;
  /** What was asked for last, and at which tick. */
  declare private asked: { readonly what: string; readonly tick: number } | null;
  private readonly questions = new Questions(() => this.askOnce());

  constructor() {
    super();
    this.answer = null;
    this.isKnown = false;
    this.chosen = null;
    this.tab = "phases";
    this.held = null;
    this.onlyChanges = true;
    this.isNative = false;
    this.asked = null;
    this.isAllowing = false;
    this.files = null;
    this.file = null;
    this.isDraining = false;
  }

  protected readonly topics: readonly Topic[] = ["moment", "run"];

  override connectedCallback(): void {
    super.connectedCallback();
    this.told();
  }

  protected override told(): void {
    this.requestUpdate();
    void this.questions.ask();
  }

  private async askOnce(): Promise<void> {
    const { session } = this.lab;
    const answer = await session.look({ kind: "checkpoints" }, "checkpoints");
    if (answer === null) return;
    this.answer = answer.rows && readCheckpoints(answer.rows);
    this.isKnown = true;
    if (this.tab === "files") await this.askForFiles();
    const entry = this.entry;
    if (this.tab !== "state" || entry?.kept !== true) return;
    const { id } = entry;
    const held = await session.look({ kind: "heldState", checkpoint: id }, "heldState");
    if (held?.rows) this.held = { id, state: readHeldState(held.rows) };
  }

  private get entry(): CheckpointEntry | undefined {
    const history = this.answer?.history;
    return history?.find(({ id }) => id === this.chosen) ?? history?.at(-1);
  }

  override render(): TemplateResult {
    const { answer, entry } = this;
    if (!this.isKnown) return html`<p class="empty" role="status">Looking …</p>`;
    if (answer === null)
      return html`<p class="empty">
        A job in batch has no checkpoints: a stage that fails is run again from the results of the one before.
      </p>`;
    return html`
      <div class="history">
        ${this.renderAsks()}
        ${entry === undefined ? this.renderEmpty(answer) : html`${this.renderHead(answer)} ${this.renderHistory(answer, entry)}`}
      </div>
      ${entry === undefined ? nothing : this.renderEntry(entry)}
    `;
  }

  /** What can be asked of the job by hand. */
  private renderAsks(): TemplateResult {
    const { session } = this.lab;
    const isOver = session.ended || session.run === null;
    return html`<div class="asks" role="group" aria-label="Ask the job for">
        <button
          data-test="trigger-checkpoint"
          ?disabled=${isOver}
          @click=${() => this.ask({ kind: "triggerCheckpoint" }, "a checkpoint")}
        >
          Trigger checkpoint
        </button>
        <button
          data-test="trigger-savepoint"
          ?disabled=${isOver}
          @click=${() => this.askForSavepoint({ kind: "triggerSavepoint" }, "a savepoint")}
        >
          Trigger savepoint
        </button>
        <label title="As the state backend keeps it; else as every backend can read it"
          ><input
            type="checkbox"
            .checked=${this.isNative}
            @change=${(event: Event) => (this.isNative = (event.target as HTMLInputElement).checked)}
          />native</label
        >
        <button
          data-test="stop-with-savepoint"
          title="The job ends with a savepoint, from which it can be started again"
          ?disabled=${isOver}
          @click=${() =>
            this.askForSavepoint(
              { kind: "stopWithSavepoint", drain: this.isDraining },
              "the job to stop with a savepoint",
            )}
        >
          Stop with savepoint
        </button>
        <label title="The job ends as if its sources had: windows fire, and nothing comes after it"
          ><input
            type="checkbox"
            .checked=${this.isDraining}
            @change=${(event: Event) => (this.isDraining = (event.target as HTMLInputElement).checked)}
          />drain</label
        >
        <label title="Where savepoints are kept; empty: where the job or the cluster has them"
          >into<input
            type="text"
            placeholder="target directory"
            aria-label="Target directory of savepoints"
            data-test="savepoint-target"
            @input=${(event: Event) => (event.target as HTMLInputElement).setCustomValidity("")}
        /></label>
        ${this.renderStart()}
      </div>
      ${this.renderRefusal()}
      <p class="said" role="status" data-test="checkpoint-said">${this.askedInWords()}</p>`;
  }

  /** What the job in the editor can start from. */
  private renderStart(): TemplateResult {
    return html`<label
        class="file"
        title="The job in the editor starts from it; what does not fit changes nothing"
        ><input
          type="file"
          class="unseen"
          accept=".savepoint"
          data-test="savepoint-file"
          @change=${this.onFile}
        /><span>Start from a savepoint…</span></label
      >
      <label title="State of operators that the job does not have is left out"
        ><input
          type="checkbox"
          data-test="allow-non-restored"
          .checked=${this.isAllowing}
          @change=${(event: Event) => (this.isAllowing = (event.target as HTMLInputElement).checked)}
        />allow non-restored state</label
      >`;
  }

  /** Why the job in the editor does not start, here where a snapshot was chosen for it. */
  private renderRefusal(): TemplateResult | typeof nothing {
    const { jobError } = this.lab.session;
    if (!this.hasStarted || jobError === null) return nothing;
    return html`<p class="failed" role="alert" data-test="start-refused">${jobError.message}</p>`;
  }

  private readonly onFile = async (event: Event): Promise<void> => {
    const input = event.target as HTMLInputElement;
    const file = input.files?.[0];
    if (file === undefined) return;
    this.start(new Uint8Array(await file.arrayBuffer()));
    // The same file may be chosen again.
    input.value = "";
  };

  /** The job in the editor goes on from a snapshot. */
  private start(bytes: Uint8Array): void {
    this.hasStarted = true;
    this.asked = null;
    this.lab.actions.startFrom({ bytes, allowNonRestoredState: this.isAllowing });
  }

  /** A snapshot with all its files, as one. */
  private async exported({ id }: CheckpointEntry): Promise<Uint8Array | null> {
    const answer = await this.lab.session.look({ kind: "exportSnapshot", checkpoint: id }, "snapshot");
    return answer?.bytes ?? null;
  }

  private async download(entry: CheckpointEntry): Promise<void> {
    const bytes = await this.exported(entry);
    if (bytes === null) return;
    const name = `${entry.kind.split(" ")[0] ?? "snapshot"}-${entry.id}.savepoint`;
    download(name, "application/octet-stream", bytes.slice().buffer);
  }

  private async startFrom(entry: CheckpointEntry): Promise<void> {
    const bytes = await this.exported(entry);
    if (bytes !== null) this.start(bytes);
  }

  private renderExport(entry: CheckpointEntry): TemplateResult | typeof nothing {
    const isThere = entry.status === "completed" && (entry.kept || entry.kind.startsWith("savepoint"));
    if (!isThere) return nothing;
    return html`<p class="asks">
      <button data-test="download-savepoint" @click=${() => void this.download(entry)}>Download</button>
      <button
        data-test="start-from"
        title="Changed or not; operators are matched by their uid"
        @click=${() => void this.startFrom(entry)}
      >
        Start the job in the editor from it
      </button>
    </p>`;
  }

  /** A savepoint, in the format and the directory that were chosen. */
  private askForSavepoint(
    command: Extract<Command, { kind: "triggerSavepoint" | "stopWithSavepoint" }>,
    what: string,
  ): void {
    const field = this.renderRoot.querySelector<HTMLInputElement>("[data-test=savepoint-target]");
    const targetDirectory = field?.value.trim() ?? "";
    if (targetDirectory !== "" && !/[^\s/]/.test(targetDirectory.replace(SCHEME, ""))) {
      field?.setCustomValidity("It names no directory. Give a path, as in hdfs:///backups.");
      field?.reportValidity();
      return;
    }
    const target = targetDirectory === "" ? {} : { targetDirectory };
    void this.ask({ ...command, native: this.isNative, ...target }, what);
  }

  private async ask(command: Command, what: string): Promise<void> {
    const { session } = this.lab;
    await session.command(command);
    const given = session.run?.commands.at(-1);
    if (given?.command !== command) return;
    this.asked = { what, tick: given.tick };
    this.chosen = null;
  }

  private askedInWords(): string {
    const { asked } = this;
    if (asked === null) return "";
    const { tick, playing } = this.lab.session;
    const when = `${asked.what} at tick ${count(asked.tick)}.`;
    if (tick > asked.tick) return `The client asked for ${when}`;
    return `The client asks for ${when}${playing ? "" : " Step or run to see it."}`;
  }

  private renderEmpty({ interval, refused }: Answer): TemplateResult {
    if (refused !== null) return html`<p class="failed">${refusedInWords(refused)}</p>`;
    return html`<p class="none">
      ${
        interval === null
          ? html`The job takes no checkpoints by itself. With <code>env.enableCheckpointing(1000)</code> in
              it, it takes one each second.`
          : `No checkpoint yet: one is to come each ${count(interval)} ms once all tasks run.`
      }
    </p>`;
  }

  private renderHead({ counts, restored, refused, sentence }: Answer): TemplateResult {
    const restores =
      restored === null
        ? ""
        : ` Restored last from checkpoint ${restored.id}, at tick ${count(restored.tick)}.`;
    return html`
      <p class="sentence" data-test="checkpoint-sentence">
        ${sentence.map((part) => {
          const item = itemOfPart(part);
          return item === null
            ? part.text
            : html`<button class="link" @click=${() => this.lab.actions.select(item)}>${part.text}</button>`;
        })}
      </p>
      <p class="counts">
        ${count(counts.completed)} complete, ${count(counts.inProgress)} under way, ${count(counts.failed)}
        failed.${restores}${refused === null ? "" : ` ${refusedInWords(refused)}`}
      </p>
    `;
  }

  private renderHistory({ history }: Answer, chosen: CheckpointEntry): TemplateResult {
    return html`<div class="wide">
      <table data-test="checkpoint-history">
        ${tableHead([
          "checkpoint",
          "",
          ["at tick", "num"],
          ["took", "num"],
          ["size", "num"],
          ["written", "num"],
          ["in flight", "num"],
        ])}
        <tbody>
          ${[...history].reverse().map((entry) => this.renderHistoryRow(entry, entry === chosen))}
        </tbody>
      </table>
    </div>`;
  }

  private renderHistoryRow(entry: CheckpointEntry, isChosen: boolean): TemplateResult {
    const sum = (of: (subtask: CheckpointEntry["subtasks"][number]) => number): string =>
      bytes(entry.subtasks.reduce((all, subtask) => all + of(subtask), 0));
    return html`<tr class=${isChosen ? "chosen" : ""}>
      <td>
        <button class="link" aria-pressed=${isChosen} @click=${() => this.choose(entry.id)}>
          ${entry.kind === "checkpoint" ? "" : `${entry.kind} `}${count(entry.id)}
        </button>
      </td>
      <td class=${entry.status}>
        ${STATUS_SIGNS[entry.status]} ${STATUS_WORDS[entry.status]}${entry.discarded ? ", not kept" : ""}
      </td>
      <td class="num">${count(entry.triggered)}</td>
      <td class="num">${entry.ended === null ? "–" : `${count(entry.ended - entry.triggered)} ms`}</td>
      <td class="num">${sum(({ size }) => size)}</td>
      <td class="num">${sum(({ written }) => written)}</td>
      <td class="num">${sum(({ inFlight }) => inFlight)}</td>
    </tr>`;
  }

  private choose(id: number): void {
    this.chosen = id;
    void this.questions.ask();
  }

  private renderEntry(entry: CheckpointEntry): TemplateResult {
    const answered = entry.subtasks.length;
    const what = entry.kind === "checkpoint" ? "Checkpoint" : "Savepoint";
    return html`<section class="entry" data-test="checkpoint">
      <h3>
        ${what} ${count(entry.id)}
        <span class="note">${answered} of ${counted(entry.total, "subtask")} answered</span>
      </h3>
      ${entry.reason === "" ? nothing : html`<p class="failed">${entry.reason}</p>`}
      ${this.renderExport(entry)}
      ${tabStrip({
        label: "About the checkpoint",
        tabs: TABS,
        chosen: this.tab,
        choose: (id) => this.open(TABS.find((tab) => tab.id === id)?.id ?? "phases"),
      })}
      ${this.renderTab(entry)}
    </section>`;
  }

  private open(tab: Tab): void {
    this.tab = tab;
    void this.questions.ask();
  }

  private renderTab(entry: CheckpointEntry): TemplateResult {
    const { session, actions } = this.lab;
    switch (this.tab) {
      case "phases":
        return renderPhases(entry, session.tick, session.topology, (task) =>
          actions.select({ kind: "task", task }),
        );
      case "state":
        return this.renderState(entry);
      case "files":
        return html`${entry.kept ? nothing : this.renderNotKept(entry)}
        ${
          this.files === null
            ? html`<p class="none" role="status">Reading …</p>`
            : renderFiles(entry, this.files, { opened: this.file, open: (path) => void this.openFile(path) })
        }`;
    }
  }

  /** Why there is nothing to read of it, and which one can be read. */
  private renderNotKept(entry: CheckpointEntry): TemplateResult {
    const isSavepoint = entry.kind.startsWith("savepoint");
    const why =
      entry.status !== "completed"
        ? "Nothing of it can be restored: it is not complete."
        : isSavepoint
          ? "A savepoint belongs to who asked for it: it stays, and the job restores from checkpoints."
          : "It is not kept any more: a later one took its place.";
    const kept = this.answer?.history.findLast((one) => one.kept);
    if (kept === undefined) return html`<p class="none">${why}</p>`;
    return html`<p class="none">
      ${why}
      <button class="link" @click=${() => this.choose(kept.id)}>
        The newest that is kept is ${count(kept.id)}.
      </button>
    </p>`;
  }

  private async askForFiles(): Promise<void> {
    const answer = await this.lab.session.look({ kind: "files" }, "files");
    if (answer !== null) this.files = readFiles(answer.rows);
    if (this.file !== null) await this.openFile(this.file.path);
  }

  private async openFile(path: string | null): Promise<void> {
    const answer =
      path === null ? null : await this.lab.session.look({ kind: "fileContents", path }, "fileContents");
    this.file = path === null || answer === null ? null : { path, contents: answer.file };
  }

  private renderState(entry: CheckpointEntry): TemplateResult {
    if (!entry.kept) return this.renderNotKept(entry);
    const { held } = this;
    if (held?.id !== entry.id) return html`<p class="none" role="status">Reading …</p>`;
    const choose = (onlyChanges: boolean): void => void (this.onlyChanges = onlyChanges);
    return renderHeld(held.state, { onlyChanges: this.onlyChanges, choose });
  }
}

function refusedInWords({ tick, reason }: NonNullable<Answer["refused"]>): string {
  return `A request was refused at tick ${count(tick)}: ${reason}`;
}

define("weir-checkpoints", Checkpoints);
