/** Ports are read, tried and chosen as `npm start` promises. */
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { freePortFrom, isFree, parsePort } from "./ports.mjs";

test("a port is a number from 1 to 65535", () => {
  expect(["1", "8080", "65535"].map(parsePort)).toEqual([1, 8080, 65_535]);
  expect(["0", "65536", "", "80a", "-1", "1.5", "1e3"].map(parsePort)).toEqual(
    Array.from({ length: 7 }, () => undefined),
  );
});

test("a port that someone listens on is not free, and the next free one is taken", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  expect(await isFree(port)).toBe(false);
  expect(await freePortFrom(port)).toBeGreaterThan(port);
  await new Promise((resolve) => server.close(resolve));
  expect(await isFree(port)).toBe(true);
});
