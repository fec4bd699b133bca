/** Which build's layers are looked at, and which of them; the screens of layers share it. */
import { computed, signal } from "@preact/signals";
import type { AlikeView, FindingsView, LayersView, LayerValuesView, TrendsView } from "../api-layers.ts";
import { get } from "./client.ts";
import { go, job, type Screen, say, screen, session } from "./store.ts";

export const layers = signal<LayersView | null>(null);
/** Null for the newest one with a picture. */
export const chosen = signal<number | null>(null);
export const findings = signal<FindingsView | null>(null);
export const alike = signal<AlikeView | null>(null);
export const values = signal<LayerValuesView | null>(null);
export const trends = signal<TrendsView | null>(null);
let cameFrom: Screen = "job";

/** The layer that is looked at. */
export const layer = computed(() => chosen.value ?? Math.max(1, layers.value?.pictured ?? 1));

/** The builds of the job in hand, in their order. */
export const builds = computed(() => (job.value?.attempts ?? []).filter(({ kind }) => kind === "build"));

/** Changes with everything that may change a layer of the build. */
export const layersVersion = computed(() => {
  const build = builds.value.find(({ id }) => id === layers.value?.attempt);
  return build ? `${build.verdicts}/${build.pictured}/${build.printed}/${build.hold?.since ?? 0}` : "";
});

session.subscribe((view) => {
  if (view?.person) return;
  layers.value = null;
  findings.value = null;
  alike.value = null;
  values.value = null;
  trends.value = null;
});

/** Shows the layers of a build, at one of them or at the newest. */
export async function openLayers(attempt: string, at: number | null = null): Promise<void> {
  const from = screen.value;
  if (!(await loadLayers(attempt))) return;
  chosen.value = at;
  if (!["layers", "map", "compare", "values", "trends"].includes(from)) cameFrom = from;
  go("layers");
}

/** Asks for all layers of a build; true when they are here. */
export async function loadLayers(attempt: string): Promise<boolean> {
  const asked = await get<LayersView>(`/api/attempts/${attempt}/layers`);
  if (asked.ok) layers.value = asked.value;
  else say(asked.problem);
  return asked.ok;
}

/** Asks for the machines' values over a layer, and shows them. */
export async function openValues(attempt: string, at: number): Promise<void> {
  chosen.value = at;
  const asked = await get<LayerValuesView>(`/api/attempts/${attempt}/layers/${at}/values`);
  if (!asked.ok) return say(asked.problem);
  values.value = asked.value;
  go("values");
}

/** Asks how the machines' values went over a build, and shows it. */
export async function openTrends(attempt: string): Promise<void> {
  const asked = await get<TrendsView>(`/api/attempts/${attempt}/values`);
  if (!asked.ok) return say(asked.problem);
  trends.value = asked.value;
  go("trends");
}

/** Shows the findings of the build in space. */
export async function openMap(attempt: string): Promise<void> {
  if (await loadFindings(attempt)) go("map");
}

/** Asks for the findings of a build; true when they are here. */
export async function loadFindings(attempt: string): Promise<boolean> {
  const asked = await get<FindingsView>(`/api/attempts/${attempt}/findings`);
  if (asked.ok) findings.value = asked.value;
  else say(asked.problem);
  return asked.ok;
}

/** Shows the build beside others of the same program. */
export async function openCompare(attempt: string): Promise<void> {
  const asked = await get<AlikeView>(`/api/attempts/${attempt}/alike`);
  if (!asked.ok) return say(asked.problem);
  alike.value = asked.value;
  go("compare");
}

/** Back to the layers, at one of them. */
export function showLayer(at: number): void {
  chosen.value = at;
  go("layers");
}

/** Back to the screen from which the layers were opened. */
export function leaveLayers(): void {
  go(cameFrom);
}
