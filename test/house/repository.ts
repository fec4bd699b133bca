/** What holds for the whole repository: words, paths, the lockfile, and the commands that package.json promises. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Manifest } from "./packages.ts";
import type { Breach } from "./source.ts";

// Written in halves, so that this file does not hold what it looks for.
const unfinished = new RegExp(`\\b(${["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"].join("|")})\\b`);
const machinePaths = new RegExp(
  `(^|[\\s"'\`(=:])(${["/wo" + "rk/", "/ho" + "me/[a-z]", "/Us" + "ers/", "/ro" + "ot/", "/tmp/br" + "ief"].join("|")})`,
);
const binary = /\.(onnx|stl|png|jpe?g|gif|ico|woff2?|ttf|db|gz|zip|age|bin)$/;

/** Every file of the repository that git tracks or would track, and that is there. */
export function repositoryFiles(root: string): string[] {
  const out = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  return [...new Set(out.split("\0"))].filter((path) => path !== "" && existsSync(join(root, path))).sort();
}

/** Words of unfinished work, and paths of the machine on which something was built. */
export function wordsIn(path: string, text: string): Breach[] {
  return text.split("\n").flatMap((line, index) => {
    const word = unfinished.exec(line)?.[1];
    const place = machinePaths.exec(line)?.[2];
    const tell = (what: string, mend: string): Breach => ({ file: path, rule: "the rule of words", what, mend });
    return [
      ...(word
        ? [tell(`line ${index + 1} says ${word}.`, "do it, or open an issue and say here what is so today.")]
        : []),
      ...(place
        ? [tell(`line ${index + 1} names ${place}, a path of one machine.`, "name it relative to the repository.")]
        : []),
    ];
  });
}

/** The same over all text files of the repository. */
export function wordsInAll(root: string, paths: readonly string[]): Breach[] {
  return paths
    .filter((path) => !binary.test(path) && path !== "package-lock.json")
    .flatMap((path) => wordsIn(path, readFileSync(join(root, path), "utf8")));
}

/** The lockfile names no registry, so that an installation asks the one that its site has chosen. */
export function lockfileAddresses(text: string): Breach[] {
  return text.split("\n").flatMap((line, index) =>
    /"resolved"\s*:|https?:\/\/[^"]*registry/.test(line)
      ? [
          {
            file: "package-lock.json",
            rule: "the rule of the lockfile",
            what: `line ${index + 1} holds an address.`,
            mend: "npm install with this repository's .npmrc (omit-lockfile-registry-resolved) writes it without.",
          },
        ]
      : [],
  );
}

interface Lockfile {
  readonly packages: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Packages that the lockfile names as needed and does not hold, such as binaries of foreign platforms: npm ci refuses it. */
export function lockfileGaps(text: string): Breach[] {
  const { packages } = JSON.parse(text) as Lockfile;
  return Object.entries(packages).flatMap(([path, entry]) =>
    Object.keys({ ...namesIn(entry["dependencies"]), ...namesIn(entry["optionalDependencies"]) })
      .filter((name) => !Object.keys(packages).some((each) => each.endsWith(`node_modules/${name}`)))
      .map((name) => ({
        file: "package-lock.json",
        rule: "the rule of the lockfile",
        what: `${path || "package.json"} needs ${name}, which is not in it.`,
        mend: "choose a version all of whose platforms the registry has, and npm install --package-lock-only.",
      })),
  );
}

function namesIn(value: unknown): object {
  return typeof value === "object" && value !== null ? value : {};
}

/** Commands of package.json whose file is not there. */
export function emptyCommands(manifest: Manifest, exists: (path: string) => boolean): Breach[] {
  return Object.entries(manifest.scripts).flatMap(([name, command]) =>
    filesNamedBy(command)
      .filter((path) => !exists(path))
      .map((path) => ({
        file: "package.json",
        rule: "the rule of commands",
        what: `npm run ${name} needs ${path}, which is not there.`,
        mend: "write the file or drop the command.",
      })),
  );
}

function filesNamedBy(command: string): string[] {
  return command
    .split(/\s*&&\s*/)
    .flatMap((part) => part.split(/\s+/))
    .filter((word) => word.includes("/") && !word.startsWith("-"));
}
