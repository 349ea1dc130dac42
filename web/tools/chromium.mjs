/** Finds the Chromium that the browser tests drive, and installs Debian's where it is missing. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { Obstacle, run } from "./process.mjs";

const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/** Nothing fetched, nothing asked, and no sandbox of its own (the tests run as root in a container too). */
export const CHROMIUM_FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * The path of a Chromium: the one that the variable `CHROMIUM` names, else the first on the PATH.
 * @returns {string | undefined}
 */
export function findChromium() {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const named = process.env["CHROMIUM"];
  const candidates = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...(named === undefined ? [] : [named]), ...candidates].find(canRun);
}

/** Installs Chromium where there is none and apt-get can be run as root; else says what to do. */
export async function ensureChromium() {
  if (findChromium() !== undefined) {
    return;
  }
  const advice = "install one (Debian: `apt-get install chromium`), or name it in the variable CHROMIUM.";
  if (process.getuid?.() !== 0 || (await run("apt-get", ["--version"])).status !== 0) {
    throw new Obstacle(`The browser tests need Chromium, and there is none: ${advice}`);
  }
  console.error("Installing Chromium with apt-get ...");
  await run("apt-get", ["update"]);
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  const { output } = await run("apt-get", ["install", "--yes", "--no-install-recommends", "chromium"], {
    env,
  });
  if (findChromium() === undefined) {
    throw new Obstacle(`${output}\napt-get could not install Chromium: ${advice}`);
  }
}

/** @param {string} path */
function canRun(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
