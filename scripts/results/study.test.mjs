import { expect, it } from 'vitest';
import { study, studyProblems } from './study.mjs';

it('finds nothing wrong with the study that is there', () => {
  expect(studyProblems(study)).toEqual([]);
});

it('names systems, widths and folders that are not there', () => {
  const wrong = structuredClone(study);
  wrong.narrowed.push('static0.1');
  wrong.claims = [
    { claim: 'one', of: 'nobody', than: 'static' },
    { claim: 'another', of: 'static', than: 'slimmable', at: 2 },
  ];
  wrong.choices.resnet14 = { untried: 'never run' };
  expect(studyProblems(wrong)).toEqual([
    'narrowed: static0.1 is not one of the systems',
    'claims: "one" is of nobody, which is not one of the systems',
    'claims: "another": at: expected a width in (0, 1], got 2',
    'choices: resnet14/untried has no folder in choosing/',
  ]);
});
