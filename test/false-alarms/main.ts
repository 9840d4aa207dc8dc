/**
 * `npm run false-alarms`: simulates every null case, prints the table, and writes it into docs/methods.md. Ends with 1 where a test alarms
 * more often than it promises.
 */
import { measure, TOLERANCE, tableOf, writeTable } from "./measure.ts";
import { NULL_CASES } from "./registry.ts";

const measured = NULL_CASES.map(measure);
const table = tableOf(measured);
writeTable(table);
process.stdout.write(`${table}\n`);
const isBroken = measured.some(({ of, alarms }) =>
  alarms.some((share) => share > of.nominal + TOLERANCE),
);
process.exitCode = isBroken ? 1 : 0;
