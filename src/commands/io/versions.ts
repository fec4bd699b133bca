/** Digests of the running program, its configuration and its model: the cell's bill of configuration (feature 78). */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { SetupOfCamera } from "../../jobs/challenge.ts";
import type { Versions } from "../../jobs/event.ts";
import type { ModelInHand } from "../../jobs/models.ts";
import type { Digest } from "../../kernel/names.ts";

const root = join(import.meta.dirname, "../../..");

/** Reads the program's own files; the digest covers every source file and the lockfile, by name and content. */
export function readVersions(
  configDigest: Digest,
  model: ModelInHand | null,
  cameraDigest: Digest | null,
  views: readonly SetupOfCamera[] = [],
): Versions {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  return {
    software: `cellward ${manifest.version}`,
    softwareDigest: softwareDigest(),
    configDigest,
    modelDigest: model?.model ?? null,
    modelManifest: model?.manifest ?? null,
    cameraDigest,
    ...(views.length > 0 && { views }),
    runtime: `node ${process.version}`,
  };
}

/** Digest of every source file and the lockfile, by name and content. */
export function softwareDigest(): Digest {
  const hash = createHash("sha256");
  const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" }).filter((name) =>
    /\.(ts|tsx|css|html)$/.test(name),
  );
  for (const name of ["../package-lock.json", ...sources.sort()]) {
    const content = readFileSync(join(root, "src", name));
    hash.update(`${name}\n${content.length}\n`).update(content);
  }
  return hash.digest("hex") as Digest;
}
