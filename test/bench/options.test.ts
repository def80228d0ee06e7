import { expect, test } from 'vitest';
import { readCount, readCounts, readNames, readOptions } from '../../bench/options.ts';
import { CannotStart } from '../../bin/settings.ts';

const refused = (read: () => unknown): string => {
  try {
    read();
  } catch (error) {
    if (error instanceof CannotStart) return error.message;
    throw error;
  }
  return 'not refused';
};

test('an option that is none is refused with those there are', () => {
  const options = { quick: { type: 'boolean' }, problems: { type: 'string' } } as const;
  expect(readOptions(options, ['--quick', '--problems', '3'])).toEqual({ quick: true, problems: '3' });
  expect(refused(() => readOptions(options, ['--problem', '3']))).toMatch(/--problem\b.*Options: --quick, --problems\./s);
});

test.each(['0', '-1', '1.5', 'many', '', '4,,16'])(
  '%j holds what is no count, which is refused by the name of its option',
  (given) => {
    expect(refused(() => readCounts('--budgets', given))).toMatch(/^--budgets is "[^"]*"\. It is a whole number from 1\.$/);
  },
);

test('counts stand in their order', () => {
  expect(readCount('--problems', '60')).toBe(60);
  expect(readCounts('--budgets', '16,4')).toEqual([16, 4]);
});

test('names choose in the order of the list; one that is not there is refused, beside others that are', () => {
  const all = [{ name: 'uct' }, { name: 'puct' }, { name: 'rebase' }];
  expect(readNames('--strategies', undefined, all)).toEqual(all);
  expect(readNames('--strategies', 'rebase,uct', all)).toEqual([{ name: 'uct' }, { name: 'rebase' }]);
  expect(refused(() => readNames('--strategies', 'uct,uctt', all))).toBe(
    '--strategies has "uctt". There are: uct, puct, rebase.',
  );
});
