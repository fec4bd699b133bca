/** What the machines measured of the copy in hand, step by step. */
import { useSignal } from "@preact/signals";
import { Button } from "../parts/button.tsx";
import { Frame } from "../parts/frame.tsx";
import { Results } from "../parts/results.tsx";
import { Steps } from "../parts/steps.tsx";
import { set } from "../set.ts";
import { go, job } from "../store.ts";

/** One step's values beside their limits at a time. */
export function ResultsScreen() {
  const chosen = useSignal<string | null>(null);
  const view = job.value;
  if (!view) return <Frame title="Results">{null}</Frame>;
  const measured = view.route.filter(({ results }) => results.length > 0);
  const step = measured.find(({ id }) => id === chosen.value) ?? measured.at(-1);
  const actions = (
    <>
      <Button size="primary" label="Back" onPress={() => go("job")} />
      {measured.slice(-4).map(({ id, title }) => (
        <Button key={id} size="primary" label={title} on={id === step?.id} onPress={() => set(chosen, id)} />
      ))}
    </>
  );
  return (
    <Frame title={`${view.id} · copy ${view.unit}: what was measured`} actions={actions}>
      <Steps route={view.route} />
      <section class="panel">
        <h2>{step ? `${step.title} at ${step.equipment ?? "no machine"}` : "Nothing was measured yet."}</h2>
        <Results results={step?.results ?? []} perPage={4} />
      </section>
    </Frame>
  );
}
