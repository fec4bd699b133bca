/** Exactly what is signed: every member at every depth, page by page, with its digest; what was never shown is never signed. */
import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { canonicalBytes } from "../../../kernel/json.ts";
import type { ShownView } from "../../api-route.ts";
import { set } from "../set.ts";
import { say } from "../store.ts";
import { stamp } from "../words.ts";
import { Pager } from "./pager.tsx";

/** What stands to be signed, and which of its pages were on the screen. */
export interface Reading {
  readonly view: ShownView;
  readonly read: ReadonlySet<number>;
}

/** True when every page was shown. */
export function isRead(reading: Reading | null, perPage: number): boolean {
  return reading !== null && reading.read.size >= pagesOf(reading.view, perPage);
}

const pagesOf = (view: ShownView, perPage: number) => Math.ceil(lines(view.facts, "").length / perPage);

/** The page trusts its own arithmetic: it signs only what it shows. Null, and said, where the digest is another one. */
export async function checked(view: ShownView): Promise<Reading | null> {
  const bytes = await crypto.subtle.digest("SHA-256", canonicalBytes(view.facts) as Uint8Array<ArrayBuffer>);
  const digest = [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (digest === view.digest) return { view, read: new Set() };
  say({ code: "digest", what: "What is shown is not what would be signed.", remedy: "Call the engineer." });
  return null;
}

interface FactsProps {
  readonly reading: Signal<Reading | null>;
  readonly perPage: number;
  /** What stands there before there is anything to sign. */
  readonly empty: string;
  /** The panel has the whole width. */
  readonly wide?: boolean;
}

/** The panel with the facts. */
export function Facts({ reading, perPage, empty, wide = false }: FactsProps) {
  const page = useSignal(0);
  const view = reading.value?.view ?? null;
  const rows = view ? lines(view.facts, "") : [];
  const pages = view ? pagesOf(view, perPage) : 0;
  const at = Math.min(page.value, Math.max(0, pages - 1));
  useEffect(() => set(page, 0), [view]);
  useEffect(() => {
    const now = reading.value;
    if (now && !now.read.has(at)) reading.value = { ...now, read: new Set([...now.read, at]) };
  }, [view, at]);
  return (
    <section class={wide ? "panel facts whole" : "panel facts"}>
      <h2>Exactly this is signed</h2>
      {view ? null : <p>{empty}</p>}
      <dl>
        {rows.slice(at * perPage, (at + 1) * perPage).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{told(name, value, view)}</dd>
          </div>
        ))}
      </dl>
      <Pager page={at} pages={pages} onPage={(to) => set(page, to)} what="Facts" />
      {view ? (
        <p class="digest">
          {isRead(reading.value, perPage) ? "" : "Read every page, then sign. "}SHA-256 {view.digest}
        </p>
      ) : null}
    </section>
  );
}

/** The signed value, and in brackets what people read in it. */
function told(name: string, value: string, view: ShownView | null): string {
  const person = view?.names[value];
  if (person !== undefined) return `${value} (${person})`;
  return name.endsWith("expires") && /^[0-9]+$/.test(value) ? `${value} (${stamp(Number(value))})` : value;
}

const isPlain = (value: unknown) => value === null || typeof value !== "object";
const text = (value: unknown) => (value === null ? "none" : String(value).replaceAll("\u001d", "<GS>"));

/** Every member at every depth, nothing left out; what is listed and flat stands on one line. */
function lines(value: unknown, name: string, listed = false): (readonly [string, string])[] {
  if (isPlain(value)) return [[name, text(value)]];
  const entries = Object.entries(value as object);
  if (entries.length === 0) return [[name, "none"]];
  if ((listed || name.endsWith("box")) && entries.every(([, member]) => isPlain(member))) {
    return [[name, entries.map(([key, member]) => `${key} ${text(member)}`).join(", ")]];
  }
  const inList = Array.isArray(value);
  return entries.flatMap(([key, member]) =>
    lines(member, name === "" ? key : `${name} ${inList ? Number(key) + 1 : key}`, inList),
  );
}
