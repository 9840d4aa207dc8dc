/**
 * A received message as expressions see it: `m`, `text`, `size`, `conn`. Made by the inbox, one object for all messages, so
 * nobody keeps it. Invariant: what an expression reads of a message is made at most once, whatever number of expressions read
 * it, and only when one does.
 */
import { crc32 } from "node:zlib";
import { MAX_STEPS } from "../../shared/scenario/expression/expression-cost.ts";
import type {
  CompiledMatch,
  MessageFacts,
} from "../../shared/scenario/expression/message-expression.ts";
import type { StrictIncoming } from "../../shared/scenario/strict-conversation.ts";
import { connectionFields, type RenderContext } from "../../shared/scenario/template/render.ts";
import type { Incoming } from "./conversation.ts";
import { MAX_JSON_BYTES, readJson, UNREAD } from "./json-reading.ts";
import { NONE } from "./pending-table.ts";
import type { ReplyExpressions } from "./reply-expressions.ts";

/** For one message, whatever number of expressions look at it. */
const MAX_MESSAGE_STEPS = 10 * MAX_STEPS;

type Reading = Pick<CompiledMatch, "steps" | "exceeded">;

export class ReceivedMessage implements MessageFacts {
  size = 0;
  /** The name whose expression took too many steps; NONE for none. */
  costly = NONE;
  /** It is a reply that says that its request failed. */
  isRejection = false;
  readonly #parse: StrictIncoming["parse"];
  readonly #captures: readonly string[];
  #incoming: Incoming | null = null;
  #context: RenderContext | null = null;
  #bytes: Buffer | null = null;
  #hash: number | null = null;
  #m: unknown = undefined;
  #isParsed = false;
  #text: string | null = null;
  #conn: Readonly<Record<string, unknown>> | null = null;
  #fields: boolean | null = null;
  #steps = 0;

  /** @param captures names of the scenario's captures */
  constructor(parse: StrictIncoming["parse"], captures: readonly string[]) {
    this.#parse = parse;
    this.#captures = captures;
  }

  /** Looks at this message from now on; it is valid until drop(). @param context that of its connection */
  take(incoming: Incoming, context: RenderContext): void {
    this.#incoming = incoming;
    this.#context = context;
    this.size = incoming.end - incoming.start;
    this.costly = NONE;
  }

  /** Forgets the message. */
  drop(): void {
    this.#bytes = null;
    this.#hash = null;
    this.#m = undefined;
    this.#isParsed = false;
    this.#text = null;
    this.#conn = null;
    this.#fields = null;
    this.#steps = 0;
  }

  /** The message as incoming.parse says; undefined for what is not JSON, or is not read. */
  get m(): unknown {
    if (!this.#isParsed) {
      this.#isParsed = true;
      this.#m = this.#parsed();
    }
    return this.#m === UNREAD ? undefined : this.#m;
  }

  get text(): string {
    this.#text ??= this.#all().toString();
    return this.#text;
  }

  get conn(): Readonly<Record<string, unknown>> {
    this.#conn ??= connectionFields(this.#context as RenderContext, this.#captures);
    return this.#conn;
  }

  /** When it came, microseconds of run time. */
  get nowUs(): number {
    return (this.#incoming as Incoming).nowUs;
  }

  /** The moment deadlines are held against. */
  get judgedUs(): number {
    return (this.#incoming as Incoming).judgedUs;
  }

  /** In which it came. */
  get phase(): number {
    return (this.#incoming as Incoming).phase;
  }

  get isBinary(): boolean {
    return (this.#incoming as Incoming).binary;
  }

  hash(): number {
    this.#hash ??= crc32(this.#all()) | 0;
    return this.#hash;
  }

  /** An expression has looked at it, for what has this name. */
  spend({ steps, exceeded }: Reading, name: number): void {
    this.#steps += steps;
    if (exceeded || this.#steps > MAX_MESSAGE_STEPS) this.costly = name;
  }

  /** Its fields can be read from its bytes: those of a text that is a map in JSON. */
  hasFields(match: ReplyExpressions): boolean {
    const { data, start, end, binary } = this.#incoming as Incoming;
    this.#fields ??= this.#parse === "json" && !binary && match.read(data, start, end);
    return this.#fields;
  }

  /** The buffer it is in, at the offsets that its fields have. */
  get data(): Buffer {
    return (this.#incoming as Incoming).data;
  }

  /** Its bytes; a view, valid as long as the message is. */
  bytes(): Buffer {
    return this.#all();
  }

  /** JSON was asked for, and is too large or too deep to be read. */
  get isUnread(): boolean {
    return this.#m === UNREAD;
  }

  #parsed(): unknown {
    if (this.#parse === "json") return readJson(this.#all());
    if (this.size > MAX_JSON_BYTES) return UNREAD;
    return this.#parse === "text" ? this.text : this.#all();
  }

  #all(): Buffer {
    const { data, start, end } = this.#incoming as Incoming;
    this.#bytes ??= data.subarray(start, end);
    return this.#bytes;
  }
}
