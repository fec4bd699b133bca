/** The label: printed, put on the device, and scanned where it sticks; one that is spoilt is voided. */
import type { LabelView } from "../../api-route.ts";
import { Button, HoldButton } from "../parts/button.tsx";
import { Frame } from "../parts/frame.tsx";
import { ScanBox, TypeCode, useScanning } from "../parts/scan.tsx";
import { act, ask, go, job } from "../store.ts";
import { day, sideWords } from "../words.ts";
import { inHand } from "./job.tsx";

const asked = "Put the label on the device. Then scan it where it sticks.";

/** Printing, scanning back and voiding the label of the copy in hand. */
export function LabelScreen() {
  const view = job.value;
  const unit = view ? inHand(view) : undefined;
  const label = unit?.labels.find(({ state }) => state !== "voided");
  const scanning = useScanning(
    (code) => ask(`/api/jobs/${view?.id}/label/scan`, { code }),
    () => "The label on the device is its own.",
    label?.state === "printed",
  );
  if (!view) return <Frame title="Label">{null}</Frame>;
  if (scanning.typing.value) return <TypeCode ask={asked} scanning={scanning} />;
  const isDone = label?.state === "applied";
  const actions = (
    <>
      <Button size="primary" label="Back" onPress={() => go("job")} />
      <span class="spring" />
      {label ? (
        <Button
          size="primary"
          kind="act"
          wide
          label="Go on with the job"
          disabled={!isDone}
          onPress={() => go("job")}
        />
      ) : (
        <Button
          size="primary"
          kind="act"
          deed
          wide
          label="Print the label"
          disabled={view.next?.kind !== "label"}
          onPress={() => void act(`/api/jobs/${view.id}/label`, {}, "The label is sent to the printer.")}
        />
      )}
      {label && !isDone ? <VoidButton view={view.id} label={label} /> : null}
    </>
  );
  return (
    <Frame title={`${view.id} · copy ${view.unit}: the label`} actions={actions}>
      <div class="columns">
        <Preview
          label={label}
          count={unit?.labels.length ?? 0}
          url={`/api/jobs/${view.id}/units/${view.unit}/labels`}
        />
        {label?.state === "printed" || scanning.outcome.value ? (
          <ScanBox ask={asked} scanning={scanning} />
        ) : (
          <Standing label={label} />
        )}
      </div>
    </Frame>
  );
}

/** What stands in the scan's place while there is nothing to scan. */
function Standing({ label }: { readonly label: LabelView | undefined }) {
  const fault = label?.state === "not-printed" ? label.fault : null;
  return (
    <section class="panel scan off">
      <h2>{standing(label)}</h2>
      {fault ? <p class="said">{fault.what}</p> : null}
      {fault ? <p>{fault.remedy}</p> : null}
    </section>
  );
}

function standing(label: LabelView | undefined): string {
  if (!label) return "No label of this copy is printed. Print it, then put it on and scan it.";
  if (label.state === "requested") return "The printer is at work.";
  return label.state === "applied"
    ? "✓ The label is on the device and was scanned back."
    : "✕ The printer confirmed no label. Destroy what came out, void it, and print again.";
}

/** Apart from the rest: a label is voided by press and hold, with the reason that its state gives. */
function VoidButton({ view, label }: { readonly view: string; readonly label: LabelView }) {
  const why = label.state === "printed" ? "damaged" : "not-printed";
  const words = why === "damaged" ? "Void: spoilt or lost" : "Void: not printed";
  return (
    <span class="apart">
      <HoldButton
        kind="stop"
        label={words}
        onHeld={() => void act(`/api/jobs/${view}/label/void`, { why }, "Voided. Destroy what is left of it.")}
      />
    </span>
  );
}

interface PreviewProps {
  readonly label: LabelView | undefined;
  /** How many labels of this copy were made so far. */
  readonly count: number;
  readonly url: string;
}

/** What stands on it, in words: its code is never drawn on the screen, where it could be scanned in the label's place. */
function Preview({ label, count, url }: PreviewProps) {
  if (!label) {
    return (
      <section class="panel">
        <h2>What the label says</h2>
        <p>It is made from the record when it is printed.</p>
        {count > 0 ? <p>Labels of this copy so far, all voided: {count}.</p> : null}
      </section>
    );
  }
  const rows: readonly (readonly [string, string])[] = [
    ["Device", label.title],
    ["Case", label.pseudonym],
    ["Side", sideWords[label.side]],
    ["Made on", day(label.madeAt)],
    ["Code", label.text],
  ];
  return (
    <section class="panel facts label">
      <h2>
        Label {label.number}
        {count > 1 ? ` (voided before: ${count - 1})` : ""}
      </h2>
      <dl>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {label.simulated ? <p class="abnormal">SIMULATED, not for human use: the label says so.</p> : null}
      {label.pdf ? (
        <div class="deeds">
          <a class="button" href={`${url}/${label.number}/pdf`} target="_blank" rel="noreferrer">
            Open the label as PDF
          </a>
        </div>
      ) : null}
    </section>
  );
}
