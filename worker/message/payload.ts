/**
 * What the messages of a mix look like on the wire. Binary payloads are made, framed and masked once per
 * size; a send only writes 16 stamp bytes over them. Text and JSON without placeholders are framed once,
 * the others are rendered per message, into a buffer that is used again. Called by the correlator; one instance per engine.
 * Invariant: after kept() the buffer last built belongs to the driver, and another takes its place.
 */
import { crc32 } from "node:zlib";
import { sizeIndexFor } from "../../shared/load/schedule.ts";
import { type NamedPart, namesOf } from "../../shared/scenario/names.ts";
import type { StrictReply, StrictScenario } from "../../shared/scenario/strict.ts";
import { planted } from "../../shared/scenario/template/planting.ts";
import { type RenderContext, STATIC_CONTEXT } from "../../shared/scenario/template/render.ts";
import {
  compileJson,
  compileTemplate,
  type Template,
  type Watched,
} from "../../shared/scenario/template/template.ts";
import { systemClock } from "../../shared/time/clock.ts";
import type { ReadyPayloads } from "../hooks/ready-payloads.ts";
import { Opcode } from "../socket/lean/frame-builder.ts";
import type { KeptMessage } from "./backlog.ts";
import { JsonFields } from "./json-fields.ts";
import { parseJson } from "./json-reading.ts";
import {
  filled,
  Match,
  renew,
  type Sender,
  type Variant,
  variantOf,
  writeStamp,
} from "./payload-variant.ts";
import { RenderedMessage } from "./rendered-message.ts";
import { type ReplyExpressions, SentKey } from "./reply-expressions.ts";
import { STAMP_BYTES } from "./stamp.ts";

/** Behind each message of protocols such as SignalR. */
const RECORD_SEPARATOR = "\u001e";

interface Definition {
  readonly binary: boolean;
  readonly variants: readonly Variant[];
  readonly template: Template | null;
  readonly match: Match;
  /** Binary, and filled at random. */
  readonly random: boolean;
  /** The reply expression needs to know what was sent. */
  readonly needsSent: boolean;
  /** Finds the one field of it that is enough, when there is one. */
  readonly sentFields: JsonFields | null;
  /** Where that field lies, when the template makes it. */
  readonly watched: Watched | undefined;
}

export class Payloads {
  /** Results of the last build. */
  bytes: Buffer = Buffer.alloc(0);
  binary = false;
  payloadBytes = 0;
  match: Match = Match.none;
  /** Hash of the payload, or with a stamp the index of its variant. */
  hash = 0;
  /** What the reply expression needs of it: the message itself, or its key when that has bytes. */
  sent: unknown = undefined;
  readonly key = new SentKey();

  readonly #definitions: readonly Definition[];
  readonly #framed: boolean;
  readonly #seed: number;
  readonly #isText: boolean;
  readonly #tag: number;
  readonly #expressions: ReplyExpressions;
  readonly #rendered = new RenderedMessage();
  #last: Variant | null = null;
  readonly #made: ReadyPayloads | null;

  constructor(
    scenario: StrictScenario,
    options: {
      readonly framed: boolean;
      readonly tag: number;
      readonly expressions: ReplyExpressions;
      /** What hooks have made to be sent; null: there are none. */
      readonly made: ReadyPayloads | null;
    },
  ) {
    this.#expressions = options.expressions;
    this.#framed = options.framed;
    this.#tag = options.tag;
    this.#made = options.made;
    this.#seed = scenario.seed;
    this.#isText = scenario.incoming.parse === "text";
    const parts = namesOf(scenario);
    this.#definitions = parts.map((part, at) => this.#define(scenario, part, at));
  }

