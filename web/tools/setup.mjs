/**
 * What has to be on the machine before anything is built: Node, Rust with its wasm target, npm packages.
 * Installs what it can and names what it cannot. Node's own modules only: it runs before `npm ci`.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Obstacle, ROOT, run } from "./process.mjs";

const NODE_MIN = [20, 19];
const RUST_MIN = [1, 88];
const WASM_TARGET = "wasm32-unknown-unknown";

/** Checks Node itself. */
export function requireNode() {
  if (isOlder(process.versions.node, NODE_MIN)) {
    throw new Obstacle(
      `Weir needs Node ${NODE_MIN.join(".")} or newer; this is Node ${process.versions.node}. ` +
        "Install a newer one from https://nodejs.org and run the command again.",
    );
  }
}

/** Installs the npm packages of package-lock.json where they are missing or of another version. */
export async function ensurePackages() {
  if (packagesAreInstalled()) {
    return;
  }
  console.error("Installing the npm packages (about 15 seconds) ...");
  const retries = ["--fetch-retries=2", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=4000"];
  const { status, output } = await run("npm", [
    "ci",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
    ...retries,
  ]);
  if (status === 127) {
    throw new Obstacle(
      "npm is missing. It comes with Node (Debian: `apt-get install npm`); install it and run the command again.",
    );
  }
  if (status !== 0 && isNetworkTrouble(output)) {
    throw new Obstacle(
      `${output}\nThe npm packages cannot be fetched: is there a network? Run the command again when there is.`,
    );
  }
  if (status !== 0) {
    throw new Obstacle(`${output}\nnpm could not install the packages; what it said stands above.`);
  }
}

/** Checks Rust, and adds its wasm target where it is missing. */
export async function ensureRust() {
  const cargo = await run("cargo", ["--version"]);
  const rustc = await run("rustc", ["--version"]);
  if (cargo.status !== 0 || rustc.status !== 0) {
    throw new Obstacle(
      "Rust is missing: `cargo` cannot be run. Install it with rustup (https://rustup.rs, one line), " +
        "open a new terminal so that cargo is on the PATH, and run the command again.",
    );
  }
  const version = /\d+\.\d+/.exec(rustc.output)?.[0] ?? "0.0";
  if (isOlder(version, RUST_MIN)) {
    throw new Obstacle(
      `Weir needs Rust ${RUST_MIN.join(".")} or newer; this is ${rustc.output.trim()}. Run \`rustup update stable\`.`,
    );
  }
  const sysroot = (await run("rustc", ["--print", "sysroot"])).output.trim();
  if (!existsSync(join(sysroot, "lib/rustlib", WASM_TARGET))) {
    await addWasmTarget();
  }
}

async function addWasmTarget() {
  console.error(`Adding Rust's target ${WASM_TARGET} ...`);
  const { status, output } = await run("rustup", ["target", "add", WASM_TARGET]);
  if (status === 127) {
    throw new Obstacle(
      `This Rust cannot compile for ${WASM_TARGET}, and there is no rustup to add that. ` +
        "Install Rust with rustup (https://rustup.rs), or your system's package (Debian: libstd-rust-dev-wasm32).",
    );
  }
  if (status !== 0) {
    const cause = isNetworkTrouble(output) ? "is there a network? " : "";
    throw new Obstacle(
      `${output}\nrustup could not add ${WASM_TARGET}: ${cause}Run the command again when that is mended.`,
    );
  }
}

/** Checks that Rust's formatter and linter are there, and adds them where rustup can. */
export async function ensureRustTools() {
  for (const component of ["rustfmt", "clippy"]) {
    const name = component.replace("rust", "");
    if ((await run("cargo", [name, "--version"])).status !== 0) {
      const { status, output } = await run("rustup", ["component", "add", component]);
      if (status !== 0) {
        throw new Obstacle(
          `${output}\nThe tests need \`cargo ${name}\`: run \`rustup component add ${component}\`.`,
        );
      }
    }
  }
}

/** Fetches the crates of Cargo.lock where they are missing, so that a later failure is not the network's. */
export async function ensureCrates() {
  if ((await run("cargo", ["fetch", "--locked", "--offline"])).status === 0) {
    return;
  }
  console.error("Fetching the Rust crates ...");
  const { status, output } = await run("cargo", ["fetch", "--locked"]);
  if (status !== 0) {
    throw new Obstacle(
      `${output}\nThe Rust crates cannot be fetched: is there a network? Run the command again when there is.`,
    );
  }
}

/** Every package that the lock file asks for on any machine is there in its version. */
function packagesAreInstalled() {
  const installed = join(ROOT, "node_modules/.package-lock.json");
  if (!existsSync(installed)) {
    return false;
  }
  const wanted = lockedPackages(join(ROOT, "package-lock.json"));
  const present = lockedPackages(installed);
  return Object.entries(wanted).every(([path, entry]) => {
    const found = present[path];
    return path === "" || (found === undefined ? entry.optional === true : found.version === entry.version);
  });
}

/**
 * @typedef {{ packages: Record<string, { version?: string, optional?: boolean }> }} LockFile
 * @param {string} file
 */
function lockedPackages(file) {
  /** @type {LockFile} */
  const lock = JSON.parse(readFileSync(file, "utf8"));
  return lock.packages;
}

/**
 * @param {string} version as in `20.19.2`
 * @param {readonly number[]} least
 */
function isOlder(version, least) {
  const parts = version.split(".").map(Number);
  for (const [place, wanted] of least.entries()) {
    const part = parts[place] ?? 0;
    if (part !== wanted) {
      return part < wanted;
    }
  }
  return false;
}

/** @param {string} output */
function isNetworkTrouble(output) {
  return /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|could not (resolve|download)|dns error|network/i.test(
    output,
  );
}
