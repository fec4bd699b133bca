/** The way to the layers of the job's last build; nothing where none was begun. */
import { builds, openLayers } from "../layers.ts";
import { Button } from "./button.tsx";

export function LayersKey() {
  const last = builds.value.findLast(({ printed }) => printed > 0);
  return last ? <Button size="primary" label="All layers" onPress={() => void openLayers(last.id)} /> : null;
}
