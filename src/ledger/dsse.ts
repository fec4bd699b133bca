/** DSSE v1 pre-authentication encoding: the bytes that a signature on a statement covers (secure-systems-lab/dsse, protocol.md). */
import { concat, utf8 } from "./bytes.ts";

/** PAE(type, body) = "DSSEv1" SP LEN(type) SP type SP LEN(body) SP body, lengths in bytes as decimal text. */
export function preAuthenticationEncoding(payloadType: string, body: Uint8Array): Uint8Array {
  const type = utf8(payloadType);
  return concat(utf8(`DSSEv1 ${type.length} `), type, utf8(` ${body.length} `), body);
}
