/**
 * Which mean and variance batch norm uses: those of the `batch`, which also update the moving averages (to train), or the
 * `moving` averages (to run).
 */
export type Statistics = 'batch' | 'moving';
