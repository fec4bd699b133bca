/** Sizes of the pieces in which a program goes to a machine and comes back (OPC UA Part 20). */

/** What a message carries besides the piece: headers, signature, padding and the other arguments. */
const overhead = 1024;
const largest = 65_536;
const least = 16;

/**
 * Bytes of one Read or Write, from the server's MaxByteStringLength and the negotiated size of a message; 0 means that
 * a limit is not given.
 */
export function pieceBytes(maxByteString: number, maxMessage: number): number {
  const byMessage = maxMessage > 0 ? maxMessage - overhead : largest;
  return Math.max(least, Math.min(maxByteString > 0 ? maxByteString : largest, byMessage, largest));
}

/** The bytes in pieces, in order; an empty file has none. */
export function* piecesOf(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** The temporary name under which a program is written before it has been read back. */
export function temporaryName(name: string): string {
  return `${name}.part`;
}
