/** `close`: the user leaves. Listed in registry.ts. */
import * as z from "zod";
import { isSendable } from "../../close-code.ts";
import { fault, whole } from "../../shape/fields.ts";
import { stepKind } from "./step.ts";

export const close = stepKind({
  key: "close",
  doc: "Ends the connection with this code: the user has left, and does not come back.",
  example: 1000,
  lists: ["open", "loop"],
  shape: () =>
    whole(1000, 4999).check(
      z.superRefine<number>((code, context) => {
        if (isSendable(code)) return;
        fault(context, [`no application may send the close code ${code}`, "1000, or 3000 to 4999"]);
      }),
    ),
  strict: (code) => ({ kind: "close", code }),
  written: (step) => (step.kind === "close" ? step.code : undefined),
});
