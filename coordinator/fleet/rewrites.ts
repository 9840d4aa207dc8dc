/**
 * When documents on the bus are to be written again although nothing changed: somebody may have written over them. Kept by
 * fleet.ts. Invariant: what only workers can see, they say in their status; so nothing here reads documents back.
 */
import type { Members } from "./members.ts";

/** Between two rewrites for workers that have not read the placement. */
const LOOKS_UNREAD = 8;

export class Rewrites {
  /** How often workers refused what they found since the look before. */
  count = 0;
  #refused = 0;
  #polls = 0;

  /** After each look at the workers: whether the placement is to be written again. */
  isDue(members: Members): boolean {
    const refused = members.all.reduce((sum, { status }) => sum + (status?.refused ?? 0), 0);
    const isChanged = refused !== this.#refused;
    this.#refused = refused;
    if (isChanged) this.count++;
    // A worker that does not answer may have read what somebody put in the placement's place.
    return isChanged || (members.someUnproven && ++this.#polls % LOOKS_UNREAD === 0);
  }
}
