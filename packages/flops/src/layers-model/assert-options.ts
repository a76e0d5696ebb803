import { assertFunction, assertLists, assertRecord } from '@dmnn/foundation';

/** Options of a count, in calls from JavaScript without types. @throws TypeError naming the option that is of another kind */
export function assertOptions(options: unknown): void {
  assertRecord('options', options, 'an object with conventions, inputShapes, counters');
  const { conventions, inputShapes, counters } = options as { readonly [option: string]: unknown };
  if (conventions !== undefined) assertRecord('conventions', conventions, 'an object like paperConventions');
  if (inputShapes !== undefined) assertLists('inputShapes', inputShapes, 'a shape for each input');
  if (counters === undefined) return;
  assertRecord('counters', counters, 'functions by class name');
  for (const [name, counter] of Object.entries(counters))
    assertFunction(`counters.${name}`, counter, 'a function');
}
