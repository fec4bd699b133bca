/** What a command prints: one JSON line with --json, plain sentences without. */

export interface Trouble {
  readonly code: string;
  readonly what: string;
  readonly remedy: string;
}

export interface Terminal {
  /** The result: `value` as JSON, or `text`. */
  result(value: unknown, text: string): void;
  /** A step of long work; on standard error, and silent with --json. */
  progress(text: string): void;
  /** What went wrong and what to do, on standard error (with --json on standard output); returns the exit code. */
  trouble(trouble: Trouble, code: number): number;
}

/** The terminal of this process. */
export function createTerminal(json: boolean): Terminal {
  return {
    result(value, text) {
      process.stdout.write(`${json ? JSON.stringify(value) : text}\n`);
    },
    progress(text) {
      if (!json) process.stderr.write(`${text}\n`);
    },
    trouble(trouble, code) {
      if (json) process.stdout.write(`${JSON.stringify({ ok: false, ...trouble })}\n`);
      else process.stderr.write(`${trouble.what}\n${trouble.remedy === "" ? "" : `  What to do: ${trouble.remedy}\n`}`);
      return code;
    },
  };
}
