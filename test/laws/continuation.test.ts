/** A strategy that continues texts or ends at steps says so: a policy that cannot is refused before anything is spent. */
import { expect, test } from 'vitest';
import { root } from '../../src/operation.ts';
import { strategies } from '../../src/strategies/registry.ts';
import { task } from '../drive.ts';
import { resultOf, world } from './random-world.ts';

test.each(strategies)('$name needs of a policy what it asks of it', ({ start, needs }) => {
  const asked = { continuation: false, steps: false };
  for (let seed = 0; seed < 30; seed++) {
    const { answer } = world({ seed, ends: 0.2 });
    const strategy = start({ ...task, rewards: ['outcome'] }, {});
    let turn = strategy.next();
    for (let operations = 0; !turn.done && operations < 400; operations++) {
      const result = resultOf(turn.value, (operation) => {
        if (operation.kind === 'sample') {
          asked.steps ||= operation.until === 'step';
          asked.continuation ||= operation.prefixes.some(({ id }) => id !== root.id);
        }
        return answer(operation);
      });
      turn = strategy.next(result);
    }
  }
  expect(asked).toEqual({ continuation: needs.continuation === true, steps: needs.steps === true });
});
