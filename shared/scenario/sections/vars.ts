/**
 * `vars`: values for {{vars.NAME}}. Listed in registry.ts; their values are found in read/statics.ts, ahead of all other
 * sections. Invariant: the written form holds no secret, nor anything made of one.
 */
import * as z from "zod";
import { MAX_ITEMS } from "../limits.ts";
import { about, mapping, strict, text } from "../shape/fields.ts";
import { literal } from "../shape/literal.ts";
import { asWritten } from "../shape/marks.ts";
import { section } from "./section.ts";

const MAX_CHARS = 65_536;

function reference() {
  return strict({
    env: about(text(256), "Environment variable that holds the value.", "CHAT_TOKEN"),
    default: about(
      z.string().max(MAX_CHARS).optional(),
      "Value when the environment variable is not set.",
      "ws://127.0.0.1:9001",
    ),
    secret: about(z.boolean().optional(), "true keeps the value off disk, logs and reports.", true),
  });
}

function value() {
  return z.union([z.string().max(MAX_CHARS), z.number(), z.boolean(), reference()]);
}

export const vars = section({
  key: "vars",
  shape: () =>
    about(
      asWritten(mapping(value, MAX_ITEMS, "vars")).optional(),
      "Values for {{vars.name}}: plain, or from the environment. Override with -e name=value.",
      { room: "lobby", token: { env: "CHAT_TOKEN", secret: true } },
    ),
  strict: (_, { statics }) => ({
    vars: statics.vars,
    env: statics.env,
    secrets: [...statics.secrets],
  }),
  written: ({ vars: values, secrets }, given) => {
    if (given === undefined) return undefined;
    const entries = Object.entries(given).map(([name, written]) => {
      const known = values[name] ?? "";
      const isReference = typeof written === "object" && written.secret === true;
      if (isReference || secrets.includes(String(known))) return [name, written] as const;
      return [name, typeof known === "string" ? literal(known) : known] as const;
    });
    return Object.fromEntries(entries);
  },
});
