/** What to do about a file that is missing, as commands that can be typed as they stand. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

const examples = { config: "simulated-cell.toml", qa: "qa.toml" } as const;

/** What is wrong with a configuration that cannot be loaded: a file that is not there is begun from the example. */
export function configurationRemedy(file: string, kind: keyof typeof examples = "config"): string {
  if (existsSync(file)) return `Correct the key that is named; \`cellward ${kind} schema\` prints the schema.`;
  const example = join(import.meta.dirname, "../../../config", examples[kind]);
  const copy = existsSync(example) ? `, or begin with the example: \`cp ${word(example)} ${word(resolve(file))}\`` : "";
  return `Name the right file with --config${copy}.`;
}

/** A path as one word of a shell's line. */
export function word(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** Where a command finds what it works on. */
export interface Places {
  readonly config: string;
  readonly data: string;
  readonly keys: string;
}

/** The options without which these commands do nothing. */
const needed: readonly (readonly [command: string, ...options: (keyof Places)[]])[] = [
  ["camera calibrate", "config"],
  ["recipient", "keys"],
  ["trust show", "config", "keys"],
  ["trust accept", "config", "keys"],
];

/** A remedy whose commands of `cellward` have the options that they need, as this command was given them. */
export function withPlaces(remedy: string, places: Places): string {
  const whole = remedy.replace(/`cellward ([^`]*)`/g, (_, said: string) => {
    const options = needed.find(([command]) => said.startsWith(command))?.slice(1) as (keyof Places)[] | undefined;
    const missing = (options ?? []).filter((option) => !said.includes(`--${option}`));
    return `\`cellward ${[said, ...missing.map((option) => `--${option} ${word(places[option])}`)].join(" ")}\``;
  });
  return whole.replace(/(`cellward [^`]*--config [^`]*`) with --config and --keys/g, "$1");
}
