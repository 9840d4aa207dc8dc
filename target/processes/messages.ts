/**
 * Every message between the primary and the members of a group. Both run the same build, so there is no
 * version and no check. Invariant: a question has exactly one answer, or the group is going down.
 */
import type { Part } from "../behaviour/pick.ts";
import type { StrainOrder } from "../behaviour/strain.ts";
import type { Behaviour } from "../behaviour-schema.ts";
import type { Report, Wants } from "./group.ts";

export type Order =
  | { readonly do: "collect"; readonly wants: Wants }
  | { readonly do: "reset" }
  /** `sinceUs`: monotonic time, the same for every process of the host, from which pauses count. */
  | { readonly do: "behave"; readonly behaviour: Behaviour; readonly sinceUs: number }
  /** null: what was taken is given back. */
  | { readonly do: "strain"; readonly order: StrainOrder | null };

export type ToMember =
  | {
      readonly tell: "start";
      readonly part: Part;
      readonly port: number;
      readonly listens: boolean;
      /** Monotonic time from which the first behaviour's pauses count. */
      readonly sinceUs: number;
    }
  | { readonly tell: "want"; readonly wanted: boolean }
  | { readonly tell: "order"; readonly id: number; readonly order: Order }
  /** The answers of all members to a member's question. */
  | { readonly tell: "answers"; readonly id: number; readonly reports: readonly Report[] }
  | { readonly tell: "said"; readonly room: string; readonly text: string }
  | { readonly tell: "stop" };

export type ToPrimary =
  /** Listens to the primary from now on: what was sent before is lost. */
  | { readonly tell: "ready" }
  | { readonly tell: "started" }
  | { readonly tell: "failed"; readonly why: string }
  | { readonly tell: "fullness"; readonly full: boolean }
  /** Wants `order` to be carried out by all. */
  | { readonly tell: "question"; readonly id: number; readonly order: Order }
  /** Has carried out an order. */
  | { readonly tell: "done"; readonly id: number; readonly report: Report | null }
  | { readonly tell: "said"; readonly room: string; readonly text: string };
