/**
 * For Vite: takes the indentation out of the templates of Lit. A browser reads a line break with it, and without it, as
 * one space; a text that must keep its own is a value of the template, not a part of it.
 */

/** Tags of templates in which space is not looked at. */
const TAGS = ["html", "css", "svg"];

/** @returns {import("vite").Plugin} */
export function compactTemplates() {
  return {
    name: "weir:templates",
    apply: "build",
    transform(code, id) {
      if (!/\/web\/src\/.*\.ts$/.test(id) || !TAGS.some((tag) => code.includes(`${tag}\``))) return null;
      const texts = templateTexts(this.parse(code)).map(({ start, end }) => ({
        start,
        end,
        text: code.slice(start, end).replace(/\n\s+/g, "\n"),
      }));
      let [compact, from] = ["", 0];
      for (const { start, end, text } of texts.sort((one, other) => one.start - other.start)) {
        compact += code.slice(from, start) + text;
        from = end;
      }
      return { code: compact + code.slice(from), map: null };
    },
  };
}

/** @typedef {{ start: number, end: number }} Place */

/**
 * The texts of all such templates, which may hold each other.
 * @param {unknown} node of a syntax tree
 * @returns {Place[]}
 */
function templateTexts(node) {
  if (typeof node !== "object" || node === null) return [];
  const below = Object.values(node).flatMap(templateTexts);
  const { tag, quasi } = /** @type {{ tag?: { name?: string }, quasi?: { quasis: Place[] } }} */ (node);
  return TAGS.includes(tag?.name ?? "") ? [...(quasi?.quasis ?? []), ...below] : below;
}
