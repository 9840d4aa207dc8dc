/** How much of the load each phase carried. Invariant: shares are of the messages sent in the whole run. */
import { type Cell, code, column, lead, table } from "../block.ts";
import type { Section } from "../section.ts";

export const throwaway: Section = {
  meta: { id: "share", title: "Load by phase", about: "How many of the messages each phase sent." },

  build({ summary }) {
    const all = summary.messages.sent;
    const rows = summary.phases.map(({ phase, messages: { sent } }): Cell[] => [
      code(phase, 64),
      sent,
      all === 0 ? null : sent / all,
    ]);
    const columns = [column("phase", "text"), column("sent"), column("share", "share")];
    return [
      lead("What each phase sent."),
      table({ name: "Load by phase", columns, most: 50 }, rows),
    ];
  },
};
