/** All kinds of actions of checkpoints: a new one is one file and one line here. Called by actions.ts and coordinator/checkpoints. */
import { assert } from "../../../assert.ts";
import { abort } from "./abort.ts";
import type { ActionKind } from "./action.ts";
import { fault } from "./fault.ts";
import { hold } from "./hold.ts";
import { mark } from "./mark.ts";
import { skip } from "./skip.ts";
import { webhook } from "./webhook.ts";

export const ACTION_KINDS = [abort, hold, skip, mark, fault, webhook] as const;

/** What they do. */
export type CheckpointAct = NonNullable<ReturnType<(typeof ACTION_KINDS)[number]["strict"]>>;

/** The kind of this name, which has to be one. */
export function actionKindOf(name: CheckpointAct["kind"]): ActionKind<CheckpointAct> {
  const found = ACTION_KINDS.find(({ kind }) => kind === name);
  assert(found !== undefined, `checkpoint: there is no action ${name}`);
  return found as unknown as ActionKind<CheckpointAct>;
}
