/**
 * Dictionaries to read frames with: where each position of another build's lists stands in the lists of this one. Used by
 * frame-codec.ts; the coordinator keeps those of a run (coordinator/merge/merge.ts).
 * Invariant: a frame is read with the dictionary it names, or not at all; what this build does not know has no position,
 * and what the other one lacks gets no value, which is not the same as 0.
 */
import { OnrushError } from "../../errors.ts";
import { COUNTER_LISTS, type CounterLists, checksumOf, type ListName } from "./counter-lists.ts";
import { FIRST_COUNTER_LISTS } from "./first-counter-lists.ts";

/** Dictionaries that one run may have: one per build that takes part. */
export const MAX_DICTIONARIES = 64;

/** One list of a dictionary, beside the same list of this build. */
export interface ListMap {
  readonly names: readonly string[];
  /** Entries in this build's list. */
  readonly size: number;
  /** Of each name the position in this build's list, -1 when it is not there; null: those that are there keep theirs. */
  readonly positions: readonly number[] | null;
}

export class FrameDictionary {
  readonly lists: CounterLists;
  readonly checksum: number;
  readonly #maps: Readonly<Record<ListName, ListMap>>;

  /** @param lists that have passed counterListsSchema */
  constructor(lists: CounterLists) {
    this.lists = lists;
    this.checksum = checksumOf(lists);
    this.#maps = Object.fromEntries(
      Object.entries(COUNTER_LISTS).map(([name, own]) => [name, mapOf(lists[name] ?? [], own)]),
    ) as Record<ListName, ListMap>;
  }

  map(name: ListName): ListMap {
    return this.#maps[name];
  }

  /** Position in this build's list, -1 for what is not in it. */
  position(name: ListName, at: number): number {
    const { positions, size } = this.#maps[name];
    if (positions !== null) return positions[at] ?? -1;
    return at < size ? at : -1;
  }

  /** What it names and this build does not know, each once. */
  get unknown(): readonly string[] {
    return differences(this.lists, COUNTER_LISTS);
  }

  /** What this build knows and it does not name, each once. */
  get lacking(): readonly string[] {
    return differences(COUNTER_LISTS, this.lists);
  }
}

export const OWN_DICTIONARY = new FrameDictionary(COUNTER_LISTS);
const FIRST_DICTIONARY = new FrameDictionary(FIRST_COUNTER_LISTS);

/** The dictionaries of a run, by their checksums; this build's own is always among them. */
export class FrameDictionaries {
  readonly #added = new Map<number, FrameDictionary>();

  /** @throws OnrushError ONRUSH_FRAME_INVALID beyond the bound */
  add(lists: CounterLists): void {
    const dictionary = new FrameDictionary(lists);
    if (this.#added.has(dictionary.checksum)) return;
    if (this.#added.size >= MAX_DICTIONARIES) {
      throw new OnrushError({
        code: "ONRUSH_FRAME_INVALID",
        message: `frames of more than ${MAX_DICTIONARIES} different builds in one run`,
        remedy: "Run the same version of Onrush on the coordinator and on all workers.",
      });
    }
    this.#added.set(dictionary.checksum, dictionary);
  }

  get full(): boolean {
    return this.#added.size >= MAX_DICTIONARIES;
  }

  /** Whether it was added: this build's own alone is not enough for a journal that others may read. */
  has(checksum: number): boolean {
    return this.#added.has(checksum);
  }

  /** @param checksum null for frames that name none */
  find(checksum: number | null): FrameDictionary | undefined {
    if (checksum === null) return FIRST_DICTIONARY;
    if (checksum === OWN_DICTIONARY.checksum) return OWN_DICTIONARY;
    return this.#added.get(checksum);
  }
}

/** For frames of this build and of those before dictionaries. */
export const OWN_DICTIONARIES: Pick<FrameDictionaries, "find"> = new FrameDictionaries();

function mapOf(names: readonly string[], own: readonly string[]): ListMap {
  const keepsPlaces = names.every((name, at) => own[at] === name || own[at] === undefined);
  const positions = keepsPlaces ? null : names.map((name) => own.indexOf(name));
  return { names, size: own.length, positions };
}

function differences(these: CounterLists, those: CounterLists): readonly string[] {
  const names = Object.entries(these).flatMap(([list, all]) =>
    all.filter((name) => !(those[list] ?? []).includes(name)),
  );
  return [...new Set(names)];
}
