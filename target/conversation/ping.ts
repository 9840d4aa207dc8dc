/** Pings of the application: a message that wants one back. Whoever does not answer may be closed. */
import { z } from "zod";
import { closeCode } from "../behaviour/dials.ts";
import type { Peer } from "../connection/peer.ts";
import { type PartHands, part } from "./part.ts";

interface Given {
  readonly everyMs: number;
  readonly pongWithinMs?: number | undefined;
  readonly code: number | null;
}

export const ping = part(
  {
    name: "ping",
    shape: {
      everyMs: z.number().min(10).max(3_600_000).default(5000),
      /** Whoever has not answered by then is closed; never, when it is not given. */
      pongWithinMs: z.number().min(1).max(3_600_000).optional(),
      code: closeCode.default(4000),
    },
    counts: ["appPings", "appPongs", "appPongsWrong", "appPongsMissing"],
    doc: '`{"type":"ping","id":N}` every `everyMs` (5 s), wants `{"type":"pong","id":N}`; without it `pongWithinMs`, if that is given, closed with `code` (4000)',
  },
  {
    opened: (peer, given, hands) => {
      hands.later(given.everyMs, () => pingNow(peer, given, hands));
    },
    heard: (peer, { text, json }, { hands }) => {
      const { talk } = peer;
      if (talk === null) return false;
      const line = talk.isText && text.startsWith("PONG ") ? Number(text.slice(5)) : null;
      if (line === null && json?.["type"] !== "pong") return false;
      const id = line ?? json?.["id"];
      const isWanted = talk.pingsOpen.delete(id as number);
      if (isWanted) talk.latestPong = Math.max(talk.latestPong, id as number);
      hands.count(isWanted ? "appPongs" : "appPongsWrong");
      return true;
    },
  },
);

/** Pings without an answer that are remembered; the oldest is given up first. */
const MAX_OPEN = 100;

function pingNow(peer: Peer, given: Given, hands: PartHands): void {
  const { talk } = peer;
  if (!peer.isOpen || talk === null) return;
  talk.pings += 1;
  const id = talk.pings;
  if (talk.pingsOpen.size >= MAX_OPEN) talk.pingsOpen.delete(id - MAX_OPEN);
  talk.pingsOpen.add(id);
  hands.count("appPings");
  hands.say(peer, "ping", talk.isText ? `PING ${id}` : JSON.stringify({ type: "ping", id }));
  hands.later(given.everyMs, () => pingNow(peer, given, hands));
  if (given.pongWithinMs === undefined) return;
  hands.later(given.pongWithinMs, () => {
    // A later pong is a sign of life, too.
    if (!peer.isOpen || talk.latestPong >= id) return;
    hands.count("appPongsMissing");
    hands.close(peer, given.code ?? 1000, "no pong");
  });
}
