/**
 * `roles`: kinds of users, each with a share of the connections. Listed in registry.ts. Invariants: shares add up to all; what
 * a role does not say is what the top level says; a rate in total that roles have from the top level is theirs together, divided
 * by their shares.
 */
import * as z from "zod";
import type { Path } from "../issue.ts";
import { MAX_ITEMS, MAX_ROLES } from "../limits.ts";
import { about, list, mapping, part, rate, rateOrNone, strict, whole } from "../shape/fields.ts";
import type { StrictMessages } from "../strict.ts";
import type { StrictRole } from "../strict-conversation.ts";
import { formatRate, formatShare } from "../units.ts";
import { answer, strictAnswers, writtenAnswer } from "./answers.ts";
import { checkStepNames, flowShape, strictFlow, writtenFlow } from "./flow.ts";
import { listenShape, strictListen, writtenListen } from "./listen.ts";
import { checkMix, message, writtenMix } from "./messages.ts";
import { roleConnect, strictRoleConnect, writtenRoleConnect } from "./role-connect.ts";
import { checkNames, type Scene, section, soundEntries, writtenAt } from "./section.ts";

/** Shares are written with few digits. */
const SHARE_ERROR = 1e-6;

function roleMessages() {
  return strict({
    rate: about(
      rateOrNone().optional(),
      "Messages per time of each open connection of the role; 0/s: it sends nothing.",
      "0.8/s",
      "0/s",
    ),
    total: about(
      rate().optional(),
      "Messages per time of all open connections of the role together.",
      "800/s",
    ),
    arrival: about(
      z.enum(["uniform", "poisson"]).optional(),
      "Evenly spaced messages, or a Poisson process.",
      "poisson",
    ),
    inFlight: about(
      whole(1, 100_000).optional(),
      "Unanswered messages a connection may have; a send beyond that waits.",
      64,
    ),
    mix: about(
      list(message, 1, MAX_ITEMS).optional(),
      "The messages, in place of those of `messages`.",
      [{ name: "say", send: { json: { type: "say" } } }],
    ),
  });
}

function role() {
  return strict({
    share: about(part(), "How many of the connections have this role.", "10%"),
    connect: about(
      roleConnect().optional(),
      "What is different in the way they connect. Keys that are left out are those of `connect`.",
      { headers: { "x-role": "talker" } },
    ),
    messages: about(
      roleMessages().optional(),
      "What they send. Keys that are left out are those of `messages`.",
      { rate: "0/s" },
    ),
    flow: about(flowShape(), "What they do in steps, in place of `flow`.", [
      { send: { json: { type: "login" } } },
    ]),
    listen: listenShape(),
    answers: about(
      list(answer, 0, MAX_ITEMS).optional(),
      "What they send back by themselves, in place of `answers`.",
      [],
    ),
  });
}

type RoleShape = ReturnType<typeof role>;
type RoleMessages = z.output<ReturnType<typeof roleMessages>>;

export const roles = section({
  key: "roles",
  shape: () =>
    about(
      mapping(role, MAX_ROLES, "roles").optional(),
      "Kinds of users, each with a share of the connections. What is written at the top level is what a role has that does not say it.",
      { talker: { share: "10%" }, lurker: { share: "90%", messages: { rate: "0/s" } } },
    ),
  strict: (value, scene) => {
    const { log } = scene;
    const known: StrictRole[] = [];
    const secrets = [...scene.scope.secrets];
    for (const [name, one] of soundEntries(value, ["roles"], log)) {
      const made = strictRole(name, one, scene);
      known.push(made);
      if (made.connect.tls.key !== null) secrets.push(made.connect.tls.key);
    }
    if (value !== undefined && log.isSound(["roles"])) checkShares(known, scene);
    const inherits = known.filter(({ name }) => isInherited(value?.[name]?.messages));
    return { secrets: [...new Set(secrets)], roles: divided(known, new Set(inherits)) };
  },
  /** Without any messages a mistake is more likely than a run in which nobody says anything. */
  check: ({ scope: { roles: known, messages }, log }) => {
    if (log.isSound(["roles"]) && log.isSound(["flow"])) {
      for (const { name, flow, messages: own } of known) {
        const others = own?.mix.map((one) => one.name) ?? [];
        checkStepNames(flow, others, { path: ["roles", name], log });
      }
    }
    if (known.length === 0 || messages === null || !log.isSound(["roles"])) return;
    if (known.some((one) => one.messages !== null)) return;
    const what = "no message would ever be sent: each role says rate: 0/s";
    log.add(["messages"], what, "leave messages out to send nothing", { part: "key" });
  },
  written: ({ roles: known }, given) => {
    if (given === undefined) return undefined;
    return Object.fromEntries(
      known.map((one) => [one.name, writtenRole(one, given[one.name] ?? { share: "100%" })]),
    );
  },
});

