/** Loaded before a program (`--import`): weakens one line of its source as WEAKENED names it; such a program must be convicted. */
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import { weaknesses } from "./weaknesses.ts";

const name = process.env["WEAKENED"] ?? "";
const changes = weaknesses[name as keyof typeof weaknesses];
if (changes === undefined) throw new Error(`there is no weakness ${name}`);

registerHooks({
  load(url, context, next) {
    const mine = changes.filter(({ file }) => url.endsWith(`/${file}`));
    if (mine.length === 0) return next(url, context);
    let source = readFileSync(fileURLToPath(url), "utf8");
    for (const { file, from, to } of mine) {
      const parts = source.split(from);
      // A line that is not there exactly once is a weakness that has to be written anew.
      if (parts.length !== 2) throw new Error(`${name}: its line stands ${parts.length - 1} times in ${file}`);
      source = parts.join(to);
    }
    return { format: "module-typescript", source, shortCircuit: true };
  },
});
