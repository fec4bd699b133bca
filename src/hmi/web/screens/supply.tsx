/** What is done with material: received by scan, decided by QA's signature, loaded at a machine by scan. */
import { signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { LotView, ScanView, ShownView } from "../../api-route.ts";
import { get, post } from "../client.ts";
import { Button } from "../parts/button.tsx";
import { checked, Facts, isRead, type Reading } from "../parts/facts.tsx";
import { Frame } from "../parts/frame.tsx";
import { Form } from "../parts/keyboard.tsx";
import { ScanBox, TypeCode, useScanning } from "../parts/scan.tsx";
import { act, ask, go, materials, say } from "../store.ts";
import { day } from "../words.ts";
import { chosenLot, chosenMachine, lotWord } from "./materials.tsx";
import { askSignature } from "./sign.tsx";

const back = <Button size="primary" label="Back" onPress={() => go("materials")} />;

/** A delivery: the code on its package first, then what its paper says. */
export function ReceiveScreen() {
  const found = useSignal<{ readonly code: string; readonly view: ScanView } | null>(null);
  const writing = useSignal(false);
  const scanning = useScanning(
    async (code) => {
      const asked = await post<ScanView>("/api/scan", { code });
      const view = asked.ok ? asked.value : null;
      const isNew = view?.kind === "package" && view.lot === null && view.batch !== null && view.expires !== null;
      found.value = view && isNew ? { code, view } : null;
      if (!view || isNew) return asked;
      return { ok: false, status: 409, problem: { code: "wrong-code", what: whyNot(view), remedy: asked1 } };
    },
    (view) => `${view.title}, lot ${view.batch}, until ${day(view.expires ?? 0)}`,
    !writing.value,
  );
  if (scanning.typing.value) return <TypeCode ask={asked1} scanning={scanning} />;
  if (writing.value && found.value) return <Paper delivery={found.value} onBack={() => (writing.value = false)} />;
  const actions = (
    <>
      {back}
      <span class="spring" />
      <Button
        size="primary"
        kind="act"
        wide
        label="Go on: certificate and quantity"
        disabled={found.value === null}
        onPress={() => (writing.value = true)}
      />
    </>
  );
  return (
    <Frame title="Receive a delivery" actions={actions}>
      <ScanBox ask={asked1} scanning={scanning} hint="Every delivery waits in quarantine until QA has decided." />
    </Frame>
  );
}

const asked1 = "Scan the code on the package of the material.";

function whyNot(view: ScanView): string {
  if (view.kind !== "package") return view.what;
  if (view.lot !== null) return `${view.what} It is here already.`;
  if (view.batch === null) return `${view.what} Its code names no lot (10).`;
  return `${view.what} Its code names no day of expiry (17).`;
}

interface PaperProps {
  readonly delivery: { readonly code: string; readonly view: ScanView };
  readonly onBack: () => void;
}

/** What the delivery's paper says; a certificate goes into the record as its number, nothing else does. */
function Paper({ delivery, onBack }: PaperProps) {
  const [certificate, quantity, made] = [useSignal(""), useSignal(""), useSignal("")];
  const { view, code } = delivery;
  const amount = Number(quantity.value);
  const wrong = wrongCertificate(certificate.value.trim()) ?? wrongQuantity(quantity.value.trim(), view.unit ?? "");
  const parents = made.value.split(/[\s,;]+/).filter((name) => name !== "");
  const receive = async () => {
    const body = {
      code,
      certificate: certificate.value.trim(),
      quantity: amount,
      ...(parents.length > 0 && { parents }),
    };
    if (!(await act("/api/lots", body))) return;
    go("materials");
    say({ code: "received", what: `Lot ${view.batch} is in quarantine.`, remedy: "QA decides on it." }, "good");
  };
  const fields = [
    { label: "Number of the certificate", value: certificate, max: 64 },
    { label: `Quantity in ${view.unit ?? "units"}`, value: quantity, max: 9 },
    { label: "Made from lots, if it says so", value: made, max: 600 },
  ];
  const actions = (
    <>
      <Button size="primary" label="Back" onPress={onBack} />
      <span class="spring" />
      <Button
        size="primary"
        kind="act"
        wide
        deed
        label="Receive into quarantine"
        disabled={wrong !== null}
        onPress={() => void receive()}
      />
    </>
  );
  return (
    <Frame title={`${view.title}, lot ${view.batch}, until ${day(view.expires ?? 0)}`} nav={false} actions={actions}>
      <Form fields={fields} />
      <p class="quiet" role="status">
        {wrong ?? "QA decides on it afterwards."}
      </p>
    </Frame>
  );
}

/** What keeps this from being a certificate's number, as the controller asks for it; null where nothing does. */
function wrongCertificate(text: string): string | null {
  if (text === "") return "Still missing: the number of the certificate.";
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(text))
    return "The number of the certificate may hold letters, digits, dots, underscores and hyphens, nothing else.";
  return /[0-9]/.test(text) ? null : "The number of the certificate has a digit in it; a name is none.";
}

