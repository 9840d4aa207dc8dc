/**
 * `listen`: messages nobody asked for, push and fan-out. Listed in registry.ts; roles take the same list. Invariant: each has a
 * name of its own, and reach is judged only where the same message can be told at every receiver.
 */
import * as z from "zod";
import { compileReading } from "../expression/message-expression.ts";
import type { Path } from "../issue.ts";
import type { IssueLog } from "../read/issue-log.ts";
import { condition, reading } from "../shape/expressions.ts";
import { about, duration, fault, label, list, strict } from "../shape/fields.ts";
import type { StrictListen } from "../strict-conversation.ts";
import { formatDuration } from "../units.ts";
import { checkNames, section, soundItems } from "./section.ts";

const MAX_LISTEN = 100;
const NO_MESSAGE_YET = new Set(["m", "text", "size", "sent"]);

function listening() {
  const shape = {
    name: about(label(), "Name in reports, thresholds and exports.", "said"),
    where: about(
      condition(),
      "CEL over m, text, size and conn: which messages.",
      "m.type == 'said'",
    ),
    sentAt: about(
      reading().optional(),
      "CEL for when it was sent: milliseconds since 1970, or ISO text. Without it there is no latency.",
      "m.ts",
    ),
    scope: about(
      reading().optional(),
      "CEL for what its receivers have in common, such as a room. Default: all are one.",
      "m.room",
    ),
    key: about(
      reading().optional(),
      "CEL for what the same message has at every receiver of its scope. Without it reach is not judged.",
      "m.id",
    ),
    members: about(
      members().optional(),
      "CEL over conn for the scopes a connection belongs to, one or a list. Default: those it got a message of.",
      "conn.room",
    ),
    clockError: about(
      duration().optional(),
      "How far the clocks of the senders and of this machine are apart at most. Without it latency is shown for targets on this machine alone.",
      "2ms",
    ),
  };
  return strict(shape).superRefine((one, context) => {
    if (one.members === undefined || one.key !== undefined) return;
    const hint = "add key, or leave members out";
    fault(context, ["members without a key judge nothing", hint], { path: ["members"] });
  });
}

function members() {
  const overConn = z.superRefine<string>((source, context) => {
    const read = variablesOf(source).find((name) => NO_MESSAGE_YET.has(name));
    if (read === undefined) return;
    fault(context, [`there is no ${read} where members are read`, "write it over conn"]);
  });
  return reading().check(overConn);
}

function variablesOf(source: string): string[] {
  try {
    return [...compileReading(source).variables];
  } catch {
    // Its own issue.
    return [];
  }
}

/** The list, also of a role. */
export function listenShape() {
  return about(
    list(listening, 0, MAX_LISTEN).prefault([]),
    "Messages nobody asked for, push and fan-out: counts, one-way latency, and who of a scope got them.",
    [{ name: "said", where: "m.type == 'said'", sentAt: "m.ts", scope: "m.room" }],
  );
}

/** @param given the list as it was written @param path of the list */
export function strictListen(
  value: z.output<ReturnType<typeof listenShape>>,
  given: unknown,
  { path, log }: { readonly path: Path; readonly log: IssueLog },
): StrictListen[] {
  checkNames(given, { path, key: "name", kind: "listen" }, log);
  return [...soundItems(value, path, log)].map(([, one]) => {
    const { name, where, sentAt = null, scope = null, key = null, members: of = null } = one;
    return { name, where, sentAt, scope, key, members: of, clockErrorUs: one.clockError ?? null };
  });
}

export function writtenListen(
  listens: readonly StrictListen[],
): z.input<ReturnType<typeof listenShape>> | undefined {
  if (listens.length === 0) return undefined;
  return listens.map(({ name, where, clockErrorUs, ...rest }) => ({
    ...{ name, where },
    ...Object.fromEntries(Object.entries(rest).filter(([, source]) => source !== null)),
    ...(clockErrorUs === null ? {} : { clockError: formatDuration(clockErrorUs) }),
  }));
}

export const listen = section({
  key: "listen",
  shape: listenShape,
  strict: (value, { given, log }) => {
    return { listen: strictListen(value, given["listen"], { path: ["listen"], log }) };
  },
  written: (scenario) => writtenListen(scenario.listen),
});
