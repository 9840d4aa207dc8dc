/**
 * Prices nobody asks for twice: a subscription to a symbol, then a tick at every interval. A process has one clock for all
 * symbols; every subscriber of a symbol gets the same ticks.
 */
import { z } from "zod";
import type { Peer } from "../connection/peer.ts";
import { type PartHands, part } from "./part.ts";

/** Symbols of a process, and of one connection, at once; characters of a name. */
const MAX_SYMBOLS = 1000;
const MAX_PER_PEER = 20;
const MAX_NAME = 32;
const FIRST_PRICE = 10_000;
const STEP = 100;

interface Symbol {
  readonly peers: Set<Peer>;
  seq: number;
  price: number;
}

/** Of one process: there is one pair of hands in it. */
class Market {
  readonly symbols = new Map<string, Symbol>();
  running = false;
}
const markets = new WeakMap<PartHands, Market>();

export const ticks = part(
  {
    name: "ticks",
    shape: { everyMs: z.number().min(1).max(60_000).default(100) },
    counts: ["subscribed", "ticks"],
    doc: '`{"type":"subscribe","symbol":S}` → `{"type":"subscribed","symbol":S}`, then every `everyMs` (100) `{"type":"tick","symbol":S,"seq":N,"price":P,"ts":MS}`; `ticks` counts deliveries',
  },
  {
    heard: (peer, { json }, { given, hands }) => {
      if (json?.["type"] !== "subscribe") return false;
      const name = json["symbol"];
      if (typeof name !== "string" || name === "" || name.length > MAX_NAME) return false;
      const market = marketOf(hands);
      const symbol = symbolOf(market, name);
      if (symbol === null || subscriptionsOf(market, peer) >= MAX_PER_PEER) return false;
      symbol.peers.add(peer);
      hands.count("subscribed");
      const id = json["id"];
      hands.say(peer, "tick", JSON.stringify({ type: "subscribed", id, symbol: name }));
      if (!market.running) {
        market.running = true;
        hands.later(given.everyMs, () => tick(given.everyMs, hands));
      }
      return true;
    },
    ended: (peer, hands) => {
      const { symbols } = marketOf(hands);
      for (const [name, symbol] of symbols) {
        if (symbol.peers.delete(peer) && symbol.peers.size === 0) symbols.delete(name);
      }
    },
  },
);

function marketOf(hands: PartHands): Market {
  const known = markets.get(hands);
  if (known !== undefined) return known;
  const market = new Market();
  markets.set(hands, market);
  return market;
}

function symbolOf({ symbols }: Market, name: string): Symbol | null {
  const known = symbols.get(name);
  if (known !== undefined) return known;
  if (symbols.size >= MAX_SYMBOLS) return null;
  const symbol: Symbol = { peers: new Set(), seq: 0, price: FIRST_PRICE };
  symbols.set(name, symbol);
  return symbol;
}

function subscriptionsOf({ symbols }: Market, peer: Peer): number {
  let count = 0;
  for (const { peers } of symbols.values()) if (peers.has(peer)) count += 1;
  return count;
}

function tick(everyMs: number, hands: PartHands): void {
  const market = marketOf(hands);
  const { symbols } = market;
  market.running = symbols.size > 0;
  if (!market.running) return;
  hands.later(everyMs, () => tick(everyMs, hands));
  for (const [name, symbol] of symbols) {
    symbol.seq += 1;
    const { seq } = symbol;
    let text: string | null = null;
    for (const peer of symbol.peers) {
      if (text === null) {
        symbol.price = Math.max(1, symbol.price + (hands.draw(0, seq) % STEP) - STEP / 2);
        const price = symbol.price / 100;
        text = JSON.stringify({ type: "tick", symbol: name, seq, price, ts: hands.nowMs() });
      }
      hands.count("ticks");
      hands.say(peer, "tick", text);
    }
  }
}
