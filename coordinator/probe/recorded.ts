/**
 * A scenario to start from, written from what a probe saw: what came before anything was sent is expected, what was sent is
 * a step with the reply that followed it, the rest is listened for, and pings of the application are answered. Called by
 * the probe command. Pure. Invariant: what is written is a scenario that passes the checks, with load for one connection.
 */
import { stringify } from "yaml";
import type { TraceEvent } from "../../shared/wire/trace.ts";
import { connectOf, plain, plainUrl } from "./recorded-request.ts";

type Frame = Extract<TraceEvent, { type: "frame" }>;
type Json = Readonly<Record<string, unknown>>;

/** Steps, and kinds of pushed messages, that are written down. */
const MAX_STEPS = 20;
const MAX_LISTEN = 10;
const WITHIN = "5s";
const HEAD = `# Written by onrush probe from one connection, to start from: check what is expected, then raise the load.
# yaml-language-server: $schema=./node_modules/onrush/scenario.schema.json
`;
/** Fields that name a message, in the order in which they are looked for; and those by which a reply names its request. */
const KINDS = ["type", "event", "op", "action", "channel", "method"] as const;
const IDS = ["id", "request_id", "requestId", "ref", "seq", "messageId"] as const;

/** What ends the word that a text begins with. */
const WORD_END = /[\s:,|\\]/;
const LEAST_ID_CHARS = 4;
const MAX_FILLER = 64 * 1024;

/** @param url as the scenario or the command line has it */
export function recordedScenario(url: string, events: readonly TraceEvent[]): string {
  const frames = events.filter(
    (event): event is Frame =>
      event.type === "frame" && (event.kind === "text" || event.kind === "binary"),
  );
  const firstSent = frames.findIndex((frame) => frame.sent && !isPong(frame));
  const greeting = frames.slice(0, firstSent < 0 ? frames.length : firstSent);
  const rest = firstSent < 0 ? [] : frames.slice(firstSent).filter((one) => !isPong(one));
  const taken: Taken = { used: new Set(), names: new Set(["pong"]) };
  const first = greeting.find((frame) => !frame.sent && !isPing(frame));
  const open = [
    ...(first === undefined ? [] : [expectStep(first, taken)]),
    ...sentSteps(rest, taken, knownFrom(first)),
  ].slice(0, MAX_STEPS);
  // Where some messages are JSON, the conditions of the others read the text.
  const texts = frames.filter(({ kind }) => kind === "text");
  const isText = texts.length > 0 && texts.every(({ text }) => jsonOf(text) === null);
  const listen = listenFor(frames.filter((frame) => !frame.sent && !taken.used.has(frame)));
  const answers = answersTo(frames);
  const connect = connectOf(events);
  const document = {
    version: 1,
    name: "recorded",
    target: plainUrl(url, events),
    ...(Object.keys(connect).length > 0 ? { connect } : {}),
    load: [{ phase: "steady", ramp: "burst", to: 1, hold: "10s" }],
    ...(isText ? { incoming: { parse: "text" } } : {}),
    ...(open.length > 0 ? { flow: { open } } : {}),
    ...(listen.length > 0 ? { listen } : {}),
    ...(answers.length > 0 ? { answers } : {}),
  };
  return `${HEAD}${stringify(document, { lineWidth: 120 })}`;
}

/** Frames that a step or a reply is of, and names that are given. */
interface Taken {
  readonly used: Set<Frame>;
  readonly names: Set<string>;
}

function expectStep(frame: Frame, { used, names }: Taken): object {
  used.add(frame);
  const json = jsonOf(frame.text);
  const capture = json === null ? {} : captured(json);
  return {
    expect: {
      name: unused(nameOf(frame, "welcome"), names),
      where: whereOf(frame),
      within: WITHIN,
      ...(Object.keys(capture).length > 0 ? { capture } : {}),
    },
  };
}

/** What looks like something to carry on: a nonce, a token, a session. */
function captured(json: Json): Record<string, string> {
  const names = ["nonce", "token", "session", "sessionId", "clientId", "resume"];
  return Object.fromEntries(
    names.filter((name) => typeof json[name] === "string").map((name) => [name, `m.${name}`]),
  );
}

/** What is captured from the greeting, by its value. */
function knownFrom(greeting: Frame | undefined): ReadonlyMap<unknown, string> {
  const json = greeting === undefined ? null : jsonOf(greeting.text);
  if (json === null) return new Map();
  return new Map(Object.keys(captured(json)).map((name) => [json[name], `{{conn.${name}}}`]));
}

function sentSteps(
  frames: readonly Frame[],
  { used, names }: Taken,
  known: ReadonlyMap<unknown, string>,
): object[] {
  return frames.flatMap((frame, at) => {
    if (!frame.sent) return [];
    const sent = jsonOf(frame.text);
    const after = frames.slice(at + 1);
    const reply = replyTo(sent, after, used);
    if (reply !== null) used.add(reply);
    const what =
      frame.kind === "binary"
        ? { binary: { size: frame.size, fill: "random" } }
        : sent === null
          ? { text: plain(asSent(frame)) }
          : { json: generalised(sent, known) };
    const name = unused(frame.name ?? nameOf(frame, "say"), names);
    return [{ send: { name, ...what, ...(reply === null ? {} : replyOf(frame, reply)) } }];
  });
}

/**
 * Of any connection: ids are each message's own, because a service takes the same one for a repetition; what was captured
 * is what this connection has captured.
 */
function generalised(sent: Json, known: ReadonlyMap<unknown, string>): Json {
  const fresh = { string: "{{uuid}}", number: "{{seq}}" } as Readonly<Record<string, string>>;
  return Object.fromEntries(
    Object.entries(sent).map(([key, value]) => {
      const isId = (IDS as readonly string[]).includes(key);
      const own = known.get(value) ?? (isId ? fresh[typeof value] : undefined);
      return [key, own ?? escaped(value)];
    }),
  );
}

