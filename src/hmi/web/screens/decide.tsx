/** Disposition: choose, see exactly what is signed and its digest, then a second person signs. */
import { signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { canonicalBytes } from "../../../kernel/json.ts";
import type { ChoiceView, Phrase } from "../../api.ts";
import type { ShownView } from "../../api-route.ts";
import { get } from "../client.ts";
import { Button } from "../parts/button.tsx";
import { Frame } from "../parts/frame.tsx";
import { Form } from "../parts/keyboard.tsx";
import { Pager } from "../parts/pager.tsx";
import { set } from "../set.ts";
import { act, go, job, notice, say, undecided } from "../store.ts";
import { short } from "../words.ts";

type Choice = ChoiceView["disposition"];

const choiceWords = {
  scrap: "Scrap this part",
  concession: "Accept it as it is",
  rework: "Do the step again",
} as const;
const factsPerPage = 6;

const chosen = signal<{ readonly disposition: Choice; readonly reason: Phrase } | null>(null);
const shown = signal<ShownView | null>(null);
/** Pages of the facts that were on the screen; what was never shown is never signed. */
const read = signal<ReadonlySet<number>>(new Set());
const pagesOf = (view: ShownView) => Math.ceil(lines(view.facts, "").length / factsPerPage);
const isRead = () => shown.value !== null && read.value.size >= pagesOf(shown.value);

/** What shall become of it. */
export function DecideScreen() {
  const about = undecided.value;
  const disposition = useSignal<Choice | null>(null);
  useEffect(() => {
    chosen.value = null;
    shown.value = null;
  }, []);
  const choice = about?.choices.find((each) => each.disposition === disposition.value);
  const choose = async (reason: Phrase) => {
    if (!about || !disposition.value) return;
    chosen.value = { disposition: disposition.value, reason };
    shown.value = null;
    const query = new URLSearchParams({ disposition: disposition.value, reason: reason.code });
    const asked = await get<ShownView>(`/api/jobs/${job.value?.id}/nonconformities/${about.id}/shown?${query}`);
    if (!asked.ok) return say(asked.problem);
    // The page trusts its own arithmetic: it signs only what it shows.
    if ((await digestOf(asked.value.facts)) !== asked.value.digest) {
      return say({ code: "digest", what: "What is shown is not what would be signed.", remedy: "Call the engineer." });
    }
    read.value = new Set();
    shown.value = asked.value;
  };
  const actions = (
    <>
      <Button size="primary" label="Back" onPress={() => go("hold")} />
      <span class="spring" />
      <Button
        size="primary"
        kind="act"
        wide
        label="Sign: second person"
        disabled={!isRead()}
        onPress={() => go("sign")}
      />
    </>
  );
  return (
    <Frame title={`${about?.id ?? ""}: what shall become of it?`} actions={actions}>
      <div class="columns">
        <section class="panel choices">
          <h2>Decision</h2>
          <div class="deeds">
            {(about?.choices ?? []).map((each) => (
              <Button
                key={each.disposition}
                wide
                label={choiceWords[each.disposition]}
                on={choice === each}
                onPress={() => {
                  disposition.value = each.disposition;
                  shown.value = null;
                }}
              />
            ))}
          </div>
          <h2>Reason</h2>
          {disposition.value === null ? <p>Choose the decision first.</p> : null}
          {(choice?.reasons ?? []).map((each) => (
            <Button
              key={each.code}
              wide
              label={each.words}
              on={chosen.value?.reason.code === each.code}
              onPress={() => void choose(each)}
            />
          ))}
        </section>
        <Shown />
      </div>
    </Frame>
  );
}

async function digestOf(facts: unknown): Promise<string> {
  const bytes = await crypto.subtle.digest("SHA-256", canonicalBytes(facts) as Uint8Array<ArrayBuffer>);
  return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function Shown() {
  const page = useSignal(0);
  const view = shown.value;
  const rows = view ? lines(view.facts, "") : [];
  const pages = view ? pagesOf(view) : 0;
  const at = Math.min(page.value, Math.max(0, pages - 1));
  useEffect(() => set(page, 0), [view]);
  useEffect(() => {
    if (view && !read.value.has(at)) read.value = new Set([...read.value, at]);
  }, [view, at]);
  return (
    <section class="panel facts">
      <h2>Exactly this is signed</h2>
      {view ? null : <p>Choose the decision and the reason.</p>}
      <dl>
        {rows.slice(at * factsPerPage, (at + 1) * factsPerPage).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <Pager page={at} pages={pages} onPage={(to) => set(page, to)} what="Facts" />
      {view ? (
        <p class="digest">
          {isRead() ? "" : "Read every page, then sign. "}SHA-256 {view.digest}
        </p>
      ) : null}
    </section>
  );
}

/** Every member at every depth, nothing left out. */
function lines(value: unknown, name: string): (readonly [string, string])[] {
  if (value === null || typeof value !== "object") return [[name, value === null ? "none" : String(value)]];
  const entries = Object.entries(value);
  if (entries.length === 0) return [[name, "none"]];
  if (name.endsWith("box")) return [[name, entries.map(([key, member]) => `${key} ${String(member)}`).join(", ")]];
  return entries.flatMap(([key, member]) =>
    lines(member, name === "" ? key : `${name} ${Array.isArray(value) ? Number(key) + 1 : key}`),
  );
}

/** The second person's name and password; whoever is signed in stays so. */
export function SignScreen() {
  const [name, password] = [useSignal(""), useSignal("")];
  const about = undecided.value;
  const view = shown.value;
  const choice = chosen.value;
  const sign = async () => {
    if (!about || !view || !choice) return;
    const { disposition, reason } = choice;
    const decision = { nonconformity: about.id, disposition, reason: reason.code, shown: view.digest };
    const body = { ...decision, name: name.value, password: password.value };
    password.value = "";
    const done = `Signed by ${name.value}: ${choiceWords[choice.disposition].toLowerCase()}.`;
    if (!(await act(`/api/jobs/${job.value?.id}/dispositions`, body))) return;
    go("hold");
    notice.value = { tone: "good", code: "signed", what: done };
  };
  const fields = [
    { label: "Name of the second person", value: name, max: 64 },
    { label: "Password or PIN", value: password, max: 128, secret: true },
  ];
  const actions = (
    <>
      <Button size="primary" label="Back" onPress={() => go("decide")} />
      <span class="spring" />
      <Button
        size="primary"
        kind="act"
        wide
        deed
        label="Sign"
        disabled={!view || name.value === "" || password.value === ""}
        onPress={() => void sign()}
      />
    </>
  );
  return (
    <Frame
      title={choice ? `${choiceWords[choice.disposition]}: ${choice.reason.words}` : "Sign"}
      nav={false}
      actions={actions}
    >
      <p class="meaning">
        Your signature means: <strong>“{view?.meaning}”</strong> Bound to {view ? short(view.digest) : ""}. Not for
        whoever started it.
      </p>
      <Form fields={fields} />
    </Frame>
  );
}
