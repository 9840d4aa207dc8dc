/** A digest of what a connection sends, frame by frame, so that two runs can be compared byte for byte. */
import { createHash } from "node:crypto";
import { MAX_NAME_LENGTH } from "../dialogue/bounds.ts";
import { part } from "./part.ts";

const BINARY = 2;
const TEXT = 1;

export const digest = part(
  {
    name: "digest",
    shape: {},
    counts: ["digested"],
    doc: "`?user=NAME` of the path names the connection, and `?perConnection=1` of the statistics has a `digest` of what it sent: SHA-256 over each message in order, as 1 for text or 2 for binary, its length in 4 bytes, its bytes",
  },
  {
    enter: (request) => {
      const user = new URLSearchParams(request.path.split("?")[1] ?? "").get("user");
      return user === null || user.length > MAX_NAME_LENGTH ? null : { user, resumed: 0 };
    },
    opened: (peer) => {
      if (peer.talk !== null) peer.talk.digest = createHash("sha256");
    },
    heard: (peer, { payload, isText }, { hands }) => {
      const head = Buffer.alloc(5);
      head[0] = isText ? TEXT : BINARY;
      head.writeUInt32BE(payload.length, 1);
      peer.talk?.digest?.update(head).update(payload);
      hands.count("digested");
      return false;
    },
  },
);
