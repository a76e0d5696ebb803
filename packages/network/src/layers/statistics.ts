/**
 * Whose mean and variance batch norm uses: those of the `batch` at hand, which also move the moving ones a step (to
 * train), or the `moving` ones (to run).
 */
export type Statistics = 'batch' | 'moving';
