/**
 * A strict scenario as its author could have written it: every default filled in, in the keys and units of the file.
 * Called by `onrush explain`. Invariant: what is written parses to the scenario it was made from, in the same environment
 * and beside the same files; no secret is in it, for secrets, files and placeholders stay references.
 */
import type { ScenarioInput } from "./schema.ts";
import type { ConnectInput } from "./shape/connect.ts";
import type { PhaseInput } from "./shape/load.ts";
import type { MessagesInput, MixInput } from "./shape/messages.ts";
import type {
  StrictMessage,
  StrictMessages,
  StrictOutput,
  StrictPhase,
  StrictScenario,
  StrictThreshold,
} from "./strict.ts";
import { formatDuration, formatRate, formatShare, formatSize } from "./units.ts";

/** @param given the file's content that `scenario` was made from, options applied */
export function writtenForm(scenario: StrictScenario, given: ScenarioInput): ScenarioInput {
  const { seed, phases, messages, integrity, thresholds, outputs } = scenario;
  return {
    version: 1,
    name: literal(scenario.name),
    seed,
    ...(given.vars === undefined ? {} : { vars: varsOf(scenario, given.vars) }),
    ...(given.data === undefined ? {} : { data: dataOf(scenario, given.data) }),
    ...targetsOf(scenario, given),
    connect: connectOf(scenario, given.connect ?? {}),
    load: phases.map(phaseOf),
    ...(messages === null ? {} : { messages: messagesOf(messages) }),
    integrity: { stamp: integrity.stamp },
    ...(thresholds.length === 0 ? {} : { thresholds: thresholdsOf(thresholds) }),
    outputs: outputs.map(outputOf),
  };
}

/** Text in a place where placeholders have a value before the run, and this is no placeholder. */
function literal(text: string): string {
  return text.replaceAll("{{", "{{{{");
}

type Vars = NonNullable<ScenarioInput["vars"]>;

/** Values, but for secrets, and for what is made of them. */
function varsOf({ vars, secrets }: StrictScenario, given: Vars): Vars {
  return Object.fromEntries(
    Object.entries(given).map(([name, written]) => {
      const value = vars[name] ?? "";
      const isReference = typeof written === "object" && written.secret === true;
      if (isReference || secrets.includes(String(value))) return [name, written];
      return [name, typeof value === "string" ? literal(value) : value];
    }),
  );
}

type Data = NonNullable<ScenarioInput["data"]>;

function dataOf({ data }: StrictScenario, given: Data): Data {
  return Object.fromEntries(
    Object.entries(given).map(([name, { csv }]) => [
      name,
      { csv: literal(csv), pick: data[name]?.pick ?? "sequential" },
    ]),
  );
}

/** URLs as they were given: what they take from the environment may be nobody's business. */
function targetsOf(
  { targets }: StrictScenario,
  given: ScenarioInput,
): Pick<ScenarioInput, "target" | "targets"> {
  if (given.targets === undefined) return { target: given.target ?? "" };
  return {
    targets: given.targets.map(({ url }, at) => ({
      url,
      weight: targets[at]?.weight ?? 1,
      label: targets[at]?.label ?? "",
    })),
  };
}

function connectOf({ connect }: StrictScenario, given: ConnectInput): ConnectInput {
  const { heartbeat, reconnect } = connect;
  const { min, max, attempts } = {
    min: formatDuration(reconnect.minUs),
    max: formatDuration(reconnect.maxUs),
    attempts: reconnect.attempts,
  };
  return {
    headers: Object.fromEntries(connect.headers),
    subprotocols: [...connect.subprotocols],
    timeout: formatDuration(connect.timeoutUs),
    tls: tlsOf(connect.tls.rejectUnauthorized, given.tls ?? {}),
    compression: connect.compression,
    driver: connect.driver,
    ...(heartbeat === null
      ? {}
      : {
          heartbeat: {
            ping: formatDuration(heartbeat.pingUs),
            timeout: formatDuration(heartbeat.timeoutUs),
          },
        }),
    reconnect:
      reconnect.policy === "none"
        ? { policy: "none" }
        : reconnect.policy === "fixed"
          ? { policy: "fixed", min, attempts }
          : { policy: reconnect.policy, min, max, attempts },
    localAddresses: connect.localAddresses === "auto" ? "auto" : [...connect.localAddresses],
    maxMessage: formatSize(connect.maxMessageBytes),
  };
}