function strictRole(name: string, value: z.output<RoleShape>, scene: Scene): StrictRole {
  const at = ["roles", name];
  const connect = strictRoleConnect(value.connect, [...at, "connect"], scene);
  const most = connect.maxMessageBytes;
  const messages = strictRoleMessages(value.messages, { at: [...at, "messages"], scene, most });
  const flow =
    value.flow === undefined ? scene.scope.flow : strictFlow(value.flow, [...at, "flow"], scene);
  const written = writtenAt(scene.given, [...at, "listen"]);
  const path = [...at, "listen"];
  const listen =
    written === undefined
      ? scene.scope.listen
      : strictListen(value.listen, written, { path, log: scene.log });
  const answers =
    value.answers === undefined
      ? scene.scope.answers
      : strictAnswers(value.answers, [...at, "answers"], scene);
  return { name, share: value.share, connect, messages, flow, listen, answers };
}

interface Place {
  readonly at: Path;
  readonly scene: Scene;
  /** Bytes of a message. */
  readonly most: number;
}

function strictRoleMessages(
  value: RoleMessages | undefined,
  { at, scene, most }: Place,
): StrictMessages | null {
  const { scope, log } = scene;
  const base = scope.messages;
  if (value === undefined) return base;
  const path = [...at, "mix"];
  checkNames(writtenAt(scene.given, path), { path, key: "name", kind: "message" }, log);
  if (value.rate !== undefined && value.total !== undefined) {
    log.add(at, "messages takes only one of rate or total", "");
  }
  const mix =
    value.mix === undefined ? base?.mix : checkMix(value.mix, [...at, "mix"], scene, most);
  if (value.rate === 0) return null;
  // Said where it stands.
  const isKnown = base !== null || !log.hasAt(["messages"]);
  if (mix === undefined) {
    const hint = "add mix, or rate: 0/s for a role that sends nothing";
    if (isKnown) log.add(at, "the role has no messages to send", hint);
    return null;
  }
  const pace = rateOf(value, base);
  if (pace === null) {
    if (isKnown) log.add(at, "messages needs rate or total", "");
    return null;
  }
  const { arrival = base?.arrival ?? "uniform", inFlight = base?.inFlight ?? 64 } = value;
  return { rate: pace, arrival, inFlight, mix };
}

function rateOf(
  { rate: each, total }: RoleMessages,
  base: StrictMessages | null,
): StrictMessages["rate"] | null {
  if (each !== undefined) return { kind: "perConnection", perSec: each };
  if (total !== undefined) return { kind: "total", perSec: total };
  return base?.rate ?? null;
}

function isInherited(value: RoleMessages | undefined): boolean {
  return value?.rate === undefined && value?.total === undefined;
}

function checkShares(known: readonly StrictRole[], { log }: Scene): void {
  const sum = known.reduce((all, { share }) => all + share, 0);
  if (known.length === 0) log.add(["roles"], "there is no role", "name one, or remove roles");
  else if (Math.abs(sum - 1) > SHARE_ERROR) {
    const what = `the shares of all roles are ${formatShare(sum)} together`;
    log.add(["roles"], what, "make them 100%", { part: "key" });
  }
}

/** Those that inherit a total have it together. */
function divided(known: readonly StrictRole[], inherits: ReadonlySet<StrictRole>): StrictRole[] {
  const sharers = known.filter((one) => inherits.has(one) && one.messages?.rate.kind === "total");
  // In whole billionths, so that thirds of a total are what they look like.
  const parts = (share: number) => Math.round(share * 1e9);
  const whole = sharers.reduce((sum, { share }) => sum + parts(share), 0);
  return known.map((one) => {
    if (!sharers.includes(one) || one.messages === null) return one;
    const { rate: pace } = one.messages;
    const perSec = (pace.perSec * parts(one.share)) / whole;
    return { ...one, messages: { ...one.messages, rate: { kind: "total", perSec } } };
  });
}

function writtenRole(one: StrictRole, given: z.input<RoleShape>): z.input<RoleShape> {
  const { share, connect } = one;
  return {
    share: formatShare(share),
    ...(given.connect && { connect: writtenRoleConnect(connect, given.connect) }),
    ...(given.messages && { messages: writtenMessages(one, given.messages) }),
    ...(given.flow && one.flow && { flow: writtenFlow(one.flow) }),
    ...(given.listen && { listen: writtenListen(one.listen) ?? [] }),
    ...(given.answers && { answers: one.answers.map(writtenAnswer) }),
  };
}

function writtenMessages(
  { messages }: StrictRole,
  given: NonNullable<z.input<RoleShape>["messages"]>,
): NonNullable<z.input<RoleShape>["messages"]> {
  if (messages === null) return { rate: "0/s" };
  const { rate: pace, arrival, inFlight, mix } = messages;
  const written = formatRate(pace.perSec);
  return {
    ...(given.rate !== undefined && { rate: written }),
    ...(given.total !== undefined && { total: written }),
    arrival,
    inFlight,
    ...(given.mix !== undefined && { mix: writtenMix(mix) }),
  };
}
