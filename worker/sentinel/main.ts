/**
 * Entry of a sentinel thread: obeys its engine, and tells it each thing it sees. Started by sentinel.ts.
 * Invariant: it begins when it is told to.
 */
import { parentPort, workerData } from "node:worker_threads";
import { assert } from "../../shared/assert.ts";
import { Observation } from "./observation.ts";
import type { SentinelCommand, SentinelData } from "./protocol.ts";

assert(parentPort, "a sentinel runs in a worker thread");
const port = parentPort;
const observation = new Observation(workerData as SentinelData, (seen) => port.postMessage(seen));

port.on("message", (command: SentinelCommand) => {
  if (command.type === "probe") observation.probe(command.fromUs);
  else if (command.type === "read") observation.read(command.fromUs);
  else observation.stopReading();
});
