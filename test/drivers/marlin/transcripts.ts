/** Recorded exchanges with real firmware, as tests read them. */
import { readdirSync, readFileSync } from "node:fs";

const folder = new URL("../../../../shared/data/transcripts/", import.meta.url);

/** One line or write of a recording. */
export interface Recorded {
  /** Seconds since its start. */
  readonly t: number;
  readonly dir: "tx" | "rx";
  /** Latin-1 text with its line end. */
  readonly text: string;
}

/** Names of the recordings of a peer, such as `marlin/01-boot-handshake`. */
export function transcripts(peer: string): string[] {
  const files = readdirSync(new URL(`${peer}/`, folder)).filter((file) => file.endsWith(".jsonl"));
  if (files.length === 0) throw new Error(`no recordings of ${peer}`);
  return files.sort().map((file) => `${peer}/${file.slice(0, -6)}`);
}

export function recorded(name: string): Recorded[] {
  const lines = readFileSync(new URL(`${name}.jsonl`, folder), "utf8")
    .trim()
    .split("\n")
    .slice(1);
  return lines.map((line) => {
    const record = JSON.parse(line) as { t: number; dir: "tx" | "rx"; text?: string; hex?: string };
    return {
      t: record.t,
      dir: record.dir,
      text: record.text ?? Buffer.from(record.hex ?? "", "hex").toString("latin1"),
    };
  });
}
