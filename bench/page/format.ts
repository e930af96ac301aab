import type { Estimate } from '../results/statistics.ts';

/** Three digits, as many as figures are worth. */
export function significant(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}

/** A median with its interval: `1.23 (1.20–1.31)`. */
export function withInterval({ median, low, high }: Estimate): string {
  return `${significant(median)} (${significant(low)}–${significant(high)})`;
}

/** How many times as much; a dash if it was not measured. */
export function times(estimate: Estimate | undefined): string {
  if (estimate === undefined) return '–';
  const { median, low, high } = estimate;
  return `${digits(median)} (${digits(low)}–${digits(high)})`;
}

/** A share as a percentage. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}

/** Bytes in MiB, rounded. */
export function mebibytes(bytes: number): string {
  return Math.round(bytes / 2 ** 20).toLocaleString('en');
}

function digits(ratio: number): string {
  return ratio >= 10 ? ratio.toFixed(1) : ratio.toFixed(2);
}
