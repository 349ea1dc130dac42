/**
 * The checkpoints of a job: the latest ones with their sizes, and of one of them the phases of each subtask, with the
 * one that kept the others waiting.
 */
import { html, nothing, type TemplateResult } from "lit";
import { styleMap } from "lit/directives/style-map.js";
import type { CheckpointEntry, Checkpoints as Answer } from "../../engine/protocol";
import { checkpointRows, PHASES, type Phase, type SubtaskRow } from "../../model/checkpoints";
import { checkpointStyles } from "../checkpoint-styles";
import { define, Panel } from "../panel";
import { itemOfPart } from "../sentence-part";
import type { Topic } from "../session";
import { base } from "../theme";
import { bytes, count, counted } from "../words";

const PHASE_WORDS: Readonly<Record<Phase, string>> = {
  delay: "waits for its first barrier",
  alignment: "waits for the others (alignment)",
  sync: "takes its snapshot (synchronous)",
  async: "writes it (asynchronous)",
  answer: "its answer travels",
};

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

export class Checkpoints extends Panel {
  static override styles = [base, checkpointStyles];
  static override properties = {
    ...Panel.properties,
    answer: { state: true },
    isKnown: { state: true },
    chosen: { state: true },
  };
  declare private answer: Answer | null;
  /** Whether the engine has answered at all. */
  declare private isKnown: boolean;
  /** The id of the checkpoint that is looked at; null: the latest. */
  declare private chosen: number | null;
  private isAsking = false;
  private isStale = false;

  constructor() {
    super();
    this.answer = null;
    this.isKnown = false;
    this.chosen = null;
  }

  protected readonly topics: readonly Topic[] = ["moment", "run"];

  override connectedCallback(): void {
    super.connectedCallback();
    this.told();
  }

  protected override told(): void {
    this.isStale = true;
    if (!this.isAsking) void this.ask();
  }

  /** One question at a time; what changed meanwhile is asked again after it. */
  private async ask(): Promise<void> {
    this.isAsking = true;
    while (this.takeStale()) {
      const answer = await this.lab.session.look({ kind: "checkpoints" }, "checkpoints");
      if (answer === null) continue;
      this.answer = answer.checkpoints;
      this.isKnown = true;
    }
    this.isAsking = false;
  }

  private takeStale(): boolean {
    const { isStale } = this;
    this.isStale = false;
    return isStale;
  }

  override render(): TemplateResult {
    const { answer } = this;
    if (!this.isKnown) return html`<p class="empty" role="status">Looking …</p>`;
    if (answer === null)
      return html`<p class="empty">
        A job in batch has no checkpoints: a stage that fails is run again from the results of the one before.
      </p>`;
    if (answer.history.length === 0) {
      const first =
        answer.interval === null
          ? "The job takes no checkpoints. With env.enableCheckpointing(1000) it takes one each second."
          : `No checkpoint yet: one is to come each ${count(answer.interval)} ms once all tasks run.`;
      return html`<p class="empty">${first}</p>`;
    }
    const entry = answer.history.find(({ id }) => id === this.chosen) ?? answer.history.at(-1);
    return html`
      <div class="history">${this.renderHead(answer)} ${this.renderHistory(answer, entry)}</div>
      ${entry === undefined ? nothing : this.renderEntry(entry)}
    `;
  }

