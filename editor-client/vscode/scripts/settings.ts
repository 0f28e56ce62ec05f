// Writes the server's settings into package.json, from the schema that the server prints:
//
//   unsorry config --schema | node scripts/settings.ts [--check]
//
// With --check nothing is written, and the exit status says whether there was something to write.

import { readFileSync, writeFileSync } from "node:fs";

import { generated } from "./contributions.ts";

const file = new URL("../package.json", import.meta.url);
const before = readFileSync(file, "utf8");
const after = generated(before, readFileSync(0, "utf8"));
if (after === before) process.exit(0);
if (process.argv.includes("--check")) {
  console.error("package.json does not have the server's settings as they are; `npm run settings` writes them.");
  process.exit(1);
}
writeFileSync(file, after);
