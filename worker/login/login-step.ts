/**
 * HTTP steps ahead of a connection (`flow.before`), compiled, with checked addresses. Made once by each engine while it prepares.
 * Invariant: as for targets, no request goes to an address that was not checked against every list.
 */
import type { AllowList } from "../../shared/net/target-policy.ts";
import { splitTargetUrl, splitUrl } from "../../shared/net/target-url.ts";
import { type HttpStep, httpStepsOf } from "../../shared/scenario/destinations.ts";
import {
  compileHttpReading,
  type HttpReading,
} from "../../shared/scenario/expression/http-expression.ts";
import {
  type CompiledMatch,
  compileMatch,
} from "../../shared/scenario/expression/message-expression.ts";
import { positionOf, rolesOf } from "../../shared/scenario/names.ts";
import type { StrictScenario, StrictTls } from "../../shared/scenario/strict.ts";
import { formText } from "../../shared/scenario/template/form.ts";
import {
  compileJson,
  compileTemplate,
  compileUrl,
  type Template,
} from "../../shared/scenario/template/template.ts";
import { checkedAddresses } from "../reach/resolve.ts";

/** Sites of its templates, so that their random placeholders differ from those of messages, targets and other steps. */
const FIRST_SITE = 4096;
const SITES_PER_STEP = 128;

/** Where requests go. */
export interface Origin {
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
  readonly tls: StrictTls;
}

export interface LoginStep {
  readonly name: string;
  /** Among all names of the scenario. */
  readonly position: number;
  readonly origin: Origin;
  /** At least one. */
  readonly addresses: readonly string[];
  readonly method: string;
  /** It is passed over unless this is true; null: never. */
  readonly when: CompiledMatch | null;
  readonly path: Template;
  readonly headers: readonly (readonly [name: string, value: Template])[];
  readonly body: Template | null;
  /** Empty: any of 200 to 299 is well. */
  readonly status: readonly number[];
  readonly withinUs: number;
  readonly captures: readonly {
    readonly name: string;
    readonly at: number;
    readonly secret: boolean;
    readonly reading: HttpReading;
  }[];
}

/**
 * The steps of each role, by its position.
 * @throws OnrushError ONRUSH_TARGET_UNREACHABLE (name does not resolve), ONRUSH_TARGET_FORBIDDEN
 */
export async function prepareLogins(
  scenario: StrictScenario,
  lists: readonly AllowList[],
): Promise<readonly (readonly LoginStep[])[]> {
  let site = FIRST_SITE;
  const prepared = rolesOf(scenario).map((_, role) =>
    httpStepsOf(scenario, role).map((step) => {
      site += SITES_PER_STEP;
      return prepareStep(step, { scenario, lists, role, site });
    }),
  );
  return Promise.all(prepared.map((steps) => Promise.all(steps)));
}

async function prepareStep(
  step: HttpStep,
  of: {
    readonly scenario: StrictScenario;
    readonly lists: readonly AllowList[];
    readonly role: number;
    readonly site: number;
  },
): Promise<LoginStep> {
  const { scenario, lists, role, site } = of;
  const { name, method, when, url, body, status, withinUs, capture } = step;
  const { secure, host, port, path } = splitUrl(url);
  const { connect } = rolesOf(scenario)[role] ?? scenario;
  const isOfTarget = scenario.targets.some((target) => splitTargetUrl(target.url).host === host);
  // A server name that was given is the target's.
  const servername = isOfTarget ? connect.tls.servername : null;
  return {
    ...{ name, method, status, withinUs },
    when: when === null ? null : compileMatch(when),
    position: positionOf(scenario, { kind: "wait", role, name }),
    origin: { secure, host, port, tls: { ...connect.tls, servername } },
    addresses: await checkedAddresses({ host, port }, lists),
    path: compileUrl(path, scenario, site),
    headers: withOwn(step, { secure, host, port }).map(([key, value], at) => {
      return [key, compileTemplate(value, scenario, site + 2 + at)] as const;
    }),
    body: body === null ? null : bodyOf(body, scenario, site + 1),
    captures: capture.map(({ name: captured, value, secret }) => {
      const at = scenario.captures.findIndex((one) => one.name === captured);
      return { name: captured, at, secret, reading: compileHttpReading(value) };
    }),
  };
}

/** Its headers, and those that each request has unless they are among them. */
function withOwn(
  { headers, body }: HttpStep,
  { secure, host, port }: Omit<Origin, "tls">,
): readonly (readonly [string, string])[] {
  const given = new Set(headers.map(([name]) => name.toLowerCase()));
  const bare = host.includes(":") ? `[${host}]` : host;
  const own: (readonly [string, string])[] = [
    ["host", port === (secure ? 443 : 80) ? bare : `${bare}:${port}`],
    ["accept", "*/*"],
  ];
  if (body?.kind === "json") own.push(["content-type", "application/json"]);
  if (body?.kind === "text") own.push(["content-type", "text/plain; charset=utf-8"]);
  if (body?.kind === "form") own.push(["content-type", "application/x-www-form-urlencoded"]);
  return [...own.filter(([name]) => !given.has(name)), ...headers];
}

function bodyOf(
  body: NonNullable<HttpStep["body"]>,
  scenario: StrictScenario,
  site: number,
): Template | null {
  if (body.kind === "form") return compileUrl(formText(body.fields), scenario, site);
  if (body.kind === "json") return compileJson(body.value, scenario, site);
  return body.kind === "text" ? compileTemplate(body.text, scenario, site) : null;
}
