import { z } from 'zod';
import { quoted, WinnowError } from '../../schemas/errors.ts';
import { extract } from '../answers/extract.ts';
import { defineReward, PROBABILITY } from './define.ts';

/** The share of a candidate's answer among the candidates that have one (methods A.2): a vote as a reward. */
export const selfConsistency = defineReward({
  kind: 'self_consistency',
  title: 'How many of the candidates have the same answer.',
  options: z.strictObject({}),
  readings: () => 0,
  dependsOn: 'set',
  scale: () => PROBABILITY,
  cost: 'nothing: answers are read out of the texts',
  refuse({ name }, { policy, answer }, param) {
    if (answer !== null) return;
    const message = `The reward ${quoted(name)} compares answers, and the policy ${quoted(policy)} has no \`answer\` in the config.`;
    throw new WinnowError('capability_missing', message, { param });
  },
  *score({ candidates, subject }) {
    const { answer } = subject;
    if (answer === null) return candidates.map(() => ({ ok: false, reason: 'no_answer' }));
    const answers = candidates.map(({ text }) => extract(text, 'stop', answer));
    const counts = new Map<string, number>();
    for (const read of answers) if (read.ok) counts.set(read.key, (counts.get(read.key) ?? 0) + 1);
    const voters = [...counts.values()].reduce((sum, count) => sum + count, 0);
    return answers.map((read) => {
      if (!read.ok) return { ok: false, reason: 'no_answer' };
      const same = counts.get(read.key)!;
      return { ok: true, value: same / voters, detail: { answer: read.raw, same, of: voters } };
    });
  },
});
