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
  /** What of it must not grow beyond: a number, or another figure of the page. Left out: nothing. */
  readonly limits?: readonly { readonly pick: string; readonly limit: number | string }[];
}

/** All that is picked, each with its position in frames: with the page by its number, where several have a value of that name. */
export function pickedOf(observe: StrictObserve | undefined): readonly string[] {
  const pages = observe?.metrics ?? [];
  return pages.flatMap(({ pick }, page) => pick.map((one) => labelOf(pages, page, one)));
}

/** What client libraries of Prometheus tell of, and the series that has its limit. */
const KNOWN_LIMITS = [
  ["process_open_fds", "process_max_fds"],
  ["process_virtual_memory_bytes", "process_virtual_memory_max_bytes"],
  ["jvm_memory_used_bytes", "jvm_memory_max_bytes"],
] as const;

/** What is picked and has a limit, both by the names that pickedOf gives: those of the scenario, and those that are known where both are picked. */
export function limitsOf(
  observe: StrictObserve | undefined,
): readonly { readonly figure: string; readonly limit: number | string }[] {
  const pages = observe?.metrics ?? [];
  return pages.flatMap(({ pick, limits = [] }, page) => {
    const known = KNOWN_LIMITS.filter(
      ([name, most]) =>
        pick.includes(name) && pick.includes(most) && !limits.some((one) => one.pick === name),
    ).map(([name, most]) => ({ pick: name, limit: most }));
    return [...limits, ...known].map(({ pick: name, limit }) => ({
      figure: labelOf(pages, page, name),
      limit: typeof limit === "number" ? limit : labelOf(pages, page, limit),
    }));
  });
}

function labelOf(pages: readonly StrictScrape[], page: number, pick: string): string {
  const isAlone = pages.every((others, other) => other === page || !others.pick.includes(pick));
  return isAlone ? pick : `${pick} (page ${page + 1})`;
}
