import { reportDataError } from './report-data-error.js';

/** Checks all numbers of plain data. @throws DmnnError `DMNN_REPORT_DATA` with the path of the first that is not finite */
export function assertFinite(path: string, value: unknown): void {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw reportDataError(path, `expected a finite number, got ${value}`);
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    const at = Array.isArray(value) ? `[${key}]` : `${path === '' ? '' : '.'}${key}`;
    assertFinite(`${path}${at}`, inner);
  }
}
