/** How the page is bundled and served: `index.html` is the lab, `web/pages/` holds further pages. */
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { compactTemplates } from "./tools/templates.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const pagesFolder = new URL("pages/", import.meta.url);

/** Every HTML page by its name, the lab first. */
function pages(): Record<string, string> {
  const found: Record<string, string> = { index: `${root}index.html` };
  for (const name of existsSync(pagesFolder) ? readdirSync(pagesFolder) : []) {
    if (name.endsWith(".html")) {
      found[name.slice(0, -".html".length)] = fileURLToPath(new URL(name, pagesFolder));
    }
  }
  return found;
}

export default defineConfig({
  root,
  // Relative addresses: the built page works in any folder of any server.
  base: "./",
  publicDir: false,
  plugins: [compactTemplates()],
  // What is generated for `using`, which nothing here uses.
  define: { "Symbol.dispose": "undefined" },
  build: {
    outDir: "dist",
    // Which chunk loads which: `web/tools/sizes.mjs` reads it.
    manifest: true,
    target: "es2022",
    // What it makes is smaller than esbuild's by a fiftieth, gzip.
    minify: "terser",
    terserOptions: { ecma: 2020, compress: { passes: 2 } },
    // The wasm and the worker stay files of their own, so that a strict CSP can allow them.
    assetsInlineLimit: 0,
    // `npm test` holds the sizes to their budgets.
    chunkSizeWarningLimit: 4000,
    rollupOptions: { input: pages() },
  },
  worker: { format: "es" },
  server: { watch: { ignored: ["**/target/**", "**/tests/**", "**/dist/**"] } },
});
