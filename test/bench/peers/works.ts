/** What the peers are asked to do. */
import type { PeerWork } from "./peer.ts";

/** All that one core of Artillery can do. */
export const LIGHT: PeerWork = {
  name: "light",
  connections: 1000,
  rampSeconds: 5,
  openSeconds: 20,
  perConnectionPerSec: 1,
  message: "text",
};

export const CHAT: PeerWork = {
  name: "chat",
  connections: 2000,
  rampSeconds: 5,
  openSeconds: 30,
  perConnectionPerSec: 5,
  message: "json",
};
