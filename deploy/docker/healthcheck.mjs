/**
 * The health check of the image: `node healthcheck.mjs [URL…]` exits with 0 when one of the addresses answers with 200.
 * Without any it asks the coordinator's and the worker's, of which one runs in a container. Invariant: it ends within 4 s.
 */
import { get } from "node:http";

const TIMEOUT_MS = 4000;
const PROGRAMS = ["http://127.0.0.1:7700/livez", "http://127.0.0.1:7701/livez"];

const asked = process.argv.length > 2 ? process.argv.slice(2) : PROGRAMS;
const signal = AbortSignal.timeout(TIMEOUT_MS);
let waiting = asked.length;

for (const address of asked) {
  get(address, { signal }, ({ statusCode }) => {
    if (statusCode === 200) process.exit(0);
    fail(`${address} answers with ${statusCode}`);
  }).on("error", ({ message }) => fail(`${address}: ${message}`));
}

function fail(why) {
  console.error(why);
  waiting -= 1;
  if (waiting === 0) process.exit(1);
}
