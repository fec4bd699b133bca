/** The port through which files come to the disk: whole or not there, and there when it is said. */

export interface DurableFiles {
  /** Replaces or creates a file; after a power cut it holds the old bytes or the new, never a mixture. */
  writeDurably(path: string, bytes: Uint8Array, mode: number): Promise<void>;
  /** Makes the names in a folder durable. */
  flushFolder(folder: string): Promise<void>;
}
