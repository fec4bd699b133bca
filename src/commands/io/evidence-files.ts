/** Where the evidence thread keeps its own things in the data folder: caches, each of them. */

/** Folder in the data folder. */
export const evidenceFolder = "evidence";
/** The index of what is owed, below the data folder. */
export const evidenceIndexFile = [evidenceFolder, "index.db"] as const;
/** Sealed pieces that wait, below the data folder. */
export const spoolFolder = [evidenceFolder, "spool"] as const;
