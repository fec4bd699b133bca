/** The report of a scored set as text that is read on a terminal. */
import type { Measured } from "./measures.ts";
import type { Counted, ScoreReport } from "./tally.ts";

/** A share as "0.981 (0.955-0.997)"; a dash where it cannot be told. */
export function measuredInWords({ value, low, high }: Measured): string {
  return Number.isFinite(value) ? `${value.toFixed(3)} (${low.toFixed(3)}-${high.toFixed(3)})` : "-";
}

/** A count as "3 of 41, 7.3 % (1.5-19.9 %)". */
export function countedInWords({ hits, all, value, low, high }: Counted): string {
  const percent = (v: number): string => (100 * v).toFixed(1);
  return all === 0 ? "none there" : `${hits} of ${all}, ${percent(value)} % (${percent(low)}-${percent(high)} %)`;
}

/** The report, a line each; intervals are 95 %. */
export function reportInWords(report: ScoreReport): string {
  const lines: string[] = [
    `frames                 ${report.frames}: ${report.defective} defective, ${report.clean} clean, ${report.unlabelled} without a label`,
    `image AUROC            ${measuredInWords(report.imageAuroc)}`,
    `pixel F1               ${measuredInWords(report.pixelF1)}${pixelDetail(report)}`,
    `defects found          ${countedInWords(report.recall)}`,
    `false alarms           ${countedInWords(report.falseAlarms)}, of them refused as pictures ${report.cleanRefused.hits}`,
    `bad pictures refused   ${report.refused.length}`,
    ...report.refused.slice(0, 10).map(({ frame, why }) => `  ${frame}: ${why.join("; ")}`),
    ...(report.refused.length > 10 ? [`  and ${report.refused.length - 10} more`] : []),
  ];
  for (const { class: name, recall, auroc, pixelRecall } of report.byClass) {
    const pixels = pixelRecall === null ? "" : `, pixel recall ${pixelRecall.toFixed(3)}`;
    lines.push(`class ${name.padEnd(16)} found ${countedInWords(recall)}, AUROC ${measuredInWords(auroc)}${pixels}`);
  }
  lines.push("latency, ms (p50, p95)");
  for (const [stage, { p50, p95 }] of Object.entries(report.latencyMs)) {
    lines.push(`  ${stage.padEnd(20)} ${p50.toFixed(1).padStart(8)} ${p95.toFixed(1).padStart(8)}`);
  }
  return lines.join("\n");
}

function pixelDetail(report: ScoreReport): string {
  return Number.isFinite(report.pixelF1.value)
    ? `, precision ${Number.isFinite(report.pixelPrecision) ? report.pixelPrecision.toFixed(3) : "-"}, recall ${report.pixelRecall.toFixed(3)}`
    : "";
}
