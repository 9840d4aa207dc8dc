/**
 * A member of a group: carries out the primary's orders and puts its own questions to all through it.
 * Made by the entry of a member process. Invariant: an order is carried out at once and answered once;
 * without the primary the process ends.
 */

import { InvariantError } from "../../shared/assert.ts";
import { monotonicUs } from "../../shared/time/clock.ts";
import type { StrainOrder } from "../behaviour/strain.ts";
import type { Behaviour } from "../behaviour-schema.ts";
import type { Listener } from "../connection/listener.ts";
import type { Target } from "../target.ts";
import {
  type Group,
  type Report,
  reportOf,
  resetCounts,
  strainTarget,
  type Wants,
} from "./group.ts";
import type { Order, ToMember, ToPrimary } from "./messages.ts";

/** What the primary tells a member first. */
export type Start = ToMember & { readonly tell: "start" };

export class Member implements Group {
  /** Called when the primary wants the process to end; before there is anything to close it just ends. */
  onStop: () => void = () => process.exit(0);
  private target: Target | null = null;
  private listener: Listener | null = null;
  private readonly questions = new Map<number, (reports: readonly Report[]) => void>();
  private nextQuestion = 1;

  /** Waits for the primary's first message. */
  awaitStart(): Promise<Start> {
    return new Promise((resolve) => {
      process.on("message", (message: ToMember) => {
        if (message.tell === "start") resolve(message);
        else this.onMessage(message);
      });
      tell({ tell: "ready" });
    });
  }

  /** Gives the member what it is to rule over. */
  use(target: Target, listener: Listener): void {
    this.target = target;
    this.listener = listener;
    listener.onFullness = (full) => tell({ tell: "fullness", full });
  }

  started(): void {
    tell({ tell: "started" });
  }

  failed(why: string): void {
    tell({ tell: "failed", why });
  }

  /** Carries what is said in a room to every process, this one included. */
  publish(room: string, text: string): void {
    tell({ tell: "said", room, text });
  }

  get behaviour(): Behaviour {
    if (this.target === null) throw new InvariantError("a member was asked before it was started");
    return this.target.rules.behaviour;
  }

  collect(wants: Wants): Promise<readonly Report[]> {
    return this.ask({ do: "collect", wants });
  }

  counted(name: string): void {
    this.target?.stats.conversed(name);
  }

  async reset(): Promise<void> {
    await this.ask({ do: "reset" });
  }

  async behave(behaviour: Behaviour): Promise<void> {
    await this.ask({ do: "behave", behaviour, sinceUs: monotonicUs() });
  }

  async strain(order: StrainOrder | null): Promise<void> {
    await this.ask({ do: "strain", order });
  }

  private ask(order: Order): Promise<readonly Report[]> {
    const id = this.nextQuestion;
    this.nextQuestion += 1;
    tell({ tell: "question", id, order });
    return new Promise((resolve) => {
      this.questions.set(id, resolve);
    });
  }

  private onMessage(message: ToMember): void {
    switch (message.tell) {
      case "start":
        return;
      case "want":
        this.listener?.want(message.wanted);
        return;
      case "order":
        tell({ tell: "done", id: message.id, report: this.carryOut(message.order) });
        return;
      case "answers":
        this.questions.get(message.id)?.(message.reports);
        this.questions.delete(message.id);
        return;
      case "said":
        this.target?.dialogue.rooms.deliver(message.room, message.text);
        return;
      case "stop":
        this.onStop();
    }
  }

  private carryOut(order: Order): Report | null {
    const { target } = this;
    if (target === null) return null;
    switch (order.do) {
      case "collect":
        return reportOf(target, order.wants);
      case "reset":
        resetCounts(target);
        return null;
      case "behave":
        target.behave(order.behaviour, order.sinceUs);
        return null;
      case "strain":
        strainTarget(target, order.order);
        return null;
    }
  }
}

function tell(message: ToPrimary): void {
  process.send?.(message);
}