  private renderHead({ counts, restored, sentence }: Answer): TemplateResult {
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
        failed.${restores}
      </p>
    `;
  }

  private renderHistory({ history }: Answer, chosen: CheckpointEntry | undefined): TemplateResult {
    return html`<table data-test="checkpoint-history">
      <thead>
        <tr>
          <th>checkpoint</th>
          <th></th>
          <th class="num">at tick</th>
          <th class="num">took</th>
          <th class="num">size</th>
          <th class="num">written</th>
          <th class="num">in flight</th>
        </tr>
      </thead>
      <tbody>
        ${[...history].reverse().map((entry) => {
          const sum = (of: (subtask: CheckpointEntry["subtasks"][number]) => number): string =>
            bytes(entry.subtasks.reduce((all, subtask) => all + of(subtask), 0));
          return html`<tr class=${entry === chosen ? "chosen" : ""}>
            <td>
              <button class="link" aria-pressed=${entry === chosen} @click=${() => (this.chosen = entry.id)}>
                ${entry.kind === "checkpoint" ? "" : `${entry.kind} `}${count(entry.id)}
              </button>
            </td>
            <td class=${entry.status}>
              ${STATUS_SIGNS[entry.status]}
              ${STATUS_WORDS[entry.status]}${entry.discarded ? ", not kept any more" : ""}
            </td>
            <td class="num">${count(entry.triggered)}</td>
            <td class="num">${entry.ended === null ? "–" : `${count(entry.ended - entry.triggered)} ms`}</td>
            <td class="num">${sum(({ size }) => size)}</td>
            <td class="num">${sum(({ written }) => written)}</td>
            <td class="num">${sum(({ inFlight }) => inFlight)}</td>
          </tr>`;
        })}
      </tbody>
    </table>`;
  }

  private renderEntry(entry: CheckpointEntry): TemplateResult {
    const { rows, extent } = checkpointRows(entry, this.lab.session.tick);
    const answered = entry.subtasks.length;
    return html`<section class="entry" data-test="checkpoint">
      <h3>
        Checkpoint ${count(entry.id)}
        <span class="note">${answered} of ${counted(entry.total, "subtask")} answered</span>
      </h3>
      ${entry.reason === "" ? nothing : html`<p class="failed">${entry.reason}</p>`}
      <ul class="legend" aria-hidden="true">
        ${PHASES.map((phase) => html`<li><i class="span ${phase}"></i>${PHASE_WORDS[phase]}</li>`)}
      </ul>
      <table class="phases">
        <thead>
          <tr>
            <th>subtask</th>
            <th class="bar">${count(extent)} ms from the trigger on</th>
            <th></th>
            <th class="num">alignment</th>
            <th class="num">size</th>
          </tr>
        </thead>
        <tbody>
          ${rows.map((row) => this.renderRow(row, extent))}
        </tbody>
      </table>
      ${this.renderFiles(entry)}
    </section>`;
  }

  private renderRow(row: SubtaskRow, extent: number): TemplateResult {
    const { task, told, spans, now, straggler } = row;
    const name = this.lab.session.topology?.tasks[task]?.name ?? `task ${task}`;
    const share = (ticks: number): string => `${(100 * ticks) / extent}%`;
    const words = spans
      .map(({ phase, from, to }) => `${PHASE_WORDS[phase]}: ${count(to - from)} ms`)
      .join("; ");
    return html`<tr class=${straggler ? "straggler" : ""}>
      <td>
        <button
          class="link name"
          title=${name}
          @click=${() => this.lab.actions.select({ kind: "task", task })}
        >
          ${name}
        </button>
      </td>
      <td class="bar">
        ${
          told === null
            ? html`<span class="now">${now}${straggler ? " ◀ waited for" : ""}</span>`
            : html`<div class="track" role="img" aria-label=${words} title=${words}>
                ${spans.map(
                  ({ phase, from, to }) =>
                    html`<i
                      class="span ${phase}"
                      style=${styleMap({ left: share(from), width: share(to - from) })}
                    ></i>`,
                )}
              </div>`
        }
      </td>
      <td>${straggler && told !== null ? "◀ the last" : nothing}</td>
      <td class="num">
        ${told === null ? "" : told.unaligned ? "unaligned" : `${count(told.alignment)} ms`}
      </td>
      <td class="num">${told === null ? "" : bytes(told.size)}</td>
    </tr>`;
  }

  private renderFiles({ kept, files }: CheckpointEntry): TemplateResult | typeof nothing {
    if (!kept) return nothing;
    if (files.length === 0)
      return html`<p class="none">It is kept in the JobManager's memory: none of it is in files.</p>`;
    return html`<details>
      <summary>${counted(files.length, "file")}</summary>
      <table>
        <tbody>
          ${files.map(
            ({ path, bytes: size }) =>
              html`<tr>
                <td class="mono">${path}</td>
                <td class="num">${bytes(size)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </details>`;
  }
}

define("weir-checkpoints", Checkpoints);
