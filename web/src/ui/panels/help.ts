/** The help: what a tick is, what the picture's signs mean, and the keys. */
import { css, html, LitElement, type TemplateResult } from "lit";
import { DARK_THEME, LIGHT_THEME } from "../../draw";
import { base } from "../theme";
import { KEYS, OTHER_KEYS } from "../keys";
import { define } from "../panel";
import { legendStyles, renderLegend } from "../picture/legend";

export class Help extends LitElement {
  static override styles = [
    base,
    legendStyles,
    css`
      dialog {
        width: min(560px, calc(100% - 24px));
        max-height: calc(100% - 24px);
        padding: 20px 22px;
        border: 1px solid var(--line-strong);
        border-radius: 10px;
        background: var(--panel);
        color: var(--ink);
      }
      dialog::backdrop {
        background: rgb(0 0 0 / 0.35);
      }
      header {
        display: flex;
        justify-content: space-between;
        align-items: center;
        margin-bottom: 10px;
      }
      h2 {
        font-size: 16px;
      }
      dl {
        display: grid;
        grid-template-columns: minmax(92px, auto) 1fr;
        gap: 5px 18px;
        margin-top: 10px;
      }
      kbd {
        padding: 1px 6px;
        border: 1px solid var(--line-strong);
        border-radius: 4px;
        background: var(--sunken);
        font: var(--text-small) var(--mono);
        white-space: nowrap;
      }
      p {
        color: var(--ink-soft);
      }
      .legend {
        padding: 8px 0 0;
      }
    `,
  ];

  static override properties = { dark: { type: Boolean } };
  declare dark: boolean;

  constructor() {
    super();
    this.dark = false;
  }

  open(): void {
    this.renderRoot.querySelector("dialog")?.showModal();
  }

  override render(): TemplateResult {
    return html`
      <dialog aria-labelledby="title" @click=${this.onClick}>
        <header>
          <h2 id="title">The lab</h2>
          <form method="dialog"><button autofocus>Close</button></form>
        </header>
        <p>
          A tick is one millisecond of the job's own time. In a tick every task takes one record, unless it
          was made slower or faster. A turn is one actor's piece of work within a tick.
        </p>
        ${renderLegend(this.dark ? DARK_THEME : LIGHT_THEME, "help")}
        <dl data-test="keys">
          ${[...KEYS, ...OTHER_KEYS].map(
            ({ shown, does }) =>
              html`<dt><kbd>${shown}</kbd></dt>
                <dd>${does}</dd>`,
          )}
        </dl>
      </dialog>
    `;
  }

  /** A click on the backdrop closes: the dialog itself is then the target. */
  private readonly onClick = (event: Event): void => {
    const dialog = event.currentTarget as HTMLDialogElement;
    if (event.target === dialog) dialog.close();
  };
}

define("weir-help", Help);
