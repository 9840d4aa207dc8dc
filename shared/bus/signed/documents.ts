/**
 * Documents: signed for their key, read by the schema of their kind. Used by signed-bus.ts. Invariants: an equal value is
 * the same text, so a repeated write is one; what somebody forged gives way to the next write.
 */
import { createHash } from "node:crypto";
import type * as z from "zod";
import type { Place } from "../../trust/seal.ts";
import { runDocumentSchema } from "../../wire/command.ts";
import { placementSchema } from "../../wire/placement.ts";
import { planSchema } from "../../wire/plan.ts";
import { rowPartSchema } from "../../wire/row-part.ts";
import { type BusDocument, documentKey } from "../bus.ts";
import type { StoredText, Transport, TransportBase } from "../transport.ts";
import { refusedError, type Sealer } from "./sealer.ts";

/** Documents this side wrote and may be asked to write again just so. */
const MAX_WRITTEN = 1024;
const PLAN = documentKey.plan("");
const RUN = documentKey.run("");
const ROWS = "rows.";

export class SignedDocuments {
  readonly #sealer: Sealer;
  /** What was written last under a key: a repeated write has to be the same text. */
  readonly #written = new Map<string, { readonly digest: string; readonly madeUs: number }>();

  constructor(sealer: Sealer) {
    this.#sealer = sealer;
  }

  /** @throws OnrushError ONRUSH_BUS_REFUSED when what is there is not to be acted on */
  async get(transport: TransportBase, key: string): Promise<BusDocument | null> {
    const stored = await transport.getDocument(key);
    if (stored === null) return null;
    const value = this.#open(key, stored);
    if (value === undefined) throw refusedError(`Document ${key}`);
    return { value, revision: stored.revision };
  }

  async put(
    transport: Pick<Transport, "putDocument" | "getDocument">,
    key: string,
    value: unknown,
    expected: number,
  ): Promise<number | "conflict"> {
    const { text, madeUs } = this.#sealed(key, JSON.stringify(value));
    let answer = await transport.putDocument(key, text, expected);
    if (answer === "conflict") {
      const current = await transport.getDocument(key);
      // Nobody who may write has written it, or it is one from before.
      const isForeign = current !== null && this.#open(key, current) === undefined;
      if (isForeign) answer = await transport.putDocument(key, text, current.revision);
    }
    if (answer !== "conflict") this.#sealer.see(placeOf(key), madeUs);
    return answer;
  }

  #sealed(key: string, content: string): { readonly text: string; readonly madeUs: number } {
    const place = placeOf(key);
    const digest = createHash("sha256").update(content).digest("base64");
    const last = this.#written.get(key);
    const madeUs = last?.digest === digest ? last.madeUs : this.#sealer.nextUs(place);
    this.#written.delete(key);
    this.#written.set(key, { digest, madeUs });
    const [oldest] = this.#written.keys();
    if (this.#written.size > MAX_WRITTEN && oldest !== undefined) this.#written.delete(oldest);
    return { text: this.#sealer.seal(place, content, madeUs), madeUs };
  }

  #open(key: string, { text }: StoredText): unknown {
    return this.#sealer.read(text, {
      ...{ place: placeOf(key), run: runOf(key), schema: schemaOf(key) },
    })?.value;
  }
}

/** The run it is about; null: none. */
function runOf(key: string): string | null {
  const rest = key.slice(key.indexOf(".") + 1);
  if (key.startsWith(ROWS)) return rest.slice(0, rest.lastIndexOf("."));
  return key.startsWith(PLAN) || key.startsWith(RUN) ? rest : null;
}

function placeOf(key: string): Place {
  return { kind: "document", subject: key };
}

function schemaOf(key: string): z.ZodType<unknown> | null {
  if (key === documentKey.placement) return placementSchema;
  if (key.startsWith(PLAN)) return planSchema;
  if (key.startsWith(RUN)) return runDocumentSchema;
  if (key.startsWith(ROWS)) return rowPartSchema;
  return null;
}
