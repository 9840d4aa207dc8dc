/**
 * The lead among coordinators, signed. Used by signed-bus.ts. Invariants: a value that no coordinator signed is nobody's
 * lead; neither is one that was made before this side took the lead, nor one that stays the same for much longer than its
 * holder would leave it: a holder signs anew with each renewal.
 */
import * as z from "zod";
import { OTHER_KEY, openText, type Place } from "../../trust/seal.ts";
import { text } from "../../wire/fields.ts";
import type { CoordinatorTransport } from "../transport.ts";
import type { Sealer } from "./sealer.ts";

const PLACE: Place = { kind: "lead", subject: "lead" };
/** Tries to replace what is nobody's. */
const ATTEMPTS = 5;
/** Of the time to live: a holder that has not renewed for so long has lost the lead already. */
const UNCHANGED_FACTOR = 5;
const leadSchema = z.object({ id: text });

type LeadTransport = Pick<CoordinatorTransport, "lead" | "releaseLead">;

export class SignedLeads {
  readonly #sealer: Sealer;
  /** What this side had written last, by id. */
  readonly #mine = new Map<string, { readonly text: string; readonly madeUs: number }>();
  #seen = { text: "", sinceUs: 0 };

  constructor(sealer: Sealer) {
    this.#sealer = sealer;
  }

  async take(transport: LeadTransport, id: string, ttlMs: number): Promise<string> {
    const madeUs = this.#sealer.nextUs(PLACE);
    const mine = this.#sealer.seal(PLACE, JSON.stringify({ id }), madeUs);
    let over = this.#mine.get(id)?.text ?? "";
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const holder = await transport.lead(mine, ttlMs, over);
      if (holder === mine) {
        this.#mine.set(id, { text: mine, madeUs });
        return id;
      }
      const other = this.#holder(holder, this.#mine.get(id)?.madeUs ?? null, ttlMs);
      if (other !== null && other !== id) {
        this.#mine.delete(id);
        return other;
      }
      over = holder;
    }
    return "somebody who is no coordinator of this cluster";
  }

  async release(transport: LeadTransport, id: string): Promise<void> {
    const mine = this.#mine.get(id);
    this.#mine.delete(id);
    if (mine !== undefined) await transport.releaseLead(mine.text);
  }

  /**
   * Who that is; null: nobody who may have the lead.
   * @param heldUs when this side last signed for the lead it has; null: it has none
   */
  #holder(holder: string, heldUs: number | null, ttlMs: number): string | null {
    const { keys, refusals, clock } = this.#sealer;
    const refuse = (reason: string) => {
      refusals.add({ ...PLACE, run: null, reason });
      return null;
    };
    const nowUs = clock.monotonicUs();
    if (this.#seen.text !== holder) this.#seen = { text: holder, sinceUs: nowUs };
    const isRenewed = nowUs - this.#seen.sinceUs <= UNCHANGED_FACTOR * ttlMs * 1000;
    const opened = openText(keys, PLACE, holder);
    if (!opened.ok) {
      refuse(opened.reason);
      // Two clusters with one broker: the second one does not take the lead of the first.
      const isOther = opened.reason === OTHER_KEY && heldUs === null && isRenewed;
      return isOther ? "A coordinator with another ONRUSH_CLUSTER_KEY" : null;
    }
    if (opened.madeUs < (heldUs ?? 0)) return refuse("it is older than this coordinator's own");
    if (!isRenewed) return refuse("it is an old one: nobody renews it");
    this.#sealer.see(PLACE, opened.madeUs);
    const parsed = leadSchema.safeParse(JSON.parse(opened.content));
    return parsed.success ? parsed.data.id : refuse("it names nobody");
  }
}
