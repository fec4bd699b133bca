/** `cellward devices tags`: what a machine on OPC UA shows, with values, units, status and age. */
import { setTimeout as pause } from "node:timers/promises";
import { pkiFolder } from "../../drivers/io/opcua.ts";
import { clientUriOf } from "../../drivers/opcua/config.ts";
import { type Look, lookBelow, mostTags, type Tag } from "../../drivers/opcua/io/browse.ts";
import { connect } from "../../drivers/opcua/io/connect.ts";
import { wordsOf } from "../../drivers/opcua/io/deadline.ts";
import { exitCode } from "../exit-code.ts";
import { findTarget } from "./device-target.ts";
import type { Terminal } from "./terminal.ts";

export interface TagsOptions {
  readonly config: string;
  readonly keys: string;
  readonly watch: boolean;
}

const watchEvery = 1000;

/** Exit code 0 where something was shown, 2 where there is no such path, 6 where the machine does not answer or is not trusted. */
export async function browseTags(
  terminal: Terminal,
  named: string,
  path: string | undefined,
  options: TagsOptions,
): Promise<number> {
  const target = await findTarget(named, options);
  if (!target.ok) return terminal.trouble(target.error, target.error.exit);
  const { machine, config, id } = target.value;
  if (!machine.opcua || config === null) {
    const what = `${id} is no machine on OPC UA: it has no names to browse.`;
    return terminal.trouble(
      { code: "no-tags", what, remedy: "Use `cellward devices dry-run` for it." },
      exitCode.usage,
    );
  }
  const child = {
    machine: { ...machine.opcua, driver: "opcua" as const, serial: machine.serial },
    equipment: id,
    pki: pkiFolder(options.keys),
    clientUri: clientUriOf(config.cell.origin),
  };
  const made = await connect(child, () => undefined);
  if (!made.ok) return terminal.trouble(made.error, exitCode.deviceUnreachable);
  const names = (path ?? "").split("/").filter((name) => name !== "");
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort();
  process.on("SIGINT", interrupt);
  try {
    for (;;) {
      const look = await lookBelow(made.value.session, names, machine.opcua.callMs);
      if (look === null) {
        const what = `${id} has nothing at ${names.join("/")}.`;
        return terminal.trouble(
          { code: "no-such-path", what, remedy: "Browse from the start: leave the path out." },
          exitCode.usage,
        );
      }
      const now = Date.now();
      const tags = look.tags.map((tag) => ({ ...tag, age_ms: tag.value?.at == null ? null : now - tag.value.at }));
      terminal.result({ ok: true, machine: id, path: names, at: now, tags, more: look.more }, textOf(look, now));
      if (!options.watch || interrupted.signal.aborted) return exitCode.ok;
      await pause(watchEvery, undefined, { signal: interrupted.signal }).catch(() => undefined);
      if (interrupted.signal.aborted) return exitCode.ok;
    }
  } catch (problem) {
    const what = `The machine stopped answering (${wordsOf(problem)}).`;
    return terminal.trouble(
      { code: "machine-unreachable", what, remedy: "Check power and cable." },
      exitCode.deviceUnreachable,
    );
  } finally {
    process.off("SIGINT", interrupt);
    await made.value.close();
  }
}

function textOf({ tags, more }: Look, now: number): string {
  const width = Math.min(40, Math.max(4, ...tags.map(({ name }) => name.length)));
  const lines = tags.map((tag) => `${sign[tag.kind]} ${tag.name.padEnd(width)} ${valueText(tag, now)}`.trimEnd());
  return [
    ...(lines.length === 0 ? ["Nothing stands below."] : lines),
    ...(more ? [`only the first ${mostTags} are shown`] : []),
  ].join("\n");
}

const sign: Readonly<Record<Tag["kind"], string>> = { object: "+", variable: " ", method: "!" };

function valueText({ value }: Tag, now: number): string {
  if (value === null) return "";
  const age = value.at === null ? "no time" : `${((now - value.at) / 1000).toFixed(1)} s old`;
  const good = value.status === "Good" ? "" : `  ${value.status}`;
  const shown = `${value.text} ${value.unit}`.trimEnd();
  return `${shown}  (${age})${good}`;
}
