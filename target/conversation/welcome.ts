/** The first message, by the target: a welcome with a nonce. */
import { ms } from "../behaviour/dials.ts";
import { part } from "./part.ts";

export const welcome = part(
  {
    name: "welcome",
    shape: {
      /** After the 101. */
      afterMs: ms.default(0),
    },
    counts: ["welcomes"],
    doc: '`{"type":"welcome","nonce":N}` once the connection is open, after `afterMs` (0). A login must bring the nonce',
  },
  {
    opened: (peer, { afterMs }, hands) => {
      const { talk } = peer;
      if (talk === null) return;
      const [high, low] = [hands.draw(peer.id, 1), hands.draw(peer.id, 2)];
      talk.nonce = high.toString(16).padStart(8, "0") + low.toString(16).padStart(8, "0");
      const greet = (): void => {
        if (!peer.isOpen) return;
        hands.count("welcomes");
        const line = `WELCOME ${talk.nonce}`;
        const json = { type: "welcome", nonce: talk.nonce, user: peer.user ?? undefined };
        hands.say(peer, "welcome", talk.isText ? line : JSON.stringify(json));
      };
      if (afterMs > 0) hands.later(afterMs, greet);
      else greet();
    },
  },
);
