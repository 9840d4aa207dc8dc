/** Artillery, from npm, without running install scripts. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { attempt, cacheOf, type Peer, TEXT } from "./peer.ts";
import { LIGHT } from "./works.ts";

const VERSION = "2.0.34";
const bin = () => join(cacheOf("artillery"), "node_modules/.bin/artillery");

export const artillery: Peer = {
  name: `artillery ${VERSION}`,
  work: LIGHT,
  differs: "its send step does not look at replies",
  install() {
    if (existsSync(bin())) return "";
    const args = ["install", "--prefix", cacheOf("artillery"), "--ignore-scripts", "--no-audit"];
    return attempt("npm", [...args, "--no-fund", `artillery@${VERSION}`]);
  },
  prepare(work, url, folder) {
    const file = join(folder, "artillery.yml");
    const phases = [{ duration: work.rampSeconds, arrivalCount: work.connections }];
    const count = work.openSeconds * work.perConnectionPerSec;
    const steps = [{ send: TEXT }, { think: 1 / work.perConnectionPerSec }];
    const flow = [{ loop: steps, count }];
    const scenario = { config: { target: url, phases }, scenarios: [{ engine: "ws", flow }] };
    writeFileSync(file, JSON.stringify(scenario));
    const env = { ARTILLERY_DISABLE_TELEMETRY: "true" };
    return { command: bin(), args: ["run", "--quiet", file], env };
  },
};
