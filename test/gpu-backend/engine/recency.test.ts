import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Recency, type Recent } from '../../../gpu-backend/engine/recency.ts';

interface Named extends Recent<Named> {
  readonly name: number;
}

test('whatever is touched and removed, the order is that of the last touches', () => {
  const step = fc.record({ name: fc.nat(5), touch: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const nodes = Array.from({ length: 6 }, (_, name): Named => ({ name, older: null, newer: null }));
      const order = new Recency<Named>();
      const known = new Set<number>(); // a set is in the order in which its members came
      for (const { name, touch } of steps) {
        known.delete(name);
        if (touch) {
          known.add(name);
          order.touch(nodes[name]!);
        } else order.remove(nodes[name]!);
        expect(Array.from(order, (node) => node.name)).toEqual([...known]);
      }
    }),
  );
});
