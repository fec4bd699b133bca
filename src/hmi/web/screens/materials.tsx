/** Material: lots with their state in large words, and what each machine holds. */
import { signal, useSignal } from "@preact/signals";
import type { LotView, MaterialsView } from "../../api-route.ts";
import { Button } from "../parts/button.tsx";
import { Frame } from "../parts/frame.tsx";
import { Pager } from "../parts/pager.tsx";
import { set } from "../set.ts";
import { go, home, materials } from "../store.ts";
import { day } from "../words.ts";

const perPage = 3;
/** The lot and the machine that the next screen is about. */
export const chosenLot = signal<string | null>(null);
export const chosenMachine = signal<string | null>(null);

/** Lots on the left, machines on the right. */
export function MaterialsScreen() {
  const page = useSignal(0);
  const view = materials.value;
  const lots = [...(view?.lots ?? [])].sort((a, b) => rank(a) - rank(b));
  const pages = Math.max(1, Math.ceil(lots.length / perPage));
  const at = Math.min(page.value, pages - 1);
  const actions = (
    <>
      <Button size="primary" label="Back" onPress={home} />
      <span class="spring" />
      <Pager page={at} pages={pages} onPage={(to) => set(page, to)} what="Lots" />
      <Button size="primary" kind="act" label="Receive a delivery" onPress={() => go("receive")} />
    </>
  );
  return (
    <Frame title="Materials" actions={actions}>
      <div class="columns ready">
        <ul class="list">
          {view && lots.length === 0 ? <li class="panel">No material was received in this cell yet.</li> : null}
          {lots.slice(at * perPage, (at + 1) * perPage).map((lot) => (
            <Line key={lot.id} lot={lot} />
          ))}
        </ul>
        <Machines view={view} />
      </div>
    </Frame>
  );
}

/** What waits for QA, here or at headquarters, first, then what may be used. */
function rank({ status, held, whyNot, left }: LotView): number {
  return status === "quarantine" || (held && status !== "rejected") ? 0 : whyNot === null && left > 0 ? 1 : 2;
}

/** May it be used, in a word or two. */
export function lotWord({ status, held, whyNot, left }: LotView): string {
  if (status === "rejected") return "✕ Rejected";
  if (held) return "✕ Held by central QA";
  if (status === "quarantine") return "In quarantine";
  if (whyNot !== null) return "✕ Expired";
  return left > 0 ? "✓ Released" : "✕ Used up";
}

function Line({ lot }: { readonly lot: LotView }) {
  const decide = () => {
    chosenLot.value = lot.id;
    go("lot");
  };
  return (
    <li class="panel line lot" data-lot={lot.id}>
      <div>
        <h2>{lot.title}</h2>
        <p class="big">{lotWord(lot)}</p>
        <p class="quiet">
          lot <strong>{lot.batch}</strong> · {lot.left} of {lot.quantity} {lot.unit} left · until {day(lot.expires)}
        </p>
      </div>
      <Button size="primary" label={lot.status === "quarantine" ? "QA decides" : "Look at it"} onPress={decide} />
    </li>
  );
}

function Machines({ view }: { readonly view: MaterialsView | null }) {
  const load = (id: string) => {
    chosenMachine.value = id;
    go("load");
  };
  return (
    <div class="stack">
      {(view?.machines ?? []).slice(0, 3).map((machine) => (
        <section class="panel line" key={machine.id} data-machine={machine.id}>
          <div>
            <h2>{machine.title}</h2>
            {machine.loads.slice(0, 3).map(({ material, title, batch, whyNot }) => (
              <p key={material} class={whyNot === null ? "quiet" : "abnormal-text"}>
                {title}: {batch === null ? "none loaded" : `lot ${batch}`}
                {whyNot === null ? "" : " ✕ not to be used"}
              </p>
            ))}
          </div>
          <Button label="Load" onPress={() => load(machine.id)} />
        </section>
      ))}
      {view && view.machines.length === 0 ? (
        <section class="panel">
          <p>No open order takes material from a lot.</p>
        </section>
      ) : null}
    </div>
  );
}
