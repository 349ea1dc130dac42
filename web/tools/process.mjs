/** Runs other programs, and tells a person plainly what stands in the way. Node's own modules only. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The top folder of the project, without a slash at its end. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

/** Something a person has to mend: its message is a sentence that says what to do, and is all that is printed. */
export class Obstacle extends Error {}

/**
 * @typedef {object} Outcome
 * @property {number} status exit code; 127 where the program does not exist, 1 where a signal ended it
 * @property {string} output what it wrote to both streams in order; empty where it was shown
 */

/**
 * Runs a program in the top folder.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ show?: boolean, env?: Record<string, string> }} [options] `show`: let it write to the terminal
 * @returns {Promise<Outcome>}
 */
export function run(program, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: ROOT,
      env: { ...process.env, ...options.env },
      stdio: options.show === true ? "inherit" : ["ignore", "pipe", "pipe"],
    });
    let output = "";
    const keep = (/** @type {Buffer} */ chunk) => {
      output += chunk.toString();
    };
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
    child.on("error", (error) => {
      resolve({ status: 127, output: `${program}: ${error.message}\n` });
    });
    child.on("close", (code) => {
      resolve({ status: code ?? 1, output });
    });
  });
}

/**
 * Runs a command's main function; an obstacle ends it with its sentence alone, a bug with its stack.
 * @param {() => Promise<number | undefined>} main gives the exit code
 */
export async function command(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    if (!(error instanceof Obstacle)) {
      throw error;
    }
    console.error(`\n${error.message}`);
    process.exitCode = 1;
  }
}

/**
 * Whether a module is the program that was started, not one that another imports.
 * @param {string} url the module's `import.meta.url`
 */
export function isProgram(url) {
  return process.argv[1] !== undefined && fileURLToPath(url) === process.argv[1];
}
