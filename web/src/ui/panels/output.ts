/** What the job wrote: stdout, stderr and the tables of collecting sinks, each line with its tick. */
import { css, html, nothing, type TemplateResult } from "lit";
import { base } from "../theme";
import { define, Panel } from "../panel";
import "../rows";
import type { Topic } from "../session";
import { tabStrip, tabStyles } from "../tab-strip";
import { count } from "../words";

export class Output extends Panel {
  static override styles = [
    base,
    tabStyles,
    css`
      :host {
        display: flex;
        flex-direction: column;
        min-height: 0;
        background: var(--panel);
      }
      weir-rows {
        flex: 1;
        font: 12px var(--mono);
        padding-block: 4px;
      }
      .empty {
        padding: 10px var(--inset);
        color: var(--ink-faint);
        font-size: var(--text-small);
      }
    `,
  ];
  static override properties = { ...Panel.properties, stream: { state: true } };
  declare private stream: string;

  constructor() {
    super();
    this.stream = "stdout";
  }

  protected readonly topics: readonly Topic[] = ["moment", "run"];

  override render(): TemplateResult {
    const { stdout } = this.lab.session;
    const streams = stdout.streams();
    const stream = streams.includes(this.stream) ? this.stream : "stdout";
    const lines = stdout.count(stream);
    return html`
      ${tabStrip({
        label: "Output",
        tabs: streams.map((name) => ({ id: name, title: name, note: count(stdout.count(name)) })),
        chosen: stream,
        choose: (name) => (this.stream = name),
      })}
      ${
        lines === 0
          ? html`<p class="empty">
              ${this.lab.session.run === null ? "No job runs." : "Nothing was written yet."}
            </p>`
          : nothing
      }
      <weir-rows
        ?hidden=${lines === 0}
        follow
        label="${stream}: lines; Enter goes to the tick of a line"
        .length=${lines}
        .version=${this.lab.session.moment}
        .row=${(index: number) => this.renderLine(stream, index)}
        @pick=${(event: CustomEvent<number>) => this.goTo(stream, event.detail)}
      ></weir-rows>
    `;
  }

  private renderLine(stream: string, index: number): TemplateResult {
    const line = this.lab.session.stdout.line(stream, index);
    if (line === undefined) return html``;
    const tick = count(line.tick);
    return html`<span class="tick" title="Go to tick ${tick}">${tick}</span><span>${line.text}</span>`;
  }

  private goTo(stream: string, index: number): void {
    const line = this.lab.session.stdout.line(stream, index);
    if (line === undefined) return;
    this.lab.actions.select({ kind: "task", task: line.task });
    // Between two ticks stands what the one before has done.
    void this.lab.session.seek(line.tick + 1);
  }
}

define("weir-output", Output);
