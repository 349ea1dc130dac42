/** Stands in the picture's place when the engine failed: what happened, and the ways on. */
import { css, html, nothing, type TemplateResult } from "lit";
import { base } from "../theme";
import { define, Panel } from "../panel";
import { reportOf } from "../report";
import type { Topic } from "../session";
import { count, errorInWords } from "../words";

export class WreckPanel extends Panel {
  static override styles = [
    base,
    css`
      :host {
        display: block;
        overflow: auto;
        padding: 24px;
        background: var(--ground);
      }
      .card {
        max-width: 620px;
        margin: 0 auto;
        padding: 20px;
        border: 1px solid var(--line);
        border-inline-start: 3px solid var(--bad);
        border-radius: 8px;
        background: var(--panel);
      }
      h2 {
        color: var(--bad);
        font-size: 16px;
      }
      p {
        margin-top: 6px;
      }
      pre {
        max-height: 240px;
        margin-top: 12px;
        padding: 10px;
        overflow: auto;
        border-radius: var(--radius);
        background: var(--sunken);
        font: var(--text-tiny) / 1.5 var(--mono);
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }
      .do {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
        margin-top: 14px;
      }
    `,
  ];
  static override properties = { ...Panel.properties, copied: { state: true } };
  declare private copied: "no" | "yes" | "refused";

  constructor() {
    super();
    this.copied = "no";
  }

  protected readonly topics: readonly Topic[] = ["run"];

  override render(): TemplateResult {
    const { session } = this.lab;
    const { wreck, run } = session;
    if (wreck === null) return html``;
    const { title, advice } = errorInWords(wreck.error);
    const report = reportOf(run, wreck);
    return html`
      <div class="card" role="alert" data-test="wreck">
        <h2>${title} at tick ${count(wreck.tick)}</h2>
        <p>${wreck.error.message}</p>
        <p class="faint">${advice}</p>
        <pre tabindex="0" aria-label="Report">${report}</pre>
        <div class="do">
          <button class="primary" @click=${() => void session.recover()}>
            ${wreck.tick > 0 ? "Go back to one tick before" : "Start again"}
          </button>
          <button @click=${() => void this.copy(report)}>Copy report</button>
          ${
            this.copied === "no"
              ? nothing
              : html`<span role="status" class="faint"
                  >${this.copied === "yes" ? "Copied." : "Select the text and copy it by hand."}</span
                >`
          }
        </div>
      </div>
    `;
  }

  private async copy(report: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(report);
      this.copied = "yes";
    } catch {
      // Frames without the permission: the text is on the page to be selected.
      this.copied = "refused";
    }
  }
}

define("weir-wreck", WreckPanel);
