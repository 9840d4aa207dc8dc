/** A token that an upgrade must bring, or a resume token in its place; without one, or with a wrong one, it gets 401. */
import type { HttpRequest } from "../connection/request.ts";
import { part } from "./part.ts";
import { readResume, readToken } from "./passes.ts";

const PROTOCOL = "bearer.";

export const token = part(
  {
    name: "token",
    shape: {},
    counts: ["tokensAccepted", "tokensRefused", "resumed"],
    doc: "an upgrade must bring a token of `POST /login`: `Authorization: Bearer T`, `?token=T` or a subprotocol `bearer.T`; or `?resume=R`. Else 401",
  },
  {
    enter: (request) => {
      const query = new URLSearchParams(request.path.split("?")[1] ?? "");
      const resume = query.get("resume");
      const pass = resume === null ? readToken(tokenOf(request, query)) : readResume(resume);
      if (pass === null) return { status: 401, why: "a token of POST /login is wanted" };
      const { user, resumed } = pass;
      return { user, resumed: resume === null ? 0 : resumed + 1 };
    },
    opened: (peer, _, hands) => {
      hands.count("tokensAccepted");
      if (peer.talk !== null && peer.talk.resumed > 0) hands.count("resumed");
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
