/** An answer no client may accept. */
import { z } from "zod";
import { acceptResponse } from "../../connection/handshake.ts";
import { picking } from "../dials.ts";
import { upgradeBehaviour } from "./upgrade-behaviour.ts";

export const invalid = upgradeBehaviour(
  {
    name: "invalid",
    rule: picking({ what: z.enum(["accept", "protocol", "status"]).default("accept") }),
    counts: ["upgradesInvalid"],
    doc: "an answer no client may accept; `what`: `accept` (wrong key), `protocol` (never offered), `status` (200)",
    example: { count: 1 },
  },
  (request, { what }, hands) => {
    hands.count("upgradesInvalid");
    const key = request.headers.get("sec-websocket-key") ?? "";
    hands.answer(WRONG[what](key));
  },
);

const WRONG: Readonly<Record<"accept" | "protocol" | "status", (key: string) => string>> = {
  accept: (key) => acceptResponse(key, "").replace(/Accept: ./, "Accept: !"),
  protocol: (key) => acceptResponse(key, "never-offered"),
  status: (key) => acceptResponse(key, "").replace("101 Switching Protocols", "200 OK"),
};
