/** What every panel of the lab is: a Lit element that follows its lab's session. */
import { LitElement } from "lit";
import type { Lab } from "./lab-state";
import type { Topic } from "./session";

export abstract class Panel extends LitElement {
  static override properties = { lab: { attribute: false } };
  /** Set once, before the panel is put into the document. */
  declare lab: Lab;

  /** The topics whose change makes this panel render again. */
  protected abstract readonly topics: readonly Topic[];
  private unfollow: readonly (() => void)[] = [];

  override connectedCallback(): void {
    super.connectedCallback();
    const { observers } = this.lab.session;
    this.unfollow = [
      observers.follow(this.topics, () => this.told()),
      observers.follow(["scheme"], () => this.recoloured()),
    ];
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const end of this.unfollow) end();
  }

  /** What to do when told of a change; by default, to render. */
  protected told(): void {
    this.requestUpdate();
  }

  /** What to do when light turns dark: what is painted has its colours from the lab. */
  protected recoloured(): void {
    this.requestUpdate();
  }
}

/** Registers an element unless a second copy of the script already did. */
export function define(name: string, element: CustomElementConstructor): void {
  if (customElements.get(name) === undefined) customElements.define(name, element);
}
