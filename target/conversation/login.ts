/**
 * A login that must come before anything else, with the nonce of the welcome if there was one; it is answered with a
 * resume token. A logout ends it.
 */
import { ms } from "../behaviour/dials.ts";
import type { Peer } from "../connection/peer.ts";
import { MAX_NAME_LENGTH } from "../dialogue/bounds.ts";
import { type PartHands, part } from "./part.ts";
import { readResume, readToken, resumeFor } from "./passes.ts";

/** Nothing but a login is understood yet, and none came in time. */
const NOT_LOGGED_IN = 4003;
const TOO_LATE = 4001;

export const login = part(
  {
    name: "login",
    shape: {
      /** Time for the login; 0: any. */
      withinMs: ms.default(10_000),
      /** Until the answer. */
      delayMs: ms.default(0),
    },
    counts: ["logins", "loginsRefused", "loginsResumed", "loginsLate", "notLoggedIn", "logouts"],
    doc: '`{"type":"login","nonce":N,"user":U}` must come first → `{"type":"ok","user":U,"resume":R}`. In place of `user`: `token` or `resume`. A wrong one → `{"type":"error","code":"…"}`; anything else first: closed with 4003; no login `withinMs` (10 s; 0: any): 4001. `{"type":"logout"}` → `{"type":"bye"}`',
  },
  {
    opened: (peer, { withinMs }, hands) => {
      if (peer.talk !== null) peer.talk.loggedIn = false;
      if (withinMs === 0) return;
      hands.later(withinMs, () => {
        if (!peer.isOpen || peer.talk?.loggedIn !== false) return;
        hands.count("loginsLate");
        hands.close(peer, TOO_LATE, "login timeout");
      });
    },
    heard: (peer, said, { given, hands }) => {
      const { talk } = peer;
      if (talk === null) return false;
      const json = talk.isText ? (lineAsJson(said.text) ?? said.json) : said.json;
      const type = json?.["type"];
      if (json !== null && type === "login") {
        const answer = answerTo(peer, json, hands);
        if (given.delayMs > 0) hands.later(given.delayMs, () => hands.say(peer, "login", answer));
        else hands.say(peer, "login", answer);
        return true;
      }
      if (!talk.loggedIn) {
        hands.count("notLoggedIn");
        hands.close(peer, NOT_LOGGED_IN, "login first");
        return true;
      }
      if (type !== "logout") return false;
      talk.loggedIn = false;
      hands.count("logouts");
      hands.say(peer, "login", written(peer, { type: "bye", id: json?.["id"] }));
      return true;
    },
  },
);

/** `LOGIN id nonce user` and `LOGOUT id`, of those who speak text. */
function lineAsJson(text: string): Record<string, unknown> | null {
  const [word, id, nonce, user] = text.split(" ");
  if (word === "LOGIN") return { type: "login", id, nonce, user };
  return word === "LOGOUT" ? { type: "logout", id } : null;
}

function written(peer: Peer, answer: Readonly<Record<string, unknown>>): string {
  if (peer.talk?.isText !== true) return JSON.stringify(answer);
  const { type, id = "-", code, resume } = answer;
  return type === "error"
    ? `ERR ${String(id)} ${String(code)}`
    : `ACK ${String(id)} ${String(resume ?? type)}`;
}

function answerTo(peer: Peer, json: Readonly<Record<string, unknown>>, hands: PartHands): string {
  const { talk } = peer;
  const { id } = json;
  const refused = (code: string): string => {
    hands.count("loginsRefused");
    return written(peer, { type: "error", id, code });
  };
  if (talk === null) return refused("bad_login");
  if (talk.nonce !== "" && json["nonce"] !== talk.nonce) return refused("bad_nonce");
  const { user, resumed } = whoIs(peer, json);
  if (user === null) return refused("bad_user");
  peer.user = user;
  talk.loggedIn = true;
  talk.resumed = resumed;
  hands.count("logins");
  if (json["resume"] !== undefined) hands.count("loginsResumed");
  const resume = resumeFor(user, resumed);
  return written(peer, { type: "ok", id, user, resumed, resume });
}

/** Who a login says it is: by resume token, by token, by the token of the upgrade, or just by name. */
function whoIs(
  peer: Peer,
  json: Readonly<Record<string, unknown>>,
): { readonly user: string | null; readonly resumed: number } {
  const resumed = peer.talk?.resumed ?? 0;
  if (json["resume"] !== undefined) {
    const pass = readResume(json["resume"]);
    return { user: pass?.user ?? null, resumed: (pass?.resumed ?? 0) + 1 };
  }
  if (json["token"] !== undefined) return { user: readToken(json["token"])?.user ?? null, resumed };
  const { user = peer.user } = json;
  const isName = typeof user === "string" && user !== "" && user.length <= MAX_NAME_LENGTH;
  return { user: isName ? user : null, resumed };
}
