/** A job that stands in a page is indented as the page is; here it loses that. */

/** Takes the indentation that all lines share, and blank lines at both ends, away. */
export function dedent(text: string): string {
  const lines = text
    .replace(/^\s*\n/, "")
    .trimEnd()
    .split("\n");
  const indents = lines.filter((line) => line.trim() !== "").map((line) => line.search(/\S/));
  const shared = indents.length === 0 ? 0 : Math.min(...indents);
  return `${lines.map((line) => line.slice(shared)).join("\n")}\n`;
}