function wrongQuantity(text: string, unit: string): string | null {
  if (text === "") return `Still missing: the quantity${unit && ` in ${unit}`}.`;
  const amount = Number(text);
  if (amount > 0 && amount <= 1_000_000) return null;
  return "The quantity is a number above 0, at most 1000000, with a dot for decimals and no unit behind it.";
}

type Status = "released" | "rejected";
const reading = signal<Reading | null>(null);
const status = signal<Status | null>(null);
const factsPerPage = 9;

/** One lot: what QA signs when it is released or rejected. */
export function LotScreen() {
  const lot = materials.value?.lots.find(({ id }) => id === chosenLot.value);
  useEffect(() => {
    status.value = null;
    reading.value = null;
  }, []);
  if (!lot)
    return (
      <Frame title="Lot" actions={back}>
        {<p>This lot is not here.</p>}
      </Frame>
    );
  const choose = async (to: Status) => {
    status.value = to;
    reading.value = null;
    const asked = await get<ShownView>(`/api/lots/${lot.id}/shown?status=${to}`);
    if (!asked.ok) return say(asked.problem);
    reading.value = await checked(asked.value);
  };
  const sign = () => {
    const [to, view] = [status.value, reading.value?.view];
    if (!to || !view) return;
    askSignature({
      title: `${lot.title}, lot ${lot.batch}: ${to}`,
      view,
      path: `/api/lots/${lot.id}/decision`,
      body: { status: to },
      done: `lot ${lot.batch} is ${to}.`,
      notFor: "of QA",
      back: "lot",
      leadsTo: "materials",
    });
  };
  const actions = (
    <>
      {back}
      <span class="spring" />
      <Button
        size="primary"
        kind="act"
        wide
        label="Sign: QA"
        disabled={!isRead(reading.value, factsPerPage)}
        onPress={sign}
      />
    </>
  );
  return (
    <Frame title={`${lot.title}, lot ${lot.batch}`} actions={actions}>
      <div class="columns">
        <section class="panel choices">
          <p class="huge">{lotWord(lot)}</p>
          {lot.whyNot ? <p>{lot.whyNot}</p> : null}
          {lot.releasedBy ? <p class="quiet">Released by {lot.releasedBy}.</p> : null}
          <h2>Decision</h2>
          <Choices lot={lot} onChoose={(to) => void choose(to)} />
        </section>
        <Facts
          reading={reading}
          perPage={factsPerPage}
          empty="Compare the delivery with its certificate, then choose."
        />
      </div>
    </Frame>
  );
}

function Choices({ lot, onChoose }: { readonly lot: LotView; readonly onChoose: (to: Status) => void }) {
  if (lot.status === "rejected") return <p>It was rejected for good.</p>;
  return (
    <div class="deeds">
      {lot.status === "quarantine" ? (
        <Button wide label="Release the lot" on={status.value === "released"} onPress={() => onChoose("released")} />
      ) : null}
      <Button wide label="Reject the lot" on={status.value === "rejected"} onPress={() => onChoose("rejected")} />
    </div>
  );
}

/** A package is scanned at the machine that it goes into. */
export function LoadScreen() {
  const machine = materials.value?.machines.find(({ id }) => id === chosenMachine.value);
  const scanning = useScanning(
    (code) => ask(`/api/machines/${machine?.id}/material`, { code }),
    () => "It is released, in date and the right material. It counts as loaded now.",
  );
  if (!machine)
    return (
      <Frame title="Load" actions={back}>
        {<p>This machine takes no material.</p>}
      </Frame>
    );
  const asked = `At ${machine.title}: put the material in, then scan the code on its package.`;
  if (scanning.typing.value) return <TypeCode ask={asked} scanning={scanning} />;
  const loads = machine.loads.map(({ title, batch }) => `${title}: ${batch === null ? "none loaded" : `lot ${batch}`}`);
  return (
    <Frame title={`${machine.title}: load material`} actions={back}>
      <ScanBox ask={asked} scanning={scanning} />
      <p class="quiet">Loaded now: {loads.join(" · ")}</p>
    </Frame>
  );
}
