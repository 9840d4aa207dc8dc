/** `incoming`: how received messages are read. Listed in registry.ts. Invariant: each kind of failure has a name of its own. */
import * as z from "zod";
import { MAX_ITEMS } from "../limits.ts";
import { condition } from "../shape/expressions.ts";
import { about, byDefault, label, list, strict } from "../shape/fields.ts";
import { checkNames, section } from "./section.ts";

function failure() {
  return strict({
    name: about(label(), "Name of the failure in reports.", "application error"),
    where: about(condition(), "CEL over m, text, size and conn.", "m.type == 'error'"),
  });
}

export const incoming = section({
  key: "incoming",
  shape: () =>
    about(
      strict({
        parse: byDefault(
          z.enum(["json", "text", "binary"]),
          "json",
          "What m is in expressions: the parsed message, its text, or its bytes.",
          "text",
        ),
        split: byDefault(
          z.enum(["none", "lines", "line-stream", "records", "json-array"]),
          "none",
          "How messages lie in frames: a line each, also where lines go on in the next frame (line-stream); each with a record separator behind it (records); the items of a JSON array.",
          "lines",
        ),
        fail: about(
          list(failure, 0, MAX_ITEMS).prefault([]),
          "Messages that say that something failed. Each is a failure of its name, with the message as its sample.",
          [{ name: "application error", where: "m.type == 'error'" }],
        ),
      }).prefault({}),
      "How received messages are read.",
      { parse: "json", split: "lines" },
    ),
  strict: (value, { given, log }) => {
    const written = given["incoming"] as { fail?: unknown } | undefined;
    checkNames(written?.fail, { path: ["incoming", "fail"], key: "name", kind: "failure" }, log);
    return { incoming: value };
  },
  written: ({ incoming: { parse, split, fail } }) => {
    return { parse, split, ...(fail.length === 0 ? {} : { fail: [...fail] }) };
  },
});
