import { MIB, type Claim, type Measurement } from '../claim.ts';
import { boundsOf } from './bounds.ts';
import { allCells, titleOf, type Cell } from './cell.ts';
import { measure } from './measure.ts';

/** The grid: every façade and level, in both directions, with messages and frames of every size, and with whoever may be slow. */
export const gridClaims: readonly Claim[] = allCells().map((cell) => ({
  title: `grid: ${titleOf(cell)}`,
  measure: () => measureCell(cell),
}));

async function measureCell(cell: Cell): Promise<readonly Measurement[]> {
  const { count, retained, peak, stall } = await measure(cell);
  const bounds = boundsOf(cell);
  return [
    { what: 'units that went through', measured: count, unit: '' },
    { what: 'retained', measured: retained / MIB, limit: bounds.retained / MIB, unit: 'MiB' },
    { what: 'peak', measured: peak / MIB, limit: bounds.peak / MIB, unit: 'MiB' },
    { what: 'longest stall', measured: stall, limit: bounds.stall, unit: 'ms' },
  ];
}
