/**
 * Makes the small texts of timed events that the examples read from a data set of the npm package vega-datasets:
 * `node web/tools/datasets.mjs FOLDER`, where FOLDER is the unpacked package (`npm pack vega-datasets@3.2.1`).
 * What it writes is kept in the repository, with its origin in web/src/examples/texts/README.md.
 */
import { writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ROOT, command } from "./process.mjs";

const TEXTS = join(ROOT, "web/src/examples/texts");
const MINUTE_MS = 60_000;
/** The day with the most flights. */
const FLIGHTS_DAY = "2001/01/03";
/** Regions whose quakes are published without a review by people. */
const QUAKE_NETWORKS = ["ak", "nc"];
const QUAKES_MAX = 300;

/**
 * @typedef {object} Flight
 * @property {string} date when it was to leave, `2001/01/03 00:15`
 * @property {number} delay minutes; negative where it left early
 * @property {string} origin
 * @property {string} destination
 */

/**
 * @typedef {object} Quake
 * @property {{ time: number, updated: number, net: string, mag: number, status: string, place: string }} properties
 */

await command(async () => {
  const [, , folder] = process.argv;
  if (folder === undefined) {
    console.log("Usage: node web/tools/datasets.mjs FOLDER");
    return 1;
  }
  /** @type {readonly Flight[]} */
  const allFlights = await read(folder, "flights-20k.json");
  write("flights.csv", flights(allFlights));
  /** @type {{ features: readonly Quake[] }} */
  const allQuakes = await read(folder, "earthquakes.json");
  write("quakes.csv", quakes(allQuakes.features));
  return 0;
});

/**
 * A line for each flight of the day, in the order in which they left: when it was to leave, the minutes that it
 * left later, from, to.
 * @param {readonly Flight[]} all
 */
function flights(all) {
  const day = all
    .filter(({ date }) => date.startsWith(FLIGHTS_DAY))
    .map((flight) => {
      const [date = "", time = ""] = flight.date.split(" ");
      const scheduled = Date.parse(`${date.replaceAll("/", "-")}T${time}Z`);
      return { ...flight, scheduled, left: scheduled + flight.delay * MINUTE_MS };
    });
  day.sort((a, b) => a.left - b.left || a.scheduled - b.scheduled);
  return day.map(({ scheduled, delay, origin, destination }) => [scheduled, delay, origin, destination]);
}

/**
 * A line for each quake that was published as it was measured, in the order of publishing: when it was published,
 * when it was, the region, the magnitude.
 * @param {readonly Quake[]} all
 */
function quakes(all) {
  const measured = all
    .map(({ properties }) => properties)
    .filter(({ status, net }) => status === "automatic" && QUAKE_NETWORKS.includes(net))
    .sort((a, b) => a.updated - b.updated || a.time - b.time);
  const names = { ak: "Alaska", nc: "California" };
  return measured
    .slice(0, QUAKES_MAX)
    .map(({ updated, time, net, mag }) => [updated, time, names[/** @type {"ak" | "nc"} */ (net)], mag]);
}

/**
 * @param {string} folder
 * @param {string} name
 * @returns {Promise<any>}
 */
async function read(folder, name) {
  return JSON.parse(await readFile(join(folder, "data", name), "utf8"));
}

/**
 * @param {string} name
 * @param {readonly (readonly (string | number)[])[]} rows
 */
function write(name, rows) {
  writeFileSync(join(TEXTS, name), rows.map((row) => `${row.join(",")}\n`).join(""));
  console.log(`${name}: ${rows.length} lines`);
}
