/** A token that an upgrade must bring, or a resume token in its place; without one, or with a wrong one, it gets 401. */
import { monotonicUs, systemClock } from "../../shared/time/clock.ts";
import { closeCode } from "../behaviour/dials.ts";
import type { HttpRequest } from "../connection/request.ts";
import { part } from "./part.ts";
import { readResume, readToken } from "./passes.ts";

const PROTOCOL = "bearer.";
const EXPIRED = { status: 401, why: "this token has expired" } as const;

export const token = part(
  {
    name: "token",
    shape: {
      /** What a connection is closed with when its token ends. */
      code: closeCode.default(4401),
    },
    counts: ["tokensAccepted", "tokensRefused", "tokensExpired", "resumed"],
    doc: "an upgrade must bring a token of `POST /login`: `Authorization: Bearer T`, `?token=T` or a subprotocol `bearer.T`; or `?resume=R`. Else 401, also when it has ended (`ttlMs` of `POST /login`); a connection is closed with `code` (4401) when its token ends",
  },
  {
    enter: (request) => {
      const query = new URLSearchParams(request.path.split("?")[1] ?? "");
      const resume = query.get("resume");
      const pass = resume === null ? readToken(tokenOf(request, query)) : readResume(resume);
      if (pass === null) return { status: 401, why: "a token of POST /login is wanted" };
      const { user, resumed, untilMs = 0 } = pass;
      if (untilMs > 0 && untilMs <= systemClock.wallMs()) return EXPIRED;
      return { user, resumed: resume === null ? 0 : resumed + 1, untilMs };
    },
    opened: (peer, { code }, hands) => {
      hands.count("tokensAccepted");
      if (peer.talk === null) return;
      const { resumed, untilMs } = peer.talk;
      if (resumed > 0) hands.count("resumed");
      if (untilMs === 0) return;
      const waitMs = Math.max(0, untilMs - hands.nowMs());
      const endUs = monotonicUs() + 1000 * waitMs;
      hands.later(waitMs, () => {
        // When too much is to come later it is called at once: then the connection stays.
        if (!peer.isOpen || monotonicUs() < endUs) return;
        hands.count("tokensExpired");
        hands.close(peer, code, "token expired");
      });
    },
  },
);

function tokenOf(request: HttpRequest, query: URLSearchParams): string | null {
  const [scheme = "", value = ""] = (request.headers.get("authorization") ?? "").split(" ");
  if (scheme.toLowerCase() === "bearer") return value;
  const inQuery = query.get("token");
  if (inQuery !== null) return inQuery;
  const offered = (request.headers.get("sec-websocket-protocol") ?? "").split(",");
  const bearer = offered.map((name) => name.trim()).find((name) => name.startsWith(PROTOCOL));
  return bearer?.slice(PROTOCOL.length) ?? null;
}
