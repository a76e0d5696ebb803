// What was run for docs/results/cifar100.md, and what is claimed of it: study.json next to the logs, checked.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The folder of the logs. */
export const logs = `${root}docs/results/cifar100`;

/** @typedef {'resnet14' | 'resnet20'} StudyName each has its runs in a folder of its name */

/**
 * What the paper claims: the system that it is claimed of has a lower error than the other, `at` one of its widths; or
 * than a static network of its own cost, interpolated between the narrowed ones.
 *
 * @typedef {{ claim: string, of: string, than: string, at?: number }} Claim
 */

/**
 * @typedef {object} Study
 * @property {Record<StudyName, { backbone: string, data: string }>} studies
 * @property {Record<string, string>} systems - names by key; runs are called by the key, `-s` and the seed
 * @property {string[]} narrowed - static networks, by increasing cost
 * @property {Claim[]} claims
 * @property {Record<string, { previousState: boolean, categoryLoss: boolean }>} ablation
 * @property {Record<StudyName, Record<string, string>>} choices - what was tried on held-out images, by folder
 */

/** @param {Study} study @returns {string[]} what does not fit together, in words */
export function studyProblems({ studies, systems, narrowed, claims, ablation, choices }) {
  const problems = [];
  const known = (/** @type {string} */ key) => key in systems || key in ablation;
  for (const key of narrowed) if (!known(key)) problems.push(`narrowed: ${key} is not one of the systems`);
  for (const { claim, of, than, at } of claims) {
    if (!known(of)) problems.push(`claims: "${claim}" is of ${of}, which is not one of the systems`);
    if (than !== 'narrowed' && !known(than))
      problems.push(`claims: "${claim}" compares with ${than}, which is not one of the systems`);
    if (at !== undefined && !(at > 0 && at <= 1))
      problems.push(`claims: "${claim}": at: expected a width in (0, 1], got ${at}`);
  }
  for (const [name, tried] of Object.entries(choices)) {
    if (!(name in studies)) problems.push(`choices: ${name} is not one of the studies`);
    for (const folder of Object.keys(tried))
      if (!existsSync(`${logs}/choosing/${name}/${folder}`))
        problems.push(`choices: ${name}/${folder} has no folder in choosing/`);
  }
  return problems;
}

/** @type {Study} */
export const study = JSON.parse(readFileSync(`${logs}/study.json`, 'utf8'));

const problems = studyProblems(study);
if (problems.length > 0) throw new Error(`docs/results/cifar100/study.json:\n${problems.join('\n')}`);
