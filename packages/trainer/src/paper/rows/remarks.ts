/** Of the slimmable rows. */
export const LINEAR_SCALING =
  'The paper scaled both counts linearly by 0.75; at that width they are what we count.';
