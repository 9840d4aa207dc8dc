/** `kind: command`: a program on the coordinator's host. Listed in registry.ts. Invariant: no shell reads it. */
import type * as z from "zod";
import { about, fault, list, once, strict, text } from "../../../shape/fields.ts";
import { base, outsideKind, stepBase } from "./outside.ts";

const MAX_ARGS = 100;
const MAX_CHARS = 8192;
const DOES = "Runs a program.";
const EXAMPLE = {
  ...{ at: "steady+30s", kind: "command", timeout: "20s" },
  run: ["/usr/local/bin/restart-broker", "--now"],
};

const own = once(() => ({
  run: about(
    list(() => text(MAX_CHARS), 1, MAX_ARGS),
    "The program, by its absolute path, and its arguments. No shell reads them.",
    EXAMPLE.run,
  ),
}));

function checkProgram(
  { run: [file = "", ...args] }: { readonly run: readonly string[] },
  context: z.RefinementCtx,
) {
  if (!file.startsWith("/")) {
    const hint = "such as /usr/local/bin/restart-broker";
    fault(context, ["the program needs its absolute path", hint], { path: ["run", 0] });
  }
  if ([file, ...args].some((one) => one.includes("\0"))) {
    fault(context, ["no program takes a zero byte", ""], { path: ["run"] });
  }
}

/** As a step of `cleanup`. */
export const commandStep = once(() =>
  strict({ ...stepBase("command", DOES), ...own() }).superRefine(checkProgram),
);

export const command = outsideKind({
  kind: "command",
  on: "others",
  doc: "A program on the coordinator's host, such as one that kills a pod or restarts a broker. It has to be allowed on the command line (`--allow-command`).",
  example: EXAMPLE,
  shape: () => strict({ ...base("command", DOES), ...own() }).superRefine(checkProgram),
  strict: ({ run: [file = "", ...args] }) => ({ kind: "command" as const, file, args }),
  written: ({ file, args }) => ({ run: [file, ...args] }),
  redacted: (act) => act,
  perform: ({ file, args }, hands) => hands.execute(file, args),
});