type Tls = NonNullable<ConnectInput["tls"]>;

function tlsOf(verify: boolean, { ca, cert, key, servername }: Tls): Tls {
  const texts = Object.entries({ ca, cert, key, servername }).flatMap(([name, text]) =>
    text === undefined ? [] : [[name, literal(text)] as const],
  );
  return { ...Object.fromEntries(texts), verify };
}

function phaseOf(phase: StrictPhase): PhaseInput {
  const { exclude } = phase;
  const base = { phase: phase.phase, exclude, messages: phase.messageFactor };
  const duration = formatDuration(phase.durationUs);
  switch (phase.ramp) {
    case "hold":
      return { ...base, ramp: "hold", hold: duration };
    case "burst":
      return { ...base, ramp: "burst", to: phase.to, hold: duration };
    case "step":
      return { ...base, ramp: "step", to: phase.to, steps: phase.steps, over: duration };
    case "points": {
      const points = phase.points.map(([atUs, to]): [string, number] => [formatDuration(atUs), to]);
      return { ...base, ramp: "points", points };
    }
    case "arrivals": {
      const mean = formatDuration(phase.stay.meanUs);
      return {
        ...base,
        ramp: "arrivals",
        arrive: formatRate(phase.arrivalsPerSec),
        stay: phase.stay.kind === "exp" ? `exp(${mean})` : mean,
        arrival: phase.arrival,
        for: duration,
      };
    }
    case "find-limit": {
      const { step, to } = phase;
      return {
        ...base,
        ...{ ramp: "find-limit", step, to, settle: formatDuration(phase.settleUs) },
        until: phase.until.map(({ metric, rule }) => `${metric} ${rule}`).join(" or "),
        precision: formatShare(phase.precision),
      };
    }
    default:
      return { ...base, ramp: phase.ramp, to: phase.to, over: duration };
  }
}

function messagesOf({ rate, arrival, inFlight, mix }: StrictMessages): MessagesInput {
  const perSec = formatRate(rate.perSec);
  return {
    ...(rate.kind === "total" ? { total: perSec } : { rate: perSec }),
    ...{ arrival, inFlight, mix: mix.map(messageOf) },
  };
}

function messageOf({ name, weight, send, reply }: StrictMessage): MixInput {
  const within = reply.match === "none" ? "" : formatDuration(reply.withinUs);
  return {
    ...{ name, weight },
    send:
      send.kind === "binary"
        ? { binary: { size: send.sizes.map(formatSize), fill: send.fill } }
        : send.kind === "text"
          ? { text: send.text }
          : { json: send.value },
    reply:
      reply.match === "none"
        ? { match: "none" }
        : reply.match === "where"
          ? { where: reply.where, within }
          : { match: reply.match, within },
  };
}

function thresholdsOf(
  thresholds: readonly StrictThreshold[],
): NonNullable<ScenarioInput["thresholds"]> {
  const rules = new Map<string, { rule: string; abort: boolean; after?: string }[]>();
  for (const { metric, rule, abort, afterUs } of thresholds) {
    const after = afterUs === 0 ? {} : { after: formatDuration(afterUs) };
    rules.set(metric, [...(rules.get(metric) ?? []), { rule, abort, ...after }]);
  }
  return Object.fromEntries(rules);
}

function outputOf({ kind, to }: StrictOutput): NonNullable<ScenarioInput["outputs"]>[number] {
  return to === null ? kind : { [kind]: literal(to) };
}
