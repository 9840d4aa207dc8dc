/**
 * The connections of one engine that belong to a scope, each with a place of its own that messages mark. Kept by the push
 * observer. Invariant: a place is taken again only when no message that is still counted was sent while its last owner
 * belonged to the scope. Bound: a place for each member, and one for each that left within PLACE_RESTS_US.
 */

/** Longer than a message is counted, and may be old when it is first seen. */
const PLACE_RESTS_US = 20_000_000;

/** A connection, as it belongs to a scope. */
interface Member {
  readonly index: number;
  /** More than 0 while a fault acts on it. */
  readonly shift: number;
}

/** Has left. */
const NOBODY: Member = { index: -1, shift: 0 };

export class ScopeMembers {
  /** Connections that belong to it now. */
  size = 0;
  readonly #places = new Map<number, number>();
  readonly #members: Member[] = [];
  readonly #sinceUs: number[] = [];
  /** Infinity: it belongs to it. */
  readonly #leftUs: number[] = [];
  /** Places that were left, the oldest first, from #firstFree on. */
  #free: number[] = [];
  #firstFree = 0;

  /** Places there are. */
  get places(): number {
    return this.#members.length;
  }

  /** The connection's place; -1: it does not belong. */
  placeOf(slot: number): number {
    return this.#places.get(slot) ?? -1;
  }

  /** @returns its place */
  join(slot: number, member: Member, nowUs: number): number {
    const known = this.#places.get(slot);
    if (known !== undefined) return known;
    const place = this.#takePlace(nowUs);
    this.#places.set(slot, place);
    this.#members[place] = member;
    this.#sinceUs[place] = nowUs;
    this.#leftUs[place] = Number.POSITIVE_INFINITY;
    this.size++;
    return place;
  }

  leave(slot: number, nowUs: number): void {
    const place = this.#places.get(slot);
    if (place === undefined) return;
    this.#places.delete(slot);
    this.#leftUs[place] = nowUs;
    this.#members[place] = NOBODY;
    this.#free.push(place);
    this.size--;
  }

  /** Who has the place had come to it before then, and was still there. */
  belonged(place: number, atUs: number): boolean {
    return (this.#sinceUs[place] as number) < atUs && (this.#leftUs[place] as number) > atUs;
  }

  /** Who has the place has left, or is kept from what is sent by a fault. */
  hasLeft(place: number): boolean {
    const { shift } = this.#members[place] as Member;
    return shift > 0 || this.#leftUs[place] !== Number.POSITIVE_INFINITY;
  }

  /** Global index of who has the place. */
  connectionAt(place: number): number {
    return (this.#members[place] as Member).index;
  }

  #takePlace(nowUs: number): number {
    const free = this.#free[this.#firstFree];
    if (free === undefined || (this.#leftUs[free] as number) > nowUs - PLACE_RESTS_US) {
      return this.#members.length;
    }
    this.#firstFree++;
    if (this.#firstFree > 1024) {
      this.#free = this.#free.slice(this.#firstFree);
      this.#firstFree = 0;
    }
    return free;
  }
}
