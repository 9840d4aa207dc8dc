/**
 * Connections the target ends by itself: after a number of messages, at an age, when idle. Called by the
 * target when a connection opens, when a message came, and when the behaviour changes. Invariant: a rule
 * acts at most once on a connection, and only while it is in force.
 */
import type { Peer } from "../connection/peer.ts";
import type { CloseRule } from "./close-rule.ts";
import type { Sampler } from "./delay.ts";
import type { Due } from "./delay-queue.ts";
import type { Picker } from "./pick.ts";
import type { ReplyContext } from "./replies.ts";
import type { Rules } from "./rules.ts";

interface ReadyRule {
  readonly rule: CloseRule;
  readonly connections: Picker | null;
  readonly afterMs: Sampler | null;
}

class AgeLimit implements Due {
  readonly dueUs: number;
  order = 0;
  private readonly closing: Closing;
  private readonly peer: Peer;
  private readonly rule: CloseRule;

  constructor(closing: Closing, peer: Peer, rule: CloseRule, dueUs: number) {
    this.closing = closing;
    this.peer = peer;
    this.rule = rule;
    this.dueUs = dueUs;
  }

  fire(): void {
    this.closing.aged(this.peer, this.rule);
  }
}

class IdleLimit implements Due {
  dueUs: number;
  order = 0;
  readonly peer: Peer;
  readonly rule: CloseRule;
  readonly idleUs: number;
  private readonly closing: Closing;

  constructor(closing: Closing, peer: Peer, rule: CloseRule, idleUs: number) {
    this.closing = closing;
    this.peer = peer;
    this.rule = rule;
    this.idleUs = idleUs;
    this.dueUs = peer.lastInUs + idleUs;
  }

  fire(nowUs: number): void {
    this.closing.idled(this, nowUs);
  }
}

export class Closing {
  private readonly context: ReplyContext;
  private rules: readonly ReadyRule[] = [];
  private inForce: ReadonlySet<CloseRule> = new Set();

  constructor(context: ReplyContext) {
    this.context = context;
  }

  /** Puts new rules in force, for the connections that are open as well. */
  use(rules: Rules, nowUs: number): void {
    this.rules = rules.behaviour.close.map((rule) => ({
      rule,
      connections: rules.picker(rule.connections),
      afterMs: rules.sampler(rule.afterMs),
    }));
    this.inForce = new Set(rules.behaviour.close);
    for (const peer of this.context.peers.list) {
      peer.quota = Number.POSITIVE_INFINITY;
      peer.quotaRule = null;
      peer.lastInUs = nowUs;
      this.watch(peer, nowUs);
    }
  }

  /** Applies the rules to a connection; ages and idle times count from `nowUs`. */
  watch(peer: Peer, nowUs: number): void {
    for (const { rule, connections, afterMs } of this.rules) {
      if (connections !== null && !connections.next()) continue;
      if (rule.afterMessages !== undefined && rule.afterMessages < peer.quota) {
        peer.quota = rule.afterMessages;
        peer.quotaRule = rule;
      }
      const { queue } = this.context;
      if (afterMs !== null) queue.push(new AgeLimit(this, peer, rule, nowUs + afterMs.nextUs()));
      if (rule.idleMs !== undefined)
        queue.push(new IdleLimit(this, peer, rule, 1000 * rule.idleMs));
    }
  }

  /** Counts a message, after it was answered. */
  counted(peer: Peer): void {
    peer.quota -= 1;
    if (peer.quota > 0 || peer.quotaRule === null || !peer.isOpen) return;
    this.context.stats.behaviours.closedAfterMessages += 1;
    finish(peer, peer.quotaRule);
  }

  aged(peer: Peer, rule: CloseRule): void {
    if (!peer.isOpen || !this.inForce.has(rule)) return;
    this.context.stats.behaviours.closedAfterMs += 1;
    finish(peer, rule);
  }

  idled(limit: IdleLimit, nowUs: number): void {
    const { peer, rule } = limit;
    if (!peer.isOpen || !this.inForce.has(rule)) return;
    limit.dueUs = peer.lastInUs + limit.idleUs;
    if (limit.dueUs > nowUs) {
      this.context.queue.push(limit);
      return;
    }
    this.context.stats.behaviours.closedIdle += 1;
    finish(peer, rule);
  }
}

/** How a connection is ended on purpose. */
export interface Ending {
  readonly how: "close" | "end" | "reset";
  readonly code: number | null;
  readonly reason: string;
}

export function finish(peer: Peer, ending: Ending): void {
  if (ending.how === "close") peer.close(ending.code, ending.reason);
  else if (ending.how === "end") peer.end();
  else peer.reset();
}
