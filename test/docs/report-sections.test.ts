/**
 * Goal: docs/report-sections.md lists every section of the report, in order, with the formats that leave it out and why. Method:
 * the document is made from the registry; `npx vitest run --project fast test/docs/report-sections.test.ts -u` writes it anew.
 */
import { expect, test } from "vitest";
import { SECTIONS } from "../../coordinator/report/outline/registry.ts";

const OPENING = `# Sections of a report

Generated from \`coordinator/report/outline/registry.ts\`, in the order they are shown. A section that has nothing to show for a run, such as
Capacity for one that searched for no limit, is left out; JUnit shows those with test cases. How to read the page: [reports.md](reports.md).
`;

test("the document lists the sections there are", async () => {
  const parts = SECTIONS.map(({ meta: { title, about, omit = {} } }) => {
    const left = Object.entries(omit).map(([format, why]) => `- Not in ${format}: ${why}.`);
    return [`## ${title}`, about, ...(left.length > 0 ? [left.join("\n")] : [])].join("\n\n");
  });
  const text = `${[OPENING.trimEnd(), ...parts].join("\n\n")}\n`;
  await expect(text).toMatchFileSnapshot("../../docs/report-sections.md");
});