  /** Builds message `seq` of definition `name`; the results are in this object's fields. */
  build(name: number, sender: Sender, context: RenderContext): void {
    const definition = this.#definitions[name] as Definition;
    this.binary = definition.binary;
    this.sent = undefined;
    this.key.length = 0;
    const made = this.#made === null ? null : this.#made.take();
    if (made !== null) {
      this.#take(definition, made);
      return;
    }
    if (definition.template) {
      this.#render(definition, definition.template, context);
      return;
    }
    const { variants } = definition;
    const at =
      variants.length === 1
        ? 0
        : sizeIndexFor(this.#seed, sender.index, context.seq, variants.length);
    const variant = variants[at] as Variant;
    this.#last = variant;
    this.match = variant.match;
    this.payloadBytes = variant.payload.length;
    if (variant.match === Match.stamp) {
      this.hash = at;
      writeStamp(variant, this.#tag, sender, context.seq);
    } else {
      this.hash = variant.hash;
      const { sentFields } = definition;
      if (sentFields) this.key.read(sentFields, variant.payload, 0, variant.payload.length);
      if (this.key.length === 0) this.sent = variant.sent;
    }
    this.bytes = variant.bytes;
  }

  /** The message last built as `sent` of expressions, made for whoever asks. */
  sentNow(): unknown {
    if (this.sent !== undefined) return this.sent;
    const variant = this.#last;
    if (this.binary)
      return variant === null || variant.match === Match.stamp ? null : variant.payload;
    const { bytes, start, end } = this.#rendered;
    return this.#sentOf(variant ? variant.payload.toString() : bytes.toString("utf8", start, end));
  }

  /** The driver keeps the buffer last built. @returns what is kept */
  kept(name: number, phase: number): KeptMessage {
    const variant = this.#last;
    if (!variant) this.#rendered.kept();
    else if (variant.bytes === this.bytes) renew(variant);
    return { payloadBytes: this.payloadBytes, name, phase };
  }

  matchOf(name: number): Match {
    return (this.#definitions[name] as Definition).match;
  }

  /** Whether messages of this definition and payload size carry a stamp. */
  isStamped(name: number, size: number): boolean {
    const definition = this.#definitions[name] as Definition;
    const carries = definition.binary && definition.match === Match.hash && size >= STAMP_BYTES;
    // What a hook made has none, and a message of its name may be either.
    return carries && this.#made === null;
  }

  /** Whether the bytes behind the stamps of this definition are random, and so say whose they are. */
  isRandom(name: number): boolean {
    return (this.#definitions[name] as Definition).random;
  }

  /** The payload a stamped message of this definition and variant had, apart from its stamp. */
  original(name: number, variant: number): Buffer {
    return ((this.#definitions[name] as Definition).variants[variant] as Variant).payload;
  }

  #render(definition: Definition, template: Template, context: RenderContext): void {
    context.nowMs = systemClock.wallMs();
    const rendered = this.#rendered;
    const { sentFields, watched, needsSent } = definition;
    rendered.render(template, context, watched);
    const { bytes, start, end } = rendered;
    this.#last = null;
    this.match = definition.match;
    this.payloadBytes = rendered.length;
    this.hash = definition.match === Match.hash ? crc32(bytes.subarray(start, end)) | 0 : 0;
    if (watched && watched.end > 0) this.key.take(bytes, watched.start, watched.end);
    else if (sentFields) this.key.read(sentFields, bytes, start, end);
    if (needsSent && this.key.length === 0) {
      this.sent = this.#sentOf(bytes.toString("utf8", start, end));
    }
    this.bytes = this.#framed ? rendered.frame() : rendered.payload();
  }

  /** What a hook has made is sent as it is: a text, or a binary message without a stamp. */
  #take(definition: Definition, made: string | Uint8Array): void {
    const binary = typeof made !== "string";
    const payload = Buffer.from(made as string);
    const { match, needsSent } = definition;
    const sent = needsSent ? (binary ? payload : this.#sentOf(made)) : undefined;
    const variant = this.#variant(binary ? Opcode.binary : Opcode.text, payload, match, sent);
    this.#last = variant;
    this.binary = binary;
    this.match = variant.match;
    this.payloadBytes = variant.payload.length;
    this.hash = variant.hash;
    this.sent = variant.sent;
    this.bytes = variant.bytes;
  }

  #define(scenario: StrictScenario, part: NamedPart, at: number): Definition {
    const { reply } = part;
    const send = part.send === null ? null : planted(part.send, scenario);
    const match = matchOf(reply);
    const needsSent = readsSent(reply);
    if (send === null) return { ...SENDS_NOTHING, match };
    const sentField = this.#expressions.sentFieldOf(at);
    const sentFields = sentField === null ? null : new JsonFields([sentField]);
    const told = { match, needsSent, sentFields, watched: undefined };
    if (send.kind === "binary") {
      const variants = send.sizes.map((size, variant) => {
        const stamped = match === Match.hash && size >= STAMP_BYTES && this.#made === null;
        const payload = filled(scenario.seed, { fill: send.fill, size, key: at * 1024 + variant });
        const sent = needsSent && !stamped ? payload : undefined;
        return this.#variant(Opcode.binary, payload, stamped ? Match.stamp : match, sent);
      });
      return { binary: true, variants, template: null, random: send.fill === "random", ...told };
    }
    if (send.kind === "bytes") {
      const bytes = Buffer.from(send.base64, "base64");
      const variants = [this.#variant(Opcode.binary, bytes, match, needsSent ? bytes : undefined)];
      return { binary: true, variants, template: null, random: false, ...told };
    }
    const scope = part.kind === "answer" ? { ...scenario, hasMessage: true } : scenario;
    const template =
      send.kind === "json" ? compileJson(send.value, scope) : compileTemplate(send.text, scope);
    if (!template.isStatic) {
      const segment = template.fields.get(sentField ?? "");
      const watched = segment === undefined ? undefined : { segment, start: 0, end: 0 };
      return { binary: false, variants: [], template, random: false, ...told, watched };
    }
    const text = template.render(STATIC_CONTEXT);
    const sent = needsSent ? this.#sentOf(text) : undefined;
    const variants = [this.#variant(Opcode.text, Buffer.from(text), match, sent)];
    return { binary: false, variants, template: null, random: false, ...told };
  }

  /** What was sent, in the form of what comes: text for text, else JSON where it is JSON, also with a record separator behind it. */
  #sentOf(text: string): unknown {
    if (this.#isText) return text;
    return parseJson(text.endsWith(RECORD_SEPARATOR) ? text.slice(0, -1) : text) ?? text;
  }

  #variant(opcode: Opcode, payload: Buffer, match: Match, sent?: unknown): Variant {
    return variantOf(this.#framed, opcode, payload, { match, sent });
  }
}

const SENDS_NOTHING: Definition = {
  binary: false,
  variants: [],
  template: null,
  match: Match.none,
  random: false,
  needsSent: false,
  sentFields: null,
  watched: undefined,
};

/** An expression over its reply reads what was sent. */
function readsSent(reply: StrictReply): boolean {
  if (reply.match === "none") return false;
  const where = reply.match === "where" ? reply.where : "";
  const sources = [where, reply.fail ?? "", ...reply.capture.map(({ value }) => value)];
  return sources.some((source) => /\bsent\b/.test(source));
}

function matchOf(reply: StrictReply): Match {
  switch (reply.match) {
    case "none":
      return Match.none;
    case "echo":
      return Match.hash;
    case "next":
      return Match.next;
    case "where":
      return Match.where;
  }
}
