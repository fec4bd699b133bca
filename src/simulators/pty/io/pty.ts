/** A real pseudo-terminal under a chosen path: the device end of a cable that any serial program can open. */
import { constants, lstatSync, openSync, readlinkSync, renameSync, symlinkSync, unlinkSync } from "node:fs";
import { ReadStream } from "node:tty";
import * as nodePty from "@lydell/node-pty";

/** The device's end of the cable. */
export interface PtyEnd {
  /** The terminal itself, such as /dev/pts/4. */
  readonly device: string;
  write(bytes: Uint8Array): void;
  /** Stops and restarts reading; meanwhile the host's bytes wait in the kernel. */
  hold(held: boolean): void;
  /** Pulls the cable: the host's end hangs up and the link goes away. */
  close(): void;
}

/** What node-pty's `open` returns; its type declaration leaves that function out. */
interface OpenedTerminal {
  readonly ptsName: string;
  readonly master: ReadStream;
  readonly slave: ReadStream;
}

/** Bytes that wait for a host that does not read; what comes after them is lost, as on a wire. */
const mostUnreadBytes = 1_048_576;

/**
 * Opens a terminal in raw mode and links it at `linkPath` (an older link there is replaced; anything else is an
 * error). `onBytes` gets what the host sends.
 */
export function openPtyAt(linkPath: string, onBytes: (bytes: Uint8Array) => void): PtyEnd {
  const opener = nodePty as unknown as { open(options: { encoding: null }): OpenedTerminal };
  const terminal = opener.open({ encoding: null });
  const device = terminal.ptsName;
  // node-pty's own stream on the host's end reads, and so would swallow what the device writes. A second one that
  // is never read keeps the terminal alive between hosts, and in raw mode: else it echoes the device's own lines.
  terminal.slave.destroy();
  const keeper = new ReadStream(openSync(device, constants.O_RDWR | constants.O_NOCTTY));
  keeper.setRawMode(true);
  const { master } = terminal;
  master.on("data", (bytes: Uint8Array) => onBytes(bytes));
  master.on("error", () => master.destroy());
  link(device, linkPath);
  return {
    device,
    write: (bytes) => {
      if (!master.destroyed && master.writableLength < mostUnreadBytes) master.write(bytes);
    },
    hold: (held) => void (held ? master.pause() : master.resume()),
    close: () => {
      unlink(device, linkPath);
      master.destroy();
      keeper.destroy();
    },
  };
}

function link(device: string, linkPath: string): void {
  const found = lstatSync(linkPath, { throwIfNoEntry: false });
  if (found !== undefined && !found.isSymbolicLink()) throw new Error(`${linkPath} exists and is not a link`);
  const fresh = `${linkPath}.${process.pid}`;
  symlinkSync(device, fresh);
  renameSync(fresh, linkPath);
}

function unlink(device: string, linkPath: string): void {
  const found = lstatSync(linkPath, { throwIfNoEntry: false });
  // Only our own link: another device may have taken the path in the meantime.
  if (found?.isSymbolicLink() && readlinkSync(linkPath) === device) unlinkSync(linkPath);
}
