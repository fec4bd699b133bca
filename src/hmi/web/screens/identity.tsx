/** Start, first step: two identifiers and the side from the request form; a mismatch fills the screen. */
import { useSignal } from "@preact/signals";
import { post } from "../client.ts";
import { Button } from "../parts/button.tsx";
import { Frame } from "../parts/frame.tsx";
import { Form } from "../parts/keyboard.tsx";
import { set } from "../set.ts";
import { busy, go, home, job, refresh, say } from "../store.ts";
import { sideWords } from "../words.ts";

type Side = keyof typeof sideWords;

/** Nothing is filled in and no side is chosen beforehand. */
export function IdentityScreen() {
  const [first, second] = [useSignal(""), useSignal("")];
  const side = useSignal<Side | null>(null);
  const mismatch = useSignal<string | null>(null);
  const id = job.value?.id ?? "";
  const confirm = async () => {
    busy.value = true;
    const body = { identifiers: [first.value, second.value], side: side.value };
    const asked = await post(`/api/jobs/${id}/identity`, body);
    busy.value = false;
    await refresh();
    if (asked.ok) return go("ready");
    if (asked.problem.code === "identity-mismatch") mismatch.value = asked.problem.what;
    else say(asked.problem);
  };
  if (mismatch.value !== null) {
    const typed = [first.value, second.value, side.value ? sideWords[side.value] : ""];
    return <Mismatch typed={typed} onBack={() => set(mismatch, null)} />;
  }
  const fields = [
    { label: "First identifier", value: first, max: 64 },
    { label: "Second identifier", value: second, max: 64 },
  ];
  const ready = first.value.trim() !== "" && second.value.trim() !== "" && side.value !== null;
  const actions = (
    <>
      <Button size="primary" label="Back" onPress={home} />
      <span class="spring" />
      <Button
        size="primary"
        kind="act"
        wide
        deed
        label="Compare with the order"
        disabled={!ready}
        onPress={() => void confirm()}
      />
    </>
  );
  return (
    <Frame title={`${id}: whose device is it? Type from the request form.`} nav={false} actions={actions}>
      <Form fields={fields}>
        <fieldset class="sides" aria-label="Side">
          <legend>Side</legend>
          {(Object.keys(sideWords) as Side[]).map((each) => (
            <Button key={each} label={sideWords[each]} on={side.value === each} onPress={() => set(side, each)} />
          ))}
        </fieldset>
      </Form>
    </Frame>
  );
}

function Mismatch({ typed, onBack }: { readonly typed: readonly string[]; readonly onBack: () => void }) {
  const actions = (
    <>
      <Button size="primary" label="Back: type again" onPress={onBack} />
      <span class="spring" />
      <Button size="primary" label="Leave this job" onPress={home} />
    </>
  );
  return (
    <Frame title="Stop" nav={false} actions={actions}>
      <section class="mismatch" role="alert">
        <p class="huge">✕ This is not the patient of the order.</p>
        <dl>
          <dt>You typed</dt>
          <dd>{typed[0]}</dd>
          <dd>{typed[1]}</dd>
          <dd>Side: {typed[2]}</dd>
          <dt>The order</dt>
          <dd>{job.value?.id}</dd>
          <dd>
            {job.value?.title}, case {job.value?.pseudonym}
          </dd>
        </dl>
        <p>
          The identifiers or the side do not belong to this order. The cell does not know the patient and cannot say
          which.
        </p>
        <p>
          <strong>
            Lay the request form beside the job sheet. Compare both identifiers and the side. If they differ, call
            whoever ordered the device. Do not start.
          </strong>
        </p>
      </section>
    </Frame>
  );
}
