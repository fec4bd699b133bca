/** Somebody else acted at a machine: what it was, and the word of a person who has looked. */
import { act, cell } from "../store.ts";
import { Button } from "./button.tsx";

/** Null where nobody did, or somebody has looked into it. */
export function foreignAt(equipment: string | null | undefined): string | null {
  return cell.value?.machines.find(({ id }) => id === equipment)?.foreign ?? null;
}

/** Shown in the place of what it makes unsure. */
export function Foreign({ equipment, what }: { readonly equipment: string; readonly what: string }) {
  return (
    <section class="panel step">
      <h2>Somebody else acted at the machine</h2>
      <div class="step-body">
        {what}
        <Button
          deed
          label="I have looked at it"
          onPress={() => void act(`/api/machines/${equipment}/looked-into`, {}, "It stands in the record.")}
        />
      </div>
    </section>
  );
}
