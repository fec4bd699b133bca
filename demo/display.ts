/** The demo's live display: one line that grows on a terminal, a line every ten layers anywhere else. */
import type { AttemptView, JobView } from "../src/hmi/api.ts";

export interface Display {
  say(text: string): void;
  show(job: JobView): void;
  end(): void;
}

const signs: Readonly<Record<string, string>> = { p: "\u2588", c: "\u2592", f: "X", b: "?" };

/** Writes to standard output. */
export function createDisplay(): Display {
  const live = process.stdout.isTTY === true;
  let shown = "";
  let lastTold = 0;

  function clear(): void {
    if (live && shown) process.stdout.write("\r\u001b[2K");
    shown = "";
  }

  return {
    say(text) {
      clear();
      process.stdout.write(`${text}\n`);
    },
    show(job) {
      const attempt = job.attempts.at(-1);
      if (!attempt) return;
      const line = progress(attempt);
      if (live && line !== shown) {
        clear();
        process.stdout.write(line);
        shown = line;
      } else if (!live && Math.floor(attempt.accepted / 10) !== lastTold) {
        lastTold = Math.floor(attempt.accepted / 10);
        process.stdout.write(`${line}\n`);
      }
    },
    end: clear,
  };
}

function progress({ accepted, printed, planned, verdicts }: AttemptView): string {
  const bar = [...verdicts].map((each) => signs[each] ?? each).join("");
  const doing = printed > accepted ? "looking" : "printing";
  return `  layer ${String(Math.min(accepted + 1, planned)).padStart(3)} of ${planned} ${doing.padEnd(8)} ${bar}${"\u00b7".repeat(Math.max(0, planned - verdicts.length))}`;
}
