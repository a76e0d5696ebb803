import type { Network } from '@dmnn/network';

/** A network that another learns from, and how. */
export interface Teacher {
  readonly network: Network;
  readonly temperature: number;
  /** Of its loss in the sum. */
  readonly weight: number;
}
