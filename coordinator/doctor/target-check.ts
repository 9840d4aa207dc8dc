/**
 * Do the targets of a scenario accept a connection? Called by doctor.ts. The sockets are a probe process's; here its report
 * becomes findings. Invariant: a target nobody allowed is not even looked at.
 */

import { OnrushError } from "../../shared/errors.ts";
import { checkTargets } from "../../shared/net/target-policy.ts";
import { destinationsOf } from "../../shared/scenario/destinations.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import type { ProbedTarget, ProbeProblem } from "../../shared/wire/probe.ts";
import { type Check, ok } from "./check.ts";
import { type ProbeOptions, probeTargets } from "./probe-process.ts";

/** Of many targets only the first few are tried. */
export const MAX_TARGETS = 16;

export interface TargetsRequest extends ProbeOptions {
  readonly scenario: StrictScenario;
  readonly allowTargets: readonly string[];
}

export async function checkTargetsLive(request: TargetsRequest): Promise<Check[]> {
  const { scenario, allowTargets, env, timers } = request;
  try {
    checkTargets(destinationsOf(scenario), allowTargets);
    const probe = { scenario, allowTargets, maxTargets: MAX_TARGETS };
    const { targets } = await probeTargets(probe, { env, timers });
    const checks = targets.map(targetCheck);
    const untried = scenario.targets.length - targets.length;
    return untried === 0
      ? checks
      : [...checks, ok("target", `${untried} more targets, which were not tried`)];
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const remedies = error instanceof OnrushError ? [error.remedy] : [];
    return [{ name: "target", status: "fail", text, remedies }];
  }
}

/** Pure, for the tests. */
export function targetCheck(target: ProbedTarget): Check {
  const { label, address, problem } = target;
  const where = address === null || label.startsWith(address) ? label : `${label} (${address})`;
  if (problem === null) return ok("target", `${where} accepts a connection: ${timesOf(target)}`);
  return {
    name: "target",
    status: "fail",
    text: `${where} does not accept a connection: ${problemText(target)}`,
    remedies: [remedyFor(problem)],
  };
}

/** Why it accepted no connection; "" when it did. In part the target's own words. */
export function problemText({ problem }: ProbedTarget): string {
  if (problem === null) return "";
  return problem.signature === "" ? problem.kind : `${problem.kind}, ${problem.signature}`;
}

function timesOf({ dnsMs, tcpMs, tlsMs, openMs, pingMs, protocol }: ProbedTarget): string {
  const stages = [
    ["name", dnsMs],
    ["TCP", tcpMs],
    ["TLS", tlsMs],
    ["open", openMs],
    ["ping", pingMs],
  ] as const;
  const parts = stages.flatMap(([stage, ms]) =>
    ms === null ? [] : [`${stage} ${ms.toFixed(1)} ms`],
  );
  if (pingMs === null) parts.push("pings are not answered");
  if (protocol !== "") parts.push(`subprotocol ${protocol}`);
  return parts.join(", ");
}

const REMEDIES: Readonly<Record<string, string>> = {
  dns: "check the host name, and this machine's DNS: getent hosts NAME",
  forbidden: "if it is yours to load, name it: --allow-target HOST",
  "tcp-refused": "start the target, or correct its address and port",
  "tcp-timeout": "check address, routes and firewalls between this machine and the target",
  "tcp-unreachable": "check address, routes and firewalls between this machine and the target",
  "tls-certificate":
    "name the authority that signed it (connect.tls.ca), or the right servername (connect.tls.servername)",
  "tls-handshake": "is this a TLS port? ws:// is without TLS, wss:// with it",
  "upgrade-invalid":
    "is this a WebSocket service? check the port, the path and connect.subprotocols",
  "upgrade-timeout":
    "it accepts connections and does not answer: look at the target, or at a proxy before it",
  closed:
    "the connection was accepted and closed at once: a login in the URL or in connect.headers may be missing",
};

function remedyFor({ kind, signature }: ProbeProblem): string {
  if (kind === "upgrade-status") {
    if (/^(401|403)/.test(signature)) {
      return "it wants a login: a header (connect.headers), a part of the URL (?token=...) or a token among connect.subprotocols; put it into a scenario, and give the scenario to doctor";
    }
    if (/^404/.test(signature)) return "correct the path of the URL";
    if (/^(429|503)/.test(signature))
      return "it is busy, or limits connections: look at the target";
    return "it speaks HTTP and refuses WebSocket here: check the path, and proxies before the target";
  }
  return REMEDIES[kind] ?? "look at the target, and at what is between it and this machine";
}
