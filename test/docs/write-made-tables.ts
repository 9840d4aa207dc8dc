/** `npm run docs:tables`: writes the tables that are made from registries anew, and leaves the words around them as they are. */
import { readFileSync, writeFileSync } from "node:fs";
import { MADE_TABLES, withTables } from "./made-tables.ts";

for (const document of new Set(MADE_TABLES.map((table) => table.document))) {
  writeFileSync(document, withTables(document, readFileSync(document, "utf8")));
}
