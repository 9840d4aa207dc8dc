/**
 * The scenario and how to run it again. Invariant: what is shown of a scenario had its secrets masked before it reached the
 * run directory; a command that lacks masked values says so.
 */
import { formatCount } from "../../text/format.ts";
import { formatMoment } from "../../text/moment.ts";
import { code, facts, note, prose, text } from "../block.ts";
import type { Section } from "../section.ts";

export const again: Section = {
  meta: {
    id: "scenario",
    title: "Scenario and how to run it again",
    about:
      "The command that runs it again, and the scenario with its secrets masked. Secrets are `***` there, and so are values of `-e` and `--set` under names such as token, key or password, declared secret or not.",
    omit: {
      csv: "it has no figures",
      terminal: "the run directory has scenario.yaml",
    },
  },

  build({ origin, summary }) {
    if (origin === undefined) return [];
    const { seed, planHash, createdAt, scenarioText, scenarioCutChars } = origin;
    return [
      text(
        "The same scenario and seed give the same plan: who opens when, who sends what and when.",
      ),
      { kind: "code", title: "Run it again", code: code(origin.commandLine, 4000), fold: false },
      ...(origin.incompleteCommand
        ? [note("Secrets are shown as ", code("***"), "; supply them again.")]
        : []),
      facts(
        { label: "run", text: code(summary.run) },
        { label: "seed", text: `${seed}` },
        { label: "plan", text: code(planHash, 80) },
        { label: "created", text: formatMoment(createdAt) },
      ),
      scenarioText === null
        ? text("The run directory holds no scenario.yaml any more.")
        : {
            ...{ kind: "code", title: "scenario.yaml, secrets masked", fold: true },
            code: prose(scenarioText, scenarioText.length),
          },
      ...(scenarioCutChars > 0
        ? [note(`${formatCount(scenarioCutChars)} characters more are in scenario.yaml.`)]
        : []),
    ];
  },
};
