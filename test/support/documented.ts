/** Scenarios of docs/protocols.md, and the files they name, for a service of a test's own. */
import { parse } from "yaml";
import { fencesOf } from "../docs/fences.ts";

const DOCUMENT = "docs/protocols.md";
/** Think times of loops there; here they are short. */
const PAUSE = /wait: \d+s/g;

export interface Documented {
  /** Without its load, which is a test's own. */
  readonly scenario: object;
  /** By name. */
  readonly files: Readonly<Record<string, string>>;
}

/** @param url of the service, which stands in place of the document's */
export function documented(file: string, { url }: { readonly url: string }): Documented {
  const fences = fencesOf(DOCUMENT);
  const found = fences.find(({ lines }) => lines[0] === `# ${file}`);
  if (found === undefined) throw new Error(`${DOCUMENT} has no ${file}`);
  const { host } = new URL(url);
  const text = found.lines
    .join("\n")
    .replaceAll(/(?<=(ws|http):\/\/)127\.0\.0\.1:\d+/g, host)
    .replaceAll(PAUSE, "wait: 300ms");
  const { load: _, messages, ...scenario } = parse(text) as Record<string, object>;
  const faster = messages === undefined ? {} : { messages: { ...messages, rate: "5/s" } };
  const files = fences.flatMap(({ info, lines }) => {
    const [, name] = /^js (\S+)$/.exec(info) ?? [];
    return name === undefined ? [] : [[name, lines.join("\n")] as const];
  });
  return { scenario: { ...scenario, ...faster }, files: Object.fromEntries(files) };
}
