/** The inspector: says what it is for until the reader points at something, which it then loads its views for. */
import { css, html, nothing, type TemplateResult } from "lit";
import { base } from "../theme";
import { define, Panel } from "../panel";
import type { Topic } from "../session";

export class Inspector extends Panel {
  static override styles = [
    base,
    css`
      :host {
        display: flex;
        flex-direction: column;
        min-height: 0;
        min-width: 0;
        background: var(--panel);
      }
      weir-inspected {
        flex: 1;
      }
      .nothing {
        padding: 14px var(--inset);
        color: var(--ink-faint);
      }
      h2 {
        font-size: 15px;
        font-weight: 650;
        margin-bottom: 6px;
        color: var(--ink);
      }
      weir-inspected[hidden] {
        display: none;
      }
    `,
  ];
  static override properties = { ...Panel.properties, loaded: { state: true } };
  declare private loaded: boolean;

  constructor() {
    super();
    this.loaded = false;
  }

  protected readonly topics: readonly Topic[] = ["choice", "run"];

  override render(): TemplateResult {
    const { choices, session } = this.lab;
    const isIdle = (choices.selected ?? choices.hovered) === null || session.run === null;
    if (!isIdle && !this.loaded) void this.load();
    // Once loaded it stays, since it knows which of its tabs the reader chose.
    const inspected = this.loaded
      ? html`<weir-inspected .lab=${this.lab} ?hidden=${isIdle}></weir-inspected>`
      : nothing;
    return html`${inspected}${isIdle ? this.renderNothing() : this.loaded ? nothing : html`<p class="nothing">Loading …</p>`}`;
  }

  private async load(): Promise<void> {
    await import("./inspected");
    this.loaded = true;
  }

  private renderNothing(): TemplateResult {
    return html`<div class="nothing">
      <h2>Inspector</h2>
      <p>Point at a task, a buffer, an edge or a slot to read it here; a click keeps it.</p>
    </div>`;
  }
}

define("weir-inspector", Inspector);
