/** Added to the variance before its root is taken, as in PyTorch. */
export const BATCH_NORM_EPSILON = 1e-5;

/** Share of the new batch in the moving statistics, as PyTorch counts it. */
export const BATCH_NORM_MOMENTUM = 0.1;
