/** `kind: command`: a program on the coordinator's host. Listed in registry.ts. Invariant: no shell reads it. */
import { about, fault, list, strict, text } from "../../../shape/fields.ts";
import { base, outsideKind } from "./outside.ts";

const MAX_ARGS = 100;
const MAX_CHARS = 8192;
const EXAMPLE = {
  ...{ at: "steady+30s", kind: "command", timeout: "20s" },
  run: ["/usr/local/bin/restart-broker", "--now"],
};

export const command = outsideKind({
  kind: "command",
  on: "others",
  doc: "A program on the coordinator's host, such as one that kills a pod or restarts a broker. It has to be allowed on the command line (`--allow-command`).",
  example: EXAMPLE,
  shape: () =>
    strict({
      ...base("command", "Runs a program."),
      run: about(
        list(text(MAX_CHARS), 1, MAX_ARGS),
        "The program, by its absolute path, and its arguments. No shell reads them.",
        EXAMPLE.run,
      ),
    }).superRefine(({ run: [file = "", ...args] }, context) => {
      if (!file.startsWith("/")) {
        const hint = "such as /usr/local/bin/restart-broker";
        fault(context, ["the program needs its absolute path", hint], { path: ["run", 0] });
      }
      if ([file, ...args].some((one) => one.includes("\0"))) {
        fault(context, ["no program takes a zero byte", ""], { path: ["run"] });
      }
    }),
  strict: ({ run: [file = "", ...args] }) => ({ kind: "command" as const, file, args }),
  written: ({ file, args }) => ({ run: [file, ...args] }),
  redacted: (act) => act,
  perform: ({ file, args }, hands) => hands.execute(file, args),
});
