import { millisecondsText, percentText } from '../../../text/count-text.js';
import type { Budgets } from '../../options/budgets-option.js';

/** A cost in the unit of a budget. */
export function costText(cost: number, unit: Budgets['unit']): string {
  return unit === 'ms' ? millisecondsText(cost) : percentText(cost);
}
