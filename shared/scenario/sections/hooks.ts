/**
 * `hooks`: functions of the user's own, in a JavaScript file. Listed in registry.ts. Invariant: what is in the file travels in
 * the plan, and is run by nobody but the worker's hooks thread; here it is read and bounded, never run.
 */
import * as z from "zod";
import { MAX_HOOKS_BYTES } from "../limits.ts";
import { about, byDefault, duration, fault, file, list, strict, text } from "../shape/fields.ts";
import { literal } from "../shape/literal.ts";
import { CONN_FIELDS } from "../template/reference.ts";
import { formatDuration, formatSize, quoted } from "../units.ts";
import { readNamed } from "./named-file.ts";
import { section } from "./section.ts";

const MAX_SET = 64;
const MAX_TIMEOUT = "30s";
const MAX_TIMEOUT_US = 30_000_000;
const DEFAULT_TIMEOUT = "1s";

function name() {
  return text(64).superRefine((value, context) => {
    if (!/^[A-Za-z_]\w*$/.test(value)) {
      fault(context, [`not a name: ${quoted(value)}`, "letters, digits and _"]);
    } else if (CONN_FIELDS.includes(value)) {
      fault(context, [`conn.${value} is the connection's own`, "set another name"]);
    }
  });
}

function setting() {
  const secret = strict({
    name: about(name(), "Name of the value.", "token"),
    secret: byDefault(z.boolean(), false, "Never show the value in logs and reports.", true),
  });
  return z
    .union([name(), secret])
    .transform((one) => (typeof one === "string" ? { name: one, secret: false } : one));
}

function whole() {
  return strict({
    file: about(file(), "The file: a JavaScript module.", "hooks.js"),
    timeout: byDefault(
      duration().superRefine((us, context) => {
        if (us > MAX_TIMEOUT_US)
          fault(context, [`more than ${MAX_TIMEOUT}`, "write a shorter one"]);
      }),
      DEFAULT_TIMEOUT,
      `What one call may take, ${MAX_TIMEOUT} at most. A longer one is a failure of the hooks.`,
      "200ms",
    ),
    set: about(
      list(setting, 0, MAX_SET).prefault([]),
      "Names of values that before, onOpen and onMessage return: conn.NAME from then on.",
      ["token", { name: "session", secret: true }],
    ),
  });
}

export const hooks = section({
  key: "hooks",
  shape: () =>
    about(
      z.union([file(), whole()]).optional(),
      "A file with functions of your own: before, onOpen, onMessage, payload, onEnd (docs/hooks.md).",
      "hooks.js",
    ),
  strict: (value, scene) => {
    if (value === undefined || !scene.log.isSound(["hooks"])) return { hooks: null };
    const given = typeof value === "string" ? whole().parse({ file: value }) : value;
    const at = typeof value === "string" ? ["hooks"] : ["hooks", "file"];
    const content = readNamed(given.file, at, scene);
    if (content === null) return { hooks: null };
    if (content.length > MAX_HOOKS_BYTES) {
      const what = `${quoted(given.file)} is larger than ${formatSize(MAX_HOOKS_BYTES)}`;
      scene.log.add(at, what, "hooks are one file, and data belongs in CSV files (data)");
      return { hooks: null };
    }
    const { file: path, timeout: timeoutUs, set } = given;
    return { hooks: { file: path, source: content.toString(), timeoutUs, set } };
  },
  written: ({ hooks: known }) => {
    if (known === null) return undefined;
    return {
      file: literal(known.file),
      timeout: formatDuration(known.timeoutUs),
      ...(known.set.length === 0 ? {} : { set: [...known.set] }),
    };
  },
});
