/**
 * `version`, `name` and `seed`. Listed in registry.ts. Invariant: a file of another version of the format is refused and
 * never guessed at.
 */
import * as z from "zod";
import { about, byDefault, text, whole } from "../shape/fields.ts";
import { literal } from "../shape/literal.ts";
import { asWritten } from "../shape/marks.ts";
import { describe, message } from "../shape/words.ts";
import { section } from "./section.ts";

export const version = section({
  key: "version",
  shape: () =>
    about(
      asWritten(
        z.literal(1, {
          error: ({ input }) =>
            message(`this program reads version 1, got ${describe(input)}`, "write version: 1"),
        }),
      ),
      "Version of the file format.",
      1,
    ),
  strict: () => ({ version: 1 }),
  written: () => 1 as const,
});

export const name = section({
  key: "name",
  shape: () =>
    about(text(200).optional(), "Name of the scenario. Default: the file's name.", "echo-10k"),
  strict: (value, { defaultName }) => ({ name: value ?? defaultName }),
  written: (scenario) => literal(scenario.name),
});

export const seed = section({
  key: "seed",
  shape: () =>
    byDefault(
      whole(0, 2 ** 32 - 1),
      1,
      "Every random choice derives from it: the same seed, the same load.",
      42,
    ),
  strict: (value) => ({ seed: value }),
  written: (scenario) => scenario.seed,
});
