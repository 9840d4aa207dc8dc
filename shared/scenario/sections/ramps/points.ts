/** `ramp: points`. Listed in registry.ts. Invariant: its points go forward in time, and it takes time. */
import * as z from "zod";
import { about, list, moment, strict } from "../../shape/fields.ts";
import { describe, message } from "../../shape/words.ts";
import { formatDuration } from "../../units.ts";
import { base, connections, type Place, ramp } from "./ramp.ts";

const MAX_POINTS = 10_000;

function point() {
  return z.tuple([moment(), connections()], {
    error: ({ code, input }) => {
      const isList = code === "too_small" || code === "too_big";
      const got = isList ? "a list of another length" : describe(input);
      return message(
        `expected a pair [time, connections], got ${got}`,
        isList ? "such as [10s, 500]" : "",
      );
    },
  });
}

export const points = ramp({
  name: "points",
  shape: () =>
    strict({
      ...base("points", "Any shape: straight lines between points."),
      points: about(
        list(point, 1, MAX_POINTS),
        "[time from the start of the phase, connections], in order of time.",
        [
          ["0s", 15000],
          ["20s", 9000],
          ["60s", 12000],
        ],
      ),
    }),
  strict: (phase, place) => {
    const durationUs = checkTimes(phase.points, place);
    return { ramp: "points", points: phase.points, durationUs };
  },
  written: (phase) => ({
    points: phase.points.map(([atUs, count]) => [formatDuration(atUs), count] as [string, number]),
  }),
  end: (phase, open) => phase.points.at(-1)?.[1] ?? open,
  held: (phase) => phase.points.reduce((most, [, count]) => Math.max(most, count), 0),
  stretches: (phase) => phase.points.length,
});

/** The time of the last one. */
function checkTimes(
  list: readonly (readonly [atUs: number, count: number])[],
  { index, log }: Place,
): number {
  const path = ["load", index, "points"];
  let before = -1;
  for (const [at, [timeUs]] of list.entries()) {
    if (timeUs <= before) {
      const what = `impossible ramp: the time ${formatDuration(timeUs)} is not after ${formatDuration(before)}`;
      log.add([...path, at], what, "points go forward in time");
    }
    before = timeUs;
  }
  if (before === 0) log.add(path, "the phase takes no time", "add a point after 0s");
  return Math.max(0, before);
}
