/** Where the benchmark's files lie, from the sources and from the build alike. Called by what reads or starts one. */
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const above = fileURLToPath(new URL("../../", import.meta.url));
const isBuilt = basename(above) === "dist";
const root = isBuilt ? join(above, "..") : above;
const dist = join(root, "dist");

/** Data that tsc does not copy. */
export const CASES = join(root, "test/faultbench/cases");
export const PYTHON_SERVER = join(root, "test/faultbench/servers/server.py");

/** What --calibrate makes. */
export const CALIBRATION_FILE = join(root, "coordinator/analysis/findings/calibration.ts");

/** Programs, as they were built. */
export const ONRUSH = join(dist, "coordinator/cli/main.js");
export const TARGET = join(dist, "target/main.js");
export const WS_SERVER = join(dist, "test/faultbench/servers/ws-program.js");
export const BALANCER = join(dist, "test/faultbench/servers/balancer-program.js");
export const PROXY = join(dist, "test/faultbench/servers/proxy-program.js");
