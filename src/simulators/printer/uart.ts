/** One direction of a serial line with a baud rate: bytes arrive one after the other, never all at once. */

/** Bytes under way; a byte takes ten bits. */
export class Uart {
  readonly #msPerByte: number;
  #freeMs = 0;
  #queue: { readonly atMs: number; readonly bytes: Uint8Array }[] = [];

  constructor(baud: number) {
    this.#msPerByte = 10_000 / baud;
  }

  /** Puts bytes on the line at `nowMs`; a line of text arrives when its end does. */
  push(bytes: Uint8Array, nowMs: number): void {
    this.#freeMs = Math.max(this.#freeMs, nowMs);
    for (let from = 0; from < bytes.length; ) {
      const end = bytes.indexOf(10, from);
      const to = end < 0 ? bytes.length : end + 1;
      this.#freeMs += (to - from) * this.#msPerByte;
      this.#queue.push({ atMs: this.#freeMs, bytes: bytes.subarray(from, to) });
      from = to;
    }
  }

  /** When bytes put on the line at `nowMs` have all arrived. */
  after(count: number, nowMs: number): number {
    this.#freeMs = Math.max(this.#freeMs, nowMs) + count * this.#msPerByte;
    return this.#freeMs;
  }

  /** What has arrived by `nowMs`, piece by piece. */
  take(nowMs: number): Uint8Array | null {
    const first = this.#queue[0];
    if (first === undefined || first.atMs > nowMs) return null;
    this.#queue.shift();
    return first.bytes;
  }

  nextMs(): number {
    return this.#queue[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  drop(): void {
    this.#queue = [];
  }
}
