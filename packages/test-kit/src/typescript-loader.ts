/**
 * Address of a module that lets a child process of a test run the sources: `node --import ADDRESS script.mjs`. What it
 * translates it keeps in the folder that the variable `DMNN_TEST_TRANSLATED` names.
 */
export const typescriptLoader: string = new URL('../src/fixtures/typescript-loader.mjs', import.meta.url)
  .href;
