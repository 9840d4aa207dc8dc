/**
 * What the pods of a namespace say while an episode goes on, into a file: those that end take their logs with them. Used by
 * episode.ts. Invariant: kubectl ends with end(), by pid.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, closeSync, openSync } from "node:fs";
import { tied } from "../../shared/lifeline.ts";
import type { Kubectl } from "./kubectl.ts";

const SELECTOR = "app.kubernetes.io/component in (coordinator,worker,broker)";
const MOST_PODS = "40";

export class PodLogs {
  readonly #kubectl: Kubectl;
  readonly #file: string;
  readonly #follower: ChildProcess;

  constructor(kubectl: Kubectl, file: string) {
    this.#kubectl = kubectl;
    this.#file = file;
    const log = openSync(file, "a");
    this.#follower = spawn(
      ...tied("kubectl", [
        ...["-n", kubectl.namespace, "logs", "-f", "--prefix", "--timestamps", "--since=1s"],
        ...["-l", SELECTOR, "--max-log-requests", MOST_PODS],
      ]),
      { stdio: ["ignore", log, log] },
    );
    closeSync(log);
  }

  /** With what pods that came later have said, and why containers ended. */
  async end(): Promise<void> {
    if (this.#follower.exitCode === null && this.#follower.signalCode === null) {
      const ended = once(this.#follower, "exit");
      this.#follower.kill("SIGKILL");
      await ended;
    }
    for (const args of [
      ["logs", "--prefix", "--timestamps", "--tail=400", "-l", SELECTOR],
      ["get", "pods", "-o", "wide"],
      ["get", "events", "--sort-by=.lastTimestamp"],
    ]) {
      const { stdout, stderr } = await this.#kubectl.call(args);
      appendFileSync(this.#file, `\n--- kubectl ${args.join(" ")}\n${stdout}${stderr}`);
    }
  }
}
