/**
 * Entry of the target: one process, or a primary with its members. Prints one line of JSON when it is
 * ready. Invariant: the first SIGTERM or SIGINT closes every connection with 1001 and exits 0 within
 * seconds, and so does SIGHUP; the second exits at once.
 */
import cluster from "node:cluster";
import { availableParallelism } from "node:os";
import { leaveEndingToParent, onEndSignals } from "../shared/end-signals.ts";
import { ExitCode, OnrushError } from "../shared/errors.ts";
import { endWithParent } from "../shared/lifeline.ts";
import { outliveReaders } from "../shared/log.ts";
import { systemClock } from "../shared/time/clock.ts";
import { readConfig, type TargetConfig, USAGE } from "./config.ts";
import { Member } from "./processes/member.ts";
import { Primary } from "./processes/primary.ts";
import { type Running, serveAlone, serveMember } from "./serve.ts";

outliveReaders();

function announce(config: TargetConfig, port: number): void {
  const wildcard = config.host === "0.0.0.0" || config.host === "::";
  const host = wildcard ? "127.0.0.1" : config.host;
  const at = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const secure = config.tls === null ? "" : "s";
  const line = { url: `ws${secure}://${at}`, statsUrl: `http${secure}://${at}/stats` };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function onSignals(stop: () => void): void {
  onEndSignals((press) => (press > 1 ? process.exit(ExitCode.aborted) : stop()), {
    clock: systemClock,
  });
}

function exitAfter(running: Running): void {
  running.stop().then(
    () => process.exit(0),
    () => process.exit(1),
  );
}

async function runAlone(config: TargetConfig): Promise<void> {
  const running = await serveAlone(config);
  onSignals(() => exitAfter(running));
  announce(config, running.port);
}

async function runPrimary(config: TargetConfig): Promise<void> {
  const listeners = Math.min(config.processes, availableParallelism());
  const { processes, host, port } = config;
  const primary = new Primary({ processes, listeners, host, port });
  primary.onEnd = (lost) => {
    if (lost !== null) process.stderr.write(`onrush target: ${lost}\n`);
    process.exit(lost === null ? 0 : 1);
  };
  onSignals(() => primary.stop());
  announce(config, await primary.start());
}

async function runMember(config: TargetConfig): Promise<void> {
  // The terminal signals the whole group; the primary decides when a member ends.
  leaveEndingToParent();
  process.on("SIGTERM", () => {});
  const member = new Member();
  const running = await serveMember(config, member);
  member.onStop = () => exitAfter(running);
}

async function main(): Promise<void> {
  const config = readConfig(process.argv.slice(2));
  if (config === null) process.stdout.write(USAGE, () => process.exit(ExitCode.passed));
  else if (cluster.isWorker) await runMember(config);
  else await runForParent(config);
}

async function runForParent(config: TargetConfig): Promise<void> {
  endWithParent();
  if (config.processes > 1) await runPrimary(config);
  else await runAlone(config);
}

main().catch((error: unknown) => {
  const known = error instanceof OnrushError;
  const remedy = known && error.remedy !== "" ? ` (${error.remedy})` : "";
  const text = known ? `${error.message}${remedy}` : String((error as Error).stack ?? error);
  process.stderr.write(`onrush target: ${text}\n`);
  process.exit(known ? error.exitCode : 1);
});
