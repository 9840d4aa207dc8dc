/**
 * `availability`: what an outage is, and how much of the time users are to be served. Listed in registry.ts. Invariant: it changes
 * nothing of the load, only how it is judged.
 */
import { about, byDefault, duration, moment, part, strict } from "../shape/fields.ts";
import { formatDuration, formatShare } from "../units.ts";
import { section } from "./section.ts";

export const availability = section({
  key: "availability",
  shape: () =>
    about(
      strict({
        objective: byDefault(
          part(),
          "99.9%",
          "Share of the time in which users are to be served; what is left is the error budget.",
          "99.95%",
        ),
        below: byDefault(
          part(),
          "99%",
          "It is an outage when a smaller share of users than this is served,",
          "95%",
        ),
        lasts: byDefault(duration(), "3s", "for so long at least.", "10s"),
        merge: byDefault(
          moment(),
          "5s",
          "Outages with less time than this between them are one.",
          "0s",
        ),
      }).optional(),
      "What counts as an outage, and the error budget; see docs/availability.md.",
      { objective: "99.95%", lasts: "10s" },
    ),
  strict: (value, { log }) => {
    if (value === undefined) return {};
    const { objective, below, lasts: lastsUs, merge: mergeUs } = value;
    if (objective >= 1) {
      const what = "an objective of 100% leaves no error budget";
      log.add(["availability", "objective"], what, "such as 99.9%");
    }
    return { availability: { objective, below, lastsUs, mergeUs } };
  },
  written: ({ availability: known }) => {
    if (known === undefined) return undefined;
    const { objective, below, lastsUs, mergeUs } = known;
    return {
      ...{ objective: formatShare(objective), below: formatShare(below) },
      ...{ lasts: formatDuration(lastsUs), merge: formatDuration(mergeUs) },
    };
  },
});
