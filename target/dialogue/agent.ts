/**
 * Answers to `ask`: the events of an agent at work, one after another with a gap between them. Called by
 * the dialogue. Invariant: per question exactly one agent_started, agent_thinking and agent_completed,
 * between them as many tool_executing as tool_completed, in this order, unless the behaviour says otherwise.
 */
import { monotonicUs, systemClock } from "../../shared/time/clock.ts";
import { draw32, Stream } from "../../shared/time/random.ts";
import { type AnswerEvent, plainEvent } from "../behaviour/answer/answer-behaviour.ts";
import type { Due } from "../behaviour/delay-queue.ts";
import type { Replies, ReplyContext } from "../behaviour/replies.ts";
import { textFrame } from "../connection/frame.ts";
import type { Peer } from "../connection/peer.ts";
import { AnswerLog } from "./answer-log.ts";

/** Questions of one connection that may be open at once. */
const MAX_ASKS = 1000;

class Answer implements Due {
  dueUs = 0;
  order = 0;
  private at = 0;
  private readonly agent: Agent;
  private readonly peer: Peer;
  private readonly question: Question;
  private readonly events: readonly AnswerEvent[];
  /** What has been told, and when; null: nobody asks for it. */
  private readonly told: [type: string, atMs: number][] | null;
  private readonly askedUs = monotonicUs();
  private deed: string | null = null;

  constructor(agent: Agent, peer: Peer, question: Question, events: readonly AnswerEvent[]) {
    this.agent = agent;
    this.peer = peer;
    this.question = question;
    this.events = events;
    this.told = agent.keepsLog ? [] : null;
  }

  /** On top of the gap, of the event that is next. */
  get extraMs(): number {
    return this.events[this.at]?.extraMs ?? 0;
  }

  fire(): void {
    const event = this.events[this.at];
    this.at += 1;
    const more = event !== undefined && this.at < this.events.length;
    if (event !== undefined) {
      this.agent.tell(this.peer, event, this.question);
      this.note(event);
    }
    if (more && this.peer.isOpen && this.agent.wait(this)) return;
    this.peer.asks -= 1;
    this.end(more || !this.peer.isOpen);
  }

  private note({ type, deed, silent }: AnswerEvent): void {
    if (this.told === null || !this.peer.isOpen) return;
    this.deed ??= deed;
    if (!silent) this.told.push([type, (monotonicUs() - this.askedUs) / 1000]);
  }

  private end(cut: boolean): void {
    const { told: events, deed, question } = this;
    if (events === null) return;
    const id = typeof question.id === "string" ? question.id : null;
    const connection = this.peer.id;
    this.agent.log.add({ id, connection, deed, cut, tookMs: events.at(-1)?.[1] ?? 0, events });
  }
}

/** The fields of a question that come back in every event; `user` is left out when it was not given. */
export interface Question {
  readonly id: unknown;
  readonly user: string | undefined;
}

export class Agent {
  readonly log = new AnswerLog();
  private readonly context: ReplyContext;
  private readonly replies: Replies;
  private asked = 0;

  constructor(context: ReplyContext, replies: Replies) {
    this.context = context;
    this.replies = replies;
  }

  /** The behaviour in force asks for it. */
  get keepsLog(): boolean {
    return this.context.rules.behaviour.agent.log;
  }

  /** Starts an answer; false when the connection has too many questions open. */
  ask(peer: Peer, question: Question): boolean {
    if (peer.asks >= MAX_ASKS) return false;
    peer.asks += 1;
    const { rules } = this.context;
    const [least, most] = rules.behaviour.agent.tools;
    const draw = draw32(rules.behaviour.seed, Stream.target, 1 + rules.part.index, this.asked++);
    const tools = least + (draw % (most - least + 1));
    const plain = [
      "agent_started",
      "agent_thinking",
      ...new Array<string>(tools).fill("tool_executing"),
      ...new Array<string>(tools).fill("tool_completed"),
      "agent_completed",
    ].map(plainEvent);
    const answer = new Answer(this, peer, question, rules.nextAnswer(plain));
    if (answer.extraMs === 0 || !this.wait(answer)) answer.fire();
    return true;
  }

  /** Queues the next event of an answer; false when there is no room. */
  wait(answer: Answer): boolean {
    answer.dueUs = monotonicUs() + this.context.rules.agentGap.nextUs() + 1000 * answer.extraMs;
    return this.context.queue.push(answer);
  }

  tell(peer: Peer, { type, deed, silent }: AnswerEvent, question: Question): void {
    const { id, user } = question;
    if (deed !== null && peer.isOpen) this.context.stats.behaved(deed);
    if (silent) return;
    const event = { type, request_id: id, user, ts: systemClock.wallMs() };
    this.replies.send(peer, "agent", textFrame(JSON.stringify(event)));
  }
}
