/**
 * The meaning of `messages` and `integrity`. Called by normalize.ts. Invariant: every payload compiles,
 * every reply expression compiles, and a stamp has at least one message that can carry it.
 */
import { compileMatch } from "../expression/expression.ts";
import { ExpressionError } from "../expression/expression-error.ts";
import type { Path } from "../issue.ts";
import type { IssueLog } from "../read/issue-log.ts";
import type { MessagesInput, MixInput } from "../shape/messages.ts";
import type {
  StrictMessage,
  StrictMessages,
  StrictPhase,
  StrictReply,
  StrictSend,
} from "../strict.ts";
import { parseDuration, parseRate, parseSize } from "../units.ts";
import { quantity, quantityOr } from "./quantity.ts";
import { checkPlace } from "./rows.ts";
import { checkJson, checkTemplate, SAMPLE, type TemplateContext } from "./templates.ts";

const DEFAULT_WITHIN_US = 10e6;
const DEFAULT_IN_FLIGHT = 64;
/** Bytes a stamp takes of a binary payload. */
const STAMP_BYTES = 16;

export interface MessageContext extends TemplateContext {
  /** Largest message that is taken from the target. */
  readonly maxMessageBytes: number;
}

/** Messages that no phase sends: each says `messages: 0`. */
export function checkSendingPhases(phases: readonly StrictPhase[], log: IssueLog): void {
  if (phases.length === 0 || phases.some(({ messageFactor }) => messageFactor > 0)) return;
  const what = "no message would ever be sent: each phase says messages: 0";
  const hint = "leave messages out to hold connections and send nothing";
  log.add(["messages"], what, hint, { part: "key" });
}

export interface CheckedMessages {
  /** null when the section has issues that leave nothing to work with. */
  readonly messages: StrictMessages | null;
  /** Names as written, also of messages that have issues. */
  readonly names: readonly string[];
}

/** @param input a section that passed the schema, except where the log has an issue. */
export function checkMessages(input: MessagesInput, context: MessageContext): CheckedMessages {
  const { log } = context;
  const names: string[] = [];
  const mix: StrictMessage[] = [];
  const entries = Array.isArray(input.mix) ? input.mix : [];
  for (const [index, entry] of entries.entries()) {
    const name: unknown = entry?.name;
    if (typeof name === "string") {
      if (names.includes(name)) {
        log.add(
          ["messages", "mix", index, "name"],
          `duplicate message ${name}`,
          "give each its own name",
        );
      }
      names.push(name);
    }
    if (log.isSound(["messages", "mix", index])) mix.push(checkMessage(entry, index, context));
    else checkSoundParts(entry, index, context);
  }
  if (!log.isSound(["messages"])) return { messages: null, names };
  const perConnection = input.rate !== undefined;
  return {
    names,
    messages: {
      rate: {
        kind: perConnection ? "perConnection" : "total",
        perSec: quantityOr(input.rate ?? input.total, parseRate, 0),
      },
      arrival: input.arrival ?? "uniform",
      inFlight: input.inFlight ?? DEFAULT_IN_FLIGHT,
      mix,
    },
  };
}

function checkMessage(entry: MixInput, index: number, context: MessageContext): StrictMessage {
  const path = ["messages", "mix", index];
  const send = checkSend(entry.send, [...path, "send"], context);
  const reply = checkReply(entry.reply, [...path, "reply"], context.log);
  if (reply.match === "echo") checkEcho(send, [...path, "send"], context);
  if (reply.match === "where" && send.kind === "binary") {
    const hint = "use match: echo or next, or send json";
    context.log.add(
      [...path, "reply", "where"],
      "a binary message has nothing for `where` to compare with",
      hint,
    );
  }
  return { name: entry.name, weight: entry.weight ?? 1, send, reply };
}

/** Finds what is wrong in the parts of a message that have no issue yet. */
function checkSoundParts(entry: MixInput, index: number, context: TemplateContext): void {
  const path = ["messages", "mix", index];
  const { log } = context;
  if (entry?.send !== undefined && log.isSound([...path, "send"])) {
    checkSend(entry.send, [...path, "send"], context);
  }
  const where: unknown = entry?.reply?.where;
  if (typeof where === "string" && log.isSound([...path, "reply", "where"])) {
    checkWhere(where, [...path, "reply", "where"], log);
  }
}

function checkSend(input: MixInput["send"], path: Path, context: TemplateContext): StrictSend {
  if (input.binary !== undefined) {
    const { size, fill = "random" } = input.binary;
    const sizes = (Array.isArray(size) ? size : [size]).map((one) => quantity(parseSize(one)));
    return { kind: "binary", sizes, fill };
  }
  if (input.text !== undefined) {
    const at = [...path, "text"];
    const template = checkTemplate(input.text, at, context);
    if (template !== null && !template.render(SAMPLE).isWellFormed()) {
      context.log.add(at, "no text message can carry half of a surrogate pair", "");
    }
    return { kind: "text", text: input.text };
  }
  checkJson(input.json, [...path, "json"], context);
  return { kind: "json", value: input.json };
}

/** An echo is as large as what was sent: it has to fit, with every row of the data. */
function checkEcho(send: StrictSend, path: Path, context: MessageContext): void {
  const { log, maxMessageBytes } = context;
  if (!log.isSound(["connect", "maxMessage"])) return;
  const fault = (bytes: number) =>
    bytes > maxMessageBytes
      ? `an echo of ${bytes} bytes is over connect.maxMessage (${maxMessageBytes} bytes)`
      : "";
  const hint = "raise it with connect: { maxMessage: ... }, or send less";
  if (send.kind === "binary") {
    for (const [index, size] of send.sizes.entries()) {
      const at = [...path, "binary", "size", ...(send.sizes.length === 1 ? [] : [index])];
      if (fault(size) !== "") log.add(at, fault(size), hint);
    }
    return;
  }
  const at = [...path, send.kind];
  const isText = send.kind === "text";
  const value = isText ? send.text : send.value;
  const template = isText
    ? checkTemplate(send.text, at, context)
    : checkJson(send.value, at, context);
  if (template === null) return;
  const ofText = (text: string) => fault(Buffer.byteLength(text));
  checkPlace({ kind: send.kind, value, path: at, fault: ofText, hint }, template, context);
}

function checkReply(input: MixInput["reply"], path: Path, log: IssueLog): StrictReply {
  const withinUs = quantityOr(input?.within, parseDuration, DEFAULT_WITHIN_US);
  if (input?.where !== undefined) {
    checkWhere(input.where, [...path, "where"], log);
    return { match: "where", where: input.where, withinUs };
  }
  if (input?.match === "echo" || input?.match === "next") return { match: input.match, withinUs };
  if (input?.within !== undefined) {
    log.add([...path, "within"], "no reply is expected with match: none", "remove within");
  }
  return { match: "none" };
}

function checkWhere(where: string, path: Path, log: IssueLog): void {
  try {
    compileMatch(where);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    log.add(path, error.message, error.hint, { inside: error.offset });
  }
}

/** A stamp needs an echoed binary message that has room for it. */
export function checkStamp(messages: StrictMessages | null, log: IssueLog): void {
  const carries = messages?.mix.some(
    ({ send, reply }) =>
      send.kind === "binary" &&
      reply.match === "echo" &&
      send.sizes.some((bytes) => bytes >= STAMP_BYTES),
  );
  if (carries === true) return;
  const what = "no message can carry the stamp";
  const hint = `add a binary message of at least ${STAMP_BYTES} bytes with match: echo`;
  log.add(["integrity", "stamp"], what, hint);
}