function escaped(value: unknown): unknown {
  if (typeof value === "string") return plain(value);
  return JSON.parse(JSON.stringify(value), (_, one: unknown) =>
    typeof one === "string" ? plain(one) : one,
  );
}

/** The message with the same id; else the next one that came before anything else was sent. */
function replyTo(sent: Json | null, after: readonly Frame[], used: Set<Frame>): Frame | null {
  const free = after.filter((frame) => !frame.sent && !used.has(frame));
  if (sent !== null) {
    const shares = (isExact: boolean) =>
      free.find((frame) => sharedId(sent, jsonOf(frame.text), isExact) !== null);
    const same = shares(true) ?? shares(false);
    if (same !== undefined) return same;
  }
  const next = after.find((frame) => !isPing(frame));
  return next === undefined || next.sent || used.has(next) ? null : next;
}

function replyOf(sent: Frame, reply: Frame): object {
  if (reply.text === sent.text && reply.kind === sent.kind) {
    return { reply: { match: "echo", within: WITHIN } };
  }
  const [asked, answer] = [jsonOf(sent.text), jsonOf(reply.text)];
  if (reply.kind === "binary") return { reply: { match: "next", within: WITHIN } };
  const ids =
    asked === null ? null : (sharedId(asked, answer, true) ?? sharedId(asked, answer, false));
  const where =
    ids === null ? whereOf(reply) : `${whereOf(reply)} && m.${ids[1]} == sent.${ids[0]}`;
  return { reply: { where, within: WITHIN } };
}

/**
 * The fields by which an answer names its request: its own, and the request's.
 * @param isExact they have one name; else only what is no small number or short text counts, which may be equal by chance
 */
function sharedId(
  asked: Json,
  answer: Json | null,
  isExact: boolean,
): readonly [string, string] | null {
  if (answer === null) return null;
  for (const own of IDS) {
    for (const theirs of isExact ? [own] : IDS) {
      const isTelling = isExact || String(asked[own]).length >= LEAST_ID_CHARS;
      if (asked[own] !== undefined && asked[own] === answer[theirs] && isTelling) {
        return [own, theirs];
      }
    }
  }
  return null;
}

/** One entry for each kind of message that came by itself. */
function listenFor(frames: readonly Frame[]): object[] {
  const kinds = new Map<string, Frame>();
  for (const frame of frames) {
    const kind = nameOf(frame, "");
    if (kind !== "" && !isPing(frame) && !kinds.has(kind)) kinds.set(kind, frame);
  }
  return [...kinds].slice(0, MAX_LISTEN).map(([name, frame]) => {
    const json = jsonOf(frame.text) ?? {};
    const sentAt = ["ts", "timestamp", "time", "sentAt"].find((key) => json[key] !== undefined);
    const scope = ["room", "channel", "topic", "symbol"].find((key) => json[key] !== undefined);
    return {
      name: `on-${name}`,
      where: whereOf(frame),
      ...(sentAt === undefined ? {} : { sentAt: `m.${sentAt}` }),
      ...(scope === undefined ? {} : { scope: `m.${scope}` }),
    };
  });
}

function answersTo(frames: readonly Frame[]): object[] {
  const ping = frames.find((frame) => !frame.sent && isPing(frame));
  if (ping === undefined) return [];
  const id = IDS.find((name) => jsonOf(ping.text)?.[name] !== undefined);
  const json = { type: "pong", ...(id === undefined ? {} : { [id]: `{{m.${id}}}` }) };
  return [{ name: "pong", where: whereOf(ping), send: { json } }];
}

function isPing(frame: Frame): boolean {
  return jsonOf(frame.text)?.["type"] === "ping";
}

function isPong(frame: Frame): boolean {
  return frame.sent && jsonOf(frame.text)?.["type"] === "pong";
}

/** Of a message that was not shown whole, a text of its size. */
function asSent({ text, size }: Frame): string {
  const whole = text.replace(/\\u\{([0-9a-f]{1,6})\}/g, (_, hex: string) =>
    String.fromCodePoint(Number.parseInt(hex, 16)),
  );
  return Buffer.byteLength(whole) === size ? whole : "x".repeat(Math.min(size, MAX_FILLER));
}

/** A condition that is true of messages of this kind. */
function whereOf(frame: Frame): string {
  const json = jsonOf(frame.text);
  const key = KINDS.find((name) => typeof json?.[name] === "string");
  if (json !== null && key !== undefined) return `m.${key} == ${JSON.stringify(json[key])}`;
  if (json !== null || frame.kind === "binary") return "size > 0";
  const [word = ""] = frame.text.split(WORD_END, 1);
  return word === "" ? "size > 0" : `text.startsWith(${JSON.stringify(word)})`;
}

function nameOf(frame: Frame, otherwise: string): string {
  const json = jsonOf(frame.text);
  const key = KINDS.find((name) => typeof json?.[name] === "string");
  const [word = ""] = json === null && frame.kind === "text" ? frame.text.split(WORD_END, 1) : [];
  const text = key === undefined ? word : String(json?.[key]);
  const name = text
    .replace(/[^\w-]/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 40);
  return name === "" ? otherwise : name;
}

function unused(name: string, names: Set<string>): string {
  let free = name;
  for (let next = 2; names.has(free); next += 1) free = `${name}-${next}`;
  names.add(free);
  return free;
}

function jsonOf(text: string): Json | null {
  try {
    const value: unknown = JSON.parse(text);
    const isMap = typeof value === "object" && value !== null && !Array.isArray(value);
    return isMap ? (value as Json) : null;
  } catch {
    return null;
  }
}
