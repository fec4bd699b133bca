/** Where a screen waits for a code: read by the wired scanner, or typed and shown as such; good or bad in large words (R10). */
import { type ReadonlySignal, type Signal, signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Problem } from "../../api.ts";
import type { Asked } from "../client.ts";
import { set } from "../set.ts";
import { busy, cell, claimScanner, keyOf, linked, scanner } from "../store.ts";
import { cleaningUntil, dimmed, wake } from "../wake.ts";
import { Button } from "./button.tsx";
import { Frame } from "./frame.tsx";
import { Form } from "./keyboard.tsx";
import { sound } from "./sound.ts";

/** What came of a code. */
export interface Outcome {
  readonly tone: "good" | "bad";
  readonly code: string;
  readonly typed: boolean;
  readonly what: string;
  readonly remedy?: string | undefined;
}

export interface Scanning {
  readonly outcome: ReadonlySignal<Outcome | null>;
  /** True while the code is typed: the screen then shows the keyboard. */
  readonly typing: Signal<boolean>;
  /** What is read from now on comes to this screen. */
  readonly claimed: ReadonlySignal<boolean>;
  readonly claim: () => void;
  readonly take: (code: string, typed: boolean) => void;
}

/**
 * Listens to the scanner for as long as the screen stands. `go` says what the code leads to; `good` words it. What was
 * read before the screen came up was meant for another one.
 */
export function useScanning<T>(
  go: (code: string) => Promise<Asked<T> | null>,
  good: (value: T, code: string) => string,
  enabled = true,
): Scanning {
  const outcome = useSignal<Outcome | null>(null);
  const typing = useSignal(false);
  const claimed = useSignal(false);
  const seen = useRef(keyOf(scanner.value.read));
  const take = (code: string, typed: boolean) => {
    if (busy.value) return;
    void go(code).then((asked) => {
      if (asked === null) return;
      typing.value = false;
      const problem: Problem | null = asked.ok ? null : asked.problem;
      const base = { code: shownCode(code), typed };
      outcome.value = asked.ok
        ? { ...base, tone: "good", what: good(asked.value, code) }
        : { ...base, tone: "bad", what: problem?.what ?? "", remedy: problem?.remedy };
      sound(asked.ok ? "good" : "bad");
    });
  };
  const { read } = scanner.value;
  const now = keyOf(read);
  useEffect(() => {
    if (now === seen.current || read === null) return;
    seen.current = now;
    // As the first touch does, the first scan only lights a dark screen: nobody has seen what it would be for.
    if (dimmed.value || cleaningUntil.value !== null) return wake();
    if (enabled && !typing.value) take(read.code, false);
  }, [now]);
  // Claimed anew after a lost link: the controller may have been started anew.
  const claim = () => void claimScanner().then((done) => set(claimed, done));
  useEffect(() => (linked.value ? claim() : undefined), [linked.value]);
  return { outcome, typing, claimed, claim, take };
}

/** A code for people: without the scanner's identifier, its separators visible. */
export function shownCode(code: string): string {
  return code.replace(/^\][A-Za-z][0-9A-Za-z]/, "").replaceAll("\u001d", "<GS>");
}

/** What is typed in place of a scan. */
const typed = signal("");

interface ScanBoxProps {
  /** What to scan, as an order: "Scan the tag that is on the part." */
  readonly ask: string;
  readonly scanning: Scanning;
  readonly hint?: string;
}

/** The place of the scan: what to do, and what came of the last code. */
export function ScanBox({ ask, scanning, hint }: ScanBoxProps) {
  const last = scanning.outcome.value;
  const online = cell.value?.presence.online ?? false;
  const [claimed, mine] = [scanning.claimed.value, scanner.value.mine];
  const waits = !online
    ? "The scanner is not heard"
    : !claimed
      ? "Asking for the scanner…"
      : mine
        ? "Waiting for the scanner"
        : "The scanner serves another page";
  const tone = last?.tone ?? (online ? "wait" : "off");
  return (
    <section class={`panel scan ${tone}`} aria-live="assertive">
      <h2>{ask}</h2>
      {last ? (
        <>
          <p class="huge">
            <span aria-hidden="true">{last.tone === "good" ? "✓ " : "✕ "}</span>
            {last.tone === "good" ? "Good" : "Not this one"}
          </p>
          <p class="said">{last.what}</p>
          {last.remedy ? <p>{last.remedy}</p> : null}
          <p class="quiet">
            {last.typed ? "TYPED, not scanned: " : "Scanned: "}
            <strong>{last.code.length > 60 ? `${last.code.slice(0, 60)}…` : last.code}</strong>
          </p>
        </>
      ) : (
        <p class="huge">{waits}</p>
      )}
      {hint && !last ? <p>{hint}</p> : null}
      <div class="deeds">
        <Button
          label={last?.tone === "bad" ? "Type the code instead" : "Type the code"}
          onPress={() => {
            // Before the keyboard stands: an effect after it would take away what was typed at once.
            typed.value = "";
            scanning.typing.value = true;
          }}
        />
        {online && claimed && !mine ? <Button deed label="Use the scanner here" onPress={scanning.claim} /> : null}
      </div>
    </section>
  );
}

/** The keyboard in place of the screen that waits for the code. */
export function TypeCode({ ask, scanning }: { readonly ask: string; readonly scanning: Scanning }) {
  const actions = (
    <>
      <Button size="primary" label="Back" onPress={() => set(scanning.typing, false)} />
      <span class="spring" />
      <Button
        size="primary"
        kind="act"
        wide
        deed
        label="Take this code"
        disabled={typed.value.trim() === ""}
        onPress={() => scanning.take(typed.value.trim(), true)}
      />
    </>
  );
  return (
    <Frame title={ask} nav={false} actions={actions}>
      <p class="meaning">
        <strong>Typed, not scanned:</strong> compare every sign with what is printed, and let a second person compare.
      </p>
      <Form fields={[{ label: "Code", value: typed, max: 120 }]} />
    </Frame>
  );
}
