/**
 * `npm start [-- --port N]`: installs what is missing, builds what is out of date, and serves the lab on
 * localhost. `npm run dev` does the same with a quickly built engine and a server that follows every edit.
 */
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { PORT_DEFAULT, freePortFrom, isFree, parsePort } from "./ports.mjs";
import { Obstacle, command } from "./process.mjs";
import { ensurePackages, requireNode } from "./setup.mjs";
import { VITE_CONFIG, ensureSite } from "./site.mjs";
import { ensureWasm } from "./wasm.mjs";

const CLOSING_MS_MAX = 500;

const USAGE = `Usage: npm start [-- --port N]
Builds the lab where it is out of date and serves it on localhost.
  --port N   serve on this port (default: the first free one from ${PORT_DEFAULT} on)
  --dev      serve the sources, reloading at each edit, with an engine that is not optimised`;

await command(async () => {
  const options = readOptions();
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  requireNode();
  // Asked for before minutes of building, and again by the server itself.
  const port = await choosePort(options.port);
  await ensurePackages();
  await ensureWasm(options.dev ? "dev" : "release");
  const server = await serve(port, options.dev);
  console.log(`\nThe lab: ${server.address}\nCtrl-C ends it.`);
  await server.ended;
  // A browser that keeps its connection open would hold the process.
  process.exit(0);
});

/** @returns {{ help: boolean, dev: boolean, port: string | undefined }} */
function readOptions() {
  try {
    const { values } = parseArgs({
      options: { help: { type: "boolean" }, dev: { type: "boolean" }, port: { type: "string" } },
    });
    return { help: values.help ?? false, dev: values.dev ?? false, port: values.port };
  } catch (error) {
    throw new Obstacle(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  }
}

/**
 * @param {string | undefined} wanted
 * @returns {Promise<number>}
 */
async function choosePort(wanted) {
  if (wanted === undefined) {
    const port = await freePortFrom(PORT_DEFAULT);
    if (port === undefined) {
      throw new Obstacle(`No port from ${PORT_DEFAULT} on is free; name one: npm start -- --port N`);
    }
    if (port !== PORT_DEFAULT) {
      console.log(`Port ${PORT_DEFAULT} is taken; taking ${port}.`);
    }
    return port;
  }
  const port = parsePort(wanted);
  if (port === undefined) {
    throw new Obstacle(`\`${wanted}\` is no port: it is a number from 1 to 65535.`);
  }
  if (!(await isFree(port))) {
    throw new Obstacle(
      `Port ${port} is taken by another program; name another one, or leave --port out to take a free one.`,
    );
  }
  return port;
}

/**
 * Serves until Ctrl-C.
 * @param {number} port
 * @param {boolean} dev
 * @returns {Promise<{ address: string, ended: Promise<void> }>}
 */
async function serve(port, dev) {
  const { createServer, preview } = await import("vite");
  const where = { port, strictPort: true, host: "localhost" };
  const settings = { configFile: VITE_CONFIG, clearScreen: false, logLevel: /** @type {const} */ ("warn") };
  const close = dev
    ? await createServer({ ...settings, server: where }).then(async (server) => {
        await server.listen();
        return () => server.close();
      })
    : await ensureSite()
        .then(() => preview({ ...settings, preview: where }))
        .then((server) => () => server.close());
  const ended = new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"]) {
      process.once(signal, resolve);
    }
  }).then(() => Promise.race([close(), setTimeout(CLOSING_MS_MAX)]));
  return { address: `http://localhost:${port}/`, ended };
}
