/**
 * The bus of a coordinator that may leave while runs go on. Used by `onrush coordinator`. Invariant: from the leaving on
 * every call is refused as if another coordinator had taken over, so runs are left as they are, for the next one, and none
 * is ended because its bus was closed.
 */
import type { CoordinatorBus } from "../../shared/bus/bus.ts";
import { OnrushError } from "../../shared/errors.ts";

export interface LeavingBus {
  readonly bus: CoordinatorBus;
  leave(): void;
}

export function leavingBus(bus: CoordinatorBus): LeavingBus {
  let left = false;
  const guarded = new Proxy(bus, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      // The one that is not asked but told.
      if (name === "onHint") return member.bind(target) as unknown;
      return async (...values: unknown[]): Promise<unknown> => {
        if (left) throw leaving();
        try {
          return await Reflect.apply(member, target, values);
        } catch (error) {
          // What was under way when the bus was closed.
          throw left ? leaving() : error;
        }
      };
    },
  });
  return {
    bus: guarded,
    leave: () => {
      left = true;
    },
  };
}

/** What is refused of a coordinator that is ending. */
export function leaving(): OnrushError {
  return new OnrushError({
    code: "ONRUSH_COORDINATOR_TAKEN",
    message: "this coordinator is ending; the next one goes on",
  });
}
