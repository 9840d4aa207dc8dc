/**
 * What every behaviour of a registry says of itself: replies, answers and upgrades alike. The document's schema, /stats,
 * docs/target.md and the conformance tests follow from it.
 */
export interface BehaviourMeta<Name extends string = string, Count extends string = string> {
  /** Key in the document, below `reply`, `agent` or `upgrade`. */
  readonly name: Name;
  /** Rules there may be: 1, or a list of as many. */
  readonly most: number;
  /** What it counts under `behaviours` of GET /stats. */
  readonly counts: readonly Count[];
  /** What happens: the row of docs/target.md. */
  readonly doc: string;
  /** A rule that acts on the first event: what the conformance test tries. */
  readonly example: Readonly<Record<string, unknown>>;
}

/** As it is written down: `most` has a default. */
export type GivenMeta<Name extends string, Count extends string> = Omit<
  BehaviourMeta<Name, Count>,
  "most"
> & { readonly most?: number };
