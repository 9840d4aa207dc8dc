/** `npm run docs:scenario`: writes the tables of docs/scenario.md anew, and leaves the words around them as they are. */
import { readFileSync, writeFileSync } from "node:fs";
import { withReference } from "./scenario-reference.ts";

const DOCUMENT = "docs/scenario.md";

writeFileSync(DOCUMENT, withReference(readFileSync(DOCUMENT, "utf8")));
