/**
 * Normalisation: a document that has the right shape -> StrictScenario, defaults filled, units fixed,
 * files read. Called by parse.ts, also when the shape has issues, so that all problems are
 * reported at once: parts with issues are skipped. Invariant: with no issue in the log the result is complete.
 */
import { checkConnect } from "./check/connect.ts";
import { checkData, checkTls, type ReadFile, type TableFile } from "./check/files.ts";
import { checkLoad } from "./check/load.ts";
import { checkMessages, checkSendingPhases, checkStamp } from "./check/messages.ts";
import { MAX_CHECKED_CELLS } from "./check/rows.ts";
import { checkSearchMeasured } from "./check/search.ts";
import { checkTargets } from "./check/target.ts";
import { checkOutputs, checkThresholds } from "./check/thresholds.ts";
import type { IssueLog } from "./read/issue-log.ts";
import type { Statics } from "./read/statics.ts";
import type { ScenarioInput } from "./schema.ts";
import type { StrictScenario } from "./strict.ts";

export interface NormalizeContext {
  /** Used when the scenario has no name. */
  readonly defaultName: string;
  readonly statics: Statics;
  readonly readFile: ReadFile;
  readonly log: IssueLog;
}

const DEFAULT_SEED = 1;

/** The strict scenario; meaningful only while the log is empty. */
export function normalize(input: ScenarioInput, context: NormalizeContext): StrictScenario {
  const { log, statics, readFile } = context;
  const sound = (key: keyof ScenarioInput) => log.isSound([key]);
  const load = checkLoad(Array.isArray(input.load) ? input.load : [], log);
  const connections = sound("load") ? load.connections : null;
  const { tables: data, files } = isMapping(input.data)
    ? checkData(input.data, connections, { readFile, log })
    : { tables: {}, files: new Map<string, TableFile>() };
  const scope = { vars: statics.vars, env: statics.env, data };
  const work = { left: MAX_CHECKED_CELLS };
  const rendered = { chars: 0 };
  const templates = { scope, unresolved: statics.unresolved, log, files, work, rendered };
  const targets = checkTargets(input.target, input.targets, {
    ...templates,
    secretNames: statics.secretNames,
  });
  const connectInput = soundParts(input.connect, "connect", log);
  const tls = connectInput.tls === undefined ? null : checkTls(connectInput.tls, { readFile, log });
  const connect = checkConnect(connectInput, tls, templates);
  const { messages, names } = isMapping(input.messages)
    ? checkMessages(input.messages, { ...templates, maxMessageBytes: connect.maxMessageBytes })
    : { messages: null, names: [] };
  if (messages !== null && sound("load")) checkSendingPhases(load.phases, log);
  const stamp = sound("integrity") && (input.integrity?.stamp ?? false);
  if (stamp && sound("messages")) checkStamp(messages, log);
  const measured = {
    phases: load.names,
    names,
    targets: targets.map(({ label, url }) => label || url),
    messages: sound("messages") ? messages : undefined,
    heartbeat: log.isSound(["connect", "heartbeat"]) ? connect.heartbeat !== null : undefined,
    log,
  };
  const thresholds = checkThresholds(isMapping(input.thresholds) ? input.thresholds : {}, measured);
  checkSearchMeasured(load.phases, measured);
  return {
    version: 1,
    name: input.name ?? context.defaultName,
    seed: input.seed ?? DEFAULT_SEED,
    vars: statics.vars,
    env: statics.env,
    secrets: [...statics.secrets, ...(connect.tls.key === null ? [] : [connect.tls.key])],
    data,
    targets,
    connect,
    phases: load.phases,
    messages,
    integrity: { stamp },
    thresholds,
    outputs: checkOutputs(Array.isArray(input.outputs) ? input.outputs : undefined, log),
  };
}

/** A section without the keys that have issues. */
function soundParts<T extends object>(section: T | undefined, name: string, log: IssueLog): T {
  if (!isMapping(section)) return {} as T;
  return Object.fromEntries(
    Object.entries(section).filter(([key]) => log.isSound([name, key])),
  ) as T;
}

function isMapping<T>(value: T | undefined): value is T & object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
