/**
 * Entry of the probe process: takes one request from its parent, looks at each target as an engine would, answers with
 * one report and ends. Started by path by the doctor; imported by nobody.
 * Invariant: it ends with its parent, and after one report.
 */
import { OnrushError } from "../../shared/errors.ts";
import { portCount } from "../../shared/local-ports.ts";
import { TargetText } from "../../shared/scenario/mask/target-text.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import { STATIC_CONTEXT } from "../../shared/scenario/template/render.ts";
import type { ConnectFailure } from "../../shared/stats/failure-kind.ts";
import { systemClock } from "../../shared/time/clock.ts";
import { systemTimers } from "../../shared/time/timer.ts";
import type { ProbedTarget, ProbeProblem, ProbeRequest } from "../../shared/wire/probe.ts";
import { openRequest } from "../reach/open-request.ts";
import { type ResolvedTarget, resolveTargets } from "../reach/resolve.ts";
import { Routes } from "../reach/routes.ts";
import type { Driver } from "../socket/driver.ts";
import { leanDriver } from "../socket/lean/lean-driver.ts";
import { wsDriver } from "../socket/ws/ws-driver.ts";
import { shakeHands } from "./handshake-probe.ts";

const MAX_SIGNATURE_CHARS = 500;
/** Patience with one attempt, whatever the scenario allows. */
const MAX_TIMEOUT_MS = 10_000;

const NOTHING = {
  ...{ address: null, protocol: "", dnsMs: null, tcpMs: null, tlsMs: null },
  ...{ openMs: null, pingMs: null },
} as const;

process.on("disconnect", () => process.exit());
process.once("message", async (request: ProbeRequest) => {
  const { scenario, maxTargets } = request;
  const labels = scenario.targets.slice(0, maxTargets);
  const targets = await Promise.all(labels.map((_, index) => probe(request, index)));
  process.send?.({ targets }, () => process.exit());
});

async function probe(request: ProbeRequest, index: number): Promise<ProbedTarget> {
  const target = request.scenario.targets.slice(index, index + 1);
  const label = target[0]?.label ?? "";
  const scenario = { ...request.scenario, targets: target };
  try {
    const [resolved] = await resolveTargets(
      scenario,
      [{ of: "the run", allowed: request.allowTargets }],
      systemClock.monotonicUs,
    );
    if (resolved === undefined) throw new Error("a target resolves to itself");
    const { dnsUs } = resolved;
    const dnsMs = dnsUs === null ? null : dnsUs / 1000;
    const seen = await connect(scenario, resolved);
    return { ...seen, problem: cleaned(seen.problem, scenario), label, dnsMs };
  } catch (error) {
    return { ...NOTHING, label, problem: cleaned(problemOf(error), scenario) };
  }
}

/** A target may repeat a secret it was given. */
function cleaned(problem: ProbeProblem | null, { secrets }: StrictScenario): ProbeProblem | null {
  if (problem === null) return null;
  const signature = new TargetText(secrets).clean(problem.signature, MAX_SIGNATURE_CHARS);
  return { ...problem, signature };
}

/** At the addresses of its name in turn, as an engine would. */
async function connect(scenario: StrictScenario, target: ResolvedTarget) {
  const { timeoutUs, localAddresses, driver } = scenario.connect;
  const drivers: Record<typeof driver, Driver> = { lean: leanDriver, ws: wsDriver };
  const context = {
    ...STATIC_CONTEXT,
    seed: scenario.seed,
    nowMs: systemClock.wallMs(),
  };
  const routes = new Routes([target], { connections: 1, localAddresses, ports: portCount() });
  // As the connections of the first role do.
  const [handshake] = target.handshakes;
  if (handshake === undefined) throw new Error("a target has a handshake for each role");
  for (let tries = 0; ; tries++) {
    const route = routes.route(0, 0, tries);
    const seen = await shakeHands({
      driver: drivers[driver],
      request: openRequest({ target, handshake, route }, context),
      timeoutMs: Math.min(timeoutUs / 1000, MAX_TIMEOUT_MS),
      clock: systemClock,
      timers: systemTimers,
    });
    const kind = seen.problem?.kind;
    const goesOn =
      kind !== undefined && isConnectFailure(kind) && routes.hasAnother(0, tries, kind);
    if (!goesOn) return { ...seen, address: route.address };
  }
}

function isConnectFailure(kind: ProbeProblem["kind"]): kind is ConnectFailure {
  return kind !== "forbidden" && kind !== "closed";
}

/** Names that do not resolve, targets nobody allowed, certificates that cannot be used. */
function problemOf(error: unknown): ProbeProblem {
  const signature = error instanceof Error ? error.message : String(error);
  if (!(error instanceof OnrushError)) return { kind: "tls-certificate", signature };
  const isForbidden = error.code === "ONRUSH_TARGET_FORBIDDEN";
  return { kind: isForbidden ? "forbidden" : "dns", signature };
}
