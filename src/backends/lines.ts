const MAX_LINE = 16 * 1024 * 1024; // characters: a line above it is no line of ours, and must not fill the memory

/** Lines of a body as they come, without their ends; a last line without an end is given too. */
export async function* lines(body: ReadableStream<Uint8Array> | null): AsyncGenerator<string> {
  if (!body) return;
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of body) {
    rest += decoder.decode(bytes, { stream: true });
    const whole = rest.split('\n');
    rest = whole.pop() ?? '';
    if (rest.length > MAX_LINE) throw new Error(`A line has more than ${MAX_LINE} characters.`);
    for (const line of whole) if (line !== '') yield line;
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}
