/** What a strict scenario says of what is looked at beside its load. As in strict.ts every unit is fixed; all of it is plain data. */

export interface StrictObserve {
  /** Probes of the targets by a thread of their own; null: none. */
  readonly ladder: StrictLadder | null;
  /** Where the target tells of itself. */
  readonly metrics: readonly StrictScrape[];
}

export interface StrictLadder {
  readonly everyUs: number;
  /** Text that the target answers with a message; null: it is not asked. */
  readonly echo: string | null;
}

export interface StrictScrape {
  /** http or https. */
  readonly url: string;
  readonly everyUs: number;
  /** Names of series, or paths in JSON. */
  readonly pick: readonly string[];
}

/** All that is picked, each with its position in frames: with the page by its number, where several have a value of that name. */
export function pickedOf(observe: StrictObserve | undefined): readonly string[] {
  const pages = (observe?.metrics ?? []).map(({ pick }) => pick);
  return pages.flatMap((picks, page) =>
    picks.map((pick) => {
      const isAlone = pages.every((others, other) => other === page || !others.includes(pick));
      return isAlone ? pick : `${pick} (page ${page + 1})`;
    }),
  );
}
