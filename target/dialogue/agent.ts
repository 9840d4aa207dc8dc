/**
 * Answers to `ask`: the events of an agent at work, one after another with a gap between them. Called by
 * the dialogue. Invariant: per question exactly one agent_started, agent_thinking and agent_completed,
 * between them as many tool_executing as tool_completed, in this order, unless the behaviour says otherwise.
 */
import { monotonicUs, systemClock } from "../../shared/time/clock.ts";
import { draw32, Stream } from "../../shared/time/random.ts";
import type { Due } from "../behaviour/delay-queue.ts";
import type { Replies, ReplyContext } from "../behaviour/replies.ts";
import { textFrame } from "../connection/frame.ts";
import type { Peer } from "../connection/peer.ts";

/** Questions of one connection that may be open at once. */
const MAX_ASKS = 1000;

class Answer implements Due {
  dueUs = 0;
  order = 0;
  private at = 0;
  private readonly agent: Agent;
  private readonly peer: Peer;
  private readonly question: Question;
  private readonly events: readonly string[];

  constructor(agent: Agent, peer: Peer, question: Question, events: readonly string[]) {
    this.agent = agent;
    this.peer = peer;
    this.question = question;
    this.events = events;
  }

  fire(): void {
    const type = this.events[this.at];
    this.at += 1;
    const more = type !== undefined && this.at < this.events.length;
    if (type !== undefined) this.agent.tell(this.peer, type, this.question);
    if (!more || !this.peer.isOpen || !this.agent.wait(this)) this.peer.asks -= 1;
  }
}

/** The fields of a question that come back in every event; `user` is left out when it was not given. */
export interface Question {
  readonly id: unknown;
  readonly user: string | undefined;
}

export class Agent {
  private readonly context: ReplyContext;
  private readonly replies: Replies;
  private asked = 0;

  constructor(context: ReplyContext, replies: Replies) {
    this.context = context;
    this.replies = replies;
  }

  /** Starts an answer; false when the connection has too many questions open. */
  ask(peer: Peer, question: Question): boolean {
    if (peer.asks >= MAX_ASKS) return false;
    peer.asks += 1;
    const { rules } = this.context;
    const [least, most] = rules.behaviour.agent.tools;
    const draw = draw32(rules.behaviour.seed, Stream.target, 1 + rules.part.index, this.asked++);
    const tools = least + (draw % (most - least + 1));
    new Answer(this, peer, question, [
      "agent_started",
      "agent_thinking",
      ...new Array<string>(tools).fill("tool_executing"),
      ...new Array<string>(tools).fill("tool_completed"),
      "agent_completed",
    ]).fire();
    return true;
  }

  /** Queues the next event of an answer; false when there is no room. */
  wait(answer: Answer): boolean {
    answer.dueUs = monotonicUs() + this.context.rules.agentGap.nextUs();
    return this.context.queue.push(answer);
  }

  tell(peer: Peer, type: string, question: Question): void {
    const { id, user } = question;
    const event = { type, request_id: id, user, ts: systemClock.wallMs() };
    this.replies.send(peer, "agent", textFrame(JSON.stringify(event)));
  }
}
