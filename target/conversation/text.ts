/** A protocol of lines of text: a word, the id of the request, the rest. Several lines may come in one message. */
import type { Peer } from "../connection/peer.ts";
import { type PartHands, part } from "./part.ts";

export const text = part(
  {
    name: "text",
    shape: {},
    counts: ["textLines", "textErrors"],
    doc: "lines in place of JSON: `ECHO id text` → `ACK id text`, `JOIN id room` → `ACK id`, `SAY id room text` → `ACK id` and `SAID room from seq ts text` to every member; any other line → `ERR id unknown`. One message may hold several lines, each answered by a message",
  },
  {
    opened: (peer) => {
      if (peer.talk !== null) peer.talk.isText = true;
    },
    heard: (peer, said, { hands }) => {
      // What starts with a brace is for those who speak JSON.
      if (said.json !== null) return false;
      for (const line of said.text.split("\n")) {
        if (line === "" || line === "\r") continue;
        hands.count("textLines");
        answer(peer, line.endsWith("\r") ? line.slice(0, -1) : line, hands);
      }
      return true;
    },
  },
);

function answer(peer: Peer, line: string, hands: PartHands): void {
  const [word = "", id = "", third = ""] = line.split(" ", 3);
  const rest = line.slice(word.length + 1 + id.length + 1);
  if (word === "ECHO" && id !== "") {
    hands.say(peer, "echo", `ACK ${id} ${rest}`);
    return;
  }
  if (word === "JOIN" && third !== "") {
    if (hands.rooms(peer, { type: "join", id, room: third })) return;
  }
  if (word === "SAY" && third !== "") {
    const words = rest.slice(third.length + 1);
    if (hands.rooms(peer, { type: "say", id, room: third, text: words })) return;
  }
  hands.count("textErrors");
  hands.say(peer, "text", `ERR ${id === "" ? "-" : id} unknown`);
}
