/**
 * What connections capture: values kept from messages and HTTP answers, conn.NAME from then on. One instance per engine.
 * Bound: a value of at most MAX_CAPTURED_CHARS characters for each name and connection; a longer one is not kept.
 */
import {
  type CompiledReading,
  compileReading,
  type MessageFacts,
} from "../../shared/scenario/expression/message-expression.ts";
import { createPartialMask, type Mask } from "../../shared/scenario/mask/mask.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import type { StrictCapture } from "../../shared/scenario/strict-message.ts";
import { MAX_CAPTURED_CHARS } from "../../shared/scenario/template/placeholder-length.ts";
import { jsonOf } from "../../shared/scenario/template/render.ts";

/** A connection, as captures see it. */
export interface Capturing {
  readonly slot: number;
  /** By the scenario's captures; undefined: not yet. Shared and empty until the first is kept. */
  captured: readonly unknown[];
}

/** What a connection has before it captured anything. */
export const NOTHING_CAPTURED: readonly unknown[] = Object.freeze([]);

/** What values are kept of. */
export interface CapturedMessage extends MessageFacts {
  readonly m: unknown;
}

/** A step's or reply's captures, compiled. */
export interface CaptureList {
  readonly readings: readonly {
    readonly name: string;
    readonly at: number;
    readonly secret: boolean;
    readonly reading: CompiledReading;
  }[];
}

export class Captures {
  readonly names: readonly string[];
  readonly #keepSecret: (value: string, of: Capturing) => void;
  /** Positions of those that are secrets. */
  readonly #secrets: readonly number[];

  /** @param keepSecret is told each secret value, so that it is masked, and whose it is */
  constructor(
    scenario: Pick<StrictScenario, "captures">,
    keepSecret: (value: string, of: Capturing) => void,
  ) {
    this.names = scenario.captures.map(({ name }) => name);
    this.#keepSecret = keepSecret;
    this.#secrets = scenario.captures.flatMap(({ secret }, at) => (secret ? [at] : []));
  }

  compile(list: readonly StrictCapture[]): CaptureList {
    return {
      readings: list.map(({ name, value, secret }) => {
        return { name, at: this.names.indexOf(name), secret, reading: compileReading(value) };
      }),
    };
  }

  /**
   * Keeps what the readings of a list give for a message; all that there are.
   * @returns the name of the first that is missing or too long, "" when all were kept
   */
  keep(of: Capturing, list: CaptureList, message: CapturedMessage, sent: unknown): string {
    let missing = "";
    for (const { name, at, secret, reading } of list.readings) {
      const isKept = this.keepValue(of, { at, secret }, reading.read(message.m, sent, message));
      if (!isKept) missing ||= name;
    }
    return missing;
  }

  /** Hides what the connection itself has captured as secrets; null where there is nothing to hide. */
  maskOf({ captured }: Pick<Capturing, "captured">): Mask | null {
    const own = this.#secrets.flatMap((at) => {
      const value = captured[at];
      return value === undefined ? [] : [String(value)];
    });
    return own.length === 0 ? null : createPartialMask(own);
  }

  /** @returns false when there is none, or it is too long */
  keepValue(
    of: Capturing,
    { at, secret }: { readonly at: number; readonly secret: boolean },
    given: unknown,
  ): boolean {
    const value = scalarOf(given);
    if (value === null) return false;
    if (secret) this.#keepSecret(String(value), of);
    const kept = of.captured === NOTHING_CAPTURED ? new Array(this.names.length) : of.captured;
    (kept as unknown[])[at] = value;
    of.captured = kept;
    return true;
  }
}

/** Lists and maps are kept as JSON; null for nothing, and for what is too long. */
function scalarOf(value: unknown): string | number | boolean | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "number" || typeof value === "boolean") return value;
  const text = typeof value === "string" ? value : jsonOf(value);
  return text.length > MAX_CAPTURED_CHARS ? null : text;
}
