/** Process packs as files: those that come with the program, and a site's own beside them. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ProcessPack, readPack } from "../../jobs/process-pack.ts";
import { err, ok, type Result } from "../../kernel/result.ts";

/** Where the packs that come with the program lie. */
export const shippedPacks = fileURLToPath(new URL("../../../config/processes/", import.meta.url));

const mostPackBytes = 256 * 1024;
const mostPacks = 100;

/** Reads one pack; the error is a sentence that names the file. */
export async function readPackFile(path: string): Promise<Result<ProcessPack, string>> {
  const bytes = await readFile(path).catch(() => null);
  if (bytes === null) return err(`The process pack ${path} cannot be read.`);
  if (bytes.length > mostPackBytes) return err(`The process pack ${path} is larger than ${mostPackBytes} bytes.`);
  const read = readPack(bytes);
  return read.ok ? read : err(`${path}: ${read.error}`);
}

/** Every pack that comes with the program, and those of a site's own folder; of each process there is one. */
export async function readPacks(own?: string): Promise<Result<readonly ProcessPack[], string>> {
  const packs: ProcessPack[] = [];
  for (const folder of own === undefined ? [shippedPacks] : [shippedPacks, own]) {
    const names = await readdir(folder).catch(() => null);
    if (names === null) return err(`The folder of process packs ${folder} cannot be read.`);
    for (const name of names.filter((each) => each.endsWith(".json")).sort()) {
      const pack = await readPackFile(join(folder, name));
      if (!pack.ok) return pack;
      const { process } = pack.value;
      if (packs.some((each) => each.process === process)) {
        return err(
          `${join(folder, name)}: there is another pack for the process ${process}; give this one a name of its own.`,
        );
      }
      packs.push(pack.value);
    }
  }
  return packs.length > mostPacks ? err(`There are more than ${mostPacks} process packs.`) : ok(packs);
}
