/** Says what is most often right for the other runs, whatever this one looks like. */
import type { Baseline } from "./baseline.ts";

export const majority: Baseline = {
  name: "majority",
  answer({ others }) {
    const counts = new Map<string, number>();
    for (const one of others) {
      const key = one === null ? "" : `${one.cause} ${one.locus}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    const ranked = [...counts].toSorted(([a, n], [b, m]) => m - n || a.localeCompare(b));
    const [first = ["", 0]] = ranked;
    if (first[0] === "") return [];
    return ranked
      .filter(([key]) => key !== "")
      .slice(0, 3)
      .map(([key, n]) => {
        const [cause = "", locus = ""] = key.split(" ");
        return { cause, locus, probability: n / others.length };
      });
  },
};
