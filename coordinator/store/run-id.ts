/**
 * Run ids: sortable by start, readable, safe as a file name and as part of a bus key, e.g.
 * 20261120-224501-echo-10k-x7f2. The random part comes from the caller, so that tests can fix it.
 */
import { assert } from "../../shared/assert.ts";

const MAX_NAME = 40;

/**
 * @param wallMs milliseconds since the Unix epoch; the id tells it in UTC, to the second
 * @param random four or more characters of [a-z0-9] that keep runs of the same second apart
 */
export function makeRunId(wallMs: number, scenarioName: string, random: string): string {
  assert(/^[a-z0-9]{4,16}$/.test(random), "random part of a run id");
  const stamp = new Date(wallMs).toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-");
  const name = scenarioName
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, MAX_NAME)
    .replace(/^-+|-+$/g, "");
  return [stamp, ...(name ? [name] : []), random].join("-");
}
