/** Work on several at a time, results in the order of the items. */

/**
 * Applies `work` to at most `most` items at a time and yields results by the items' order. Items are taken from the source
 * only as there is room, so that nothing is held but what is under way. What `work` answers at once takes no turn.
 */
export async function* inOrder<Item, Result>(
  items: AsyncIterable<Item>,
  most: number,
  work: (item: Item) => Result | Promise<Result>,
): AsyncGenerator<Result> {
  const open: (Result | Promise<Result>)[] = [];
  for await (const item of items) {
    const result = work(item);
    if (result instanceof Promise) result.catch(() => {}); // it is awaited below; until then its failure is not unhandled
    open.push(result);
    if (open.length >= most) yield await open.shift()!;
    while (open.length > 0 && !(open[0] instanceof Promise)) yield open.shift() as Result;
  }
  for (const result of open) yield await result;
}
