/** Finds a free port on localhost. */
import { createServer } from "node:net";

/** Where the lab is served where nobody asked for a port. */
export const PORT_DEFAULT = 5173;
const PORTS_TRIED_MAX = 50;
const PORT_LAST = 65535;

/**
 * Whether nobody listens on the port, by both of localhost's addresses.
 * @param {number} port
 * @returns {Promise<boolean>}
 */
export async function isFree(port) {
  for (const host of ["127.0.0.1", "::1"]) {
    if (!(await canListen(port, host))) {
      return false;
    }
  }
  return true;
}

/**
 * The first free port from `first` on, or undefined where the next ones are all taken.
 * @param {number} first
 */
export async function freePortFrom(first) {
  for (let port = first; port < first + PORTS_TRIED_MAX && port <= PORT_LAST; port += 1) {
    if (await isFree(port)) {
      return port;
    }
  }
  return undefined;
}

/**
 * @param {number} port
 * @param {string} host
 * @returns {Promise<boolean>}
 */
function canListen(port, host) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (/** @type {NodeJS.ErrnoException} */ error) => {
      // A machine without IPv6 has no ::1; nobody listens there.
      resolve(error.code === "EADDRNOTAVAIL" || error.code === "EAFNOSUPPORT");
    });
    server.listen({ port, host, exclusive: true }, () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}

/**
 * Reads what stands after `--port`.
 * @param {string} text
 * @returns {number | undefined} undefined where it is no port
 */
export function parsePort(text) {
  const port = Number(text);
  return /^\d+$/.test(text) && port >= 1 && port <= PORT_LAST ? port : undefined;
}
