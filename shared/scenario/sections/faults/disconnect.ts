/** `kind: disconnect`: open connections end. Listed in registry.ts. Invariant: a code goes with a Close frame alone. */
import * as z from "zod";
import { isSendable } from "../../close-code.ts";
import { about, byDefault, fault, strict, whole } from "../../shape/fields.ts";
import { base, faultKind } from "./fault.ts";

const NORMAL = 1000;

export const disconnect = faultKind({
  kind: "disconnect",
  stage: "connection",
  doc: "Open connections end: by RST, by a Close frame with a code, or half-open, without another word. They come back by `connect.reconnect`.",
  example: { at: "steady+10s", kind: "disconnect", who: "30%", how: "reset" },
  shape: () =>
    strict({
      ...base("disconnect", "Ends open connections; they come back by `connect.reconnect`."),
      how: byDefault(
        z.enum(["reset", "close", "silence"]),
        "reset",
        "reset: cut at once, by RST. close: a Close frame. silence: the connection stays open for the target, half-open, and nothing is read or sent on it any more.",
        "silence",
      ),
      code: about(
        whole(1000, 4999).optional(),
        `With \`how: close\`, the code of the Close frame: 1000, or 3000 to 4999. Default: ${NORMAL}.`,
        3008,
      ),
    }).superRefine(({ how, code }, context) => {
      if (code === undefined) return;
      const at = { path: ["code"] };
      if (how !== "close") {
        fault(context, [`code has no meaning with how: ${how}`, "write how: close"], at);
      } else if (!isSendable(code)) {
        fault(
          context,
          [`no application may send the close code ${code}`, "1000, or 3000 to 4999"],
          at,
        );
      }
    }),
  lasts: ({ how }) => (how === "silence" ? "may" : "never"),
  strict: ({ how, code = NORMAL }) => ({ kind: "disconnect", how, code }),
  written: ({ how, code }) => ({ how, ...(how === "close" && { code }) }),
  action: {
    reach: "once",
    begin(victim, { how, code }) {
      const signature = `disconnect ${how}`;
      if (how === "close") victim.close(code, signature);
      else if (how === "reset") victim.reset(signature);
      else victim.vanish(signature);
    },
  },
});
