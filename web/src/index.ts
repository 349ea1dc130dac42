/** The script of a page that shows labs: registers `<weir-lab>`, once however often it is loaded. */
import { WeirLab } from "./element/weir-lab";

if (customElements.get("weir-lab") === undefined) customElements.define("weir-lab", WeirLab);

declare global {
  interface HTMLElementTagNameMap {
    "weir-lab": WeirLab;
  }
}

export { WeirLab };
