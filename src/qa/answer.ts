/** What central QA's routes share: who asks, what is answered, the page's frame, and the signature by password. */
import type { PersonId } from "../kernel/names.ts";
import type { Describe } from "../ledger/page.ts";
import type { PeopleStore } from "../people/store.ts";
import type { Asked } from "./decide.ts";
import type { EvidenceShelf } from "./evidence.ts";
import type { Html } from "./html.ts";
import type { Office, OfficeState } from "./office.ts";
import { framed, type Place, type Viewer } from "./pages/frame.ts";
import type { QaStore } from "./store.ts";

/** What the routes share. */
export interface Counter {
  readonly site: string;
  readonly office: Office;
  readonly store: QaStore;
  /** The evidence folder; null where none is configured. */
  readonly shelf: EvidenceShelf | null;
  readonly people: PeopleStore;
  readonly describe: Describe;
  readonly connected: () => boolean;
  /** Signs, keeps and sends decisions. */
  readonly decide: (asked: readonly Asked[]) => Promise<void>;
  readonly now: () => number;
}

/** A request of somebody who is signed in. */
export interface Call {
  readonly params: Readonly<Record<string, string>>;
  /** Query of a GET, form of a POST. */
  readonly fields: Readonly<Record<string, string>>;
  readonly person: PersonId;
  readonly viewer: Viewer;
}

export type Answer =
  | { readonly kind: "page"; readonly status: number; readonly text: string }
  | { readonly kind: "file"; readonly name: string; readonly value: unknown }
  | { readonly kind: "go"; readonly to: string }
  | { readonly kind: "absent" };

export interface QaRoute {
  readonly method: "GET" | "POST";
  readonly url: string;
  /** `member`: anybody with an account; `qa`: the role QA. */
  readonly access: "member" | "qa";
  /** True where a secret is tried: counted against a lower limit. */
  readonly guess: boolean;
  readonly handle: (counter: Counter, call: Call) => Promise<Answer>;
}

/** A page that anybody with an account may look at. */
export const look = (url: string, handle: QaRoute["handle"]): QaRoute => ({
  method: "GET",
  url,
  access: "member",
  guess: false,
  handle,
});

/** Why what is to be signed is not signed: the password is not that of whoever holds the session (21 CFR 11.200). */
export async function signAgain(
  { people }: Counter,
  { person }: Call,
  password: string,
): Promise<{ readonly status: number; readonly said: string } | null> {
  const signed = await people.authenticate(people.nameOf(person) ?? "", password);
  if (signed.outcome === "locked") {
    return { status: 423, said: "Your account is locked after too many wrong passwords. Nothing was decided." };
  }
  if (signed.outcome !== "accepted" || signed.member.person !== person) {
    return { status: 401, said: "The password is not yours. Nothing was decided." };
  }
  return null;
}

/** A page of the desk, in its frame. */
export function page(
  counter: Counter,
  { viewer }: Call,
  { now, items }: OfficeState,
  here: Place,
  title: string,
  body: Html,
  said?: string,
  status = 200,
): Answer {
  const connected = counter.connected();
  const text = framed({ site: counter.site, title, at: now, viewer, items, connected, here, said, body });
  return { kind: "page", status, text };
}
